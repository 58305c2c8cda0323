"""Kimai: entries by the clock on its user's wall, in whole minutes.

Its API takes times without a zone and means that of the user's profile; its answers carry offsets, so that a profile that
changed is noticed and the entry put right. It rounds begins down and ends up to the minute unless its owner set something
else: lengths come in whole minutes (`grain`), which that leaves alone. An entry is found again by its place, its text and
its begin and end, either as sent or as one rule of rounding makes them. Known from its source (2.66).
"""

import re
from datetime import tzinfo
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    MISSING,
    REFUSED,
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
from stintd.sinks.http_api import Api, before, listed, locked, parsed, status_of, unlisted
from stintd.sinks.kimai_clock import aside, is_same, placed, times, wall, zone_of

ABLE = Abilities(can_look=True, billable=True, tags=True, grain=60, needs=("project_id", "activity_id"))
DAY = 86_400
PAGE, MOST_PAGES = 500, 20
ENTRIES = "/api/timesheets"
_LOCK_WORDS = re.compile(
    r"lock|gesperrt|verrouill|bloqu|blocc|vergrendel|geblokkeerd|låst|spærret|zablok|uzam|закрыт|заблок", re.I
)


class Kimai:
    """One user of one server. Remembers the user's zone, and whether they may say what is billable."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})
        self._zone: tzinfo | None = None
        self._may_bill = True

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/api/users/me")
        found = parsed(answer)
        if not isinstance(found, dict) or "id" not in found or status_of(answer) != 200:
            return self._api.unread(answer, "none of Kimai's")
        self._zone = zone_of(found.get("timezone"))
        if self._zone is None:
            return Outcome(REFUSED, text="it does not say which time zone its user has")
        return Account(str(found.get("alias") or found.get("username") or ""))

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects with their activities; a project with only one goes by its own name."""
        projects = await self._list("/api/projects", "projects")
        if isinstance(projects, Outcome):
            return projects
        activities = await self._list("/api/activities", "activities")
        if isinstance(activities, Outcome):
            return activities
        return tuple(place for project in projects for place in _places(project, activities))

    async def _list(self, path: str, what: str) -> list[dict[str, Any]] | Outcome:
        answer = await self._api.ask("GET", path, query={"visible": 1})
        found = listed(answer)
        return found if found is not None and status_of(answer) == 200 else self._api.unread(answer, f"no list of {what}")

    async def create(self, item: Item) -> Outcome:
        return await self._write("POST", ENTRIES, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._write("PATCH", _path(remote_id), item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", _path(remote_id))
        return _closed(self._api.judged(answer, "delete"))

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Among all entries of the days around it. What is there rounded is made the item's own: of two short neighbours one
        could be taken for the other."""
        zone = await self._zone_there()
        if isinstance(zone, Outcome):
            return zone
        begin, end = placed(item, zone)
        found = await self._around(begin, zone)
        if isinstance(found, Outcome):
            return found
        fitting = [one for one in found if is_same(one, item, zone) and str(one.get("id")) not in others]
        exact = [one for one in fitting if times(one) == (begin, end)]
        if not fitting or exact:
            return Outcome(TAKEN, str(exact[0].get("id"))) if exact else Outcome(MISSING)
        remote_id = str(fitting[0].get("id"))
        righted = await self.update(remote_id, item)
        return Outcome(TAKEN, remote_id) if righted.kind == TAKEN else Outcome(UNKNOWN, text=righted.text, status=righted.status)

    async def _around(self, begin: int, zone: tzinfo) -> list[dict[str, Any]] | Outcome:
        """The user's entries of the days around an instant, to the last page: half a list says nothing."""
        asked = {"begin": wall(begin - DAY, zone), "end": wall(begin + DAY, zone), "size": PAGE}
        out: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            answer = await self._api.ask("GET", ENTRIES, query={**asked, "page": page})
            if page > 1 and status_of(answer) == 404:
                return out
            found = listed(answer)
            if found is None or status_of(answer) != 200:
                return unlisted(self._api, answer)
            out += found
            if not found or page == _pages(answer):
                return out
        return Outcome(UNKNOWN, text="its list of entries does not end")

    async def _write(self, method: str, path: str, item: Item) -> Outcome:
        zone = await self._zone_there()
        if isinstance(zone, Outcome):
            return zone
        outcome, stored = await self._sent(method, path, item, zone)
        off = aside(stored, placed(item, zone)[0], zone)
        if outcome.kind != TAKEN or not off:
            return outcome
        # The profile's zone is another by now: what is stored is hours beside what was meant.
        self._zone = None
        righted, _ = await self._sent("PATCH", _path(outcome.remote_id), item, zone, -off)
        if righted.kind == TAKEN or method == "PATCH":
            return righted
        return Outcome(UNKNOWN, text=f"it is there at a wrong hour: {righted.text}", status=righted.status)

    async def _sent(self, method: str, path: str, item: Item, zone: tzinfo, by: int = 0) -> tuple[Outcome, Any]:
        """One write, and what the server says that it holds now."""
        body = {**_body(item, zone, by), **({"billable": item.billable} if self._may_bill else {})}
        answer = await self._api.ask(method, path, body)
        if self._may_bill and _is_about_the_whole(answer):
            # Its form takes no field that a role may not set, and does not say which in a language one could rely on.
            del body["billable"]
            again = await self._api.ask(method, path, body)
            self._may_bill = status_of(again) != 200
            answer = again
        found = parsed(answer)
        return self._judged(answer, found, "create" if method == "POST" else "update"), found

    def _judged(self, answer: Response | Failure, found: Any, verb: str) -> Outcome:
        judged = _closed(self._api.judged(answer, verb)) if verb == "update" else self._api.judged(answer, verb)
        if judged.kind == REFUSED or (judged.kind == TAKEN and isinstance(found, dict) and "errors" in found):
            said = self._api.cleaned(_complaints(found)) or judged.text
            if _LOCK_WORDS.search(said):
                return locked(f"it takes nothing for that day: {said}", judged.status)
            return Outcome(REFUSED, text=said, remedy=judged.remedy or "`stint edit` the entry", status=judged.status)
        if judged.kind != TAKEN:
            return judged
        if isinstance(found, dict) and isinstance(found.get("id"), int):
            return Outcome(TAKEN, str(found["id"]), status=judged.status)
        return Outcome(UNKNOWN, text="it did not say what it holds now", status=judged.status)

    async def _zone_there(self) -> tzinfo | Outcome:
        if self._zone is None:
            found = await self.check()
            if isinstance(found, Outcome):
                return before(found)
        assert self._zone is not None
        return self._zone


def _places(project: dict[str, Any], activities: list[dict[str, Any]]) -> list[RemotePlace]:
    takes_all = project.get("globalActivities", True)
    mine = [one for one in activities if one.get("project") == project.get("id") or (takes_all and one.get("project") is None)]
    name, client = str(project.get("name", "")), str(project.get("parentTitle") or "")
    return [
        RemotePlace(name if len(mine) == 1 else f"{name} / {one.get('name', '')}",
              {"project_id": str(project.get("id")), "activity_id": str(one.get("id"))}, client)
        for one in mine
    ]  # fmt: skip


def _body(item: Item, zone: tzinfo, by: int) -> dict[str, Any]:
    begin, end = placed(item, zone)
    return {
        "begin": wall(begin + by, zone), "end": wall(end + by, zone), "project": _number(item.remote["project_id"]),
        "activity": _number(item.remote["activity_id"]), "description": item.description,
        "tags": ",".join(tag.replace(",", " ") for tag in item.tags),
    }  # fmt: skip


def _number(text: str) -> int | str:
    return int(text) if text.isascii() and text.isdigit() else text


def _pages(answer: Response | Failure) -> int:
    told = answer.headers.get("x-total-pages", "") if isinstance(answer, Response) else ""
    return int(told) if told.isascii() and told.isdigit() else 0


def _is_about_the_whole(answer: Response | Failure) -> bool:
    """Whether a form was refused for what belongs to no field of it."""
    found = parsed(answer) if status_of(answer) == 400 else None
    errors = found.get("errors") if isinstance(found, dict) else None
    return isinstance(errors, dict) and bool(errors.get("errors"))


def _complaints(found: Any) -> str:
    """What a refused form says, field by field."""
    errors = found.get("errors") if isinstance(found, dict) else None
    if not isinstance(errors, dict):
        return ""
    fields = errors.get("children")
    told = [("", errors)] + (list(fields.items()) if isinstance(fields, dict) else [])
    return "; ".join(
        f"{name}: {words}".removeprefix(": ")
        for name, one in told if isinstance(one, dict)
        for words in one.get("errors", []) if isinstance(words, str)
    )  # fmt: skip


def _closed(outcome: Outcome) -> Outcome:
    """Entries that are exported, or of a locked period, are forbidden to touch."""
    if outcome.status != 403:
        return outcome
    return locked("it may not be touched there: it is exported, or its period is locked", outcome.status)


def _path(remote_id: str) -> str:
    return f"{ENTRIES}/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Kimai)
