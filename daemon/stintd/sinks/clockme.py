"""ClockMe: finished entries by REST, as its document describes them.

Not in the document, and survived either way: where `idempotencyKey` goes (sent in the body and as a header), and whether
entries can be listed by REST (asked; where it cannot, its own MCP tool is; where that fails too, the key is relied on).
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    BLIND,
    MISSING,
    REFUSED,
    TAKEN,
    UNKNOWN,
    Account,
    Carrier,
    Failure,
    Item,
    Kind,
    Login,
    Outcome,
    RemotePlace,
    Response,
)
from stintd.sinks.http_api import Api, id_in, listed, made, parsed, seconds_of

BASE = "https://clockme.co"
ABLE = Abilities(
    client_id=True,
    can_look=True,
    billable=True,
    tags=True,
    creates_places=True,
    needs=("project_id",),
    takes=("task_id",),
    calls_per_hour=3600,
)
DAY = 86_400


class ClockMe:
    """One account."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """Its projects can be read; the document has no call that names the account."""
        found = await self.places()
        return found if isinstance(found, Outcome) else Account("")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        answer = await self._api.ask("GET", "/api/projects")
        found = listed(answer)
        if found is None:
            return self._api.unread(answer, "no list of projects")
        return tuple(RemotePlace(str(one.get("name", "")), {"project_id": str(one.get("id", ""))}) for one in found)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """A project; it has no clients there."""
        answer = await self._api.ask("POST", "/api/projects", {"name": name})
        outcome = made(self._api, answer, id_in(answer))
        return RemotePlace(name, {"project_id": outcome.remote_id}) if outcome.kind == TAKEN else outcome

    async def create(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", "/api/entries", {**_body(item), "idempotencyKey": item.id},
                                     headers={"Idempotency-Key": item.id})  # fmt: skip
        return made(self._api, answer, id_in(answer))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return self._api.judged(await self._api.ask("PATCH", _path(remote_id), _body(item)), "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return self._api.judged(await self._api.ask("DELETE", _path(remote_id)), "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By project, start and end: two entries of one person cannot share them."""
        asked = {"projectId": item.remote["project_id"], "from": _day(item.start - DAY), "to": _day(item.end + DAY), "limit": 500}
        answer = await self._api.ask("GET", "/api/entries", query=asked)
        found = listed(answer)
        if found is None and _is_not_there(answer):
            answer = await self._tool("clockme_list_entries", asked)
            found = _told(answer)
        if found is None:
            return self._unread(answer)
        there = next((one for one in found if _is_same(one, item) and str(one.get("id")) not in others), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))

    def _unread(self, answer: Response | Failure) -> Outcome:
        """Why a list could not be read: there is none, or this time it was not one."""
        judged = self._api.judged(answer, "read")
        if judged.kind == REFUSED or _is_not_there(answer):
            return Outcome(BLIND)
        return Outcome(UNKNOWN, text="its list of entries cannot be read") if judged.kind == TAKEN else judged

    async def _tool(self, name: str, arguments: dict[str, Any]) -> Response | Failure:
        call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
        return await self._api.ask("POST", "/api/mcp", call)


def _is_not_there(answer: Response | Failure) -> bool:
    """Whether the service says that it has no such path or tool."""
    if isinstance(answer, Failure):
        return False
    found = parsed(answer)
    result = found.get("result") if isinstance(found, dict) else None
    is_refused = isinstance(found, dict) and "jsonrpc" in found and (not isinstance(result, dict) or bool(result.get("isError")))
    return answer.status in (404, 405, 501) or (answer.status == 200 and is_refused)


def _told(answer: Response | Failure) -> list[dict[str, Any]] | None:
    """The entries in a tool's structured answer."""
    found = parsed(answer)
    result = found.get("result") if isinstance(found, dict) else None
    content = result.get("structuredContent") if isinstance(result, dict) and not result.get("isError") else None
    told = (
        next((content[name] for name in ("entries", "data") if isinstance(content.get(name), list)), None)
        if isinstance(content, dict)
        else content
    )
    return told if isinstance(told, list) and all(isinstance(one, dict) for one in told) else None


def _is_same(one: dict[str, Any], item: Item) -> bool:
    start = seconds_of(one.get("startTime", one.get("start")))
    end = seconds_of(one.get("endTime", one.get("end")))
    project = one.get("projectId", item.remote["project_id"])
    return start == item.start and end == item.start + item.seconds and str(project) == item.remote["project_id"]


def _body(item: Item) -> dict[str, Any]:
    """All of an entry. The end and not the minutes: what becomes of parts of a minute is not documented."""
    body = {
        "projectId": item.remote["project_id"], "startTime": _instant(item.start), "endTime": _instant(item.start + item.seconds),
        "description": item.description, "billable": item.billable, "tags": list(item.tags),
    }  # fmt: skip
    return {**body, "taskId": item.remote["task_id"]} if item.remote.get("task_id") else body


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(seconds: int) -> str:
    return _instant(seconds)[:10]


def _path(remote_id: str) -> str:
    return f"/api/entries/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, ClockMe, BASE)
