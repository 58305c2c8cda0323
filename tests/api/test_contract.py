"""The table says what every route answers, in schemas that are whole."""

import pytest
from jsonschema import Draft202012Validator

from stintd.api.routes import ROUTES
from stintd.protocol.schemas import COMPONENTS
from tests.api import contract


def references(schema):
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield schema["$ref"].rpartition("/")[2]
        for inner in schema.values():
            yield from references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from references(inner)


def test_every_route_says_what_it_answers():
    assert contract.undescribed_routes(ROUTES) == []


def test_every_component_is_a_schema_and_every_reference_has_its_component():
    for schema in COMPONENTS.values():
        Draft202012Validator.check_schema(schema)
    told = [schema for route in ROUTES for schema in (route.answer, route.accepts, *route.others.values())]
    named = {name for schema in [*COMPONENTS.values(), *told] for name in references(schema)}
    assert named <= set(COMPONENTS)
    assert set(COMPONENTS) - named <= {"Error"}


async def test_an_answer_with_a_field_more_or_less_fails_the_test_that_sees_it(client):
    entry = await client.post(
        "/api/entries",
        {
            "projectName": "acme",
            "autoCreate": True,
            "start": "2026-11-20T08:00:00Z",
            "durationMinutes": 30,
        },
    )
    table, path = client.daemon.http.table, f"/api/entries/{entry['id']}"
    shown = await client.get(path)
    contract.check(table, "GET", path, 200, "application/json", shown)
    for wrong in ({**shown, "more": 1}, {k: v for k, v in shown.items() if k != "tags"}, {**shown, "end": "yesterday"}):
        with pytest.raises(AssertionError):
            contract.check(table, "GET", path, 200, "application/json", wrong)
    with pytest.raises(AssertionError):
        contract.check(table, "GET", path, 404, "application/json", {"error": "no"})
    with pytest.raises(AssertionError):
        contract.check(table, "GET", path, 202, "application/json", shown)
