"""Toggl Track (v9): entries of one workspace, by start and length.

It knows no ids of ours: an entry is found again by its start, which one person has once a second. A free plan has thirty
calls an hour, so that nothing is asked before a write; what is left is told with every answer, and 402 means both that
nothing is left and that the plan does not include something.
"""

from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    BLIND,
    MISSING,
    REFUSED,
    STOPPED,
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
from stintd.sinks.http_api import Api, id_in, listed, locked, made, parsed, seconds_of, status_of

BASE = "https://api.track.toggl.com/api/v9"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("workspace_id",), calls_per_hour=30,
)  # fmt: skip
CREATED_WITH = "stintd"
PAGE, PAGES = 200, 20
TRUST = 60.0
"""Seconds for which a token that was taken is not asked about."""
LEFT = "x-toggl-quota-remaining"
Row = dict[str, Any]


class Toggl:
    """One workspace of one user."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        token = b64encode(f"{login.key}:api_token".encode()).decode()
        self._api = Api(carrier, clock, login, {"Authorization": f"Basic {token}"})
        self._workspace = login.options.get("workspace_id", "")
        self._at = f"/workspaces/{quote(self._workspace, safe='')}"
        self._clock, self._trusted_until = clock, 0.0

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        """Whose token it is, and that the workspace opens."""
        if not _is_number(self._workspace):
            return Outcome(REFUSED, text="workspace_id is a number at Toggl")
        answer = await self._api.ask("GET", "/me")
        found = parsed(answer)
        if not isinstance(found, dict) or status_of(answer) >= 300:
            return self._stopped(answer, "none of Toggl's")
        answer = await self._api.ask("GET", self._at)
        space = parsed(answer)
        if not isinstance(space, dict) or status_of(answer) >= 300:
            return self._stopped(answer, "no workspace")
        name, where = str(found.get("fullname") or found.get("email") or ""), str(space.get("name") or "")
        return Account(f"{name} ({where})" if name and where else name or where)

    def _stopped(self, answer: Response | Failure, what: str) -> Outcome:
        """A token that is wrong, or opens another workspace, is answered with 403 or 404."""
        outcome = self._api.unread(answer, what)
        return replace(outcome, kind=STOPPED) if outcome.status in (403, 404) else outcome

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces of the token's owner."""
        answer = await self._api.ask("GET", "/me/workspaces")
        found = listed(answer)
        if found is None or status_of(answer) >= 300:
            return self._stopped(answer, "no list of workspaces")
        return tuple(RemotePlace(str(one.get("name", "")), {option: str(one.get("id", ""))}) for one in found)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Active projects, and each with its tasks where the plan has tasks."""
        projects = await self._projects()
        if isinstance(projects, Outcome):
            return projects
        tasks = listed(await self._api.ask("GET", "/me/tasks")) or []
        clients = await self._clients() if any(one.get("client_id") and not one.get("client_name") for one in projects) else {}
        found = []
        for one in projects:
            project, name = str(one.get("id")), str(one.get("name", ""))
            client = str(one.get("client_name") or clients.get(str(one.get("client_id")), ""))
            found.append(RemotePlace(name, {"project_id": project}, client))
            found += [
                RemotePlace(f"{name} / {task.get('name', '')}", {"project_id": project, "task_id": str(task.get("id"))}, client)
                for task in tasks
                if str(task.get("project_id")) == project and task.get("active") is not False
            ]
        return tuple(found)

    async def _projects(self) -> list[Row] | Outcome:
        """All pages: how many a page may have at most changed before, so that only an empty one is the end."""
        found: list[Row] = []
        for page in range(1, PAGES + 1):
            answer = await self._api.ask("GET", f"{self._at}/projects", query={"active": "true", "per_page": PAGE, "page": page})
            rows = listed(answer)
            if rows is None or status_of(answer) >= 300:
                return self._stopped(answer, "no list of projects")
            if not rows or (found and rows[0] == found[0]):
                break
            found += rows
        return found

    async def _clients(self) -> dict[str, str]:
        found = listed(await self._api.ask("GET", f"{self._at}/clients"))
        return {str(one.get("id")): str(one.get("name", "")) for one in found or ()}

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        body: Row = {"name": name, "active": True}
        if client:
            known = {known.casefold(): client_id for client_id, known in (await self._clients()).items()}
            client_id = known.get(client.casefold())
            if client_id is None:
                answer = await self._api.ask("POST", f"{self._at}/clients", {"name": client})
                client_id = id_in(answer) or ""
                if not _is_number(client_id):
                    return made(self._api, answer, None)
            body["client_id"] = int(client_id)
        answer = await self._api.ask("POST", f"{self._at}/projects", body)
        outcome = made(self._api, answer, id_in(answer))
        return RemotePlace(name, {"project_id": outcome.remote_id}, client) if outcome.kind == TAKEN else outcome

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", f"{self._at}/time_entries", {**body, "created_with": CREATED_WITH})
        return await self._judged(answer, made(self._api, answer, id_in(answer)))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("PUT", self._path(remote_id), body)
        return await self._judged(answer, self._api.judged(answer, "update"), remote_id)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", self._path(remote_id))
        return await self._judged(answer, self._api.judged(answer, "delete"), remote_id)

    async def _judged(self, answer: Response | Failure, outcome: Outcome, remote_id: str = "") -> Outcome:
        """What three of its answers mean more than one thing with."""
        said = self._api.said(answer) if isinstance(answer, Response) else ""
        if status_of(answer) in range(200, 300):
            self._trusted_until = self._clock.monotonic() + TRUST
        if outcome.status == 402 and _left(answer) > 0:
            remedy = "`stint edit` what the plan does not include (billable time, tasks), then `stint outbox retry ID`"
            return Outcome(REFUSED, text=f"the workspace's plan does not include that{said}", remedy=remedy, status=402)
        if outcome.status == 403:
            return await self._forbidden(said)
        if outcome.status == 410 and remote_id and await self._is_there(remote_id):
            return Outcome(REFUSED, text="Toggl offers this call no more", remedy="a newer stintd may know another", status=410)
        return outcome

    async def _forbidden(self, said: str) -> Outcome:
        """A token that is wrong, a period that is locked, a project of others: 403 for all of them."""
        if "password" in said.casefold() or not await self._is_trusted():
            return Outcome(STOPPED, text=f"the credentials are not accepted{said}", status=403)
        return locked(f"Toggl forbids it{said}: the period may be locked, or the project closed to you", 403)

    async def _is_trusted(self) -> bool:
        """Whether the token opens anything: of a whole locked period that is asked once."""
        if self._trusted_until <= self._clock.monotonic():
            if status_of(await self._api.ask("GET", "/me")) in (401, 403):
                return False
            self._trusted_until = self._clock.monotonic() + TRUST
        return True

    async def _is_there(self, remote_id: str) -> bool:
        answer = await self._api.ask("GET", f"/me/time_entries/{quote(remote_id, safe='')}")
        found = parsed(answer)
        return status_of(answer) == 200 and isinstance(found, dict) and not found.get("server_deleted_at")

    def _body(self, item: Item) -> Row | Outcome:
        """Never without a length, nor with a negative one: those run."""
        ids = {name: item.remote[name] for name in ("project_id", "task_id") if item.remote.get(name)}
        wrong = next((name for name, value in ids.items() if not _is_number(value)), None)
        if wrong:
            return Outcome(REFUSED, text=f"{wrong} is a number at Toggl", remedy="`stint targets map` names another")
        return {
            "workspace_id": int(self._workspace), "start": _instant(item.start), "stop": _instant(item.start + item.seconds),
            "duration": item.seconds, **{name: int(value) for name, value in ids.items()}, "description": item.description,
            "billable": item.billable, "tags": list(item.tags),
        }  # fmt: skip

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, length and project. One of another description is an attempt at another entry of that second: it becomes
        this one, and the other is made when it is looked for."""
        day = datetime.fromtimestamp(item.start, UTC).date()
        bounds = {"start_date": str(day - timedelta(days=1)), "end_date": str(day + timedelta(days=2))}
        answer = await self._api.ask("GET", "/me/time_entries", query=bounds)
        found = listed(answer)
        if found is None or status_of(answer) >= 300:
            outcome = self._api.judged(answer, "read")
            if outcome.kind == REFUSED:  # it lists three months
                return Outcome(BLIND)
            return Outcome(UNKNOWN, text="its list of entries cannot be read") if outcome.kind == TAKEN else outcome
        same = [one for one in found if _is_same(one, item, self._workspace) and str(one.get("id")) not in others]
        there = next((one for one in same if str(one.get("description") or "") == item.description), None)
        if there is not None or not same:
            return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))
        remote_id = str(same[0].get("id"))
        outcome = await self.update(remote_id, item)
        return replace(outcome, remote_id=remote_id) if outcome.kind == TAKEN else outcome

    def _path(self, remote_id: str) -> str:
        return f"{self._at}/time_entries/{quote(remote_id, safe='')}"


def _is_same(one: Row, item: Item, workspace: str) -> bool:
    return (
        seconds_of(one.get("start")) == item.start and one.get("duration") == item.seconds and not one.get("server_deleted_at")
        and str(one.get("project_id") or one.get("pid")) == item.remote["project_id"]
        and str(one.get("workspace_id") or one.get("wid") or workspace) == workspace
    )  # fmt: skip


def _left(answer: Response | Failure) -> int:
    """Calls that are left this hour, 0 where that is not told."""
    told = answer.headers.get(LEFT, "") if isinstance(answer, Response) else ""
    return int(told[:9]) if _is_number(told) else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KIND = Kind(ABLE, Toggl, BASE)
