"""Holds every answer that a test sees against the schema of its route, so that each test of the surface checks it too."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker

from stintd.api.guard import Refused
from stintd.api.route import Route, Table
from stintd.errors import NotFound
from stintd.protocol.schemas import COMPONENTS

FORMATS = FormatChecker()
JSON = "application/json"


def check(table: Table, method: str, target: str, status: int, kind: str, body: Any) -> None:
    """Fail when an answer is not what the route's schema promises, or an error not of the one shape."""
    if status >= 400:
        _hold(f"{status} of {method} {target}", {"$ref": "#/components/schemas/Error"}, body)
        return
    try:
        route = table.find(method, urlsplit(target).path)[0]
    except (NotFound, Refused):
        raise AssertionError(f"{method} {target} is not in the table and was answered {status}") from None
    assert status in {route.status, 200 if route.creates else route.status}, f"{method} {target} answered {status}"
    assert kind.partition(";")[0] == route.media, f"{method} {target} answered {kind}"
    assert route.answer is not None, f"{method} {route.path} does not say what it answers"
    if route.media == JSON:
        _hold(f"{method} {target}", route.answer, body)


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": {"schemas": COMPONENTS}}, format_checker=FORMATS
    )


def _of(schema: Any) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": {"schemas": COMPONENTS}}, format_checker=FORMATS)


def _hold(what: str, schema: Any, body: Any) -> None:
    is_named = isinstance(schema, dict) and set(schema) == {"$ref"}
    validator = _validator(schema["$ref"].rpartition("/")[2]) if is_named else _of(schema)
    errors = sorted(validator.iter_errors(body), key=lambda error: list(map(str, error.path)))
    if errors:
        first = errors[0]
        place = "/".join(map(str, first.path)) or "the whole"
        raise AssertionError(f"{what}: {place}: {first.message[:500]} ({len(errors)} in all)")


def unanswered(routes: tuple[Route, ...]) -> list[str]:
    """Routes that do not say what they answer."""
    return [f"{route.method} {route.path}" for route in routes if route.answer is None]
