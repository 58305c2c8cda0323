"""ClickTime (REST v2): hours of a day under a job and a task.

It knows no ids of ours, so that entries carry a sign in their comment by which they are found again. Whether a day can
still be written to is asked before, once for each timesheet; what the account asks of its entries, once an hour.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    BLIND,
    LOCKED,
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
from stintd.sinks.clicktime_account import GRAIN, Rules, Sheet, closed, hours, is_altered, rules_of, sheet_of, unfit
from stintd.sinks.clicktime_wire import PAGES, data, errors, everything, inner, refused, unread, written
from stintd.sinks.http_api import Api, before, locked, made, status_of

BASE = "https://api.clicktime.com/v2"
ABLE = Abilities(
    can_look=True, day_based=True, redates=False, grain=GRAIN, creates_places=True, needs=("job_id",), takes=("task_id",)
)
RULES_AGE, SHEET_AGE = 3600.0, 600.0
"""Seconds for which an answer about the account, and about a timesheet, is taken for true."""
MOST_PLACES = 5000
ENTRIES = "/Me/TimeEntries"
Row = dict[str, Any]


class ClickTime:
    """One account. `marker = "off"` keeps the sign out of comments."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        token = (login.key.split() or [""])[-1]  # people copy it with the word before it
        head = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        self._api = Api(carrier, clock, replace(login, key=token), head)
        self._clock, self._zone, self._is_marked = clock, login.zone, marker.is_wanted(login.options)
        self._rules: tuple[float, Rules] = (0.0, Rules())
        self._sheets: list[tuple[float, Sheet]] = []

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        found = await self._account()
        if isinstance(found, Outcome):
            return found
        if found.is_dcaa:
            return Outcome(REFUSED, text="the company keeps its time under DCAA rules: ClickTime takes none from programs then")
        return Account(found.name)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Every active job, with each task it may be worked on as; of too many of these the jobs alone."""
        rules = await self._account()
        if isinstance(rules, Outcome):
            return rules
        jobs = await everything(self._api, "/Me/Jobs", {"IsActive": "true"})
        tasks = await everything(self._api, "/Me/Tasks", {"IsActive": "true"})
        clients = await everything(self._api, "/Me/Clients", {})
        if isinstance(jobs, Outcome) or isinstance(tasks, Outcome):
            return jobs if isinstance(jobs, Outcome) else tasks
        pairs = await self._pairs(jobs) if rules.is_by_job else None
        if isinstance(pairs, Outcome):
            return pairs
        known = {} if isinstance(clients, Outcome) else _names(clients)
        found = tuple(_places(jobs, _names(tasks), known, pairs, rules))
        return found if len(found) <= MOST_PLACES else tuple(_places(jobs, {}, known, None, rules))

    async def _pairs(self, jobs: list[Row]) -> set[tuple[str, str]] | Outcome:
        """Which task goes with which job, where the company says so."""
        found = await everything(self._api, "/Me/Jobs/TaskControls", {"JobIsActive": "true", "TaskIsActive": "true"})
        if not isinstance(found, Outcome):
            return {(str(one.get("JobID")), str(one.get("TaskID"))) for one in found}
        if found.kind != REFUSED:
            return found
        pairs: set[tuple[str, str]] = set()
        for job in (str(one.get("ID")) for one in jobs[:PAGES]):
            answer = await self._api.ask("GET", f"/Me/Jobs/{quote(job, safe='')}/Tasks")
            told = data(answer)
            if not isinstance(told, list):
                return unread(self._api, answer, "no list of tasks")
            pairs |= {(job, str(one.get("ID") if isinstance(one, dict) else one)) for one in told}
        return pairs

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """A job, where the user may make jobs; which tasks go with it is set there."""
        client_id = await self._client_id(client) if client else ""
        if isinstance(client_id, Outcome):
            return client_id
        body = {"Name": name, "IsActive": True, **({"ClientID": client_id} if client_id else {})}
        made_id = await self._new("/Jobs", body)
        return made_id if isinstance(made_id, Outcome) else RemotePlace(name, {"job_id": made_id}, client)

    async def _client_id(self, name: str) -> str | Outcome:
        found = await everything(self._api, "/Me/Clients", {})
        if isinstance(found, Outcome):
            return found
        known = next((_id(one) for one in found if str(one.get("Name")).casefold() == name.casefold()), None)
        return known or await self._new("/Clients", {"Name": name, "IsActive": True})

    async def _new(self, path: str, body: Row) -> str | Outcome:
        answer = await self._api.ask("POST", path, body)
        found = _id(data(answer))
        if found is not None and status_of(answer) < 300:
            return found
        outcome, told = made(self._api, answer, None), errors(answer)
        return refused(self._api, told, outcome.status) if outcome.kind == UNKNOWN and told else outcome

    async def _account(self) -> Rules | Outcome:
        """The rules, asked for anew. What may not be read of the company is left to its answers."""
        answer = await self._api.ask("GET", "/Me")
        me = data(answer)
        if not isinstance(me, dict):
            return unread(self._api, answer, "none of ClickTime's")
        answer = await self._api.ask("GET", "/Company")
        company = data(answer)
        if not isinstance(company, dict):
            outcome = unread(self._api, answer, "none of ClickTime's")
            if outcome.kind != REFUSED:
                return outcome
        found = rules_of(me, company if isinstance(company, dict) else {})
        self._rules = (self._clock.monotonic() + RULES_AGE, found)
        return found

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        rules = await self._allowed(item)
        if isinstance(rules, Outcome):
            return rules
        answer = await self._api.ask("POST", ENTRIES, {"Date": item.day, **self._body(item, rules)})
        outcome, told = made(self._api, answer, _id(data(answer))), errors(answer)
        if outcome.kind == TAKEN:
            return await self._unaltered(outcome, data(answer), item)
        if outcome.kind == UNKNOWN and told and _id(inner(answer)) is None:  # with an id it may be there: it is looked for
            outcome = refused(self._api, told, outcome.status)
        return await self._why(outcome, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        rules = await self._allowed(item)
        if isinstance(rules, Outcome):
            return rules
        answer = await self._api.ask("PATCH", _path(remote_id), self._body(item, rules))
        outcome = written(self._api, answer, "update")
        if outcome.kind == TAKEN and is_altered(data(answer), item.seconds):
            return _altered(data(answer), item)
        return await self._why(outcome, item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        shut = await self._shut(item.day)
        if shut is not None:
            return shut
        answer = await self._api.ask("DELETE", _path(remote_id))
        return await self._why(written(self._api, answer, "delete"), item)

    async def _why(self, outcome: Outcome, item: Item) -> Outcome:
        """What was not taken may have been closed since it was looked at; how ClickTime says so is not documented."""
        if outcome.kind == TAKEN:
            return outcome
        self._sheets.clear()
        if outcome.kind != REFUSED:
            return outcome
        self._rules = (0.0, self._rules[1])
        shut = await self._shut(item.day)
        return replace(shut, status=outcome.status) if shut is not None and shut.kind == LOCKED else outcome

    async def _unaltered(self, outcome: Outcome, told: Any, item: Item) -> Outcome:
        """Hours that the service made others of are taken away again: they would not be what the sheet says."""
        if not is_altered(told, item.seconds):
            return outcome
        gone = written(self._api, await self._api.ask("DELETE", _path(outcome.remote_id)), "delete")
        return _altered(told, item) if gone.kind == TAKEN else Outcome(UNKNOWN, text=gone.text, pause=gone.pause)

    def _body(self, item: Item, rules: Rules) -> Row:
        text = marker.marked(item.description, item.id) if self._is_marked else item.description
        body: Row = {"JobID": item.remote["job_id"], "Hours": hours(item.seconds), "Comment": text}
        task = item.remote.get("task_id") or rules.default_task
        if task:
            body["TaskID"] = task
        return {**body, **_times(item, self._zone)} if rules.needs_times else body

    # ------------------------------------------------------------ before writing

    async def _allowed(self, item: Item) -> Rules | Outcome:
        """The rules, or why this entry cannot be written."""
        until, rules = self._rules
        if until <= self._clock.monotonic():
            found = await self._account()
            if isinstance(found, Outcome):
                return before(found)
            rules = found
        shut = await self._shut(item.day)
        if shut is not None:
            return shut
        why = unfit(item.seconds, item.description, rules)
        return Outcome(REFUSED, text=why[0], remedy=why[1]) if why is not None else rules

    async def _shut(self, day: str) -> Outcome | None:
        """Why nothing of this day can be written now; None when nothing is known against it."""
        now = self._clock.monotonic()
        self._sheets = [one for one in self._sheets if one[0] > now]
        known = next((one for _, one in self._sheets if one.first <= day <= one.last), None)
        if known is None:
            answer = await self._api.ask("GET", f"/Me/Timesheets/{day}")
            outcome = self._api.judged(answer, "read")
            if isinstance(answer, Failure) or outcome.kind in (STOPPED, UNSENT):
                return before(outcome)
            known = sheet_of(data(answer), day)
            if not known.closed and (answer.status == 404 or known.status):  # whoever opens it and tries again is believed
                self._sheets.append((now + SHEET_AGE, known))
        why = known.closed or closed(day, self._rules[1])
        return locked(why) if why else None

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By its sign; without one by all that it says, which is weaker: somebody may have entered just that by hand."""
        day, beside = date.fromisoformat(item.day), timedelta(days=1)  # whether the bounds belong to it is not documented
        found = await everything(self._api, ENTRIES, {"StartDate": str(day - beside), "EndDate": str(day + beside)})
        if isinstance(found, Outcome):
            return Outcome(BLIND) if found.kind == REFUSED else found
        there = next((one for one in found if _id(one) not in (None, *others) and self._is_it(one, item)), None)
        return Outcome(MISSING) if there is None else await self._unaltered(Outcome(TAKEN, _id(there) or ""), there, item)

    def _is_it(self, one: Row, item: Item) -> bool:
        comment = " ".join(str(one.get("Comment") or "").split())
        if str(one.get("Date"))[:10] != item.day:
            return False
        if self._is_marked:
            return marker.marker(item.id) in comment
        is_task = item.remote.get("task_id") in (None, "", one.get("TaskID"))
        is_place = is_task and str(one.get("JobID")) == item.remote["job_id"]
        return is_place and comment == item.description and not is_altered(one, item.seconds)


def _altered(told: Any, item: Item) -> Outcome:
    text = f"ClickTime makes {told['Hours']} h of {hours(item.seconds)} h"
    return Outcome(REFUSED, text=text, remedy="give this target the rounding that ClickTime has, so that it changes nothing")


def _times(item: Item, zone: str) -> Row:
    """Begin and end for users who must tell them: whole minutes, nearly as long as the hours say."""
    minutes = max(1, round(item.seconds / 60))
    start, end = (datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(zone)) for at in (item.start, item.start + minutes * 60))
    return {"StartTime": f"{start:%H:%M}", "EndTime": f"{end:%H:%M}"}


def _names(rows: list[Row]) -> dict[str, str]:
    return {str(one.get("ID")): str(one.get("Name") or one.get("ListDisplayText") or one.get("ID")) for one in rows}


def _places(
    jobs: list[Row], tasks: dict[str, str], clients: dict[str, str], pairs: set[tuple[str, str]] | None, rules: Rules
) -> Iterator[RemotePlace]:
    """Jobs alone only where an entry needs no task of its own."""
    for job in jobs:
        job_id, name = str(job.get("ID")), str(job.get("Name") or job.get("ListDisplayText") or job.get("ID"))
        client = clients.get(str(job.get("ClientID")), "")
        if rules.default_task or not rules.has_tasks or not tasks:
            yield RemotePlace(name, {"job_id": job_id}, client)
        for task_id, task in tasks.items():
            if pairs is None or (job_id, task_id) in pairs:
                yield RemotePlace(f"{name} / {task}", {"job_id": job_id, "task_id": task_id}, client)


def _id(one: Any) -> str | None:
    given = one.get("ID") if isinstance(one, dict) else None
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) and given != "" else None


def _path(remote_id: str) -> str:
    return f"{ENTRIES}/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, ClickTime, BASE)
