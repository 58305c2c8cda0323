"""ClickUp, API v2: finished entries of one workspace (`team_id`), on tasks named by their id or custom id.

What its document leaves open is survived either way: where a create tells the new id (looked for where it does not), whether
numbers come as text, whether one entry comes in a list. There is no way to name an entry ourselves, so that what may have
been stored is known by its start and end to the millisecond, which no two entries of one person share.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
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
    Running,
)
from stintd.sinks.clickup_tasks import Tasks, objects, own_id, task_query
from stintd.sinks.http_api import Api, id_in, listed, made, parsed

BASE = "https://api.clickup.com/api"
ABLE = Abilities(
    live=True,
    can_look=True,
    billable=True,
    tags=True,
    has_tasks=True,
    knows_all=False,
    needs=("task_id",),
    settings=("team_id",),
    calls_per_hour=6000,
)
DAY_MS, SKEW_SECONDS = 86_400_000, 300
COLOURS = {"tag_fg": "#FFFFFF", "tag_bg": "#7B68EE"}
"""Its document wants colours with every tag; a tag that is there already has its own."""
_ELSEWHERE = frozenset({"OAUTH_023", "OAUTH_026", "OAUTH_027", *(f"OAUTH_{number:03}" for number in range(29, 46))})
"""What it says when a token is good, but not for that workspace."""


class ClickUp:
    """One workspace of one account."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        key = login.key if login.key.startswith("pk_") else f"Bearer {login.key}"
        self._api = Api(carrier, clock, login, {"Authorization": key, "Content-Type": "application/json"})
        self.team = login.options.get("team_id", "")
        self.tasks = Tasks(self._api, self.team)
        self._path = f"/v2/team/{quote(self.team, safe='')}/time_entries"

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """The workspaces of the token can be read, and ours is among them."""
        answer = await self._api.ask("GET", "/v2/team")
        teams = objects(answer, "teams")
        if teams is None:
            return self._api.unread(answer, "no list of workspaces")
        names = {str(one.get("id", "")): str(one.get("name", "")) for one in teams}
        if self.team not in names:
            known = ", ".join(f"{team_id} ({name})" for team_id, name in names.items()) or "none"
            return Outcome(STOPPED, text=f"the token reaches no workspace {self.team}; it reaches: {known}")
        return Account(names[self.team])

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces that the token reaches."""
        answer = await self._api.ask("GET", "/v2/team")
        teams = objects(answer, "teams")
        if teams is None:
            return self._api.unread(answer, "no list of workspaces")
        return tuple(RemotePlace(str(one.get("name", "")), {option: str(one.get("id", ""))}) for one in teams)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        return await self.tasks.places()

    async def create(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", self._path, _body(item), self._query(item.remote))
        return await self._written(answer, made(self._api, answer, id_in(answer)), item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = {**_body(item), "tag_action": "replace"}
        answer = await self._api.ask("PUT", f"{self._path}/{quote(remote_id, safe='')}", body, self._query(item.remote))
        return await self._written(answer, self._api.judged(answer, "update"), item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", f"{self._path}/{quote(remote_id, safe='')}")
        return self._read(answer, self._api.judged(answer, "delete"))

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, end and task. The window is wide: whether it is one of starts or of overlaps is not documented."""
        start, end = _span(item)
        answer = await self._api.ask("GET", self._path, query={"start_date": start - DAY_MS, "end_date": end + DAY_MS})
        found = listed(answer)
        if found is None:
            outcome = self._read(answer, self._api.judged(answer, "read"))
            return Outcome(UNKNOWN, text="its list of entries cannot be read") if outcome.kind == TAKEN else outcome
        there = next((one for one in found if _is_same(one, item) and str(one.get("id")) not in others), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))

    # ---------------------------------------------------------------- the running timer

    async def current(self) -> Running | Outcome | None:
        found = await self._current()
        return _ticking(found) if isinstance(found, dict) else found

    async def _current(self) -> dict[str, Any] | Outcome | None:
        """The entry that runs. What it says when none does is not documented: null, nothing or an empty one."""
        answer = await self._api.ask("GET", f"{self._path}/current")
        outcome = self._read(answer, self._api.judged(answer, "read"))
        if outcome.kind != TAKEN:
            return outcome
        told = parsed(answer)
        if not isinstance(told, dict) or "data" not in told:
            return Outcome(UNKNOWN, text="its answer does not say what runs", status=outcome.status)
        one = told["data"][0] if isinstance(told["data"], list) and told["data"] else told["data"]
        if not one:
            return None
        known = isinstance(one, dict) and one.get("id")
        return one if known else Outcome(UNKNOWN, text="its answer does not say what runs", status=outcome.status)

    async def start(self, item: Item) -> Outcome:
        body = {name: told for name, told in _body(item).items() if name in ("tid", "description", "billable")}
        told = {**body, "tags": [{"name": name} for name in item.tags]}
        answer = await self._api.ask("POST", f"{self._path}/start", told, self._query(item.remote))
        return await self._written(answer, made(self._api, answer, id_in(answer)), item)

    async def stop(self) -> Outcome:
        answer = await self._api.ask("POST", f"{self._path}/stop")
        return self._read(answer, self._api.judged(answer, "create"))

    async def trace(self, item: Item, began: int, others: frozenset[str]) -> Running | Outcome | None:
        """What runs, then what was stopped since, on that task from about that instant on."""
        running = await self._current()
        if isinstance(running, Outcome) or (running is not None and _is_ours(running, item, began)):
            return running if isinstance(running, Outcome) else _ticking(running)
        now_ms = int(self._api.clock.now().timestamp() * 1000)
        asked = {"start_date": began * 1000 - DAY_MS, "end_date": now_ms + DAY_MS}
        answer = await self._api.ask("GET", self._path, query=asked)
        found = listed(answer)
        if found is None:
            outcome = self._read(answer, self._api.judged(answer, "read"))
            return Outcome(UNKNOWN, text="its list of entries cannot be read") if outcome.kind == TAKEN else outcome
        ours = (one for one in found if _is_ours(one, item, began) and str(one.get("id")) not in others)
        return next((_timer(one) for one in ours), None)

    def _query(self, remote: Mapping[str, str]) -> dict[str, str]:
        return task_query(remote["task_id"], self.team)

    async def _written(self, answer: Response | Failure, outcome: Outcome, item: Item) -> Outcome:
        """It says of a task that the token does not reach what it says of a workspace: where the workspace is reached, it is
        the task, and one entry."""
        outcome = self._read(answer, outcome)
        if outcome.kind == STOPPED and _is_elsewhere(answer) and isinstance(await self.check(), Account):
            text = f"the token does not reach the task {item.remote['task_id']} in workspace {self.team}"
            return Outcome(REFUSED, text=text, remedy="`stint targets map` names another, then `stint outbox retry ID`")
        return outcome

    def _read(self, answer: Response | Failure, outcome: Outcome) -> Outcome:
        """A token that is refused for this workspace only says so."""
        if outcome.kind == STOPPED and _is_elsewhere(answer):
            text = f"the token works, but not for workspace {self.team}: authorise it there, or set team_id to another"
            return Outcome(STOPPED, text=text, status=outcome.status)
        return outcome


def _is_elsewhere(answer: Response | Failure) -> bool:
    told = parsed(answer)
    return isinstance(told, dict) and told.get("ECODE") in _ELSEWHERE


def _body(item: Item) -> dict[str, Any]:
    start, end = _span(item)
    return {
        "tid": own_id(item.remote["task_id"]), "start": start, "end": end, "duration": end - start,
        "description": item.description, "billable": item.billable, "tags": [{"name": name, **COLOURS} for name in item.tags],
    }  # fmt: skip


def _span(item: Item) -> tuple[int, int]:
    return item.start * 1000, (item.start + item.seconds) * 1000


def milliseconds(value: Any) -> int | None:
    """A number, or a number as text."""
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.removeprefix("-").isdecimal() and len(text) < 20 else None


def _is_same(one: dict[str, Any], item: Item) -> bool:
    start, end = _span(item)
    told = milliseconds(one.get("end"))
    if told is None:
        told = start + (milliseconds(one.get("duration")) or 0)
    return milliseconds(one.get("start")) == start and told == end and is_on(one, item.remote["task_id"])


def is_on(one: dict[str, Any], task_id: str) -> bool:
    """Whether an entry is on a task, as far as it says; one that names the task by its other id only may be."""
    task = one.get("task")
    if not isinstance(task, dict):
        return True
    names = {str(task[name]).casefold() for name in ("id", "custom_id") if task.get(name)}
    task_id = own_id(task_id)
    return task_id.casefold() in names or ("-" in task_id and not task.get("custom_id"))


def _timer(one: dict[str, Any]) -> Running:
    start, end, duration = (milliseconds(one.get(name)) for name in ("start", "end", "duration"))
    if end is None and start is not None and duration is not None and duration > 0:
        end = start + duration
    return Running(str(one.get("id")), _seconds(start), _seconds(end))


def _ticking(one: dict[str, Any]) -> Running:
    """One that runs, whatever its length says: it counts from nothing."""
    return Running(str(one.get("id")), _seconds(milliseconds(one.get("start"))))


def _seconds(told: int | None) -> int | None:
    return None if told is None else told // 1000


def _is_ours(one: dict[str, Any], item: Item, began: int) -> bool:
    """Whether it is what a start of that instant made: on the task, in its words, give or take what clocks differ."""
    start = milliseconds(one.get("start"))
    is_then = start is not None and abs(start // 1000 - began) <= SKEW_SECONDS
    return is_then and is_on(one, item.remote["task_id"]) and str(one.get("description") or "") == item.description


KIND = Kind(ABLE, ClickUp, BASE)
