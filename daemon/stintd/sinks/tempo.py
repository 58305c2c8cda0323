"""Tempo's worklogs (version 4): a day, a local time and a length, on a Jira issue by its number.

The key does not identify the author, so requests name the author. Before each write the approval state of the timesheet is
read. How Tempo refuses a closed period is not documented, so after a refusal the state is read again, also for the day the
worklog is on. Tempo does not recognise repetitions: author, issue, day, time, length and description tell what is there, or a
work attribute with our id where an administrator created one (`marker_attribute`).
"""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, objects_at, rows_at, value_at
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, UNSENT, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Answer, Api, Verb, create_outcome, is_number, json_of, lock_outcome, precheck_failure, status_of
from stintd.sinks.remote_lists import read_pages

BASE = "https://api.tempo.io/4"
ABLE = Abilities(
    can_look=True, day_based=True, moves=False, billable=True, grain=60, needs=("issue_id",), settings=("account_id",)
)
CLOSED = {"IN_REVIEW": "submitted", "APPROVED": "approved"}
PAGE, PAGES = 100, 20
LATELY = timedelta(days=60)


class Tempo:
    """One account. A mapping names `issue_id`, the number of an issue, and work attributes by their keys (`_Activity_`)."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._zone = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"}), ZoneInfo(login.zone)
        self._author, self._marker = login.options.get("account_id", ""), login.options.get("marker_attribute", "")
        self._mine = f"/worklogs/user/{quote(self._author, safe='')}"

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """Whether the author's worklogs can be read; no call tells whose key it is."""
        today = self._api.clock.now().astimezone(self._zone).date().isoformat()
        answer = await self._api.ask("GET", self._mine, query={"from": today, "to": today, "limit": 1})
        if isinstance(value_at(json_of(answer), "metadata", "count"), int):
            return Account(self._author)
        if status_of(answer) == 404:
            text, remedy = f"there is no account {self._author[:40]!r}", "account_id is in the address of your profile in Jira"
            return Outcome(REFUSED, text=text, remedy=remedy, status=404)
        return self._api.not_a("from Tempo's API", answer)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The issues of the author's recent worklogs: Tempo has no list of others."""
        today = self._api.clock.now().date()
        worklogs = await self._worklogs(today - LATELY, today)
        if isinstance(worklogs, Outcome):
            return worklogs
        latest = {str(_issue_id(worklog)): worklog for worklog in worklogs if _issue_id(worklog)}
        return tuple(
            RemotePlace(f"issue {number}: {worklog.get('description') or ''}".rstrip(": "), {"issue_id": number})
            for number, worklog in latest.items()
        )

    async def create(self, item: Item) -> Outcome:
        number = item.remote["issue_id"]
        if not (is_number(number) and len(number) < 19):
            remedy = "map it to the number, not the key; the kind `jira` accepts keys"
            return Outcome(REFUSED, text=f"{number[:40]!r} is not the number of an issue", remedy=remedy)
        refusal = await self._day_refusal(item.day)
        if refusal is not None:
            return refusal
        answer = await self._api.ask("POST", "/worklogs", {"issueId": int(number), **self._body(item)})
        worklog_id = value_at(json_of(answer), "tempoWorklogId")
        outcome = create_outcome(self._api, answer, str(worklog_id) if worklog_id else None)
        return await self._explain(outcome, "", item.day)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("PUT", remote_id, item, "update", self._body(item))

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: Verb, body: JsonBody = None) -> Outcome:
        refusal = await self._day_refusal(item.day)
        if refusal is not None:
            return refusal
        outcome = self._api.outcome_of(await self._api.ask(method, _path(remote_id), body), verb)
        return await self._explain(outcome, remote_id, item.day)

    async def _day_refusal(self, day: str) -> Outcome | None:
        """Why nothing may be written on a day; None when it may, or when this account may not read that."""
        path = f"/timesheet-approvals/user/{quote(self._author, safe='')}"
        answer = await self._api.ask("GET", path, query={"from": day, "to": day})
        outcome = self._api.outcome_of(answer, "read")
        if outcome.kind == UNKNOWN:
            return precheck_failure(outcome)
        if outcome.kind not in (TAKEN, REFUSED):
            return outcome
        state = CLOSED.get(str(value_at(json_of(answer), "status", "key")))
        return lock_outcome(f"the timesheet of {day} is {state} there") if outcome.kind == TAKEN and state else None

    async def _explain(self, outcome: Outcome, remote_id: str, day: str) -> Outcome:
        """A refusal may mean that the period was closed; 404, that something other than Tempo answers at this address."""
        if outcome.status == 404 and remote_id:
            account = await self.check()
            return account if isinstance(account, Outcome) else outcome
        if outcome.kind == REFUSED and outcome.status in (400, 403):
            refusal = await self._day_refusal(day)
            if refusal is None and remote_id:
                stored_day = value_at(json_of(await self._api.ask("GET", _path(remote_id))), "startDate")
                if isinstance(stored_day, str) and stored_day != day:
                    refusal = await self._day_refusal(stored_day)
            return refusal if refusal is not None and refusal.kind != UNSENT else outcome
        return outcome

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        day = date.fromisoformat(item.day)
        worklogs = await self._worklogs(day, day)
        if isinstance(worklogs, Outcome):
            return worklogs
        candidates = [worklog for worklog in worklogs if str(worklog.get("tempoWorklogId")) not in others]
        match = next((worklog for worklog in candidates if self._mark(worklog) == item.id), None)
        match = match or next((row for row in candidates if not self._mark(row) and self._is_like(row, item)), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("tempoWorklogId")))

    async def _worklogs(self, first: date, last: date) -> list[JsonObject] | Outcome:
        """The author's worklogs of these days."""
        bounds = {"from": first.isoformat(), "to": last.isoformat()}

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            body = json_of(answer)
            rows = rows_at(body, "results") if isinstance(value_at(body, "metadata", "count"), int) else None
            return rows if rows is not None else self._api.not_a("a list of worklogs", answer, UNKNOWN)

        def is_end(answer: Answer, page: int, seen: int) -> bool:
            return not value_at(json_of(answer), "metadata", "next")

        return await read_pages(
            self._api, self._mine, lambda page, seen: {**bounds, "offset": seen, "limit": PAGE}, rows_in, is_end, PAGES
        )

    def _body(self, item: Item) -> dict[str, JsonBody]:
        attributes = [{"key": name, "value": value} for name, value in item.remote.items() if name.startswith("_")]
        if self._marker:
            attributes.append({"key": self._marker, "value": item.id})
        return {
            "authorAccountId": self._author,
            "startDate": item.day,
            "startTime": self._time(item.start),
            "timeSpentSeconds": item.seconds,
            "billableSeconds": item.seconds if item.billable else 0,
            "description": item.description,
            **({"attributes": attributes} if attributes else {}),
        }

    def _time(self, seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone).strftime("%H:%M:%S")

    def _mark(self, worklog: JsonObject) -> str:
        """The id of ours that a worklog carries, "" when it carries none."""
        attributes = objects_at(worklog, "attributes", "values") if self._marker else []
        return next((str(row.get("value") or "") for row in attributes if row.get("key") == self._marker), "")

    def _is_like(self, worklog: JsonObject, item: Item) -> bool:
        """Same issue, day, time, length and description; where we send no description, Tempo may have written its own."""
        is_there = str(_issue_id(worklog)) == item.remote["issue_id"] and worklog.get("startDate") == item.day
        is_then = worklog.get("startTime") in (None, self._time(item.start)) and worklog.get("timeSpentSeconds") == item.seconds
        return is_there and is_then and (not item.description or worklog.get("description") == item.description)


def _issue_id(worklog: JsonObject) -> Json:
    return value_at(worklog, "issue", "id")


def _path(remote_id: str) -> str:
    return f"/worklogs/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Tempo, BASE)
