"""Harvest (v2): hours of a day under a project and a task.

An entry carries our id as its external reference, by which it is found again. Accounts keep either hours or times of the
day; which, is asked once. Approved and locked entries are seen before they are written over, and a day whose entries are
all closed is taken to be closed for new ones, too: of periods themselves its document tells nothing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
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
    Account,
    Carrier,
    Item,
    Kind,
    Login,
    Outcome,
    RemotePlace,
)
from stintd.sinks.http_api import Api, before, id_in, locked, made, parsed, status_of

BASE, ACCOUNTS = "https://api.harvestapp.com/v2", "https://id.getharvest.com/api/v2"
ABLE = Abilities(
    can_look=True, day_based=True, grain=36, creates_places=True, needs=("project_id", "task_id"),
    settings=("account_id", "contact"), calls_per_hour=20_000,
)  # fmt: skip
"""100 requests in 15 seconds are allowed."""
DAY_AGE = 600.0
"""Seconds for which a day that was seen open is taken to be so."""
PAGE, PAGES = 2000, 20
GROUP = "stintd"
Row = dict[str, Any]


class Harvest:
    """One account. `contact`: an address that Harvest may write to, which it wants to be told by every program."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        head = {"Authorization": f"Bearer {login.key}", "User-Agent": f"stintd ({login.options.get('contact', '')})"}
        self._api = Api(carrier, clock, login, {**head, "Harvest-Account-Id": login.options.get("account_id", "")})
        accounts = ACCOUNTS if login.base_url.rstrip("/") == BASE else login.base_url
        self._accounts = Api(carrier, clock, replace(login, base_url=accounts), head)
        self._clock, self._zone = clock, ZoneInfo(login.zone)
        self._is_timed: bool | None = None
        self._user = ""
        self._open: dict[str, float] = {}

    @property
    def calls(self) -> int:
        return self._api.calls + self._accounts.calls

    # ------------------------------------------------------------ the account

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/users/me")
        found = parsed(answer)
        if not isinstance(found, dict) or not id_in(answer):
            outcome = self._api.unread(answer, "none of Harvest's")
            return replace(outcome, kind=STOPPED) if outcome.status in (403, 404) else outcome
        self._user = id_in(answer) or ""
        return Account(" ".join(str(found[name]) for name in ("first_name", "last_name") if found.get(name)))

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The accounts that the token opens."""
        if option != "account_id":
            return ()
        answer = await self._accounts.ask("GET", "/accounts")
        found = parsed(answer)
        rows = found.get("accounts") if isinstance(found, dict) else None
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            return self._accounts.unread(answer, "no list of accounts")
        return tuple(
            RemotePlace(str(one.get("name", "")), {option: str(one.get("id", ""))})
            for one in rows
            if one.get("product") in (None, "harvest")
        )

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The tasks of the projects that the user is assigned to."""
        found = await self._all("/users/me/project_assignments", {}, "project_assignments")
        if isinstance(found, Outcome):
            return found
        return tuple(
            RemotePlace(f"{_name(one, 'project')} / {_name(task, 'task')}",
                  {"project_id": _id(one, "project"), "task_id": _id(task, "task")}, _name(one, "client"))
            for one in found if one.get("is_active") is not False
            for task in one.get("task_assignments") or () if isinstance(task, dict) and task.get("is_active") is not False
        )  # fmt: skip

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        """A project with the first of the tasks that the account gives to new ones; it must have a client there."""
        if not client:
            return Outcome(REFUSED, text="a project there belongs to a client", remedy="give the project a client first")
        client_id = await self._client_id(client)
        if isinstance(client_id, Outcome):
            return client_id
        if not _is_number(client_id):
            return Outcome(REFUSED, text="it tells of a client without a number")
        body = {"name": name, "client_id": int(client_id), "is_billable": True, "bill_by": "none", "budget_by": "none"}
        project_id = await self._new("/projects", body)
        if isinstance(project_id, Outcome):
            return project_id
        places = await self.places()
        if isinstance(places, Outcome):
            return places
        made_place = next((one for one in places if one.remote["project_id"] == project_id), None)
        text = "the project was made, but there is no task of it that you are assigned to"
        return made_place or Outcome(REFUSED, text=text, remedy="assign yourself there, then map it by its ids")

    async def _client_id(self, name: str) -> str | Outcome:
        found = await self._all("/clients", {"is_active": "true"}, "clients")
        if isinstance(found, Outcome):
            return found
        known = next((str(one.get("id")) for one in found if str(one.get("name")).casefold() == name.casefold()), None)
        return known or await self._new("/clients", {"name": name})

    async def _new(self, path: str, body: Row) -> str | Outcome:
        answer = await self._api.ask("POST", path, body)
        outcome = made(self._api, answer, id_in(answer))
        return outcome.remote_id if outcome.kind == TAKEN else outcome

    # ------------------------------------------------------------ writing

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        shut = body if isinstance(body, Outcome) else await self._shut(item)
        if shut is not None:
            return shut
        answer = await self._api.ask("POST", "/time_entries", {**body, "external_reference": {"id": item.id, "group_id": GROUP}})
        outcome = made(self._api, answer, id_in(answer))
        if outcome.kind != TAKEN:
            self._open.pop(item.day, None)
        return self._why(outcome, await self._shut(item)) if outcome.kind == REFUSED else outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        shut = body if isinstance(body, Outcome) else await self._held(remote_id, "update")
        if shut is not None:
            return shut
        outcome = self._api.judged(await self._api.ask("PATCH", _path(remote_id), body), "update")
        return self._why(outcome, await self._held(remote_id, "update")) if outcome.kind == REFUSED else outcome

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        shut = await self._held(remote_id, "delete")
        if shut is not None:
            return shut
        outcome = self._api.judged(await self._api.ask("DELETE", _path(remote_id)), "delete")
        return self._why(outcome, await self._held(remote_id, "delete")) if outcome.kind == REFUSED else outcome

    @staticmethod
    def _why(outcome: Outcome, shut: Outcome | None) -> Outcome:
        """What was refused may have been closed since it was looked at."""
        return replace(shut, status=outcome.status) if shut is not None and shut.kind == LOCKED else outcome

    async def _held(self, remote_id: str, verb: str) -> Outcome | None:
        """Why an entry there cannot be changed; None when it can."""
        answer = await self._api.ask("GET", _path(remote_id))
        outcome = self._api.judged(answer, verb)
        if outcome.kind != TAKEN or status_of(answer) >= 300:
            return before(outcome) if outcome.kind != REFUSED else outcome
        found = parsed(answer)
        why = _closed(found) if isinstance(found, dict) else ""
        return locked(why) if why else None

    async def _shut(self, item: Item) -> Outcome | None:
        """Whether all that is there on a day is closed: then nothing can be added, either."""
        now = self._clock.monotonic()
        if self._open.get(item.day, now) > now:
            return None
        if not self._user:
            found = await self.check()
            if isinstance(found, Outcome):
                return before(found)
        asked = {"from": item.day, "to": item.day, "user_id": self._user}
        rows = await self._all("/time_entries", asked, "time_entries")
        if isinstance(rows, Outcome):
            return before(rows) if rows.kind != REFUSED else None
        whys = [_closed(one) for one in rows if not one.get("is_billed")]  # an invoice closes entries, not the day
        if whys and all(whys):
            return locked(f"what is there on {item.day} is closed: {whys[0]}")
        self._open[item.day] = now + DAY_AGE
        return None

    async def _body(self, item: Item) -> Row | Outcome:
        """Never without a length: that would start a timer there."""
        ids = {name: item.remote[name] for name in ("project_id", "task_id")}
        wrong = next((name for name, value in ids.items() if not _is_number(value)), None)
        if wrong:
            return Outcome(REFUSED, text=f"{wrong} is a number at Harvest", remedy="`stint targets map` names another")
        is_timed = await self._keeps_times()
        if isinstance(is_timed, Outcome):
            return is_timed
        body: Row = {**{name: int(value) for name, value in ids.items()}, "spent_date": item.day, "notes": item.description}
        return {**body, **_times(item, self._zone)} if is_timed else {**body, "hours": round(item.seconds / 3600, 2)}

    async def _keeps_times(self) -> bool | Outcome:
        if self._is_timed is None:
            answer = await self._api.ask("GET", "/company")
            found = parsed(answer)
            if not isinstance(found, dict) or status_of(answer) >= 300:
                return before(self._api.unread(answer, "none of Harvest's"))
            self._is_timed = found.get("wants_timestamp_timers") is True
        return self._is_timed

    # ------------------------------------------------------------ looking

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By the reference; compared here, too, should the service not narrow its list down to it."""
        found = await self._all("/time_entries", {"external_reference_id": item.id}, "time_entries")
        if isinstance(found, Outcome):
            return Outcome(BLIND) if found.kind == REFUSED else found
        there = next((one for one in found if _id(one, "external_reference") == item.id), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))

    async def _all(self, path: str, query: Mapping[str, str], name: str) -> list[Row] | Outcome:
        """Every page of a list, or why not."""
        out: list[Row] = []
        page = 1
        for _ in range(PAGES):
            answer = await self._api.ask("GET", path, query={**query, "per_page": PAGE, "page": page})
            found = parsed(answer)
            rows = found.get(name) if isinstance(found, dict) else None
            if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
                outcome = self._api.judged(answer, "read")
                return Outcome(UNKNOWN, text=f"its answer is no list of {name}") if outcome.kind == TAKEN else outcome
            out += rows
            following = found.get("next_page")
            if following is None:
                return out
            if not isinstance(following, int) or following <= page:
                break
            page = following
        return Outcome(UNKNOWN, text="its list cannot be read to its end")


def _closed(one: Row) -> str:
    """Why an entry cannot be changed, "" when it can."""
    if one.get("is_locked"):
        return str(one.get("locked_reason") or "it is locked there")
    return "it is approved there" if one.get("is_closed") else ""


def _times(item: Item, zone: ZoneInfo) -> Row:
    """Whole minutes by the clock on the wall."""
    minutes = max(1, round(item.seconds / 60))
    start, end = (datetime.fromtimestamp(at, UTC).astimezone(zone) for at in (item.start, item.start + minutes * 60))
    return {"started_time": _clock(start), "ended_time": _clock(end)}


def _clock(moment: datetime) -> str:
    return f"{moment.hour % 12 or 12}:{moment:%M}{'am' if moment.hour < 12 else 'pm'}"


def _inner(one: Row, name: str) -> Row:
    found = one.get(name)
    return found if isinstance(found, dict) else {}


def _id(one: Row, name: str) -> str:
    return str(_inner(one, name).get("id") or "")


def _name(one: Row, name: str) -> str:
    return str(_inner(one, name).get("name") or "")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _path(remote_id: str) -> str:
    return f"/time_entries/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Harvest, BASE)
