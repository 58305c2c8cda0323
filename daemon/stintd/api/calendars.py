"""Queries that also tell what the owner's calendars propose. Calendars are read for these alone, when they are asked."""

from collections.abc import Callable
from typing import Any

from stintd.api.dispatch import query
from stintd.api.route import Call, Handler
from stintd.engine.period import Period


def beside(fn: Callable[..., Any], asked: Callable[..., Period]) -> Handler:
    """A query with the meetings of its period (`asked`) as `noted`."""
    ask = query(fn)

    async def handle(surface: Any, call: Call, request: Any) -> Any:
        engine, given = surface.daemon.engine, call.arguments
        span = asked(engine.policy, engine.clock.now(), given.get("since"), given.get("until"))
        given["noted"] = await surface.daemon.calendars.meetings(span.lo_us, span.hi_us)
        return await ask(surface, call, request)

    return handle
