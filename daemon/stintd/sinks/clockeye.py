"""ClockEye: starts and stops its one timer, and reads it back from the list of entries.

Its document has no finished entries, no corrections and no removals: what a timer cannot express is shown as a difference,
with what to do by hand. The document leaves open, and each possibility works: the envelope and the order of the list, what a
running entry looks like, the names and forms of instants, and where a start returns the new id.
"""

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonObject
from stintd.ports import MISSING, REFUSED, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace, Running
from stintd.sinks.http_api import Answer, Api, create_outcome, id_in, json_of, rows_of, seconds_of, unreadable_list, utc_day
from stintd.sinks.remote_lists import account_by_projects, list_projects

BASE = "https://api.clockeye.ai/api"
ABLE = Abilities(
    finished=False, live=True, update=False, delete=False, needs=("project_id",), takes=("task_id",),
    calls_per_hour=100,
)  # fmt: skip
DAY, SKEW_SECONDS, MOST_PAGES = 86_400, 300, 5
_NO_CHANGE = "ClockEye accepts entries only from its timer"
_BY_HAND = "do it there by hand, then `stint outbox drop ID`"
_STARTS = ("start_time", "startTime", "started_at", "startedAt", "start")
_ENDS = ("end_time", "endTime", "stopped_at", "ended_at", "endedAt", "end")


class ClockEye:
    """One account; with the option `user_id` only that person's entries, where the key sees a whole team's."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"X-API-Key": login.key})
        self._user = login.options.get("user_id", "")

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        """Whether its projects can be read; the document has no call that names the account."""
        return await account_by_projects(self._api, "/projects")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        return await list_projects(self._api, "/projects")

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
        entries = await self._entries(int(self._api.clock.now().timestamp()) - DAY)
        if isinstance(entries, Outcome):
            return entries
        return next((_timer(entry) for entry in entries if _runs(entry)), None)

    async def start(self, item: Item) -> Outcome:
        answer = await self._api.ask("POST", "/time-entries/start", {**item.remote, "description": item.description})
        return create_outcome(self._api, answer, id_in(answer))

    async def stop(self) -> Outcome:
        return self._api.outcome_of(await self._api.ask("POST", "/time-entries/stop"), "create")

    async def trace(self, item: Item, began: int, others: frozenset[str]) -> Running | Outcome | None:
        entries = await self._entries(began - DAY)
        if isinstance(entries, Outcome):
            return entries
        own_entries = (entry for entry in entries if _is_ours(entry, item, began) and _id(entry) not in others)
        return next((_timer(entry) for entry in own_entries), None)

    async def _entries(self, since: int) -> list[JsonObject] | Outcome:
        """All entries since the day of an instant, however the service says which page is the last."""
        query = {"start_date": utc_day(since), "end_date": utc_day(int(self._api.clock.now().timestamp()) + DAY)}
        if self._user:
            query["user_id"] = self._user
        entries: dict[str, JsonObject] = {}
        for page in range(1, MOST_PAGES + 1):
            answer = await self._api.ask("GET", "/time-entries", query={**query, "page": page})
            rows = rows_of(answer)
            if rows is None:
                return unreadable_list(self._api, answer)
            new = {_id(row): row for row in rows if _id(row) not in entries}
            entries |= new
            if not new or _is_last(answer, page):
                return list(entries.values())
        return Outcome(UNKNOWN, text="its list of entries has too many pages: set user_id, so that it lists only yours")


def _is_last(answer: Answer, page: int) -> bool:
    """Whether an answer says that there are no more pages."""
    body = json_of(answer)
    if not isinstance(body, dict):
        return False
    inner = body
    for name in ("pagination", "meta", "page_info"):
        paging = body.get(name)
        if isinstance(paging, dict):
            inner = paging
            break
    counts = (inner.get(name) for name in ("total_pages", "totalPages", "last_page"))
    pages = next((count for count in counts if isinstance(count, int)), None)
    return (pages is not None and page >= pages) or inner.get("has_more") is False


def _id(entry: JsonObject) -> str:
    return str(entry.get("id", ""))


def _instant(entry: JsonObject, names: tuple[str, ...]) -> int | None:
    """The instant under the first of these names that has a value."""
    return next((seconds_of(entry[name]) for name in names if entry.get(name)), None)


def _runs(entry: JsonObject) -> bool:
    """Whether it says so, or, where it says nothing, has no end."""
    for name in ("is_running", "isRunning", "running"):
        if isinstance(entry.get(name), bool):
            return bool(entry[name])
    status = entry.get("status")
    if isinstance(status, str) and status.casefold() in ("running", "stopped", "completed"):
        return status.casefold() == "running"
    return _instant(entry, _ENDS) is None


def _timer(entry: JsonObject) -> Running:
    return Running(_id(entry), _instant(entry, _STARTS), None if _runs(entry) else _instant(entry, _ENDS))


def _is_ours(entry: JsonObject, item: Item, began: int) -> bool:
    """Whether a start at that instant made it: same project, same description, a start that differs by no more than clocks do."""
    start, project = _instant(entry, _STARTS), entry.get("project_id", entry.get("projectId", item.remote["project_id"]))
    is_then = start is not None and abs(start - began) <= SKEW_SECONDS
    return is_then and str(project) == item.remote["project_id"] and str(entry.get("description") or "") == item.description


KIND = Kind(ABLE, ClockEye, BASE)
