"""ClickUp, API v2: finished entries of one workspace (`team_id`), on tasks named by their id or custom id.

Its document leaves open, and each possibility works: where a create returns the new id (the entry is looked for where it
returns none), whether numbers come as text, and whether a single entry comes in a list. ClickUp stores no ids of ours, so an
entry that may have been stored is recognised by its start and end to the millisecond, which no two entries of one person share.
"""

from collections.abc import Mapping
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, value_at
from stintd.ports import (
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
    Running,
)
from stintd.sinks.clickup_tasks import ClickUpTasks, objects, own_id, task_query
from stintd.sinks.http_api import Answer, Api, create_outcome, id_in, json_of, rows_of, unreadable_list
from stintd.sinks.remote_lists import places_of

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
"""Its document requires colours with every tag; a tag that exists keeps its own."""
_ELSEWHERE = frozenset({"OAUTH_023", "OAUTH_026", "OAUTH_027", *(f"OAUTH_{number:03}" for number in range(29, 46))})
"""Its codes for a token that is valid, but not for that workspace."""


class ClickUp:
    """One workspace of one account."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        key = login.key if login.key.startswith("pk_") else f"Bearer {login.key}"
        self._api = Api(carrier, clock, login, {"Authorization": key, "Content-Type": "application/json"})
        self.team = login.options.get("team_id", "")
        self.tasks = ClickUpTasks(self._api, self.team)
        self._path = f"/v2/team/{quote(self.team, safe='')}/time_entries"

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """The workspaces of the token can be read, and ours is among them."""
        places = await self.choices("team_id")
        if isinstance(places, Outcome):
            return places
        names = {place.remote["team_id"]: place.name for place in places}
        if self.team not in names:
            reached = ", ".join(f"{team_id} ({name})" for team_id, name in names.items()) or "none"
            return Outcome(STOPPED, text=f"the token does not reach workspace {self.team}; it reaches: {reached}")
        return Account(names[self.team])

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces that the token reaches."""
        answer = await self._api.ask("GET", "/v2/team")
        teams = objects(answer, "teams")
        return places_of(teams, option) if teams is not None else self._api.not_a("a list of workspaces", answer)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        return await self.tasks.places()

    async def create(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", self._path, _body(item), self._query(item.remote))
        return await self._write_outcome(answer, create_outcome(self._api, answer, id_in(answer)), item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body: JsonBody = {**_body(item), "tag_action": "replace"}
        answer = await self._api.ask("PUT", f"{self._path}/{quote(remote_id, safe='')}", body, self._query(item.remote))
        return await self._write_outcome(answer, self._api.outcome_of(answer, "update"), item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", f"{self._path}/{quote(remote_id, safe='')}")
        return self._token_problem(answer, self._api.outcome_of(answer, "delete"))

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, end and task. The window is wide: whether it selects starts or overlaps is not documented."""
        start, end = _span(item)
        entries = await self._entries(start - DAY_MS, end + DAY_MS)
        if isinstance(entries, Outcome):
            return entries
        match = next((entry for entry in entries if _is_same(entry, item) and str(entry.get("id")) not in others), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    # ---------------------------------------------------------------- the running timer

    async def current(self) -> Running | Outcome | None:
        entry = await self._current()
        return _ticking(entry) if isinstance(entry, dict) else entry

    async def _current(self) -> JsonObject | Outcome | None:
        """The running entry. What ClickUp answers when none runs is not documented: null, nothing or an empty one."""
        answer = await self._api.ask("GET", f"{self._path}/current")
        outcome = self._token_problem(answer, self._api.outcome_of(answer, "read"))
        if outcome.kind != TAKEN:
            return outcome
        unclear = Outcome(UNKNOWN, text="its answer does not say what runs", status=outcome.status)
        body = json_of(answer)
        if not isinstance(body, dict) or "data" not in body:
            return unclear
        entry = body["data"]
        if isinstance(entry, list) and entry:
            entry = entry[0]
        if not entry:
            return None
        return entry if isinstance(entry, dict) and entry.get("id") else unclear

    async def start(self, item: Item) -> Outcome:
        body = {name: value for name, value in _body(item).items() if name in ("tid", "description", "billable")}
        body["tags"] = [{"name": name} for name in item.tags]
        answer = await self._api.ask("POST", f"{self._path}/start", body, self._query(item.remote))
        return await self._write_outcome(answer, create_outcome(self._api, answer, id_in(answer)), item)

    async def stop(self) -> Outcome:
        answer = await self._api.ask("POST", f"{self._path}/stop")
        return self._token_problem(answer, self._api.outcome_of(answer, "create"))

    async def trace(self, item: Item, began: int, others: frozenset[str]) -> Running | Outcome | None:
        """The running entry, else one stopped since, on that task and from about that instant on."""
        running = await self._current()
        if isinstance(running, Outcome):
            return running
        if running is not None and _is_ours(running, item, began):
            return _ticking(running)
        now_ms = int(self._api.clock.now().timestamp() * 1000)
        entries = await self._entries(began * 1000 - DAY_MS, now_ms + DAY_MS)
        if isinstance(entries, Outcome):
            return entries
        own_entries = (entry for entry in entries if _is_ours(entry, item, began) and str(entry.get("id")) not in others)
        return next((_timer(entry) for entry in own_entries), None)

    async def _entries(self, start_ms: int, end_ms: int) -> list[JsonObject] | Outcome:
        answer = await self._api.ask("GET", self._path, query={"start_date": start_ms, "end_date": end_ms})
        rows = rows_of(answer)
        return rows if rows is not None else self._token_problem(answer, unreadable_list(self._api, answer))

    def _query(self, remote: Mapping[str, str]) -> dict[str, str]:
        return task_query(remote["task_id"], self.team)

    async def _write_outcome(self, answer: Answer, outcome: Outcome, item: Item) -> Outcome:
        """ClickUp answers the same about a task that the token does not reach and about a workspace: where the workspace can be
        reached, it is the task, and only this entry is refused."""
        outcome = self._token_problem(answer, outcome)
        if outcome.kind == STOPPED and _is_elsewhere(answer) and isinstance(await self.check(), Account):
            text = f"the token does not reach the task {item.remote['task_id']} in workspace {self.team}"
            return Outcome(REFUSED, text=text, remedy="`stint targets map` to another, then `stint outbox retry ID`")
        return outcome

    def _token_problem(self, answer: Answer, outcome: Outcome) -> Outcome:
        """The outcome, which says so where a token is refused for this workspace only."""
        if outcome.kind == STOPPED and _is_elsewhere(answer):
            text = f"the token works, but not for workspace {self.team}: authorise it there, or set team_id to another"
            return Outcome(STOPPED, text=text, status=outcome.status)
        return outcome


def _is_elsewhere(answer: Answer) -> bool:
    return value_at(json_of(answer), "ECODE") in _ELSEWHERE


def _body(item: Item) -> dict[str, JsonBody]:
    start, end = _span(item)
    return {
        "tid": own_id(item.remote["task_id"]),
        "start": start,
        "end": end,
        "duration": end - start,
        "description": item.description,
        "billable": item.billable,
        "tags": [{"name": name, **COLOURS} for name in item.tags],
    }


def _span(item: Item) -> tuple[int, int]:
    return item.start * 1000, (item.start + item.seconds) * 1000


def milliseconds(value: Json) -> int | None:
    """A number, or a number as text."""
    text = str(value)
    return int(text) if not isinstance(value, bool) and text.removeprefix("-").isdecimal() and len(text) < 20 else None


def _is_same(entry: JsonObject, item: Item) -> bool:
    start, end = _span(item)
    their_end = milliseconds(entry.get("end"))
    if their_end is None:
        their_end = start + (milliseconds(entry.get("duration")) or 0)
    return milliseconds(entry.get("start")) == start and their_end == end and is_on(entry, item.remote["task_id"])


def is_on(entry: JsonObject, task_id: str) -> bool:
    """Whether an entry is on a task, as far as it says; one that names the task only by its other id may be."""
    task = entry.get("task")
    if not isinstance(task, dict):
        return True
    names = {str(task[name]).casefold() for name in ("id", "custom_id") if task.get(name)}
    task_id = own_id(task_id)
    return task_id.casefold() in names or ("-" in task_id and not task.get("custom_id"))


def _timer(entry: JsonObject) -> Running:
    start, end, duration = (milliseconds(entry.get(name)) for name in ("start", "end", "duration"))
    if end is None and start is not None and duration is not None and duration > 0:
        end = start + duration
    return Running(str(entry.get("id")), _seconds(start), _seconds(end))


def _ticking(entry: JsonObject) -> Running:
    """A timer that runs, whatever its length says: ClickUp gives running ones a negative length."""
    return Running(str(entry.get("id")), _seconds(milliseconds(entry.get("start"))))


def _seconds(ms: int | None) -> int | None:
    return None if ms is None else ms // 1000


def _is_ours(entry: JsonObject, item: Item, began: int) -> bool:
    """Whether a start at that instant made it: same task, same description, a start that differs by no more than clocks do."""
    start = milliseconds(entry.get("start"))
    is_then = start is not None and abs(start // 1000 - began) <= SKEW_SECONDS
    return is_then and is_on(entry, item.remote["task_id"]) and str(entry.get("description") or "") == item.description


KIND = Kind(ABLE, ClickUp, BASE)
