"""Harvest (v2): hours of a day under a project and a task.

An entry carries our id as its external reference, by which it is found again. Accounts track either hours or times of day;
which of them is asked once. Approved and locked entries are noticed before they are overwritten, and a day whose entries are
all closed is assumed to be closed for new ones too: Harvest's document says nothing about the periods themselves.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody, JsonObject, object_at, objects_at, rows_at, value_at
from stintd.ports import (
    BLIND,
    MISSING,
    REFUSED,
    STOPPED,
    TAKEN,
    UNKNOWN,
    Account,
    Carrier,
    Item,
    Kind,
    Login,
    Outcome,
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
    is_number,
    json_of,
    lock_outcome,
    precheck_failure,
    status_of,
)
from stintd.sinks.remote_lists import id_by_name, id_of_new, number_problem, places_of, read_pages

BASE, ACCOUNTS = "https://api.harvestapp.com/v2", "https://id.getharvest.com/api/v2"
ABLE = Abilities(
    can_look=True, day_based=True, grain=36, creates_places=True, needs=("project_id", "task_id"),
    settings=("account_id", "contact"), calls_per_hour=20_000,
)  # fmt: skip
"""100 requests in 15 seconds are allowed."""
PAGE, PAGES = 2000, 20
GROUP = "stintd"


class Harvest:
    """One account. `contact`: an address that Harvest may write to; it requires one from every program."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        head = {"Authorization": f"Bearer {login.key}", "User-Agent": f"stintd ({login.options.get('contact', '')})"}
        self._api = Api(carrier, clock, login, {**head, "Harvest-Account-Id": login.options.get("account_id", "")})
        accounts = ACCOUNTS if login.base_url.rstrip("/") == BASE else login.base_url
        self._accounts = Api(carrier, clock, replace(login, base_url=accounts), head)
        self._zone, self._days = ZoneInfo(login.zone), DayGate(clock)
        self._is_timed: bool | None = None
        self._user = ""

    @property
    def calls(self) -> int:
        return self._api.calls + self._accounts.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/users/me")
        user, user_id = json_of(answer), id_in(answer)
        if not isinstance(user, dict) or not user_id:
            outcome = self._api.not_a("from Harvest's API", answer)
            return replace(outcome, kind=STOPPED) if outcome.status in (403, 404) else outcome
        self._user = user_id
        return Account(" ".join(str(user[name]) for name in ("first_name", "last_name") if user.get(name)))

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The accounts that the token opens."""
        if option != "account_id":
            return ()
        answer = await self._accounts.ask("GET", "/accounts")
        rows = rows_at(json_of(answer), "accounts")
        if rows is None:
            return self._accounts.not_a("a list of accounts", answer)
        return places_of([row for row in rows if row.get("product") in (None, "harvest")], option)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The tasks of the projects that the user is assigned to."""
        projects = await self._read_all("/users/me/project_assignments", {}, "project_assignments")
        if isinstance(projects, Outcome):
            return projects
        return tuple(
            RemotePlace(
                f"{_name(project, 'project')} / {_name(task, 'task')}",
                {"project_id": _id(project, "project"), "task_id": _id(task, "task")},
                _name(project, "client"),
            )
            for project in projects
            if project.get("is_active") is not False
            for task in objects_at(project, "task_assignments")
            if task.get("is_active") is not False
        )

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """Create a project, with the first of the tasks that the account gives to new projects. It must have a client there."""
        if not client:
            return Outcome(REFUSED, text="a project at Harvest needs a client", remedy="give the project a client first")
        client_id = await self._client_id(client)
        if isinstance(client_id, Outcome):
            return client_id
        if not is_number(client_id):
            return Outcome(REFUSED, text="it named a client without a number")
        body: JsonBody = {
            "name": name,
            "client_id": int(client_id),
            "is_billable": True,
            "bill_by": "none",
            "budget_by": "none",
        }
        project_id = await id_of_new(self._api, "/projects", body)
        if isinstance(project_id, Outcome):
            return project_id
        places = await self.places()
        if isinstance(places, Outcome):
            return places
        place = next((place for place in places if place.remote["project_id"] == project_id), None)
        text = "the project was created, but you are assigned to none of its tasks"
        return place or Outcome(REFUSED, text=text, remedy="assign yourself there, then map it by its ids")

    async def _client_id(self, name: str) -> str | Outcome:
        clients = await self._read_all("/clients", {"is_active": "true"}, "clients")
        if isinstance(clients, Outcome):
            return clients
        return id_by_name(clients, name) or await id_of_new(self._api, "/clients", {"name": name})

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        refusal = await self._day_refusal(item.day)
        if refusal is not None:
            return refusal
        reference: JsonBody = {"id": item.id, "group_id": GROUP}
        answer = await self._api.ask("POST", "/time_entries", {**body, "external_reference": reference})
        outcome = create_outcome(self._api, answer, id_in(answer))
        if outcome.kind != TAKEN:
            self._days.forget(item.day)
        return explain_refusal(outcome, await self._day_refusal(item.day)) if outcome.kind == REFUSED else outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        return await self._change("PATCH", remote_id, "update", body)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, "delete")

    async def _change(self, method: str, remote_id: str, verb: Verb, body: JsonBody = None) -> Outcome:
        refusal = await self._entry_refusal(remote_id, verb)
        if refusal is not None:
            return refusal
        outcome = self._api.outcome_of(await self._api.ask(method, _path(remote_id), body), verb)
        return explain_refusal(outcome, await self._entry_refusal(remote_id, verb)) if outcome.kind == REFUSED else outcome

    async def _entry_refusal(self, remote_id: str, verb: Verb) -> Outcome | None:
        """Why an entry there cannot be changed; None when it can."""
        answer = await self._api.ask("GET", _path(remote_id))
        outcome = self._api.outcome_of(answer, verb)
        if outcome.kind != TAKEN or status_of(answer) >= 300:
            return precheck_failure(outcome) if outcome.kind != REFUSED else outcome
        reason = _closed_reason(object_at(json_of(answer)))
        return lock_outcome(reason) if reason else None

    async def _day_refusal(self, day: str) -> Outcome | None:
        """Why nothing can be added to a day: all that is there on it is closed."""

        def closed_reason(rows: list[JsonObject]) -> str:
            reasons = [_closed_reason(row) for row in rows if not row.get("is_billed")]  # an invoice closes entries, not days
            return f"what is there on {day} is closed: {reasons[0]}" if reasons and all(reasons) else ""

        return await self._days.refusal(day, lambda: self._entries_of(day), closed_reason)

    async def _entries_of(self, day: str) -> list[JsonObject] | Outcome:
        if not self._user:
            account = await self.check()
            if isinstance(account, Outcome):
                return precheck_failure(account)
        return await self._read_all("/time_entries", {"from": day, "to": day, "user_id": self._user}, "time_entries")

    async def _body(self, item: Item) -> dict[str, JsonBody] | Outcome:
        """Always with a length: without one a timer would start there."""
        ids = {name: item.remote[name] for name in ("project_id", "task_id")}
        problem = number_problem(ids, "Harvest")
        if problem is not None:
            return problem
        is_timed = await self._keeps_times()
        if isinstance(is_timed, Outcome):
            return is_timed
        body: dict[str, JsonBody] = {name: int(value) for name, value in ids.items()}
        body |= {"spent_date": item.day, "notes": item.description}
        return {**body, **_times(item, self._zone)} if is_timed else {**body, "hours": round(item.seconds / 3600, 2)}

    async def _keeps_times(self) -> bool | Outcome:
        """Whether the account tracks times of day instead of hours."""
        if self._is_timed is None:
            answer = await self._api.ask("GET", "/company")
            company = json_of(answer)
            if not isinstance(company, dict) or status_of(answer) >= 300:
                return precheck_failure(self._api.not_a("from Harvest's API", answer))
            self._is_timed = company.get("wants_timestamp_timers") is True
        return self._is_timed

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By the reference. It is compared here too, in case the service ignores that part of the query."""
        entries = await self._read_all("/time_entries", {"external_reference_id": item.id}, "time_entries")
        if isinstance(entries, Outcome):
            return Outcome(BLIND) if entries.kind == REFUSED else entries
        match = next((entry for entry in entries if _id(entry, "external_reference") == item.id), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    async def _read_all(self, path: str, query: Mapping[str, str], name: str) -> list[JsonObject] | Outcome:
        """Every page of a list, or why not."""

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            rows = rows_at(json_of(answer), name)
            return rows if rows is not None else self._api.not_a(f"a list of {name}", answer, UNKNOWN)

        def is_end(answer: Answer, page: int, seen: int) -> bool:
            return value_at(json_of(answer), "next_page") is None

        return await read_pages(
            self._api, path, lambda page, seen: {**query, "per_page": PAGE, "page": page}, rows_in, is_end, PAGES
        )


def _closed_reason(entry: JsonObject) -> str:
    """Why an entry cannot be changed, "" when it can."""
    if entry.get("is_locked"):
        return str(entry.get("locked_reason") or "it is locked there")
    return "it is approved there" if entry.get("is_closed") else ""


def _times(item: Item, zone: ZoneInfo) -> dict[str, str]:
    """Start and end in whole minutes of local time."""
    minutes = max(1, round(item.seconds / 60))
    start, end = (datetime.fromtimestamp(at, UTC).astimezone(zone) for at in (item.start, item.start + minutes * 60))
    return {"started_time": _twelve_hours(start), "ended_time": _twelve_hours(end)}


def _twelve_hours(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M}{'am' if moment.hour < 12 else 'pm'}"


def _id(row: JsonObject, name: str) -> str:
    return str(object_at(row, name).get("id") or "")


def _name(row: JsonObject, name: str) -> str:
    return str(object_at(row, name).get("name") or "")


def _path(remote_id: str) -> str:
    return f"/time_entries/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Harvest, BASE)
