"""Whatever a server answers, a connector says what became of the attempt and raises nothing."""

import itertools
import json

import pytest

from stintd.ports import Account, Failure, HttpResponse, Item, Login, Outcome
from stintd.sinks.registry import KINDS
from tests.support.billing import FAKES
from tests.support.clock import FakeClock

NINE = 1795078800  # 2026-11-19T09:00:00Z
ODD = [None, True, 0, -1.5, "", "?", [], [None], [1, "a", [], {}], {}, {"": None}]
NAMES = (
    "data", "errors", "id", "worklogs", "total", "results", "metadata", "time_entries", "time_entry", "user", "project",
    "issue", "issues", "status", "timelogs", "currentUser", "attributes", "properties", "entries", "items", "page", "accepted",
)  # fmt: skip


def answers():
    """Odd values at the top, under every name that services use, and inside lists and objects below it."""
    yield from ODD
    for odd in ODD:
        yield {name: odd for name in NAMES}
        yield {name: [{inner: odd for inner in NAMES}] for name in NAMES}
        yield {name: {inner: odd for inner in NAMES} for name in NAMES}


class Odd:
    """Answers everything with the same."""

    def __init__(self, status, body, content="application/json"):
        self.answer = HttpResponse(status, {"content-type": content}, body)

    async def send(self, request):
        return self.answer


def bodies():
    yield from (json.dumps(one).encode() for one in answers())
    yield from (b"", b"\xff\xfe", b"{", b"[" * 5000, b'"' + b"x" * 5000)


@pytest.mark.parametrize("kind", FAKES)
async def test_odd_answers_are_survived(kind):
    fake = FAKES[kind]
    item = Item("4f1c2f7e0d1a4e3c", NINE, NINE + 3600, 3600, "2026-11-19", "work", True, ("deep",), fake.remote)
    for status, body in itertools.product((200, 400, 403, 404, 409), bodies()):
        one = KINDS[kind].make(Odd(status, body), FakeClock(), Login("http://fake", "k-secret", fake.options))
        for outcome in (
            await one.create(item),
            await one.update("7", item),
            await one.delete("7", item),
            await one.look(item, frozenset()),
        ):
            assert isinstance(outcome, Outcome)
            assert "k-secret" not in outcome.text
        assert isinstance(await one.check(), Account | Outcome)
        assert isinstance(await one.places(), tuple | Outcome)


@pytest.mark.parametrize("kind", FAKES)
@pytest.mark.parametrize("failure", ["refused", "unreachable", "tls", "timeout", "dropped", "odd", "worker"])
async def test_no_answer_at_all_is_survived(kind, failure):
    fake = FAKES[kind]

    class Silent:
        async def send(self, request):
            return Failure(failure, "no answer")

    item = Item("4f1c2f7e0d1a4e3c", NINE, NINE + 3600, 3600, "2026-11-19", "work", True, ("deep",), fake.remote)
    one = KINDS[kind].make(Silent(), FakeClock(), Login("http://fake", "k-secret", fake.options))
    expected = {"unsent"} if failure in ("refused", "unreachable", "tls") else {"unsent", "unknown"}
    for outcome in (await one.create(item), await one.delete("7", item), await one.look(item, frozenset())):
        assert outcome.kind in expected


@pytest.mark.parametrize("kind", FAKES)
async def test_a_server_that_repeats_what_it_was_sent_has_no_secret_written_down(kind):
    fake = FAKES[kind]

    class Echo:
        sent = ""

        async def send(self, request):
            self.sent = json.dumps(dict(request.headers))
            return HttpResponse(400, {"content-type": "application/json"}, json.dumps({"error": self.sent}).encode())

    item = Item("4f1c2f7e0d1a4e3c", NINE, NINE + 3600, 3600, "2026-11-19", "work", True, ("deep",), fake.remote)
    echo = Echo()
    one = KINDS[kind].make(echo, FakeClock(), Login("http://fake", "k-secret", fake.options))
    outcome = await one.create(item)
    signed = json.loads(echo.sent).get("Authorization", "k-secret").rpartition(" ")[2]
    assert not any(secret in outcome.text for secret in ("k-secret", signed))
