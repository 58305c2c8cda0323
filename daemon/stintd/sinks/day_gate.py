"""Whether entries can be added to a day, for services that tell this only of the entries that are there."""

from collections.abc import Awaitable, Callable

from stintd.clock import Clock
from stintd.jsonvalue import JsonObject
from stintd.ports import REFUSED, Outcome
from stintd.sinks.http_api import lock_outcome, precheck_failure

DAY_AGE = 600.0
"""Seconds for which a day that was seen open is assumed to stay open."""


class DayGate:
    """Remembers which days were seen open: those are not looked at again for `DAY_AGE`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open_until: dict[str, float] = {}

    async def refusal(
        self,
        day: str,
        read_rows: Callable[[], Awaitable[list[JsonObject] | Outcome]],
        closed_reason: Callable[[list[JsonObject]], str],
    ) -> Outcome | None:
        """Why nothing can be added to this day; None when it is open, or when its entries may not be read. `closed_reason` says
        of the day's entries why they show it closed, or ""."""
        now = self._clock.monotonic()
        if self._open_until.get(day, now) > now:
            return None
        rows = await read_rows()
        if isinstance(rows, Outcome):
            return precheck_failure(rows) if rows.kind != REFUSED else None
        reason = closed_reason(rows)
        if reason:
            return lock_outcome(reason)
        self._open_until[day] = now + DAY_AGE
        return None

    def forget(self, day: str) -> None:
        """Look at this day again before the next write: something was refused there."""
        self._open_until.pop(day, None)
