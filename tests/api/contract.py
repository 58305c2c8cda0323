"""Holds every answer that a test sees against the schema of its route, so that each test of the surface checks it too."""

import json
from typing import Any
from urllib.parse import urlsplit

from jsonschema_rs import Draft202012Validator

from stintd.api.guard import HttpRefusal
from stintd.api.route import Route, Table
from stintd.errors import NotFound
from stintd.protocol.schemas import COMPONENTS

JSON = "application/json"
_READY: dict[str, Draft202012Validator] = {}


def check(table: Table, method: str, target: str, status: int, kind: str, body: Any) -> None:
    """Fail when an answer is not what the route's schema promises, or an error not of the one shape."""
    route = _find_route(table, method, target)
    if route is not None and status in route.others:
        schema = route.others[status]
        assert (body is None) == (schema is None), f"{status} of {method} {target}"
        if schema is not None:
            _hold(f"{status} of {method} {target}", schema, body)
        return
    if status >= 400:
        _hold(f"{status} of {method} {target}", {"$ref": "#/components/schemas/Error"}, body)
        return
    assert route is not None, f"{method} {target} is not in the table and was answered {status}"
    assert status in {route.status, 200 if route.creates else route.status}, f"{method} {target} answered {status}"
    assert kind.partition(";")[0] in route.medias, f"{method} {target} answered {kind}"
    assert route.answer is not None, f"{method} {route.path} does not say what it answers"
    if kind.partition(";")[0] == JSON:
        _hold(f"{method} {target}", route.answer, body)


def _find_route(table: Table, method: str, target: str) -> Route | None:
    try:
        return table.find(method, urlsplit(target).path)[0]
    except (NotFound, HttpRefusal):
        return None


def _validator(schema: Any) -> Draft202012Validator:
    """Schemas are constants of the table: each is made ready once."""
    key = json.dumps(schema)
    if key not in _READY:
        whole = {**schema, "components": {"schemas": COMPONENTS}}
        _READY[key] = Draft202012Validator(whole, validate_formats=True)
    return _READY[key]


def _hold(what: str, schema: Any, body: Any) -> None:
    errors = list(_validator(schema).iter_errors(body))
    if errors:
        place = "/".join(map(str, errors[0].instance_path)) or "the whole"
        raise AssertionError(f"{what}: {place}: {errors[0].message[:500]} ({len(errors)} in all)")


def undescribed_routes(routes: tuple[Route, ...]) -> list[str]:
    """Routes that do not say what they answer."""
    return [f"{route.method} {route.path}" for route in routes if route.answer is None]
