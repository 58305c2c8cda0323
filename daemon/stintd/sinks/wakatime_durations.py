"""WakaTime: finished work as external durations, under ids of ours.

Its document says that repetitions are recognised by `external_id`, but not what a repetition does: it may replace the first,
be ignored, be refused, or be there twice. So after each write the day's list is read, surplus durations are removed, and what
was not replaced is created again. WakaTime keeps only the length, the project and a line of text.
"""

import base64
from dataclasses import replace

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonBody, JsonObject, value_at
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, json_of, rows_of, rows_or_problem, seconds_of, status_of, unreadable_list, utc_day

BASE = "https://wakatime.com/api/v1"
ABLE = Abilities(
    client_id=True, can_look=True, creates_places=True, needs=("project",), takes=("category",), calls_per_hour=30_000
)
DURATIONS = "/users/current/external_durations"
PROJECT_PAGES = 10


class WakaTime:
    """One account."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        # Without the colon that HTTP puts after a user name, as in WakaTime's own programs.
        signed = base64.b64encode(login.key.encode()).decode()
        self._api = Api(carrier, clock, login, {"Authorization": f"Basic {signed}"})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/users/current")
        user = value_at(json_of(answer), "data")
        if not isinstance(user, dict) or status_of(answer) != 200:
            return self._api.not_a("from WakaTime's API", answer)
        return Account(str(user.get("username") or user.get("display_name") or user.get("email") or ""))

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Its projects. Other names can be used as well: they become projects."""
        places: list[RemotePlace] = []
        for page in range(1, PROJECT_PAGES + 1):
            answer = await self._api.ask("GET", "/users/current/projects", query={"page": page})
            rows = rows_or_problem(self._api, answer, "a list of projects")
            if isinstance(rows, Outcome):
                return rows
            places += [RemotePlace(str(row["name"]), {"project": str(row["name"])}) for row in rows if row.get("name")]
            pages = value_at(json_of(answer), "total_pages")
            if not isinstance(pages, int) or page >= pages:
                break
        return tuple(places)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """Nothing to create: a name is a project as soon as hours go there."""
        return RemotePlace(name, {"project": name})

    async def create(self, item: Item) -> Outcome:
        return await self._put_duration(item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._put_duration(item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        rows = await self._durations(item)
        return rows if isinstance(rows, Outcome) else await self._remove(rows, item)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        rows = await self._durations(item)
        if isinstance(rows, Outcome):
            return rows
        return await self._store_once(item, rows) if rows else Outcome(MISSING)

    async def _put_duration(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", DURATIONS, _body(item))
        outcome = self._api.outcome_of(answer, "create")
        if outcome.kind not in (TAKEN, REFUSED):
            return outcome
        rows = await self._durations(item)
        if outcome.kind == REFUSED and (isinstance(rows, Outcome) or not rows):
            return outcome  # refused for the reason it gives, not because it is there already
        if isinstance(rows, Outcome):
            return replace(rows, kind=UNKNOWN)  # it was stored; only what became of it could not be read
        return await self._store_once(item, rows)

    async def _store_once(self, item: Item, rows: list[JsonObject]) -> Outcome:
        """Make the durations under an item's id the item, once."""
        right = [row for row in rows if _is_same(row, item)]
        outcome = await self._remove([row for row in rows if row not in right[:1]], item)
        if outcome.kind == TAKEN and not right:
            outcome = self._api.outcome_of(await self._api.ask("POST", DURATIONS, _body(item)), "create")
        if outcome.kind in (TAKEN, REFUSED):
            return replace(outcome, remote_id=item.id)
        return replace(outcome, kind=UNKNOWN)  # something is there, but not yet the right thing

    async def _durations(self, item: Item) -> list[JsonObject] | Outcome:
        """What the days of an item hold under its id."""
        durations: list[JsonObject] = []
        for day in dict.fromkeys((utc_day(item.start), utc_day(item.start + item.seconds))):
            answer = await self._api.ask("GET", DURATIONS, query={"date": day, "timezone": "UTC"})
            rows = rows_of(answer)
            if rows is None or status_of(answer) != 200:
                return unreadable_list(self._api, answer, or_refused=True)
            durations += [row for row in rows if row.get("external_id") == item.id and row not in durations]
        return durations

    async def _remove(self, rows: list[JsonObject], item: Item) -> Outcome:
        if not rows:
            return Outcome(TAKEN)
        body = [{"id": str(row.get("id")), "date": utc_day(seconds_of(row.get("start_time")) or item.start)} for row in rows]
        return self._api.outcome_of(await self._api.ask("DELETE", f"{DURATIONS}.bulk", body), "delete")


def _is_same(row: JsonObject, item: Item) -> bool:
    body = _body(item)
    return all(row.get(name) == body[name] for name in ("entity", "project", "start_time", "end_time"))


def _body(item: Item) -> dict[str, JsonBody]:
    project = item.remote["project"]
    return {
        "external_id": item.id,
        "entity": item.description or project,
        "type": "app",
        "project": project,
        "category": item.remote.get("category") or "coding",
        "start_time": float(item.start),
        "end_time": float(item.start + item.seconds),
    }


KIND = Kind(ABLE, WakaTime, BASE)
