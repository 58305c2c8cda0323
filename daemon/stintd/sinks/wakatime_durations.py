"""WakaTime: finished work as external durations, under ids of ours.

Its document calls `external_id` what repetitions are known by, and does not say what a repetition does: replaces, is
ignored, is refused, or is there twice. After each write the day's list is read, what is there too much is taken away, and
what was not replaced is made anew. Nothing but the length, the project and a line of text is kept there.
"""

import base64
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, listed, parsed, seconds_of, status_of, unlisted

BASE = "https://wakatime.com/api/v1"
ABLE = Abilities(
    client_id=True, can_look=True, creates_places=True, needs=("project",), takes=("category",), calls_per_hour=30_000
)
DURATIONS = "/users/current/external_durations"
PROJECT_PAGES = 10


class WakaTime:
    """One account."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        # Without the colon that HTTP would put behind a name: so do its own programs.
        signed = base64.b64encode(login.key.encode()).decode()
        self._api = Api(carrier, clock, login, {"Authorization": f"Basic {signed}"})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/users/current")
        found = parsed(answer)
        user = found.get("data") if isinstance(found, dict) else None
        if not isinstance(user, dict) or status_of(answer) != 200:
            return self._api.unread(answer, "none of WakaTime's")
        return Account(str(user.get("username") or user.get("display_name") or user.get("email") or ""))

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Its projects; a name that is none yet becomes one."""
        out: list[RemotePlace] = []
        for page in range(1, PROJECT_PAGES + 1):
            answer = await self._api.ask("GET", "/users/current/projects", query={"page": page})
            found = listed(answer)
            if found is None or status_of(answer) != 200:
                return self._api.unread(answer, "no list of projects")
            out += [RemotePlace(str(one["name"]), {"project": str(one["name"])}) for one in found if one.get("name")]
            told = parsed(answer)
            pages = told.get("total_pages") if isinstance(told, dict) else None
            if not isinstance(pages, int) or page >= pages:
                break
        return tuple(out)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """It is one as soon as hours go there."""
        return RemotePlace(name, {"project": name})

    async def create(self, item: Item) -> Outcome:
        return await self._put(item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._put(item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        found = await self._there(item)
        return found if isinstance(found, Outcome) else await self._take_away(found, item)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        found = await self._there(item)
        if isinstance(found, Outcome):
            return found
        return await self._settled(item, found) if found else Outcome(MISSING)

    async def _put(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", DURATIONS, _body(item))
        judged = self._api.judged(answer, "create")
        if judged.kind not in (TAKEN, REFUSED):
            return judged
        found = await self._there(item)
        if judged.kind == REFUSED and (isinstance(found, Outcome) or not found):
            return judged  # for what it says, and not for being there already
        if isinstance(found, Outcome):
            return replace(found, kind=UNKNOWN)  # it was stored; only what became of it could not be read
        return await self._settled(item, found)

    async def _settled(self, item: Item, found: list[dict[str, Any]]) -> Outcome:
        """See to it that what was found under an item's id is the item, once."""
        right = [one for one in found if _is_same(one, item)]
        outcome = await self._take_away([one for one in found if one not in right[:1]], item)
        if outcome.kind == TAKEN and not right:
            outcome = self._api.judged(await self._api.ask("POST", DURATIONS, _body(item)), "create")
        if outcome.kind in (TAKEN, REFUSED):
            return replace(outcome, remote_id=item.id)
        return replace(outcome, kind=UNKNOWN)  # something is there, though not yet the right thing

    async def _there(self, item: Item) -> list[dict[str, Any]] | Outcome:
        """What the days of an item hold under its id."""
        out: list[dict[str, Any]] = []
        for day in dict.fromkeys((_day(item.start), _day(item.start + item.seconds))):
            answer = await self._api.ask("GET", DURATIONS, query={"date": day, "timezone": "UTC"})
            found = listed(answer)
            if found is None or status_of(answer) != 200:
                return unlisted(self._api, answer)
            out += [one for one in found if one.get("external_id") == item.id and one not in out]
        return out

    async def _take_away(self, found: list[dict[str, Any]], item: Item) -> Outcome:
        if not found:
            return Outcome(TAKEN)
        told = [{"id": str(one.get("id")), "date": _day(seconds_of(one.get("start_time")) or item.start)} for one in found]
        return self._api.judged(await self._api.ask("DELETE", f"{DURATIONS}.bulk", told), "delete")


def _is_same(one: dict[str, Any], item: Item) -> bool:
    wanted = _body(item)
    return all(one.get(name) == wanted[name] for name in ("entity", "project", "start_time", "end_time"))


def _body(item: Item) -> dict[str, Any]:
    project = item.remote["project"]
    return {
        "external_id": item.id, "entity": item.description or project, "type": "app", "project": project,
        "category": item.remote.get("category") or "coding",
        "start_time": float(item.start), "end_time": float(item.start + item.seconds),
    }  # fmt: skip


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


KIND = Kind(ABLE, WakaTime, BASE)
