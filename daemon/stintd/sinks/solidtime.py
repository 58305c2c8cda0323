"""solidtime: entries of a member of an organisation, by start and end in UTC.

A member is not the user: its id is read from the memberships. Tags go by id and are created where they are missing. solidtime
stores no ids of ours; an entry is found again by its project, start and end. It stores lengths as they are sent. All this is
known from its source code.
"""

from dataclasses import replace
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody, JsonObject, object_at, value_at
from stintd.ports import MISSING, REFUSED, STOPPED, TAKEN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import (
    Answer,
    Api,
    create_outcome,
    id_in,
    json_of,
    lock_outcome,
    precheck_failure,
    rfc3339,
    rows_of,
    rows_or_problem,
    seconds_of,
    status_of,
    unreadable_list,
)
from stintd.sinks.remote_lists import TagIds, id_by_name, id_of_new, places_of, project_place, read_pages

BASE = "https://app.solidtime.io"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("organization_id",), calls_per_hour=12_000,
)  # fmt: skip
DAY = 86_400
PAGE, MOST_PAGES = 500, 40
COLOR = "#607d8b"
"""The colour of a project that is created; solidtime requires one."""


class SolidTime:
    """One member. Remembers the member's id and the ids of tags."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})
        self._organization = login.options.get("organization_id", "")
        self._base_path = f"/api/v1/organizations/{quote(self._organization, safe='')}"
        self._member = ""
        self._tags = TagIds(self._api, f"{self._base_path}/tags", lambda: self._read_all("tags"))

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        rows = await self._memberships()
        if isinstance(rows, Outcome):
            return rows
        mine = next((row for row in rows if object_at(row, "organization").get("id") == self._organization), None)
        if mine is None:
            return Outcome(STOPPED, text="the key's owner is not a member of that organization")
        self._member = str(mine.get("id", ""))
        return Account(str(object_at(mine, "organization").get("name") or ""))

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The organisations of the key's owner."""
        rows = await self._memberships()
        return rows if isinstance(rows, Outcome) else places_of([object_at(row, "organization") for row in rows], option)

    async def _memberships(self) -> list[JsonObject] | Outcome:
        answer = await self._api.ask("GET", "/api/v1/users/me/memberships")
        return rows_or_problem(self._api, answer, "a list of memberships")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects, and each with its tasks; archived and finished ones are left out."""
        lists: dict[str, list[JsonObject]] = {}
        for name in ("clients", "projects", "tasks"):
            rows = await self._read_all(name)
            if isinstance(rows, Outcome):
                return rows
            lists[name] = rows
        clients = {str(row.get("id")): str(row.get("name", "")) for row in lists["clients"]}
        projects = {str(row.get("id")): row for row in lists["projects"]}
        places = [_project(row, clients) for row in lists["projects"]]
        for task in lists["tasks"]:
            row = projects.get(str(task.get("project_id")))
            if row is not None:
                project = _project(row, clients)
                remote = {**project.remote, "task_id": str(task.get("id", ""))}
                places.append(RemotePlace(f"{project.name} / {task.get('name', '')}", remote, project.client))
        return tuple(places)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        client_id = await self._client_id(client) if client else None
        if isinstance(client_id, Outcome):
            return client_id
        body: JsonBody = {"name": name, "color": COLOR, "is_billable": True, "client_id": client_id}
        answer = await self._api.ask("POST", f"{self._base_path}/projects", body)
        return project_place(create_outcome(self._api, answer, id_in(answer)), name, client)

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", f"{self._base_path}/time-entries", body)
        return self._explain(create_outcome(self._api, answer, id_in(answer)), answer)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("PUT", self._path(remote_id), body)
        return self._explain(self._api.outcome_of(answer, "update"), answer)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return self._api.outcome_of(await self._api.ask("DELETE", self._path(remote_id)), "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Among the member's entries of the days around it."""
        member = await self._member_id()
        if isinstance(member, Outcome):
            return member
        bounds = {"member_id": member, "start": rfc3339(item.start - DAY), "end": rfc3339(item.start + DAY)}

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            rows = rows_of(answer) if status_of(answer) == 200 else None
            return rows if rows is not None else unreadable_list(self._api, answer, or_refused=True)

        def is_end(answer: Answer, page: int, seen: int) -> bool | None:
            total = _meta(answer, "total")
            return True if total is not None and seen >= total else None

        entries = await read_pages(
            self._api,
            f"{self._base_path}/time-entries",
            lambda page, seen: {**bounds, "limit": PAGE, "offset": seen},
            rows_in,
            is_end,
            MOST_PAGES,
        )
        if isinstance(entries, Outcome):
            return entries
        match = next((entry for entry in entries if _is_same(entry, item) and str(entry.get("id")) not in others), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    def _explain(self, outcome: Outcome, answer: Answer) -> Outcome:
        """The organisation may forbid that entries overlap: the other entry may be about to move."""
        if outcome.kind == REFUSED and value_at(json_of(answer), "key") == "overlapping_time_entry":
            remedy = "move or remove the other one there, then `stint outbox retry ID`"
            return replace(lock_outcome("it overlaps another entry there", outcome.status), remedy=remedy)
        return outcome

    async def _body(self, item: Item) -> dict[str, JsonBody] | Outcome:
        member, tags = await self._member_id(), await self._tags.find(item.tags)
        if isinstance(member, Outcome):
            return member
        if isinstance(tags, Outcome):
            return tags
        return {
            "member_id": member,
            "project_id": item.remote["project_id"],
            "task_id": item.remote.get("task_id") or None,
            "start": rfc3339(item.start),
            "end": rfc3339(item.start + item.seconds),
            "billable": item.billable,
            "description": item.description,
            "tags": tags,
        }

    async def _member_id(self) -> str | Outcome:
        if not self._member:
            account = await self.check()
            if isinstance(account, Outcome):
                return precheck_failure(account)
        return self._member

    async def _client_id(self, name: str) -> str | Outcome:
        clients = await self._read_all("clients")
        if isinstance(clients, Outcome):
            return clients
        return id_by_name(clients, name) or await id_of_new(self._api, f"{self._base_path}/clients", {"name": name})

    async def _read_all(self, name: str) -> list[JsonObject] | Outcome:
        """A whole list, up to `MOST_PAGES`."""

        def is_end(answer: Answer, page: int, seen: int) -> bool | None:
            return True if page >= min(_meta(answer, "last_page") or 1, MOST_PAGES) else None

        return await read_pages(
            self._api,
            f"{self._base_path}/{name}",
            lambda page, seen: {"page": page},
            lambda answer, page: rows_or_problem(self._api, answer, f"a list of {name}"),
            is_end,
            MOST_PAGES,
        )

    def _path(self, remote_id: str) -> str:
        return f"{self._base_path}/time-entries/{quote(remote_id, safe='')}"


def _project(row: JsonObject, clients: dict[str, str]) -> RemotePlace:
    return RemotePlace(
        str(row.get("name", "")), {"project_id": str(row.get("id", ""))}, clients.get(str(row.get("client_id")), "")
    )


def _is_same(entry: JsonObject, item: Item) -> bool:
    """Two entries of one member cannot share project, start and end."""
    times = seconds_of(entry.get("start")), seconds_of(entry.get("end"))
    return times == (item.start, item.start + item.seconds) and str(entry.get("project_id")) == item.remote["project_id"]


def _meta(answer: Answer, name: str) -> int | None:
    """A number that an answer says about its list."""
    value = value_at(json_of(answer), "meta", name)
    return value if isinstance(value, int) else None


KIND = Kind(ABLE, SolidTime, BASE)
