"""Notices that the screen is locked, where systemd-logind knows it: Linux desktops. Elsewhere it says nothing.

What counts is LockedHint, which a desktop sets while its screen is locked. Some set none and only hear logind's wish to
lock and unlock; that is believed only once both were heard and no hand was seen in between, for such a screen may have
been unlocked without a word. A person with another session that is open, on another terminal or from another machine,
is not away, whatever the screen shows.

Nothing is polled: one connection to the system bus waits for signals. Without a bus it waits for nothing; a bus that went
away is looked for with growing pauses, because it comes back.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

from stintd.clock import Clock
from stintd.domain.model import ScreenSignal
from stintd.frozen import frozen
from stintd.ports import Sink
from stintd.sources.dbus import BUS, Bus, BusError, BusMessage

ADDRESS = "unix:path=/run/dbus/system_bus_socket"
LOGIN = "org.freedesktop.login1"
MANAGER = (LOGIN, "/org/freedesktop/login1", f"{LOGIN}.Manager")
SESSION = f"{LOGIN}.Session"
PROPERTIES = "org.freedesktop.DBus.Properties"
RULES = (
    f"type='signal',sender='{BUS[0]}',member='NameOwnerChanged',arg0='{LOGIN}'",
    f"type='signal',sender='{LOGIN}',interface='{SESSION}'",
    f"type='signal',sender='{LOGIN}',interface='{PROPERTIES}',arg0='{SESSION}'",
    f"type='signal',sender='{LOGIN}',interface='{LOGIN}.Manager',member='SessionNew'",
    f"type='signal',sender='{LOGIN}',interface='{LOGIN}.Manager',member='SessionRemoved'",
)
TELLING = frozenset({"LockedHint", "Active", "State"})
PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds before the bus is looked for again
LOST = (OSError, EOFError, BusError, TimeoutError)
"""How a connection fails."""
log = logging.getLogger(__name__)


@frozen
class LoginSession:
    """One of the user's sessions, as far as it matters here."""

    path: str
    is_locked: bool
    is_open: bool

    @classmethod
    def from_properties(cls, path: str, told: dict[str, Any]) -> "LoginSession | None":
        """None for what nobody sits before: a greeter, a cron job, one that is closing."""
        if told.get("Class") != "user" or told.get("State") == "closing":
            return None
        is_locked = told.get("LockedHint") is True
        return cls(path, is_locked, not is_locked and (told.get("Remote") is True or told.get("Active") is True))


def is_locked(sessions: list[LoginSession]) -> bool:
    """Whether the user has a locked screen and no other session to sit before."""
    return any(one.is_locked for one in sessions) and not any(one.is_open for one in sessions)


class ScreenWatch:
    """A source. `is_touched` says whether a hand was seen on this machine since an instant."""

    name = "screen"

    def __init__(
        self, clock: Clock, address: str = ADDRESS, is_touched: Callable[[datetime], bool] = lambda since: False
    ) -> None:
        self._clock, self._address, self._is_touched = clock, address, is_touched
        self._is_locked: bool | None = None  # None: nothing was told yet
        self._lost_at: datetime | None = None  # until when the screen was seen, while the bus is away
        self._wished: dict[str, datetime] = {}  # sessions that were wished locked and never said they were

    async def run(self, sink: Sink) -> None:
        """Follow logind until cancelled."""
        pause = PAUSE
        while True:
            bus = await self._connect()
            if bus is not None:
                pause = PAUSE
                await self._follow_until_lost(bus, sink)
            elif self._is_locked is None:  # there is none
                self._report(False, sink)
                await asyncio.Event().wait()
            await self._clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _connect(self) -> Bus | None:
        try:
            return await Bus.open(self._address)
        except LOST:
            return None

    async def _follow_until_lost(self, bus: Bus, sink: Sink) -> None:
        """Returns when the bus went away."""
        try:
            await self._follow(bus, sink)
        except LOST as error:
            log.info("the system bus went away: %s", error)
            self._wished.clear()
            self._lost_at = self._clock.now()
        finally:
            bus.close()

    async def _follow(self, bus: Bus, sink: Sink) -> None:
        for rule in RULES:
            await bus.call(BUS, "AddMatch", rule)
        while True:
            sessions = await self._sessions(bus)
            self._report(is_locked(sessions), sink)
            for one in sessions:
                if one.is_locked:
                    self._wished.pop(one.path, None)  # it says so itself
            message = await bus.signal(_is_telling)
            if message.member in ("Lock", "Unlock"):
                self._wish(message, sessions, sink)

    async def _sessions(self, bus: Bus) -> list[LoginSession]:
        """The user's; none while logind is not there."""
        try:
            (listed,) = await bus.call(MANAGER, "ListSessions")
            paths = [str(path) for _, user, _, _, path in listed if user == os.getuid()]
        except BusError:
            return []
        except (ValueError, TypeError) as error:
            raise BusError("logind answers something else") from error
        return [found for path in paths if (found := await self._session(bus, path)) is not None]

    async def _session(self, bus: Bus, path: str) -> LoginSession | None:
        try:
            (told,) = await bus.call((LOGIN, path, PROPERTIES), "GetAll", SESSION)
        except (BusError, ValueError):  # it ended between the two questions
            return None
        return LoginSession.from_properties(path, told) if isinstance(told, dict) else None

    def _report(self, is_locked: bool, sink: Sink) -> None:
        """Tell a change. What changed while the bus was away changed when that began: no time away is invented."""
        lost, self._lost_at = self._lost_at, None
        if is_locked != self._is_locked:
            self._is_locked = is_locked
            sink(ScreenSignal(lost if lost and not is_locked else self._clock.now(), is_locked))

    def _wish(self, message: BusMessage, sessions: list[LoginSession], sink: Sink) -> None:
        """A session is asked to lock or unlock its screen. One that says itself whether it did needs no guess."""
        now, path = self._clock.now(), message.path
        if message.member == "Lock":
            if path in {one.path for one in sessions}:
                self._wished[path] = now
            return
        since = self._wished.pop(path, None)
        others = [one for one in sessions if one.path != path]
        if since is not None and not any(one.is_open for one in others) and not self._is_locked and not self._is_touched(since):
            sink(ScreenSignal(since, True))
            sink(ScreenSignal(now, False))


def _is_telling(message: BusMessage) -> bool:
    """Whether anything that matters may be different now."""
    if message.member != "PropertiesChanged":
        return message.member in ("NameOwnerChanged", "Lock", "Unlock", "SessionNew", "SessionRemoved")
    if len(message.body) < 3 or not isinstance(message.body[1], dict):
        return False
    return bool(TELLING & {*message.body[1], *message.body[2]})
