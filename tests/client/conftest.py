"""Both forms of the client, against a control socket of the test's."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.client.forms import FORMS
from tests.support.control import FakeControl


@pytest.fixture
def control(isolated_home: Any) -> Iterator[FakeControl]:
    server = FakeControl()
    yield server
    server.close()


@pytest.fixture(params=list(FORMS))
def play(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """`play(scenario(), **arguments of the client)`, once with each form."""
    return FORMS[request.param]


@pytest.fixture
def ask(play: Callable[..., Any]) -> Callable[..., Any]:
    """`ask(lambda client: client.status(), timeout=1)` → what came of the one call."""

    def one(call: Callable[[Any], Any], **where: Any) -> Any:
        def scenario() -> Any:
            return (yield call)

        return play(scenario(), **where)

    return one
