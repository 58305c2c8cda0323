"""Every kind of target there is. A new one is a small file and a line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stintd.clock import Clock
from stintd.domain.target import Abilities
from stintd.ports import Carrier, Connector, Login
from stintd.sinks import clockme, receiver, timetagger


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind can do and how its connector is made. `base_url`: where it is unless set."""

    able: Abilities
    make: Callable[[Carrier, Clock, Login], Connector]
    base_url: str = ""


KINDS: Mapping[str, Kind] = {
    "clockme": Kind(clockme.ABLE, clockme.ClockMe, clockme.BASE),
    "timetagger": Kind(timetagger.ABLE, timetagger.TimeTagger, timetagger.BASE),
    "webhook": Kind(receiver.ABLE, receiver.Receiver),
}
