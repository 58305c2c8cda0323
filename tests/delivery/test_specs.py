"""What connectors ask and what fakes answer is what the services' own documents say."""

import pytest

from stintd.ports import TAKEN, Account, Failure, HttpRequest, HttpResponse, Item, Login, Outcome
from stintd.sinks.registry import KINDS
from tests.support.billing import FAKES, VARIANTS
from tests.support.billing.spec import ANSWERED, ASKED, CONTRACTS, HOW, SPECS, Contract, Judge, Sloppy, judge_calls
from tests.support.billing.swagger import translate
from tests.support.clock import FakeClock

with_specs = pytest.mark.skipif(not SPECS, reason=HOW)
NINE = 1795078800  # 2026-11-19T09:00:00Z
KNOWN = [variant for variant in VARIANTS if variant.split(" ")[0] in CONTRACTS]


def item(**more):
    base = {
        "id": "4f1c2f7e-0d1a-4e3c-9a57-0d6f0c7e2a11",
        "start": NINE,
        "end": NINE + 3600,
        "seconds": 3600,
        "day": "2026-11-19",
        "description": "work",
        "billable": True,
        "tags": ("deep",),
        "project": "atlas",
    }
    return Item(**{**base, **more})


@with_specs
@pytest.mark.parametrize("variant", KNOWN)
async def test_a_life_of_an_entry_is_as_the_document_says(variant):
    kind = variant.split(" ")[0]
    fake = VARIANTS[variant]()
    carrier = judge_calls(kind, fake)
    one = KINDS[kind].make(carrier, FakeClock(), Login("http://fake", fake.key, fake.options))
    assert isinstance(await one.check(), Account)
    assert not isinstance(await one.places(), Outcome)
    first = item(remote=fake.remote)
    made = await one.create(first)
    assert made.kind in (TAKEN, "unknown")
    remote_id = made.remote_id
    if KINDS[kind].able.can_look:
        remote_id = (await one.look(first, frozenset())).remote_id or remote_id
    better = item(remote=fake.remote, description="better", end=NINE + 5400, seconds=5400)
    changed = await one.update(remote_id, better)
    assert changed.kind == TAKEN
    assert [line[1:] for line in fake.sheet()] == [(5400, "better")]
    assert (await one.delete(changed.remote_id or remote_id, better)).kind == TAKEN
    assert fake.sheet() == []
    assert carrier.judge.judged >= 3
    assert carrier.judge.told == []


@with_specs
@pytest.mark.parametrize("kind", sorted(CONTRACTS.keys() & FAKES.keys()))
async def test_a_key_that_is_not_known_is_refused_as_the_document_says(kind):
    fake = FAKES[kind]()
    carrier = judge_calls(kind, fake)
    one = KINDS[kind].make(carrier, FakeClock(), Login("http://fake", "another", fake.options))
    assert (await one.check()).kind == "stopped"
    assert carrier.judge.told == []


# ---------------------------------------------------------------- the judge itself

SMALL = {
    "openapi": "3.0.3", "info": {"title": "small", "version": "1"}, "servers": [{"url": "http://spec"}],
    "paths": {
        "/v1/entries": {"post": {
            "parameters": [{"name": "quiet", "in": "query", "schema": {"type": "boolean"}}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {
                "type": "object", "required": ["start"], "properties": {"start": {"type": "integer"}}}}}},
            "responses": {"201": {"description": "", "content": {"application/json": {"schema": {
                "type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}}}}},
        }},
    },
}  # fmt: skip


def told(body=b'{"start": 1}', answer=b'{"id": "e1"}', status=201, path="/entries", sloppy=()):
    judge = Judge(Contract("", "/v1", {"/v1/me": "known elsewhere"}, sloppy), SMALL)
    head = {"content-type": "application/json"}
    judge.of(HttpRequest("POST", "http://fake" + path, head, body), HttpResponse(status, head, answer))
    return judge.told


def test_what_follows_the_document_is_not_complained_about():
    assert told() == []
    assert told(path="/me") == []
    assert told(status=429, answer=b"{}") == []


@pytest.mark.parametrize(
    ("given", "side", "words"),
    [
        ({"body": b"{}"}, ASKED, "'start' is a required property"),
        ({"body": b'{"start": "1"}'}, ASKED, "start: '1' is not of type 'integer'"),
        ({"body": b'{"start": 1, "stat": 2}'}, ASKED, "stat"),
        ({"path": "/entries?loud=1"}, ASKED, "no such query: loud"),
        ({"path": "/lists"}, ASKED, "no such path or method"),
        ({"answer": b"{}"}, ANSWERED, "'id' is a required property"),
        ({"answer": b'{"id": 1}'}, ANSWERED, "id: 1 is not of type 'string'"),
        ({"answer": b'{"id": "e1", "more": 1}'}, ANSWERED, "more"),
        ({"status": 200}, ANSWERED, "200"),
    ],
)
def test_what_differs_is_told_with_its_side(given, side, words):
    found = told(**given)
    assert [one[0] for one in found] == [side]
    assert words in found[0][2]


def test_what_a_document_has_wrong_is_passed_over_where_the_table_says_so():
    known = (Sloppy(ANSWERED, "POST /v1/entries", "'id' is a required", "it is told in a header"),)
    assert told(answer=b"{}", sloppy=known) == []
    assert len(told(body=b"{}", sloppy=known)) == 1


def test_no_answer_is_not_judged():
    judge = Judge(Contract("", "/v1"), SMALL)
    judge.of(
        HttpRequest("POST", "http://fake/entries", {"content-type": "application/json"}, b'{"start": 1}'), Failure("timeout", "")
    )
    assert judge.told == []


def test_a_swagger_2_document_is_read_as_well():
    old = {
        "swagger": "2.0",
        "info": {"title": "old", "version": "1"},
        "securityDefinitions": {"basic": {"type": "basic"}},
        "security": [{"basic": []}],
        "definitions": {"New": {"type": "object", "required": ["start"], "properties": {"start": {"type": "string"}}}},
        "paths": {
            "/entries/{id}": {
                "put": {
                    "parameters": [
                        {"name": "id", "in": "path", "type": "integer"},
                        {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/New"}},
                    ],
                    "responses": {"200": {"description": "", "schema": {"$ref": "#/definitions/New"}}},
                }
            }
        },
    }
    judge = Judge(Contract(""), {**translate(old), "servers": [{"url": "http://spec"}]})
    head = {"content-type": "application/json"}
    signed = {**head, "Authorization": "Basic eDp5"}
    judge.of(
        HttpRequest("PUT", "http://fake/entries/7", signed, b'{"start": "now"}'), HttpResponse(200, head, b'{"start": "now"}')
    )
    assert judge.told == []
    judge.of(HttpRequest("PUT", "http://fake/entries/7", signed, b"{}"), HttpResponse(200, head, b'{"start": 1}'))
    assert [(side, words) for side, _, words in judge.told] == [
        (ASKED, ": 'start' is a required property"),
        (ANSWERED, "start: 1 is not of type 'string'"),
    ]


def test_a_request_without_credentials_is_told():
    secured = {
        **SMALL,
        "security": [{"key": []}],
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
    }
    judge = Judge(Contract("", "/v1"), secured)
    head = {"content-type": "application/json"}
    judge.of(HttpRequest("POST", "http://fake/entries", head, b'{"start": 1}'), HttpResponse(201, head, b'{"id": "e1"}'))
    assert [side for side, _, _ in judge.told] == [ASKED]


@with_specs
@pytest.mark.parametrize("kind", sorted(CONTRACTS))
def test_every_document_of_the_table_can_be_judged_by(kind):
    judge = judge_calls(kind, None).judge
    judge.of(HttpRequest("GET", "http://fake/no/such/path"), Failure("timeout", ""))
    assert [words for _, _, words in judge.told] == ["no such path or method"]
