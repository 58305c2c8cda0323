"""The table itself, and what holds for each of its routes."""

import pytest

from stintd.api.route import Route, Table
from stintd.api.routes import ROUTES, TABLE
from stintd.protocol.fields import DAY_OR_INSTANT, FLAG, INSTANT, PATH

SHAPE = {"error", "code", "details"}
CODES = {
    "VALIDATION", "AUTH", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "RATE_LIMIT", "UNAVAILABLE", "STORAGE_FULL", "INTERNAL",
}  # fmt: skip


def path_of(route):
    for name in route.params:
        route_path = route.path.replace("{" + name + "}", "0193-none")
        return route_path
    return route.path


def name_of(route):
    return f"{route.method} {route.path}"


def value_of(kind):
    if kind in (INSTANT, DAY_OR_INSTANT):
        return "2026-11-20T08:00:00Z"
    if kind is PATH:
        return "/code/none"
    return True if kind is FLAG else "none"


def full_body(route):
    return {one.name: value_of(one.kind) for one in (route.body or {}).values() if one.is_required}


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.raw and not r.is_lenient], ids=name_of)
async def test_an_unknown_field_is_refused_by_its_name(client, route):
    if route.method == "GET":
        answer = await client.ask("GET", path_of(route) + "?colour=1")
    elif route.body is None:
        answer = await client.ask(route.method, path_of(route), {"colour": 1})
    else:
        answer = await client.ask(route.method, path_of(route), {**full_body(route), "colour": 1})
    assert answer.status in (400, 422)
    assert set(answer.body) == SHAPE
    assert answer.body["code"] == "VALIDATION"
    if route.method != "GET" and route.body is not None:
        assert "colour" in answer.body["error"]


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method != "GET"], ids=name_of)
async def test_no_body_makes_an_internal_error(client, route):
    for body in (b"{", b"\xff", b"[" * 40, b"NaN", b"3", b'"x"', b"[[]]", b"null", b'{"a":1,"a":1}'):
        answer = await client.ask(route.method, path_of(route), body)
        assert answer.status < 500, (body, answer.body)
        if answer.status >= 400 and answer.status not in route.others:
            assert set(answer.body) == SHAPE
            assert answer.body["code"] in CODES


ODD_VALUES = (None, "", "x" * 5000, -1, 2**62, 1.5, True, [], {}, [None], "a\u202eb", "2026-11-20")
ODD_TEXTS = (
    "", "x", "-1", "99999999999999999999", "%00", "%ff", "2026-11-20T10:00:00", "9999-12-31", "0001-01-01", "1970-01-01",
    "8999-12-31",
)  # fmt: skip


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method != "GET" and r.body], ids=name_of)
async def test_no_value_of_any_field_makes_an_internal_error(client, route):
    for one in route.body.values():
        for value in ODD_VALUES:
            answer = await client.ask(route.method, path_of(route), {**full_body(route), one.name: value})
            assert answer.status < 500, (one.name, value, answer.body)


@pytest.mark.parametrize("route", [r for r in ROUTES if r.query], ids=name_of)
async def test_no_value_of_a_query_makes_an_internal_error(client, route):
    for name in route.query:
        for value in ODD_TEXTS:
            answer = await client.ask(route.method, f"{path_of(route)}?{name}={value}")
            assert answer.status < 500, (name, value, answer.body)
            if answer.status >= 400:
                assert set(answer.body) == SHAPE


@pytest.mark.parametrize("route", [r for r in ROUTES if r.params], ids=name_of)
async def test_an_unknown_id_is_not_found(client, route):
    answer = await client.ask(route.method, path_of(route), full_body(route) if route.method != "GET" else None)
    assert (answer.status, answer.body["code"]) in ((404, "NOT_FOUND"), (422, "VALIDATION"))


@pytest.mark.parametrize("path", sorted({path_of(r) for r in ROUTES}))
async def test_a_wrong_method_names_the_right_ones(client, path):
    answer = await client.ask("PUT", path, {})
    assert (answer.status, answer.body["code"]) == (405, "VALIDATION")
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nothing", "/api/entries/", "/api/entries/x/y/z", "//api/health", "/api/../etc"]
)
async def test_unknown_paths_are_not_found(client, path):
    answer = await client.ask("GET", path)
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")


QUESTIONS = {"/api/v1/users/current/file_experts", "/api/mcp"}
"""POSTs that change nothing by themselves (each tool of an agent checks its own scope)."""


def test_the_table_says_something_about_every_route():
    assert len({(r.method, r.path) for r in TABLE.routes}) == len(ROUTES)
    for route in ROUTES:
        assert route.summary
        assert route.scope in ("none", "read", "write", "full")
        # The URL of a webhook often is a secret of its receiver's, and doctor tells of folders and settings: not for a key
        # that only reads.
        asks = route.method == "GET" or route.path in QUESTIONS
        is_for_readers = asks and not route.path.startswith(("/api/webhooks", "/api/doctor"))
        assert (route.scope in ("none", "read")) == is_for_readers, name_of(route)


def test_every_list_of_the_surface_can_be_paged():
    for route in ROUTES:
        assert ("limit" in route.query) == ("cursor" in route.query), name_of(route)


def test_a_path_with_two_parameters_is_refused_when_the_table_is_made():
    """Only one is read: the other would be lost in silence."""
    with pytest.raises(ValueError, match="more than one parameter"):
        Table([Route("GET", "/api/projects/{project_id}/tasks/{task_id}", ROUTES[0].handle, "a task of a project")])
