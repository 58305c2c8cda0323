"""ClockEye: its one timer is started and stopped, and read back from the list of entries.

Its document knows no finished entries, no corrections and no removals: what a timer cannot say is shown as a difference, with
what to do by hand. Left open there and survived either way: the envelope and the order of the list, how an entry that runs
looks, the names and forms of instants, where a start tells the new id.
"""

from datetime import UTC, datetime
from typing import Any

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
    Running,
)
from stintd.sinks.http_api import Api, id_in, listed, made, parsed, seconds_of

BASE = "https://api.clockeye.ai/api"
ABLE = Abilities(
    finished=False, live=True, update=False, delete=False, needs=("project_id",), takes=("task_id",),
    calls_per_hour=100,
)  # fmt: skip
DAY, SKEW_SECONDS, MOST_PAGES = 86_400, 300, 5
_NO_CHANGE = "ClockEye takes no entries but from its timer"
_BY_HAND = "do it there by hand, then `stint outbox drop ID`"
_STARTS = ("start_time", "startTime", "started_at", "startedAt", "start")
_ENDS = ("end_time", "endTime", "stopped_at", "ended_at", "endedAt", "end")


class ClockEye:
    """One account; with the option `user_id`, of that person's entries only, where the key sees a whole team's."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"X-API-Key": login.key})
        self._user = login.options.get("user_id", "")

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """Its projects can be read; the document has no call that names the account."""
        found = await self.places()
        return found if isinstance(found, Outcome) else Account("")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        answer = await self._api.ask("GET", "/projects")
        found = listed(answer)
        if found is None:
            return self._api.unread(answer, "no list of projects")
        return tuple(RemotePlace(str(one.get("name", "")), {"project_id": str(one.get("id", ""))}) for one in found)

    async def create(self, item: Item) -> Outcome:
        return Outcome(REFUSED, text=_NO_CHANGE, remedy=_BY_HAND)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return Outcome(REFUSED, text=_NO_CHANGE, remedy=_BY_HAND)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return Outcome(REFUSED, text=f"{_NO_CHANGE}: the entry is still there", remedy="delete " + _BY_HAND[3:])

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Nothing was ever created."""
        return Outcome(MISSING)

    # ---------------------------------------------------------------- the running timer

    async def current(self) -> Running | Outcome | None:
        found = await self._entries(int(self._api.clock.now().timestamp()) - DAY)
        if isinstance(found, Outcome):
            return found
        return next((_timer(one) for one in found if _runs(one)), None)

    async def start(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", "/time-entries/start", {**item.remote, "description": item.description})
        return made(self._api, answer, id_in(answer))

    async def stop(self) -> Outcome:
        return self._api.judged(await self._api.ask("POST", "/time-entries/stop"), "create")

    async def trace(self, item: Item, began: int, others: frozenset[str]) -> Running | Outcome | None:
        found = await self._entries(began - DAY)
        if isinstance(found, Outcome):
            return found
        ours = (one for one in found if _is_ours(one, item, began) and _id(one) not in others)
        return next((_timer(one) for one in ours), None)

    async def _entries(self, since: int) -> list[dict[str, Any]] | Outcome:
        """All entries since the day of an instant, however its pages end."""
        asked: dict[str, Any] = {"start_date": _day(since), "end_date": _day(int(self._api.clock.now().timestamp()) + DAY)}
        if self._user:
            asked["user_id"] = self._user
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = await self._api.ask("GET", "/time-entries", query={**asked, "page": page})
            told = listed(answer)
            if told is None:
                return _unread(self._api, answer)
            new = {_id(one): one for one in told if _id(one) not in found}
            found |= new
            if not new or _is_last(answer, page):
                return list(found.values())
        return Outcome(UNKNOWN, text="its list of entries does not end: set user_id, so that it is yours only")


def _unread(api: Api, answer: Response | Failure) -> Outcome:
    judged = api.judged(answer, "read")
    return Outcome(UNKNOWN, text="its list of entries cannot be read", status=judged.status) if judged.kind == TAKEN else judged


def _is_last(answer: Response | Failure, page: int) -> bool:
    """Whether an answer says that there are no more pages."""
    told = parsed(answer)
    if not isinstance(told, dict):
        return False
    inner = next((told[name] for name in ("pagination", "meta", "page_info") if isinstance(told.get(name), dict)), told)
    pages = next((inner[name] for name in ("total_pages", "totalPages", "last_page") if isinstance(inner.get(name), int)), None)
    return (pages is not None and page >= pages) or inner.get("has_more") is False


def _id(one: dict[str, Any]) -> str:
    return str(one.get("id", ""))


def _told(one: dict[str, Any], names: tuple[str, ...]) -> int | None:
    return next((seconds_of(one[name]) for name in names if one.get(name)), None)


def _runs(one: dict[str, Any]) -> bool:
    """By its own word, else because it has no end."""
    for name in ("is_running", "isRunning", "running"):
        if isinstance(one.get(name), bool):
            return bool(one[name])
    status = one.get("status")
    if isinstance(status, str) and status.casefold() in ("running", "stopped", "completed"):
        return status.casefold() == "running"
    return _told(one, _ENDS) is None


def _timer(one: dict[str, Any]) -> Running:
    return Running(_id(one), _told(one, _STARTS), None if _runs(one) else _told(one, _ENDS))


def _is_ours(one: dict[str, Any], item: Item, began: int) -> bool:
    """Whether it is what a start of that instant made: on the project, in its words, give or take what clocks differ."""
    start, project = _told(one, _STARTS), one.get("project_id", one.get("projectId", item.remote["project_id"]))
    is_then = start is not None and abs(start - began) <= SKEW_SECONDS
    return is_then and str(project) == item.remote["project_id"] and str(one.get("description") or "") == item.description


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")


KIND = Kind(ABLE, ClockEye, BASE)
