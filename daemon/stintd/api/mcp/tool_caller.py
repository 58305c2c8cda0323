"""How tools call the daemon: through the routes of the table and as their caller, so scope, limit, checks and idempotency are
the same as for every other API client."""

from collections.abc import Callable
from dataclasses import field, replace
from datetime import date
from typing import TypeVar
from urllib.parse import quote, unquote

from stintd.api.daemon import Shape
from stintd.api.dispatch import query, replace_path, run, value_of
from stintd.api.guard import check_scope
from stintd.api.route import Call, Created, read_body
from stintd.api.surface import Surface
from stintd.engine.commands import narrow
from stintd.engine.period import zone_of
from stintd.engine.reply import Reply
from stintd.errors import Forbidden, Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject
from stintd.protocol.fields import PATH, read_object

FOLDER_HEADER = "Stint-Folder"
"""The header with an absolute path, percent-encoded: the caller limits itself to the client or project of that folder. Any
caller may limit itself this way; nothing extends what it may do."""


T = TypeVar("T")


@frozen
class _ToolRequest:
    """What handlers read of a request: idempotency compares its path, and a revision may come as a header."""

    raw_path: str
    headers: dict[str, str] = field(default_factory=dict)


@frozen
class ToolCaller:
    """Calls routes for a tool; `call` is the request that named the tool."""

    surface: Surface
    call: Call

    def today(self) -> date:
        """The user's local day."""
        engine = self.surface.daemon.engine
        return engine.clock.now().astimezone(zone_of(engine.policy.zone)).date()

    async def get(self, path: str, **query: Json) -> Shape:
        """What a GET of that path answers; fields that are None are left out."""
        return await self._ask("GET", path, None, {name.rstrip("_"): value for name, value in query.items() if value is not None})

    async def post(self, path: str, body: JsonObject) -> Shape:
        """What a POST to that path answers."""
        return await self._ask("POST", path, body, {})

    async def patch(self, path: str, body: JsonObject) -> Shape:
        """What a PATCH of that path answers."""
        return await self._ask("PATCH", path, body, {})

    async def delete(self, path: str) -> Shape:
        """What a DELETE of that path answers."""
        return await self._ask("DELETE", path, None, {})

    async def _ask(self, method: str, path: str, body: Json, query: JsonObject) -> Shape:
        route, params = self.call.table.find(method, path)
        caller = self.call.caller
        check_scope(caller, route.scope)
        if caller.limit is not None and not route.is_for_limited:
            raise Forbidden("you are limited to one client or project, and this would reach further", "ask the user")
        arguments = {**read_object(query, route.query), **read_body(route, body), **params}
        call = Call(route, self.call.table, arguments, body, caller=caller)
        answer = await route.handle(self.surface, call, _ToolRequest(path))
        if not isinstance(answer, dict | Reply):
            raise TypeError(f"{method} {route.path} does not answer a JSON object")
        shape: Shape = value_of(answer)
        return shape

    async def run_command(self, fn: Callable[..., T | Created], **arguments: object) -> T:
        """Run a command that has no route; the command must respect the limit of the step."""
        check_scope(self.call.caller, "write")
        return value_of(await run(self.surface, self.call, lambda step: fn(step, **arguments)))

    async def run_query(self, fn: Callable[..., T], **arguments: object) -> T:
        """Run a query that has no route; the view of a limited caller contains only what it may see."""
        check_scope(self.call.caller, "read")
        return await query(fn)(self.surface, replace(self.call, arguments=arguments), _ToolRequest(""))


async def narrow_to_folder(surface: Surface, call: Call) -> Call:
    """The call, limited to the client or project of the folder that its header names, if it names one."""
    folder = call.headers.get(FOLDER_HEADER)
    if folder is None:
        return call
    located = replace(call, arguments={"path": _folder(folder)})
    replace_path(surface, located)
    place = located.arguments["place"]
    limit = await run(surface, located, lambda step: narrow.find_limit(step, place, call.caller.limit))
    return replace(call, caller=replace(call.caller, limit=limit))


def _folder(text: str) -> str:
    try:
        return str(PATH.read(unquote(text, errors="strict")))
    except (Invalid, UnicodeDecodeError) as error:
        raise Invalid(f"{FOLDER_HEADER} must be an absolute path", "percent-encode it", {"field": FOLDER_HEADER}) from error


def path_to(path: str, identity: str) -> str:
    """The path of one object by its id, which may contain any characters."""
    return f"{path}/{quote(identity, safe='')}"
