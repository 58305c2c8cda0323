"""Toggl Track (v9): entries of one workspace, by start and length.

Toggl stores no ids of ours: an entry is found again by its start, which no two entries of one person share. A free plan has
thirty calls an hour, so nothing is asked before a write; every answer says how many calls are left, and 402 means either that
none are left or that the plan does not include something.
"""

from base64 import b64encode
from dataclasses import replace
from datetime import date, timedelta
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody, JsonObject
from stintd.ports import BLIND, REFUSED, STOPPED, Account, Carrier, HttpResponse, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import (
    Answer,
    Api,
    create_outcome,
    id_in,
    is_number,
    json_of,
    lock_outcome,
    rfc3339,
    rows_of,
    seconds_of,
    status_of,
    unreadable_list,
    utc_day,
)
from stintd.sinks.remote_lists import adopt_match, number_problem, places_of, project_place

BASE = "https://api.track.toggl.com/api/v9"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("workspace_id",), calls_per_hour=30,
)  # fmt: skip
CREATED_WITH = "stintd"
PAGE, PAGES = 200, 20
TRUST = 60.0
"""Seconds for which a token that was accepted is not checked again."""
LEFT = "x-toggl-quota-remaining"


class Toggl:
    """One workspace of one user."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        token = b64encode(f"{login.key}:api_token".encode()).decode()
        self._api = Api(carrier, clock, login, {"Authorization": f"Basic {token}"})
        self._workspace = login.options.get("workspace_id", "")
        self._base_path = f"/workspaces/{quote(self._workspace, safe='')}"
        self._clock, self._trusted_until = clock, 0.0

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        """Whose token it is, and that it opens the workspace."""
        if not is_number(self._workspace):
            return Outcome(REFUSED, text="workspace_id is a number at Toggl")
        answer = await self._api.ask("GET", "/me")
        user = json_of(answer)
        if not isinstance(user, dict) or status_of(answer) >= 300:
            return self._access_problem("from Toggl's API", answer)
        answer = await self._api.ask("GET", self._base_path)
        space = json_of(answer)
        if not isinstance(space, dict) or status_of(answer) >= 300:
            return self._access_problem("a workspace", answer)
        name, where = str(user.get("fullname") or user.get("email") or ""), str(space.get("name") or "")
        return Account(f"{name} ({where})" if name and where else name or where)

    def _access_problem(self, what: str, answer: Answer) -> Outcome:
        """A wrong token, or one for another workspace, is answered with 403 or 404."""
        outcome = self._api.not_a(what, answer)
        return replace(outcome, kind=STOPPED) if outcome.status in (403, 404) else outcome

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces of the token's owner."""
        answer = await self._api.ask("GET", "/me/workspaces")
        rows = rows_of(answer)
        if rows is None or status_of(answer) >= 300:
            return self._access_problem("a list of workspaces", answer)
        return places_of(rows, option)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Active projects, and each with its tasks where the plan has tasks."""
        projects = await self._projects()
        if isinstance(projects, Outcome):
            return projects
        tasks = rows_of(await self._api.ask("GET", "/me/tasks")) or []
        is_nameless = any(row.get("client_id") and not row.get("client_name") for row in projects)
        clients = await self._clients() if is_nameless else {}
        places = []
        for row in projects:
            project, name = str(row.get("id")), str(row.get("name", ""))
            client = str(row.get("client_name") or clients.get(str(row.get("client_id")), ""))
            places.append(RemotePlace(name, {"project_id": project}, client))
            places += [
                RemotePlace(f"{name} / {task.get('name', '')}", {"project_id": project, "task_id": str(task.get("id"))}, client)
                for task in tasks
                if str(task.get("project_id")) == project and task.get("active") is not False
            ]
        return tuple(places)

    async def _projects(self) -> list[JsonObject] | Outcome:
        """All pages. The longest page that Toggl allows has changed before, so only an empty page (or the first one again) is the
        end."""
        projects: list[JsonObject] = []
        for page in range(1, PAGES + 1):
            query: dict[str, str | int] = {"active": "true", "per_page": PAGE, "page": page}
            answer = await self._api.ask("GET", f"{self._base_path}/projects", query=query)
            rows = rows_of(answer)
            if rows is None or status_of(answer) >= 300:
                return self._access_problem("a list of projects", answer)
            if not rows or (projects and rows[0] == projects[0]):
                break
            projects += rows
        return projects

    async def _clients(self) -> dict[str, str]:
        rows = rows_of(await self._api.ask("GET", f"{self._base_path}/clients"))
        return {str(row.get("id")): str(row.get("name", "")) for row in rows or ()}

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        body: dict[str, JsonBody] = {"name": name, "active": True}
        if client:
            ids = {client_name.casefold(): client_id for client_id, client_name in (await self._clients()).items()}
            client_id = ids.get(client.casefold())
            if client_id is None:
                answer = await self._api.ask("POST", f"{self._base_path}/clients", {"name": client})
                client_id = id_in(answer) or ""
                if not is_number(client_id):
                    return create_outcome(self._api, answer, None)
            body["client_id"] = int(client_id)
        answer = await self._api.ask("POST", f"{self._base_path}/projects", body)
        return project_place(create_outcome(self._api, answer, id_in(answer)), name, client)

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", f"{self._base_path}/time_entries", {**body, "created_with": CREATED_WITH})
        return await self._write_outcome(answer, create_outcome(self._api, answer, id_in(answer)))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("PUT", self._path(remote_id), body)
        return await self._write_outcome(answer, self._api.outcome_of(answer, "update"), remote_id)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", self._path(remote_id))
        return await self._write_outcome(answer, self._api.outcome_of(answer, "delete"), remote_id)

    async def _write_outcome(self, answer: Answer, outcome: Outcome, remote_id: str = "") -> Outcome:
        """The outcome of a write, where one of three statuses can mean more than one thing."""
        message = self._api.message_of(answer) if isinstance(answer, HttpResponse) else ""
        if status_of(answer) in range(200, 300):
            self._trusted_until = self._clock.monotonic() + TRUST
        if outcome.status == 402 and _calls_left(answer) > 0:
            remedy = "`stint edit` what the plan does not include (billable time, tasks), then `stint outbox retry ID`"
            return Outcome(REFUSED, text=f"the workspace's plan does not include that{message}", remedy=remedy, status=402)
        if outcome.status == 403:
            return await self._forbidden(message)
        if outcome.status == 410 and remote_id and await self._is_there(remote_id):
            return Outcome(REFUSED, text="Toggl no longer offers this call", remedy="a newer stintd may use another", status=410)
        return outcome

    async def _forbidden(self, message: str) -> Outcome:
        """403 means a wrong token, a locked period, or a project of others."""
        if "password" in message.casefold() or not await self._is_trusted():
            return Outcome(STOPPED, text=f"the credentials are not accepted{message}", status=403)
        return lock_outcome(f"Toggl forbids it{message}: the period may be locked, or the project closed to you", 403)

    async def _is_trusted(self) -> bool:
        """Whether the token opens anything. It is asked once for a whole locked period, not for each entry."""
        if self._trusted_until <= self._clock.monotonic():
            if status_of(await self._api.ask("GET", "/me")) in (401, 403):
                return False
            self._trusted_until = self._clock.monotonic() + TRUST
        return True

    async def _is_there(self, remote_id: str) -> bool:
        answer = await self._api.ask("GET", f"/me/time_entries/{quote(remote_id, safe='')}")
        entry = json_of(answer)
        return status_of(answer) == 200 and isinstance(entry, dict) and not entry.get("server_deleted_at")

    def _body(self, item: Item) -> dict[str, JsonBody] | Outcome:
        """Always with a length, and never a negative one: an entry without a length, or with a negative one, runs."""
        ids = {name: item.remote[name] for name in ("project_id", "task_id") if item.remote.get(name)}
        problem = number_problem(ids, "Toggl")
        if problem is not None:
            return problem
        return {
            "workspace_id": int(self._workspace),
            "start": rfc3339(item.start),
            "stop": rfc3339(item.start + item.seconds),
            "duration": item.seconds,
            **{name: int(value) for name, value in ids.items()},
            "description": item.description,
            "billable": item.billable,
            "tags": list(item.tags),
        }

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, length and project; see `adopt_match`."""
        day = date.fromisoformat(utc_day(item.start))
        bounds = {"start_date": str(day - timedelta(days=1)), "end_date": str(day + timedelta(days=2))}
        answer = await self._api.ask("GET", "/me/time_entries", query=bounds)
        rows = rows_of(answer)
        if rows is None or status_of(answer) >= 300:
            outcome = unreadable_list(self._api, answer)
            return Outcome(BLIND) if outcome.kind == REFUSED else outcome  # it lists only the last three months
        same = [row for row in rows if _is_same(row, item, self._workspace) and str(row.get("id")) not in others]
        return await adopt_match(self, same, item)

    def _path(self, remote_id: str) -> str:
        return f"{self._base_path}/time_entries/{quote(remote_id, safe='')}"


def _is_same(entry: JsonObject, item: Item, workspace: str) -> bool:
    return (
        seconds_of(entry.get("start")) == item.start
        and entry.get("duration") == item.seconds
        and not entry.get("server_deleted_at")
        and str(entry.get("project_id") or entry.get("pid")) == item.remote["project_id"]
        and str(entry.get("workspace_id") or entry.get("wid") or workspace) == workspace
    )


def _calls_left(answer: Answer) -> int:
    """The calls that are left this hour, 0 where the answer does not say."""
    text = answer.headers.get(LEFT, "") if isinstance(answer, HttpResponse) else ""
    return int(text[:9]) if is_number(text) else 0


KIND = Kind(ABLE, Toggl, BASE)
