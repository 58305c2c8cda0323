"""The OpenAPI 3.1 document. It is built from the route table on each request, because it is requested rarely and is too large to
keep. It describes requests by the same fields that `route.py` and `protocol.fields` check, so the two cannot differ.
"""

import json
import re
from collections.abc import Iterable
from http import HTTPStatus

from stintd.api.answer import Answer
from stintd.api.daemon import Shape
from stintd.api.route import PARAM_LIMIT, Call, Request, Route
from stintd.api.surface import Surface
from stintd.protocol.body import dump
from stintd.protocol.fields import IDEMPOTENCY_KEY, NO_NUL, Field
from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas import COMPONENTS
from stintd.protocol.schemas.words import nullable, ref
from stintd.resources import bundled_path

JSON = "application/json"
ABOUT = """The local API of stintd: the same on the control socket, where you need no key, and on the loopback port,
where every request needs one. Instants are RFC 3339 in UTC, lengths are seconds unless their name says otherwise, and
unknown fields are refused by their names. Lists answer `{data, nextCursor}`: send `nextCursor` as `cursor` for the next page."""
TAGS = {
    "approve": "Approving periods for delivery",
    "backfill": "Past hours from git and agent logs",
    "backup": "Backups of the database",
    "clients": "Who is billed",
    "dashboard": "The overview",
    "day": "One day with all its evidence",
    "doctor": "Problems and how to fix them",
    "edits": "Your edits",
    "entries": "Time entries",
    "events": "Changes as they happen",
    "export": "Entries as files",
    "gaps": "Gaps: time without an entry",
    "health": "Whether the daemon works",
    "heartbeats": "Evidence",
    "corrections": "Approved hours that have changed since",
    "import": "Importing entries from files",
    "jobs": "Projects, by another name",
    "keys": "API keys",
    "mappings": "Which project a folder, remote or branch belongs to",
    "mcp": "Tools for AI agents (Model Context Protocol)",
    "move": "Moving a period to another project",
    "openapi": "This document",
    "outbox": "What waits to be delivered",
    "projects": "Projects",
    "purge": "Permanently deleting a project or a period",
    "rebuild": "Recomputing entries",
    "recording": "Switching recording off and on",
    "reports": "Totals",
    "review": "Open decisions",
    "repos": "Watched repositories",
    "roots": "Watched folders",
    "settings": "Settings in force",
    "status": "Running timers and current problems",
    "sync": "Sending to billing systems",
    "targets": "Connected billing systems",
    "tasks": "Tasks of projects",
    "time-entries": "Time entries in ClockEye's shape",
    "timer": "The running timer",
    "timesheet": "Hours by task and day",
    "unapprove": "Unapproving periods",
    "undo": "Undoing edits",
    "users": "People in the workspace",
    "v1": "WakaTime's API",
    "webhooks": "Programs that are notified of changes",
    "why": "Why a minute is counted as it is",
    "workspaces": "Workspaces",
}
ERRORS = {
    400: "The request cannot be read: it is not JSON or not UTF-8, or has a field twice.",
    401: "There is no key, or it is not valid.",
    403: "The key does not allow this, or the request came from another site.",
    404: "Nothing has that name or id.",
    408: "The body did not arrive in time.",
    409: "The current state does not allow it; `details` says what is in the way.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    422: "The request is invalid; `details.field` or `details.fields` says where.",
    429: "This key has sent too many requests.",
    500: "A bug in stintd; its id is in the log.",
    503: "stintd is starting, stopping or busy. Try again.",
    507: "The disk is full; nothing was stored.",
}
_ALWAYS, _OF_BODY, _OF_WRITING = (400, 401, 403, 422, 500, 503), (408, 413, 415), (409, 507)
_RATE_HEADERS = {
    "X-RateLimit-Limit": "requests a minute that this key may send",
    "X-RateLimit-Remaining": "how many of them are left in this minute",
    "X-RateLimit-Reset": "when the full number is available again, as a Unix time",
}  # fmt: skip
_KEY_HEADER = {
    "name": "Idempotency-Key", "in": "header", "schema": IDEMPOTENCY_KEY.schema,
    "description": "A second request with the same key gets the first answer and changes nothing.",
}  # fmt: skip
_MATCH_HEADER = {
    "name": "If-Match", "in": "header", "schema": {"type": "string", "pattern": r'^(\*|(W/)?"?[0-9]{1,9}"?)$'},
    "description": "The revision (ETag) this change was made from; an older one is refused with 409.",
}  # fmt: skip
_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The API key, as the whole value, as the user name or as the password.",
    },
}
_OF_EXTENSIONS = {"apiKeyInQuery": {"type": "apiKey", "in": "query", "name": "api_key"}}
"""Browser extensions of WakaTime cannot send headers everywhere."""


async def answer(surface: Surface, call: Call, request: Request) -> Answer:
    """The document of the route table that answers this request."""
    return Answer(text(call.table.routes, surface.daemon.version))


def text(routes: Iterable[Route], version: str) -> bytes:
    """The whole document. It is encoded path by path, because encoding it as one value would leave three mebibytes of memory in
    use."""
    by_path: dict[str, list[Route]] = {}
    for route in routes:
        by_path.setdefault(route.path, []).append(route)
    paths = ((path, {route.method.lower(): _operation(route) for route in group}) for path, group in by_path.items())
    schemas = _object({**COMPONENTS, "ChangedSettings": _settings()}.items())
    rest = {
        "securitySchemes": {**_SCHEMES, **_OF_EXTENSIONS},
        "headers": _headers(),
        "responses": {f"Error{status}": _error(status) for status in ERRORS},
    }
    components = b'{"schemas":' + schemas + b"," + dump(rest)[1:]
    head = dump(_head(version, sorted({_tag(path) for path in by_path})))
    return head[:-1] + b',"paths":' + _object(paths) + b',"components":' + components + b"}"


def _object(pairs: Iterable[tuple[str, object]]) -> bytes:
    return b"{" + b",".join(dump(name) + b":" + dump(value) for name, value in pairs) + b"}"


def _head(version: str, tags: list[str]) -> Shape:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stintd",
            "version": version,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{name: []} for name in _SCHEMES],
        "tags": [{"name": tag, "description": TAGS[tag]} for tag in tags if tag in TAGS],
    }


def operation_id(route: Route) -> str:
    """A name for generated clients: `getEntriesByEntryIdEvidence`."""
    words = [word for part in route.path.removeprefix("/api").split("/") for word in _words(part)]
    return route.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)


def _words(part: str) -> list[str]:
    words = re.split(r"[^A-Za-z0-9]+", part.strip("{}"))
    return ["By", *words] if part.startswith("{") else words


def _operation(route: Route) -> Shape:
    operation: Shape = {
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [_tag(route.path)],
        "x-scope": route.scope,
        "x-for-limited-keys": route.is_for_limited,
        "parameters": [*map(_path, route.params), *(_query(item) for item in route.query.values()), *_request_headers(route)],
        "responses": _responses(route),
    }
    if route.is_for_extensions:
        operation["security"] = [{name: []} for name in (*_SCHEMES, *_OF_EXTENSIONS)]
    body = _body(route)
    return operation if body is None else {**operation, "requestBody": body}


def _tag(path: str) -> str:
    parts = path.removeprefix("/api/").strip("/").split("/")
    return parts[0] or "dashboard"


# ---------------------------------------------------------------- requests


def _path(name: str) -> Shape:
    schema = {"type": "string", "minLength": 1, "maxLength": PARAM_LIMIT}
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _query(field: Field) -> Shape:
    parameter: Shape = {"name": field.name, "in": "query", "schema": field.kind.schema}
    if field.kind.schema.get("type") == "array":
        parameter |= {"style": "form", "explode": False}
    return {**parameter, "required": True} if field.is_required else parameter


def _request_headers(route: Route) -> list[Shape]:
    headers = [_KEY_HEADER] if route.creates else []
    return [*headers, _MATCH_HEADER] if route.reads_if_match else headers


def _body(route: Route) -> Shape | None:
    """The body that a route reads; it may be absent if none of its fields is required."""
    if route.raw and route.method != "GET":
        return {"required": True, "content": {JSON: {"schema": route.accepts if route.accepts is not None else {}}}}
    if not route.body:
        return None
    required = [field.name for field in route.body.values() if field.is_required]
    schema: Shape = {"type": "object", "properties": {field.name: field.kind.schema for field in route.body.values()}}
    if required:
        schema["required"] = required
    if not route.is_lenient:
        schema["additionalProperties"] = False
    return {"required": bool(required or route.needs), "content": {JSON: {"schema": {**schema, **_all_of(route.needs)}}}}


def _all_of(needs: Iterable[Schema]) -> Shape:
    every = list(needs)
    return {"allOf": every} if every else {}


def _settings() -> Shape:
    """The settings that can be changed by request, as in the bundled schema of the settings files; null resets one."""
    properties = json.loads(bundled_path("config/config.schema.json").read_text(encoding="utf-8"))["properties"]
    tables = {
        name: {
            "type": "object",
            "additionalProperties": False,
            "properties": {key: nullable(_forbid_nul(schema)) for key, schema in table["properties"].items()},
        }
        for name, table in properties.items()
        if table.get("additionalProperties") is False
    }
    return {**COMPONENTS["ChangedSettings"], "properties": tables, "additionalProperties": False}


def _forbid_nul(schema: Shape) -> Shape:
    if "items" in schema:
        return {**schema, "items": _forbid_nul(schema["items"])}
    if "properties" in schema:
        return {**schema, "properties": {name: _forbid_nul(inner) for name, inner in schema["properties"].items()}}
    return {"pattern": NO_NUL, **schema} if schema.get("type") == "string" else schema


# ---------------------------------------------------------------- answers


def _responses(route: Route) -> Shape:
    success = {route.status, 200} if route.creates else {route.status}
    return {
        **{str(status): _success(route, status) for status in sorted(success)},
        **{str(status): {"$ref": f"#/components/responses/Error{status}"} for status in _errors(route)},
        **{str(status): _foreign_response(status, schema) for status, schema in sorted(route.others.items())},
    }


def _foreign_response(status: int, schema: Schema | None) -> Shape:
    """An answer in the shape of another protocol."""
    answer = {"description": HTTPStatus(status).phrase, "headers": _rate_headers()}
    return answer if schema is None else {**answer, "content": {JSON: {"schema": schema}}}


def _rate_headers() -> Shape:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in _RATE_HEADERS}


def _success(route: Route, status: int) -> Shape:
    about = "It already existed; nothing was created." if route.creates and status == 200 else HTTPStatus(status).phrase
    schema = route.answer if route.answer is not None else {}
    return {
        "description": about,
        "headers": _answer_headers(route),
        "content": {media: {"schema": schema} for media in route.medias},
    }


def _answer_headers(route: Route) -> Shape:
    component = (route.answer or {}).get("$ref", "").rpartition("/")[2]
    has_revision = "revision" in COMPONENTS.get(component, {}).get("properties", {})
    names = [*_RATE_HEADERS, *(["ETag"] if has_revision else [])]
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _errors(route: Route) -> list[int]:
    """The error statuses that a route can answer."""
    statuses = {*_ALWAYS, 429} if route.is_rated else {*_ALWAYS}
    if route.body or route.raw:
        statuses |= {*_OF_BODY}
    if route.method != "GET":
        statuses |= {*_OF_WRITING, 404}
    if route.params or route.query:
        statuses |= {404, 409}
    return sorted(statuses)


def _error(status: int) -> Shape:
    names = [*_RATE_HEADERS, *(["Retry-After"] if status in (429, 503) else [])]
    headers = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"description": ERRORS[status], "headers": headers, "content": {JSON: {"schema": ref("Error")}}}


def _headers() -> Shape:
    whole = {"type": "integer", "minimum": 0}
    return {
        **{name: {"description": about, "schema": whole} for name, about in _RATE_HEADERS.items()},
        "Retry-After": {"description": "seconds to wait", "schema": whole},
        "ETag": {"description": "the revision, for If-Match", "schema": {"type": "string"}},
    }
