"""The OpenAPI document: valid, about every route of the table and no other, and true to what is checked."""

import json
import re
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from stintd import __version__
from stintd.api import openapi
from stintd.api.routes import ROUTES
from stintd.protocol import errors

DOCUMENT = json.loads(openapi.text(ROUTES, "1"))


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_the_document_is_what_openapi_3_1_calls_one():
    validate(DOCUMENT)


def test_every_route_is_in_the_document_and_nothing_else_is():
    assert {name for name, _ in operations(DOCUMENT)} == {f"{route.method} {route.path}" for route in ROUTES}


def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_for():
    shown = [operation for _, operation in operations(DOCUMENT)]
    assert len({one["operationId"] for one in shown}) == len(ROUTES)
    for one in shown:
        assert re.fullmatch("[a-z][A-Za-z0-9]+", one["operationId"]), one["operationId"]
        assert one["summary"]
        assert one["x-scope"] in ("none", "read", "write", "full")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_an_operation_tells_what_its_route_reads_and_answers(route):
    shown = DOCUMENT["paths"][route.path][route.method.lower()]
    told = {(one["in"], one["name"]) for one in shown["parameters"] if one["in"] != "header"}
    assert told == {*(("path", name) for name in route.params), *(("query", name) for name in route.query)}
    assert ("Idempotency-Key" in str(shown["parameters"])) == route.creates
    assert {str(route.status), "400", "401", "403", "500"} <= shown["responses"].keys()
    assert ("429" in shown["responses"]) == route.is_rated
    content = shown["responses"][str(route.status)]["content"]
    assert content == {media: {"schema": route.answer} for media in route.medias}
    if route.body:
        schema = shown["requestBody"]["content"]["application/json"]["schema"]
        assert set(schema["properties"]) == set(route.body)
        assert (schema.get("additionalProperties", True) is False) == (not route.is_lenient)
        assert schema.get("allOf", []) == [*route.needs]
    elif not route.raw:
        assert not route.needs
        assert "requestBody" not in shown


def test_every_group_of_operations_is_described():
    used = {tag for _, shown in operations(DOCUMENT) for tag in shown["tags"]}
    assert used == {tag["name"] for tag in DOCUMENT["tags"]}


def test_the_page_about_the_document_lists_every_status_and_every_code_of_errors():
    page = (Path(__file__).parents[2] / "daemon" / "API.md").read_text()
    rows = re.findall(r"^\| ([0-9]{3}) \| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert {int(status) for status, _ in rows} == {*openapi.ERRORS, 405}
    assert {code for _, code in rows} == {row[0] for row in errors.TABLE.values()}


def test_what_honours_if_match_says_so():
    told = {name for name, shown in operations(DOCUMENT) if "If-Match" in str(shown["parameters"])}
    for name in (
        "PATCH /api/entries/{entry_id}",
        "DELETE /api/projects/{project_id}",
        "PATCH /api/timer",
        "DELETE /api/webhooks/{webhook_id}",
    ):
        assert name in told
    assert "POST /api/entries" not in told


def texts(schema, place):
    """Every text that a schema admits, by where it stands."""
    for choice in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        if "$ref" in choice:
            yield from texts(DOCUMENT["components"]["schemas"][choice["$ref"].rpartition("/")[2]], place)
        if "string" in choice.get("type", "") and not choice.keys() & {"enum", "const", "format"}:
            yield place, choice
        for name, inner in choice.get("properties", {}).items():
            yield from texts(inner, f"{place}.{name}")
        if "items" in choice:
            yield from texts(choice["items"], f"{place}[]")


def test_no_text_of_a_request_that_is_read_strictly_admits_a_nul():
    """The reader of bodies refuses it, whichever field it is in."""
    strict = [route for route in ROUTES if not (route.is_lenient or route.is_unparsed)]
    bodies = {(r.method, r.path): DOCUMENT["paths"][r.path][r.method.lower()].get("requestBody") for r in strict}
    found = [
        f"{method} {path} {place}"
        for (method, path), body in bodies.items()
        if body
        for place, schema in texts(body["content"]["application/json"]["schema"], "")
        if re.search(schema.get("pattern", ""), "a\0")
    ]
    assert found == []


async def test_the_daemon_serves_the_document_of_its_own_table(client):
    served = await client.get("/api/openapi")
    assert served == {**DOCUMENT, "info": {**DOCUMENT["info"], "version": __version__}}
