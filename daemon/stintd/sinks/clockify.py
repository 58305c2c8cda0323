"""Clockify (v1): entries of one workspace, by start and end.

It knows no ids of ours: an entry is found again by its start, end and project. A change replaces all of an entry there, so
that what others put into its own fields is read and sent along; that read tells, too, whether it is locked. A day whose
entries are all locked is taken to be locked for new ones. Tags go by id and are made where they are missing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    BLIND,
    LOCKED,
    LOST,
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
    Response,
)
from stintd.sinks.http_api import Api, before, id_in, listed, locked, made, parsed, seconds_of, status_of

BASE = "https://api.clockify.me/api/v1"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("workspace_id",), calls_per_hour=30_000,
)  # fmt: skip
DAY, DAY_AGE = 86_400, 600.0
"""Seconds for which a day that was seen open is taken to be so."""
PAGE, PAGES = 200, 50
Row = dict[str, Any]


class Clockify:
    """One workspace of one user. Remembers who that is, and the ids of tags."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"X-Api-Key": login.key})
        self._workspace, self._user = login.options.get("workspace_id", ""), ""
        self._at = f"/workspaces/{quote(self._workspace, safe='')}"
        self._clock, self._zone = clock, ZoneInfo(login.zone)
        self._tags: dict[str, str] = {}
        self._open: dict[str, float] = {}

    @property
    def calls(self) -> int:
        return self._api.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        """Whose key it is, and that it opens the workspace."""
        user = await self._who()
        if isinstance(user, Outcome):
            return user
        spaces = await self.choices("workspace_id")
        if isinstance(spaces, Outcome):
            return spaces
        where = next((one.name for one in spaces if one.remote["workspace_id"] == self._workspace), None)
        if where is None:
            return Outcome(STOPPED, text="the key opens no workspace of that workspace_id")
        return Account(f"{user} ({where})" if user else where)

    async def _who(self) -> str | Outcome:
        answer = await self._api.ask("GET", "/user")
        found, self._user = parsed(answer), id_in(answer) or ""
        if not isinstance(found, dict) or status_of(answer) >= 300 or not self._user:
            outcome = self._api.unread(answer, "none of Clockify's")
            return replace(outcome, kind=STOPPED) if outcome.status == 403 else outcome
        return str(found.get("name") or "")

    async def _user_id(self) -> str | Outcome:
        if not self._user:
            found = await self._who()
            if isinstance(found, Outcome):
                return before(found)
        return self._user

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The workspaces of the key's owner."""
        answer = await self._api.ask("GET", "/workspaces")
        found = listed(answer)
        if found is None or status_of(answer) >= 300:
            return self._api.unread(answer, "no list of workspaces")
        return tuple(RemotePlace(str(one.get("name", "")), {option: str(one.get("id", ""))}) for one in found)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects, and each with its tasks; archived and finished ones are left out."""
        found = await self._all(f"{self._at}/projects", {"archived": "false", "hydrated": "true"})
        if isinstance(found, Outcome):
            return found
        out = []
        for one in found:
            name, remote, client = str(one.get("name", "")), {"project_id": str(one.get("id"))}, str(one.get("clientName") or "")
            tasks = one.get("tasks")
            out.append(RemotePlace(name, remote, client))
            out += [
                RemotePlace(f"{name} / {task.get('name', '')}", {**remote, "task_id": str(task.get("id"))}, client)
                for task in (tasks if isinstance(tasks, list) else ())
                if isinstance(task, dict) and task.get("status") != "DONE"
            ]
        return tuple(out)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        body = {"name": name}
        if client:
            clients = await self._all(f"{self._at}/clients", {"archived": "false"})
            if isinstance(clients, Outcome):
                return clients
            known = next((str(one.get("id")) for one in clients if str(one.get("name")).casefold() == client.casefold()), None)
            if known is None:
                answer = await self._api.ask("POST", f"{self._at}/clients", {"name": client})
                outcome = made(self._api, answer, id_in(answer))
                if outcome.kind != TAKEN:
                    return outcome
                known = outcome.remote_id
            body["clientId"] = known
        answer = await self._api.ask("POST", f"{self._at}/projects", body)
        outcome = made(self._api, answer, id_in(answer))
        return RemotePlace(name, {"project_id": outcome.remote_id}, client) if outcome.kind == TAKEN else outcome

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        shut = body if isinstance(body, Outcome) else await self._shut(item)
        if shut is not None:
            return shut
        answer = await self._api.ask("POST", f"{self._at}/time-entries", body)
        outcome = made(self._api, answer, id_in(answer))
        if outcome.kind != TAKEN:
            self._open.pop(item.day, None)
        return _why(outcome, await self._shut(item)) if outcome.kind == REFUSED else outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        held = body if isinstance(body, Outcome) else await self._held(remote_id, "update")
        if isinstance(body, Outcome) or isinstance(held, Outcome):
            return body if isinstance(body, Outcome) else held
        answer = await self._api.ask("PUT", self._path(remote_id), {**body, **_own_fields(held)})
        outcome = self._judged(answer, "update")
        return _why(outcome, await self._held(remote_id, "update")) if outcome.kind == REFUSED else outcome

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        held = await self._held(remote_id, "delete")
        if isinstance(held, Outcome):
            return held
        outcome = self._judged(await self._api.ask("DELETE", self._path(remote_id)), "delete")
        return _why(outcome, await self._held(remote_id, "delete")) if outcome.kind == REFUSED else outcome

    async def _held(self, remote_id: str, verb: str) -> Row | Outcome:
        """What is there, or why it cannot be changed."""
        answer = await self._api.ask("GET", self._path(remote_id))
        outcome = self._judged(answer, verb)
        if outcome.kind != TAKEN or status_of(answer) >= 300:
            return outcome if outcome.kind == REFUSED else before(outcome)
        found = parsed(answer)
        if not isinstance(found, dict):
            return before(Outcome(UNKNOWN, text="its answer is no entry", status=outcome.status))
        return locked("the entry is locked there") if found.get("isLocked") is True else found

    def _judged(self, answer: Any, verb: str) -> Outcome:
        """An entry that is gone belongs to no workspace any more, and 400 says so."""
        outcome = self._api.judged(answer, verb)
        if outcome.status == 400 and isinstance(answer, Response) and "belong" in self._api.said(answer).casefold():
            return self._api.judged(replace(answer, status=404), verb)
        return outcome

    async def _shut(self, item: Item) -> Outcome | None:
        """Whether all that is there on a day is locked: then nothing can be added, either."""
        now = self._clock.monotonic()
        if self._open.get(item.day, now) > now:
            return None
        day = date.fromisoformat(item.day)
        lo, hi = (int(datetime.combine(day + timedelta(days=n), time(), self._zone).timestamp()) for n in (0, 1))
        rows = await self._entries(lo, hi - 1)
        if isinstance(rows, Outcome):
            return before(rows) if rows.kind != REFUSED else None
        if rows and all(one.get("isLocked") is True for one in rows):
            return locked(f"what is there on {item.day} is locked")
        self._open[item.day] = now + DAY_AGE
        return None

    async def _body(self, item: Item) -> Row | Outcome:
        """Never without an end: that would start a timer there."""
        tags = await self._tag_ids(item.tags)
        if isinstance(tags, Outcome):
            return tags
        body: Row = {
            "start": _instant(item.start), "end": _instant(item.start + item.seconds), "projectId": item.remote["project_id"],
            "description": item.description, "billable": item.billable, "tagIds": tags, "type": "REGULAR",
        }  # fmt: skip
        return {**body, "taskId": item.remote["task_id"]} if item.remote.get("task_id") else body

    async def _tag_ids(self, names: tuple[str, ...]) -> list[str] | Outcome:
        """The ids of these tags. One that may not be made is left out: hours matter more than their labels."""
        if any(name not in self._tags for name in names):
            found = await self._all(f"{self._at}/tags", {"archived": "false"})
            if isinstance(found, Outcome):
                return before(found)
            self._tags |= {str(one.get("name")): str(one.get("id")) for one in found}
        for name in names:
            if name not in self._tags:
                answer = await self._api.ask("POST", f"{self._at}/tags", {"name": name})
                outcome = made(self._api, answer, id_in(answer))
                if outcome.kind not in (TAKEN, REFUSED):
                    return before(outcome)
                self._tags[name] = outcome.remote_id
        return [self._tags[name] for name in names if self._tags[name]]

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By start, end and project. One of another description is an attempt at another entry of that time: it becomes this
        one, and the other is made when it is looked for."""
        found = await self._entries(item.start - DAY, item.start + DAY)
        if isinstance(found, Outcome):
            return Outcome(BLIND) if found.kind == REFUSED else found
        same = [one for one in found if _is_same(one, item) and str(one.get("id")) not in others]
        there = next((one for one in same if str(one.get("description") or "") == item.description), None)
        if there is not None or not same:
            return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))
        remote_id = str(same[0].get("id"))
        outcome = await self.update(remote_id, item)
        return replace(outcome, remote_id=remote_id) if outcome.kind == TAKEN else outcome

    async def _entries(self, lo: int, hi: int) -> list[Row] | Outcome:
        user = await self._user_id()
        if isinstance(user, Outcome):
            return user
        path = f"{self._at}/user/{quote(user, safe='')}/time-entries"
        return await self._all(path, {"start": _instant(lo), "end": _instant(hi)})

    async def _all(self, path: str, query: Mapping[str, str]) -> list[Row] | Outcome:
        """Every page of a list, or why not. Some answers say which page is the last; an empty one is it always."""
        out: list[Row] = []
        for page in range(1, PAGES + 1):
            answer = await self._api.ask("GET", path, query={**query, "page": page, "page-size": PAGE})
            rows = listed(answer)
            if rows is None or not isinstance(answer, Response) or answer.status >= 300:
                outcome = self._api.judged(answer, "read")
                return Outcome(UNKNOWN, text="its answer is no list") if outcome.kind == TAKEN else outcome
            if rows and out and rows[0] == out[0]:
                break
            out += rows
            if not rows or answer.headers.get("last-page", "").casefold() == "true":
                return out
        return Outcome(UNKNOWN, text="its list cannot be read to its end")

    def _path(self, remote_id: str) -> str:
        return f"{self._at}/time-entries/{quote(remote_id, safe='')}"


def _why(outcome: Outcome, shut: Row | Outcome | None) -> Outcome:
    """What was refused may have been closed, or have gone, since it was looked at."""
    is_told = isinstance(shut, Outcome) and shut.kind in (LOCKED, LOST, TAKEN)
    return replace(shut, status=outcome.status) if isinstance(shut, Outcome) and is_told else outcome


def _own_fields(held: Row) -> Row:
    """What others put into fields of their own."""
    values = held.get("customFieldValues")
    kept = [
        {"customFieldId": one["customFieldId"], "value": one["value"]}
        for one in (values if isinstance(values, list) else ())
        if isinstance(one, dict) and one.get("customFieldId") and one.get("value") is not None
    ]
    return {"customFields": kept} if kept else {}


def _is_same(one: Row, item: Item) -> bool:
    interval = one.get("timeInterval")
    times = interval if isinstance(interval, dict) else {}
    is_then = seconds_of(times.get("start")) == item.start and seconds_of(times.get("end")) == item.start + item.seconds
    return is_then and str(one.get("projectId")) == item.remote["project_id"]


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KIND = Kind(ABLE, Clockify, BASE)
