"""ClickTime (REST v2): hours of a day under a job and a task.

ClickTime stores no ids of ours, so entries carry a marker in their comment by which they are found again. Whether a day can
still be changed is asked before each write, once for each timesheet; what the account requires of its entries, once an hour.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, object_at, value_at
from stintd.ports import (
    BLIND,
    MISSING,
    REFUSED,
    STOPPED,
    TAKEN,
    UNKNOWN,
    UNSENT,
    Account,
    Carrier,
    Failure,
    Item,
    Kind,
    Login,
    Outcome,
    RemotePlace,
)
from stintd.sinks import marker
from stintd.sinks.clicktime_account import GRAIN, Rules, Timesheet, hours, is_altered, lock_reason, misfit, rules_of, timesheet_of
from stintd.sinks.clicktime_wire import PAGES, data, errors, inner, read_all, read_problem, refusal, write_outcome
from stintd.sinks.http_api import Api, create_outcome, explain_refusal, id_of, lock_outcome, precheck_failure, status_of

BASE = "https://api.clicktime.com/v2"
ABLE = Abilities(
    can_look=True, day_based=True, redates=False, grain=GRAIN, creates_places=True, needs=("job_id",), takes=("task_id",)
)
RULES_AGE, SHEET_AGE = 3600.0, 600.0
"""Seconds for which an answer about the account, and about a timesheet, stays valid."""
MOST_PLACES = 5000
ENTRIES = "/Me/TimeEntries"


class ClickTime:
    """One account. `marker = "off"` keeps the marker out of comments."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        token = (login.key.split() or [""])[-1]  # people copy it with the word before it
        head = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        self._api = Api(carrier, clock, replace(login, key=token), head)
        self._clock, self._zone, self._is_marked = clock, login.zone, marker.is_wanted(login.options)
        self._rules: tuple[float, Rules] = (0.0, Rules())
        self._timesheets: list[tuple[float, Timesheet]] = []

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        rules = await self._read_rules()
        if isinstance(rules, Outcome):
            return rules
        if rules.is_dcaa:
            text = "the company keeps its time under DCAA rules: ClickTime then accepts none from programs"
            return Outcome(REFUSED, text=text)
        return Account(rules.name)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Every active job, with each task that can be worked on for it; only the jobs where these pairs are too many."""
        rules = await self._read_rules()
        if isinstance(rules, Outcome):
            return rules
        jobs = await read_all(self._api, "/Me/Jobs", {"IsActive": "true"})
        if isinstance(jobs, Outcome):
            return jobs
        tasks = await read_all(self._api, "/Me/Tasks", {"IsActive": "true"})
        if isinstance(tasks, Outcome):
            return tasks
        clients = await read_all(self._api, "/Me/Clients", {})
        pairs = await self._pairs(jobs) if rules.is_by_job else None
        if isinstance(pairs, Outcome):
            return pairs
        client_names = {} if isinstance(clients, Outcome) else _names(clients)
        places = tuple(_places(jobs, _names(tasks), client_names, pairs, rules))
        return places if len(places) <= MOST_PLACES else tuple(_places(jobs, {}, client_names, None, rules))

    async def _pairs(self, jobs: list[JsonObject]) -> set[tuple[str, str]] | Outcome:
        """Which task goes with which job, where the company restricts that."""
        rows = await read_all(self._api, "/Me/Jobs/TaskControls", {"JobIsActive": "true", "TaskIsActive": "true"})
        if not isinstance(rows, Outcome):
            return {(str(row.get("JobID")), str(row.get("TaskID"))) for row in rows}
        if rows.kind != REFUSED:
            return rows
        pairs: set[tuple[str, str]] = set()
        for job in (str(row.get("ID")) for row in jobs[:PAGES]):
            answer = await self._api.ask("GET", f"/Me/Jobs/{quote(job, safe='')}/Tasks")
            tasks = data(answer)
            if not isinstance(tasks, list):
                return read_problem(self._api, answer, "a list of tasks")
            pairs |= {(job, str(task.get("ID") if isinstance(task, dict) else task)) for task in tasks}
        return pairs

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """Create a job, where the user may do so; which tasks go with it is set at ClickTime."""
        client_id = await self._client_id(client) if client else ""
        if isinstance(client_id, Outcome):
            return client_id
        body: JsonBody = {"Name": name, "IsActive": True, **({"ClientID": client_id} if client_id else {})}
        job_id = await self._id_of_new("/Jobs", body)
        return job_id if isinstance(job_id, Outcome) else RemotePlace(name, {"job_id": job_id}, client)

    async def _client_id(self, name: str) -> str | Outcome:
        clients = await read_all(self._api, "/Me/Clients", {})
        if isinstance(clients, Outcome):
            return clients
        client_id = next((_id(row) for row in clients if str(row.get("Name")).casefold() == name.casefold()), None)
        return client_id or await self._id_of_new("/Clients", {"Name": name, "IsActive": True})

    async def _id_of_new(self, path: str, body: JsonBody) -> str | Outcome:
        answer = await self._api.ask("POST", path, body)
        new_id = _id(data(answer))
        if new_id is not None and status_of(answer) < 300:
            return new_id
        outcome, message = create_outcome(self._api, answer, None), errors(answer)
        return refusal(self._api, message, outcome.status) if outcome.kind == UNKNOWN and message else outcome

    async def _read_rules(self) -> Rules | Outcome:
        """The rules, read again. About what may not be read of the company, ClickTime's later answers decide."""
        answer = await self._api.ask("GET", "/Me")
        me = data(answer)
        if not isinstance(me, dict):
            return read_problem(self._api, answer, "from ClickTime's API")
        answer = await self._api.ask("GET", "/Company")
        company = data(answer)
        if not isinstance(company, dict):
            outcome = read_problem(self._api, answer, "from ClickTime's API")
            if outcome.kind != REFUSED:
                return outcome
        rules = rules_of(me, object_at(company))
        self._rules = (self._clock.monotonic() + RULES_AGE, rules)
        return rules

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        rules = await self._rules_for(item)
        if isinstance(rules, Outcome):
            return rules
        answer = await self._api.ask("POST", ENTRIES, {"Date": item.day, **self._body(item, rules)})
        outcome, message = create_outcome(self._api, answer, _id(data(answer))), errors(answer)
        if outcome.kind == TAKEN:
            return await self._undo_if_altered(outcome, data(answer), item)
        if outcome.kind == UNKNOWN and message and _id(inner(answer)) is None:  # with an id it may be there: it is looked for
            outcome = refusal(self._api, message, outcome.status)
        return await self._explain(outcome, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        rules = await self._rules_for(item)
        if isinstance(rules, Outcome):
            return rules
        answer = await self._api.ask("PATCH", _path(remote_id), self._body(item, rules))
        outcome = write_outcome(self._api, answer, "update")
        if outcome.kind == TAKEN and is_altered(data(answer), item.seconds):
            return _altered_outcome(data(answer), item)
        return await self._explain(outcome, item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        day_refusal = await self._day_refusal(item.day)
        if day_refusal is not None:
            return day_refusal
        answer = await self._api.ask("DELETE", _path(remote_id))
        return await self._explain(write_outcome(self._api, answer, "delete"), item)

    async def _explain(self, outcome: Outcome, item: Item) -> Outcome:
        """What was refused may have been closed since it was looked at; how ClickTime says so is not documented."""
        if outcome.kind == TAKEN:
            return outcome
        self._timesheets.clear()
        if outcome.kind != REFUSED:
            return outcome
        self._rules = (0.0, self._rules[1])
        return explain_refusal(outcome, await self._day_refusal(item.day))

    async def _undo_if_altered(self, outcome: Outcome, entry: Json, item: Item) -> Outcome:
        """Remove an entry again whose hours ClickTime changed: they would not be the hours of the timesheet here."""
        if not is_altered(entry, item.seconds):
            return outcome
        removal = write_outcome(self._api, await self._api.ask("DELETE", _path(outcome.remote_id)), "delete")
        if removal.kind == TAKEN:
            return _altered_outcome(entry, item)
        return Outcome(UNKNOWN, text=removal.text, pause=removal.pause)

    def _body(self, item: Item, rules: Rules) -> dict[str, JsonBody]:
        text = marker.add_marker(item.description, item.id) if self._is_marked else item.description
        body: dict[str, JsonBody] = {"JobID": item.remote["job_id"], "Hours": hours(item.seconds), "Comment": text}
        task = item.remote.get("task_id") or rules.default_task
        if task:
            body["TaskID"] = task
        return {**body, **_times(item, self._zone)} if rules.needs_times else body

    # ------------------------------------------------------------ before writing

    async def _rules_for(self, item: Item) -> Rules | Outcome:
        """The rules, or why this entry cannot be written."""
        until, rules = self._rules
        if until <= self._clock.monotonic():
            new_rules = await self._read_rules()
            if isinstance(new_rules, Outcome):
                return precheck_failure(new_rules)
            rules = new_rules
        day_refusal = await self._day_refusal(item.day)
        if day_refusal is not None:
            return day_refusal
        problem = misfit(item.seconds, item.description, rules)
        return Outcome(REFUSED, text=problem[0], remedy=problem[1]) if problem is not None else rules

    async def _day_refusal(self, day: str) -> Outcome | None:
        """Why nothing of this day can be written now; None when nothing is known against it."""
        now = self._clock.monotonic()
        self._timesheets = [(until, timesheet) for until, timesheet in self._timesheets if until > now]
        timesheet = next((timesheet for _, timesheet in self._timesheets if timesheet.first <= day <= timesheet.last), None)
        if timesheet is None:
            answer = await self._api.ask("GET", f"/Me/Timesheets/{day}")
            outcome = self._api.outcome_of(answer, "read")
            if isinstance(answer, Failure) or outcome.kind in (STOPPED, UNSENT):
                return precheck_failure(outcome)
            timesheet = timesheet_of(data(answer), day)
            # A closed one is not remembered: somebody who opens it and tries again must not have to wait.
            if not timesheet.closed_reason and (answer.status == 404 or timesheet.status):
                self._timesheets.append((now + SHEET_AGE, timesheet))
        reason = timesheet.closed_reason or lock_reason(day, self._rules[1])
        return lock_outcome(reason) if reason else None

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By its marker; without one by everything it contains, which is weaker: somebody may have entered the same by hand."""
        # A day more on either side: whether the bounds are included is not documented.
        day, margin = date.fromisoformat(item.day), timedelta(days=1)
        entries = await read_all(self._api, ENTRIES, {"StartDate": str(day - margin), "EndDate": str(day + margin)})
        if isinstance(entries, Outcome):
            return Outcome(BLIND) if entries.kind == REFUSED else entries
        match = next((row for row in entries if _id(row) not in (None, *others) and self._is_same(row, item)), None)
        if match is None:
            return Outcome(MISSING)
        return await self._undo_if_altered(Outcome(TAKEN, _id(match) or ""), match, item)

    def _is_same(self, entry: JsonObject, item: Item) -> bool:
        comment = " ".join(str(entry.get("Comment") or "").split())
        if str(entry.get("Date"))[:10] != item.day:
            return False
        if self._is_marked:
            return marker.marker(item.id) in comment
        is_task = item.remote.get("task_id") in (None, "", entry.get("TaskID"))
        is_place = is_task and str(entry.get("JobID")) == item.remote["job_id"]
        return is_place and comment == item.description and not is_altered(entry, item.seconds)


def _altered_outcome(entry: Json, item: Item) -> Outcome:
    text = f"ClickTime stored {value_at(entry, 'Hours')} h instead of {hours(item.seconds)} h"
    return Outcome(
        REFUSED, text=text, remedy="give this target the same rounding as ClickTime, so that ClickTime changes nothing"
    )


def _times(item: Item, zone: str) -> dict[str, str]:
    """Start and end for users who must enter them: whole minutes, as close to the hours as possible."""
    minutes = max(1, round(item.seconds / 60))
    start, end = (datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)) for at in (item.start, item.start + minutes * 60))
    return {"StartTime": f"{start:%H:%M}", "EndTime": f"{end:%H:%M}"}


def _name(row: JsonObject) -> str:
    return str(row.get("Name") or row.get("ListDisplayText") or row.get("ID"))


def _names(rows: list[JsonObject]) -> dict[str, str]:
    return {str(row.get("ID")): _name(row) for row in rows}


def _places(
    jobs: list[JsonObject], tasks: dict[str, str], clients: dict[str, str], pairs: set[tuple[str, str]] | None, rules: Rules
) -> Iterator[RemotePlace]:
    """Jobs, and jobs with tasks; a job alone only where an entry needs no task of its own."""
    for job in jobs:
        job_id, name = str(job.get("ID")), _name(job)
        client = clients.get(str(job.get("ClientID")), "")
        if rules.default_task or not rules.has_tasks or not tasks:
            yield RemotePlace(name, {"job_id": job_id}, client)
        for task_id, task in tasks.items():
            if pairs is None or (job_id, task_id) in pairs:
                yield RemotePlace(f"{name} / {task}", {"job_id": job_id, "task_id": task_id}, client)


def _id(row: Json) -> str | None:
    return id_of(value_at(row, "ID"))


def _path(remote_id: str) -> str:
    return f"{ENTRIES}/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, ClickTime, BASE)
