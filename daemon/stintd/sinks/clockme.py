"""ClockMe: finished entries by REST, as its document describes them.

The document leaves two things open, and both possibilities work: where `idempotencyKey` goes (it is sent in the body and as a
header), and whether entries can be listed by REST (that is tried first; where it fails, ClockMe's own MCP tool is called;
where that fails too, the key is relied on).
"""

from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody, JsonObject, object_at, rows_at, value_at
from stintd.ports import BLIND, MISSING, REFUSED, TAKEN, Account, Carrier, Failure, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import (
    Answer,
    Api,
    create_outcome,
    id_in,
    json_of,
    rfc3339,
    rows_of,
    seconds_of,
    unreadable_list,
    utc_day,
)
from stintd.sinks.remote_lists import account_by_projects, list_projects, project_place

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
        """Whether its projects can be read; the document has no call that names the account."""
        return await account_by_projects(self._api, "/api/projects")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        return await list_projects(self._api, "/api/projects")

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """Create a project. There are no clients at ClockMe."""
        answer = await self._api.ask("POST", "/api/projects", {"name": name})
        return project_place(create_outcome(self._api, answer, id_in(answer)), name)

    async def create(self, item: Item) -> Outcome:
        body = {**_body(item), "idempotencyKey": item.id}
        answer = await self._api.ask("POST", "/api/entries", body, headers={"Idempotency-Key": item.id})
        return create_outcome(self._api, answer, id_in(answer))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return self._api.outcome_of(await self._api.ask("PATCH", _path(remote_id), _body(item)), "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return self._api.outcome_of(await self._api.ask("DELETE", _path(remote_id)), "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By project, start and end: no two entries of one person share them."""
        query: dict[str, str | int] = {"projectId": item.remote["project_id"], "limit": 500}
        query |= {"from": utc_day(item.start - DAY), "to": utc_day(item.end + DAY)}
        answer = await self._api.ask("GET", "/api/entries", query=query)
        rows = rows_of(answer)
        if rows is None and _is_unsupported(answer):
            answer = await self._call_tool("clockme_list_entries", query)
            rows = _tool_rows(answer)
        if rows is None:
            return self._list_problem(answer)
        match = next((row for row in rows if _is_same(row, item) and str(row.get("id")) not in others), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    def _list_problem(self, answer: Answer) -> Outcome:
        """Why a list could not be read: ClockMe has none, or this answer was none."""
        outcome = unreadable_list(self._api, answer)
        return Outcome(BLIND) if outcome.kind == REFUSED or _is_unsupported(answer) else outcome

    async def _call_tool(self, name: str, arguments: JsonBody) -> Answer:
        call: JsonBody = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        return await self._api.ask("POST", "/api/mcp", call)


def _is_unsupported(answer: Answer) -> bool:
    """Whether the service says that it has no such path or tool."""
    if isinstance(answer, Failure):
        return False
    body = json_of(answer)
    result = value_at(body, "result")
    is_refused = "jsonrpc" in object_at(body) and (not isinstance(result, dict) or bool(result.get("isError")))
    return answer.status in (404, 405, 501) or (answer.status == 200 and is_refused)


def _tool_rows(answer: Answer) -> list[JsonObject] | None:
    """The entries in a tool's structured answer."""
    result = object_at(json_of(answer), "result")
    content = None if result.get("isError") else result.get("structuredContent")
    if isinstance(content, dict):
        content = next((content[name] for name in ("entries", "data") if isinstance(content.get(name), list)), None)
    return rows_at(content)


def _is_same(row: JsonObject, item: Item) -> bool:
    start = seconds_of(row.get("startTime", row.get("start")))
    end = seconds_of(row.get("endTime", row.get("end")))
    project = row.get("projectId", item.remote["project_id"])
    return start == item.start and end == item.start + item.seconds and str(project) == item.remote["project_id"]


def _body(item: Item) -> dict[str, JsonBody]:
    """All of an entry. It sends the end and not the minutes: what happens to parts of a minute is not documented."""
    body: dict[str, JsonBody] = {
        "projectId": item.remote["project_id"],
        "startTime": rfc3339(item.start),
        "endTime": rfc3339(item.start + item.seconds),
        "description": item.description,
        "billable": item.billable,
        "tags": list(item.tags),
    }
    return {**body, "taskId": item.remote["task_id"]} if item.remote.get("task_id") else body


def _path(remote_id: str) -> str:
    return f"/api/entries/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, ClockMe, BASE)
