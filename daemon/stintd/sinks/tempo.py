"""Tempo's worklogs (version 4): a day, a time on the wall and a length, on an issue of Jira by its number.

It knows nobody by the key: the author is named. A timesheet that was submitted or approved is asked for before anything is
written; how a closed period is refused is not documented, so that after a refusal it is asked again, for the day the worklog
is on, too. It knows no repetitions: author, issue, day, time, length and words tell what is there, or a work attribute for
our id where an administrator made one (`marker_attribute`).
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, UNSENT, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, locked, made, parsed

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
        """Whether the author's worklogs can be read; nothing else tells whose the key is."""
        today = self._api.clock.now().astimezone(self._zone).date().isoformat()
        answer = await self._api.ask("GET", self._mine, query={"from": today, "to": today, "limit": 1})
        if isinstance(_within(parsed(answer), "metadata").get("count"), int):
            return Account(self._author)
        if getattr(answer, "status", 0) == 404:
            return Outcome(REFUSED, text=f"it knows no account {self._author[:40]!r}", status=404,
                           remedy="account_id is in the address of your profile in Jira")  # fmt: skip
        return self._api.unread(answer, "none of Tempo's")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The issues that the author worked on lately: it has no list of others."""
        today = self._api.clock.now().date()
        found = await self._worklogs(today - LATELY, today)
        if isinstance(found, Outcome):
            return found
        last = {str(_id(one)): one for one in found if _id(one)}
        return tuple(RemotePlace(f"issue {number}: {one.get('description') or ''}".rstrip(": "), {"issue_id": number})
                     for number, one in last.items())  # fmt: skip

    async def create(self, item: Item) -> Outcome:
        number = item.remote["issue_id"]
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return Outcome(REFUSED, text=f"{number[:40]!r} is no number of an issue",
                           remedy="map it to the number, not the key; the kind `jira` takes keys")  # fmt: skip
        closed = await self._closed(item.day)
        if closed is not None:
            return closed
        answer = await self._api.ask("POST", "/worklogs", {"issueId": int(number), **self._body(item)})
        remote_id = _within({"": parsed(answer)}, "").get("tempoWorklogId")
        return await self._explained(made(self._api, answer, str(remote_id) if remote_id else None), "", item.day)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("PUT", remote_id, item, "update", self._body(item))

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: str, body: Any = None) -> Outcome:
        closed = await self._closed(item.day)
        if closed is not None:
            return closed
        outcome = self._api.judged(await self._api.ask(method, _path(remote_id), body), verb)
        return await self._explained(outcome, remote_id, item.day)

    async def _closed(self, day: str) -> Outcome | None:
        """Why nothing may be written on a day; None when it may, or when this account may not know."""
        answer = await self._api.ask("GET", f"/timesheet-approvals/user/{quote(self._author, safe='')}",
                                     query={"from": day, "to": day})  # fmt: skip
        judged = self._api.judged(answer, "read")
        if judged.kind == UNKNOWN:
            return Outcome(UNSENT, text=judged.text, pause=judged.pause, status=judged.status)  # only asked so far
        if judged.kind not in (TAKEN, REFUSED):
            return judged
        state = CLOSED.get(str(_within(_within({"": parsed(answer)}, ""), "status").get("key")))
        return locked(f"the timesheet of {day} is {state} there") if judged.kind == TAKEN and state else None

    async def _explained(self, outcome: Outcome, remote_id: str, day: str) -> Outcome:
        """A refusal may mean that the period was closed, and 404 that something else answers at this address."""
        if outcome.status == 404 and remote_id:
            account = await self.check()
            return account if isinstance(account, Outcome) else outcome
        if outcome.kind == REFUSED and outcome.status in (400, 403):
            closed = await self._closed(day)
            if closed is None and remote_id:
                there = _within({"": parsed(await self._api.ask("GET", _path(remote_id)))}, "").get("startDate")
                closed = await self._closed(there) if isinstance(there, str) and there != day else None
            return closed if closed is not None and closed.kind != UNSENT else outcome
        return outcome

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        day = date.fromisoformat(item.day)
        found = await self._worklogs(day, day)
        if isinstance(found, Outcome):
            return found
        near = [one for one in found if str(one.get("tempoWorklogId")) not in others]
        there = next((one for one in near if self._mark(one) == item.id), None)
        there = there or next((one for one in near if not self._mark(one) and self._is_like(one, item)), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("tempoWorklogId")))

    async def _worklogs(self, first: date, last: date) -> list[dict[str, Any]] | Outcome:
        """The author's worklogs to the end of the list: half of one would say that something is not there."""
        found: list[dict[str, Any]] = []
        for _ in range(PAGES):
            query = {"from": first.isoformat(), "to": last.isoformat(), "offset": len(found), "limit": PAGE}
            answer = await self._api.ask("GET", self._mine, query=query)
            told = parsed(answer)
            page = told.get("results") if isinstance(told, dict) else None
            if not isinstance(page, list) or not isinstance(_within(told, "metadata").get("count"), int):
                return self._unread(self._api.judged(answer, "read"))
            found += [one for one in page if isinstance(one, dict)]
            if not _within(told, "metadata").get("next"):
                return found
            if not page:
                break
        return Outcome(UNKNOWN, text="its list of worklogs does not end")

    def _unread(self, judged: Outcome) -> Outcome:
        return judged if judged.kind != TAKEN else Outcome(UNKNOWN, text="its list of worklogs cannot be read")

    def _body(self, item: Item) -> dict[str, Any]:
        attributes = [{"key": name, "value": value} for name, value in item.remote.items() if name.startswith("_")]
        if self._marker:
            attributes.append({"key": self._marker, "value": item.id})
        return {
            "authorAccountId": self._author, "startDate": item.day, "startTime": self._time(item.start),
            "timeSpentSeconds": item.seconds, "billableSeconds": item.seconds if item.billable else 0,
            "description": item.description, **({"attributes": attributes} if attributes else {}),
        }  # fmt: skip

    def _time(self, seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone).strftime("%H:%M:%S")

    def _mark(self, worklog: Mapping[str, Any]) -> str:
        values = _within(worklog, "attributes").get("values")
        return next((str(one.get("value") or "") for one in (values if isinstance(values, list) else [])
                     if self._marker and isinstance(one, dict) and one.get("key") == self._marker), "")  # fmt: skip

    def _is_like(self, worklog: Mapping[str, Any], item: Item) -> bool:
        """Without words of ours it may have put some of its own."""
        is_there = str(_id(worklog)) == item.remote["issue_id"] and worklog.get("startDate") == item.day
        is_then = worklog.get("startTime") in (None, self._time(item.start)) and worklog.get("timeSpentSeconds") == item.seconds
        return is_there and is_then and (not item.description or worklog.get("description") == item.description)


def _within(found: Any, name: str) -> Mapping[str, Any]:
    """What an answer has under a name, nothing when that is no object."""
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _id(worklog: Mapping[str, Any]) -> Any:
    return _within(worklog, "issue").get("id")


def _path(remote_id: str) -> str:
    return f"/worklogs/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Tempo, BASE)
