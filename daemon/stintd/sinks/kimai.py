"""Kimai: entries in its user's local time, in whole minutes.

Its API takes times without a zone and reads them in the zone of the user's profile. Its answers carry offsets, so a changed
profile is noticed, and the entry is corrected. Kimai rounds begins down and ends up to the minute unless it is set otherwise;
whole-minute lengths (`grain`) are not changed by that. An entry is found again by its place, its description, and its begin
and end, either as sent or as one of the roundings makes them. Known from its source code (2.66).
"""

import re
from datetime import tzinfo
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, object_at, value_at
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, HttpResponse, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import (
    Answer,
    Api,
    Verb,
    is_number,
    json_of,
    lock_outcome,
    precheck_failure,
    rows_of,
    rows_or_problem,
    status_of,
    unreadable_list,
)
from stintd.sinks.kimai_clock import is_same, local_span, local_text, times, zone_of, zone_offset
from stintd.sinks.remote_lists import read_pages

ABLE = Abilities(can_look=True, billable=True, tags=True, grain=60, needs=("project_id", "activity_id"))
DAY = 86_400
PAGE, MOST_PAGES = 500, 20
ENTRIES = "/api/timesheets"
_LOCK_WORDS = re.compile(
    r"lock|gesperrt|verrouill|bloqu|blocc|vergrendel|geblokkeerd|låst|spærret|zablok|uzam|закрыт|заблок", re.I
)


class Kimai:
    """One user of one server. Remembers the user's zone, and whether the user may set what is billable."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})
        self._zone: tzinfo | None = None
        self._may_bill = True

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/api/users/me")
        user = json_of(answer)
        if not isinstance(user, dict) or "id" not in user or status_of(answer) != 200:
            return self._api.not_a("from Kimai's API", answer)
        self._zone = zone_of(user.get("timezone"))
        if self._zone is None:
            return Outcome(REFUSED, text="it does not say which time zone its user has")
        return Account(str(user.get("alias") or user.get("username") or ""))

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects with their activities; a project with only one goes by its own name."""
        projects = await self._list("/api/projects", "projects")
        if isinstance(projects, Outcome):
            return projects
        activities = await self._list("/api/activities", "activities")
        if isinstance(activities, Outcome):
            return activities
        return tuple(place for project in projects for place in _places(project, activities))

    async def _list(self, path: str, name: str) -> list[JsonObject] | Outcome:
        answer = await self._api.ask("GET", path, query={"visible": 1})
        return rows_or_problem(self._api, answer, f"a list of {name}")

    async def create(self, item: Item) -> Outcome:
        return await self._write("POST", ENTRIES, item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._write("PATCH", _path(remote_id), item)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        answer = await self._api.ask("DELETE", _path(remote_id))
        return _explain_forbidden(self._api.outcome_of(answer, "delete"))

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Among all entries of the days around it. An entry that was rounded is set to the item's own times: of two short
        neighbours one could otherwise be taken for the other."""
        zone = await self._user_zone()
        if isinstance(zone, Outcome):
            return zone
        begin, end = local_span(item, zone)
        entries = await self._entries_around(begin, zone)
        if isinstance(entries, Outcome):
            return entries
        same = [entry for entry in entries if is_same(entry, item, zone) and str(entry.get("id")) not in others]
        exact = [entry for entry in same if times(entry) == (begin, end)]
        if not same or exact:
            return Outcome(TAKEN, str(exact[0].get("id"))) if exact else Outcome(MISSING)
        remote_id = str(same[0].get("id"))
        correction = await self.update(remote_id, item)
        if correction.kind == TAKEN:
            return Outcome(TAKEN, remote_id)
        return Outcome(UNKNOWN, text=correction.text, status=correction.status)

    async def _entries_around(self, begin: int, zone: tzinfo) -> list[JsonObject] | Outcome:
        """The user's entries of the days around an instant."""
        bounds = {"begin": local_text(begin - DAY, zone), "end": local_text(begin + DAY, zone)}

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            if page > 1 and status_of(answer) == 404:  # it has no such page
                return []
            rows = rows_of(answer) if status_of(answer) == 200 else None
            return rows if rows is not None else unreadable_list(self._api, answer, or_refused=True)

        def is_end(answer: Answer, page: int, seen: int) -> bool | None:
            return page == _page_count(answer) or None

        return await read_pages(
            self._api, ENTRIES, lambda page, seen: {**bounds, "size": PAGE, "page": page}, rows_in, is_end, MOST_PAGES
        )

    async def _write(self, method: str, path: str, item: Item) -> Outcome:
        zone = await self._user_zone()
        if isinstance(zone, Outcome):
            return zone
        outcome, body = await self._send(method, path, item, zone)
        offset = zone_offset(body, local_span(item, zone)[0], zone)
        if outcome.kind != TAKEN or not offset:
            return outcome
        # The zone of the profile has changed since: the entry is stored some hours away from what was meant.
        self._zone = None
        correction, _ = await self._send("PATCH", _path(outcome.remote_id), item, zone, -offset)
        if correction.kind == TAKEN or method == "PATCH":
            return correction
        return Outcome(UNKNOWN, text=f"it is stored at a wrong hour: {correction.text}", status=correction.status)

    async def _send(self, method: str, path: str, item: Item, zone: tzinfo, shift: int = 0) -> tuple[Outcome, Json]:
        """One write, and what the server says is stored now."""
        body: dict[str, JsonBody] = {**_body(item, zone, shift), **({"billable": item.billable} if self._may_bill else {})}
        answer = await self._api.ask(method, path, body)
        if self._may_bill and _is_about_whole_form(answer):
            # Kimai refuses the whole form when a role may not set one of its fields, and names the field in no stable way.
            del body["billable"]
            again = await self._api.ask(method, path, body)
            self._may_bill = status_of(again) != 200
            answer = again
        stored = json_of(answer)
        return self._write_outcome(answer, stored, "create" if method == "POST" else "update"), stored

    def _write_outcome(self, answer: Answer, stored: Json, verb: Verb) -> Outcome:
        outcome = self._api.outcome_of(answer, verb)
        if verb == "update":
            outcome = _explain_forbidden(outcome)
        if outcome.kind == REFUSED or (outcome.kind == TAKEN and "errors" in object_at(stored)):
            message = self._api.clean(_form_errors(stored)) or outcome.text
            if _LOCK_WORDS.search(message):
                return lock_outcome(f"it accepts nothing for that day: {message}", outcome.status)
            return Outcome(REFUSED, text=message, remedy=outcome.remedy or "`stint edit` the entry", status=outcome.status)
        if outcome.kind != TAKEN:
            return outcome
        entry_id = value_at(stored, "id")
        if isinstance(entry_id, int):
            return Outcome(TAKEN, str(entry_id), status=outcome.status)
        return Outcome(UNKNOWN, text="it did not say what is stored now", status=outcome.status)

    async def _user_zone(self) -> tzinfo | Outcome:
        if self._zone is None:
            account = await self.check()
            if isinstance(account, Outcome):
                return precheck_failure(account)
        assert self._zone is not None
        return self._zone


def _places(project: JsonObject, activities: list[JsonObject]) -> list[RemotePlace]:
    is_general = bool(project.get("globalActivities", True))
    usable = [row for row in activities if row.get("project") == project.get("id") or (is_general and row.get("project") is None)]
    name, client = str(project.get("name", "")), str(project.get("parentTitle") or "")
    return [
        RemotePlace(
            name if len(usable) == 1 else f"{name} / {row.get('name', '')}",
            {"project_id": str(project.get("id")), "activity_id": str(row.get("id"))},
            client,
        )
        for row in usable
    ]


def _body(item: Item, zone: tzinfo, shift: int) -> dict[str, JsonBody]:
    begin, end = local_span(item, zone)
    return {
        "begin": local_text(begin + shift, zone),
        "end": local_text(end + shift, zone),
        "project": _number(item.remote["project_id"]),
        "activity": _number(item.remote["activity_id"]),
        "description": item.description,
        "tags": ",".join(tag.replace(",", " ") for tag in item.tags),
    }


def _number(text: str) -> int | str:
    return int(text) if is_number(text) else text


def _page_count(answer: Answer) -> int:
    """How many pages a list has, 0 where the answer does not say."""
    text = answer.headers.get("x-total-pages", "") if isinstance(answer, HttpResponse) else ""
    return int(text) if is_number(text) else 0


def _is_about_whole_form(answer: Answer) -> bool:
    """Whether a form was refused for a reason that belongs to none of its fields."""
    return status_of(answer) == 400 and bool(object_at(json_of(answer), "errors").get("errors"))


def _form_errors(body: Json) -> str:
    """What a refused form says, field by field."""
    form = object_at(body, "errors")
    fields: list[tuple[str, Json]] = [("", form), *object_at(form, "children").items()]
    texts: list[str] = []
    for name, field in fields:
        errors = object_at(field).get("errors")
        plain = [error for error in errors if isinstance(error, str)] if isinstance(errors, list) else []
        texts += [f"{name}: {error}".removeprefix(": ") for error in plain]
    return "; ".join(texts)


def _explain_forbidden(outcome: Outcome) -> Outcome:
    """Entries that are exported, or belong to a locked period, must not be changed."""
    if outcome.status != 403:
        return outcome
    return lock_outcome("it cannot be changed there: it is exported, or its period is locked", outcome.status)


def _path(remote_id: str) -> str:
    return f"{ENTRIES}/{quote(remote_id, safe='')}"


KIND = Kind(ABLE, Kimai)
