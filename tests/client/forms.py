"""One scenario for both forms of the client: it yields what is to be called, and is sent what came of it.

def scenario():
    project = yield lambda client: client.projects.create("atlas")
    with pytest.raises(NotFound):
        yield lambda client: client.projects.get("nobody")
"""

import asyncio
from collections.abc import Callable, Generator
from typing import Any

from stintd.client import AsyncClient, Client

Call = Callable[[Any], Any]
Scenario = Generator[Call, Any, Any]


def blocking(scenario: Scenario, **where: Any) -> Any:
    """Play it with the blocking client; what the scenario returns."""
    with Client(**where) as client:
        return _play(scenario, lambda call: _as_list(call(client)))


def play_async(scenario: Scenario, **where: Any) -> Any:
    """Play it with the client for asyncio."""
    client = AsyncClient(**where)

    async def outcome(call: Call) -> Any:
        found = call(client)
        return [one async for one in found] if hasattr(found, "__aiter__") else await found

    return _play(scenario, lambda call: asyncio.run(outcome(call)))


def _as_list(found: Any) -> Any:
    return list(found) if hasattr(found, "__next__") else found


def _play(scenario: Scenario, ask: Callable[[Call], Any]) -> Any:
    try:
        call = next(scenario)
        while True:
            try:
                answer = ask(call)
            except Exception as error:
                call = scenario.throw(error)
            else:
                call = scenario.send(answer)
    except StopIteration as end:
        return end.value


FORMS = {"blocking": blocking, "awaited": play_async}
