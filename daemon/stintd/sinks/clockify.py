"""Clockify (v1): entries of one workspace, by start and end.

Clockify stores no ids of ours: an entry is found again by its start, end and project. A change replaces a whole entry, so its
custom fields, which others filled in, are read first and sent along; that read also shows whether the entry is locked. A day
whose entries are all locked is assumed to be locked for new ones. Tags go by id and are created where they are missing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, object_at, objects_at
from stintd.ports import (
    BLIND,
    LOCKED,
    LOST,
    REFUSED,
    STOPPED,
    TAKEN,
    UNKNOWN,
    Account,
    Carrier,
    HttpResponse,
    Item,
    Kind,
    Login,
    Outcome,
    OutcomeKind,
    RemotePlace,
)
from stintd.sinks.day_gate import DayGate
from stintd.sinks.http_api import (
    Answer,
    Api,
    Verb,
    create_outcome,
    explain_refusal,
    id_in,
    json_of,
    lock_outcome,
    precheck_failure,
    rfc3339,
    rows_of,
    rows_or_problem,
    seconds_of,
    status_of,
)
from stintd.sinks.remote_lists import TagIds, adopt_match, id_by_name, id_of_new, places_of, project_place, read_pages

BASE = "https://api.clockify.me/api/v1"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("workspace_id",), calls_per_hour=30_000,
)  # fmt: skip
DAY = 86_400
PAGE, PAGES = 200, 50
CLOSED_KINDS: tuple[OutcomeKind, ...] = (LOCKED, LOST, TAKEN)
"""What a refused change may turn out to be: locked, or gone, since the entry was read."""


class Clockify:
    """One workspace of one user. Remembers the user, the ids of tags, and which days are open."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"X-Api-Key": login.key})
        self._workspace, self._user = login.options.get("workspace_id", ""), ""
        self._base_path = f"/workspaces/{quote(self._workspace, safe='')}"
        self._zone, self._days = ZoneInfo(login.zone), DayGate(clock)
        self._tags = TagIds(self._api, f"{self._base_path}/tags", self._all_tags)

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        """Whose key it is, and that it opens the workspace."""
        user = await self._user_name()
        if isinstance(user, Outcome):
            return user
        spaces = await self.choices("workspace_id")
        if isinstance(spaces, Outcome):
            return spaces
        where = next((place.name for place in spaces if place.remote["workspace_id"] == self._workspace), None)
        if where is None:
            return Outcome(STOPPED, text="the key does not open the workspace of that workspace_id")
        return Account(f"{user} ({where})" if user else where)

    async def _user_name(self) -> str | Outcome:
        answer = await self._api.ask("GET", "/user")
        user, self._user = json_of(answer), id_in(answer) or ""
        if not isinstance(user, dict) or status_of(answer) >= 300 or not self._user:
            outcome = self._api.not_a("from Clockify's API", answer)
            return replace(outcome, kind=STOPPED) if outcome.status == 403 else outcome
        return str(user.get("name") or "")

    async def _user_id(self) -> str | Outcome:
        if not self._user:
            name = await self._user_name()
            if isinstance(name, Outcome):
                return precheck_failure(name)
        return self._user

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces of the key's owner."""
        rows = rows_or_problem(self._api, await self._api.ask("GET", "/workspaces"), "a list of workspaces")
        return rows if isinstance(rows, Outcome) else places_of(rows, option)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects, and each with its tasks; archived and finished ones are left out."""
        projects = await self._read_all(f"{self._base_path}/projects", {"archived": "false", "hydrated": "true"})
        if isinstance(projects, Outcome):
            return projects
        places = []
        for row in projects:
            name, remote, client = str(row.get("name", "")), {"project_id": str(row.get("id"))}, str(row.get("clientName") or "")
            places.append(RemotePlace(name, remote, client))
            places += [
                RemotePlace(f"{name} / {task.get('name', '')}", {**remote, "task_id": str(task.get("id"))}, client)
                for task in objects_at(row, "tasks")
                if task.get("status") != "DONE"
            ]
        return tuple(places)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        body = {"name": name}
        if client:
            clients = await self._read_all(f"{self._base_path}/clients", {"archived": "false"})
            if isinstance(clients, Outcome):
                return clients
            client_id = id_by_name(clients, client)
            if client_id is None:
                new_id = await id_of_new(self._api, f"{self._base_path}/clients", {"name": client})
                if isinstance(new_id, Outcome):
                    return new_id
                client_id = new_id
            body["clientId"] = client_id
        answer = await self._api.ask("POST", f"{self._base_path}/projects", body)
        return project_place(create_outcome(self._api, answer, id_in(answer)), name, client)

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        refusal = await self._day_refusal(item.day)
        if refusal is not None:
            return refusal
        answer = await self._api.ask("POST", f"{self._base_path}/time-entries", body)
        outcome = create_outcome(self._api, answer, id_in(answer))
        if outcome.kind != TAKEN:
            self._days.forget(item.day)
        return explain_refusal(outcome, await self._day_refusal(item.day), CLOSED_KINDS) if outcome.kind == REFUSED else outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        entry = await self._open_entry(remote_id, "update")
        if isinstance(entry, Outcome):
            return entry
        answer = await self._api.ask("PUT", self._path(remote_id), {**body, **_custom_fields(entry)})
        return await self._explain(self._outcome_of(answer, "update"), remote_id, "update")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        entry = await self._open_entry(remote_id, "delete")
        if isinstance(entry, Outcome):
            return entry
        answer = await self._api.ask("DELETE", self._path(remote_id))
        return await self._explain(self._outcome_of(answer, "delete"), remote_id, "delete")

    async def _explain(self, outcome: Outcome, remote_id: str, verb: Verb) -> Outcome:
        if outcome.kind != REFUSED:
            return outcome
        return explain_refusal(outcome, await self._open_entry(remote_id, verb), CLOSED_KINDS)

    async def _open_entry(self, remote_id: str, verb: Verb) -> JsonObject | Outcome:
        """The entry there, or why it cannot be changed."""
        answer = await self._api.ask("GET", self._path(remote_id))
        outcome = self._outcome_of(answer, verb)
        if outcome.kind != TAKEN or status_of(answer) >= 300:
            return outcome if outcome.kind == REFUSED else precheck_failure(outcome)
        entry = json_of(answer)
        if not isinstance(entry, dict):
            return precheck_failure(Outcome(UNKNOWN, text="its answer is not an entry", status=outcome.status))
        return lock_outcome("the entry is locked there") if entry.get("isLocked") is True else entry

    def _outcome_of(self, answer: Answer, verb: Verb) -> Outcome:
        """What an answer means. About an entry that is gone Clockify says, with 400, that it does not belong to the workspace."""
        outcome = self._api.outcome_of(answer, verb)
        if outcome.status == 400 and isinstance(answer, HttpResponse) and "belong" in self._api.message_of(answer).casefold():
            return self._api.outcome_of(replace(answer, status=404), verb)
        return outcome

    async def _day_refusal(self, day: str) -> Outcome | None:
        """Why nothing can be added to a day: all that is there on it is locked."""
        first = date.fromisoformat(day)
        lo, hi = (int(datetime.combine(first + timedelta(days=n), time(), self._zone).timestamp()) for n in (0, 1))

        def closed_reason(rows: list[JsonObject]) -> str:
            return f"what is there on {day} is locked" if rows and all(row.get("isLocked") is True for row in rows) else ""

        return await self._days.refusal(day, lambda: self._entries(lo, hi - 1), closed_reason)

    async def _body(self, item: Item) -> dict[str, JsonBody] | Outcome:
        """Always with an end: without one a timer would start there."""
        tags = await self._tags.find(item.tags)
        if isinstance(tags, Outcome):
            return tags
        body: dict[str, JsonBody] = {
            "start": rfc3339(item.start),
            "end": rfc3339(item.start + item.seconds),
            "projectId": item.remote["project_id"],
            "description": item.description,
            "billable": item.billable,
            "tagIds": tags,
            "type": "REGULAR",
        }
        return {**body, "taskId": item.remote["task_id"]} if item.remote.get("task_id") else body

    async def _all_tags(self) -> list[JsonObject] | Outcome:
        return await self._read_all(f"{self._base_path}/tags", {"archived": "false"})

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, end and project; see `adopt_match`."""
        entries = await self._entries(item.start - DAY, item.start + DAY)
        if isinstance(entries, Outcome):
            return Outcome(BLIND) if entries.kind == REFUSED else entries
        same = [entry for entry in entries if _is_same(entry, item) and str(entry.get("id")) not in others]
        return await adopt_match(self, same, item)

    async def _entries(self, lo: int, hi: int) -> list[JsonObject] | Outcome:
        user = await self._user_id()
        if isinstance(user, Outcome):
            return user
        path = f"{self._base_path}/user/{quote(user, safe='')}/time-entries"
        return await self._read_all(path, {"start": rfc3339(lo), "end": rfc3339(hi)})

    async def _read_all(self, path: str, query: Mapping[str, str]) -> list[JsonObject] | Outcome:
        """Every page of a list, or why not. Some answers say that theirs is the last page; an empty page always is."""

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            rows = rows_of(answer) if status_of(answer) < 300 else None
            return rows if rows is not None else self._api.not_a("a list", answer, UNKNOWN)

        def is_end(answer: Answer, page: int, seen: int) -> bool | None:
            is_last = isinstance(answer, HttpResponse) and answer.headers.get("last-page", "").casefold() == "true"
            return is_last or None

        return await read_pages(
            self._api, path, lambda page, seen: {**query, "page": page, "page-size": PAGE}, rows_in, is_end, PAGES
        )

    def _path(self, remote_id: str) -> str:
        return f"{self._base_path}/time-entries/{quote(remote_id, safe='')}"


def _custom_fields(entry: JsonObject) -> JsonObject:
    """What others entered into the entry's custom fields."""
    fields: list[Json] = [
        {"customFieldId": field["customFieldId"], "value": field["value"]}
        for field in objects_at(entry, "customFieldValues")
        if field.get("customFieldId") and field.get("value") is not None
    ]
    return {"customFields": fields} if fields else {}


def _is_same(entry: JsonObject, item: Item) -> bool:
    times = object_at(entry, "timeInterval")
    is_then = seconds_of(times.get("start")) == item.start and seconds_of(times.get("end")) == item.start + item.seconds
    return is_then and str(entry.get("projectId")) == item.remote["project_id"]


KIND = Kind(ABLE, Clockify, BASE)
