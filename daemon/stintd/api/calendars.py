"""Queries that also answer what the user's calendars propose. Calendars are read only when such a query runs."""

from collections.abc import Callable
from typing import TypeVar

from stintd.api.dispatch import Answering, query
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.engine.period import Period

T = TypeVar("T")


def query_with_meetings(fn: Callable[..., T], period_of: Callable[..., Period]) -> Answering[T]:
    """A query that gets the meetings of its period as the argument `calendar_meetings`; `period_of` calculates the period from
    its arguments."""
    ask = query(fn)

    async def handle(surface: Surface, call: Call, request: Request) -> T:
        engine, arguments = surface.daemon.engine, call.arguments
        span = period_of(engine.policy, engine.clock.now(), arguments.get("since"), arguments.get("until"))
        arguments["calendar_meetings"] = await surface.daemon.calendars.meetings(span.lo_us, span.hi_us)
        return await ask(surface, call, request)

    return handle
