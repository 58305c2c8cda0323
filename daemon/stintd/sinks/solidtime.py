"""solidtime: entries of a member of an organisation, by start and end in UTC.

A member is not the user: its id is read from the memberships. Tags go by id and are made where they are missing. The
service has no ids of ours; an entry is found again by its project, start and end. It stores lengths as they are sent.
Known from its source.
"""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import (
    MISSING,
    REFUSED,
    STOPPED,
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
from stintd.sinks.http_api import Api, before, id_in, listed, locked, made, parsed, seconds_of, status_of, unlisted

BASE = "https://app.solidtime.io"
ABLE = Abilities(
    can_look=True, billable=True, tags=True, creates_places=True, needs=("project_id",), takes=("task_id",),
    settings=("organization_id",), calls_per_hour=12_000,
)  # fmt: skip
DAY = 86_400
PAGE, MOST_PAGES = 500, 40
COLOR = "#607d8b"
"""Of a project that is made: the service asks for one."""


class SolidTime:
    """One member. Remembers who that is, and the ids of tags."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})
        self._organization = login.options.get("organization_id", "")
        self._at = f"/api/v1/organizations/{quote(self._organization, safe='')}"
        self._member = ""
        self._tags: dict[str, str] = {}

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/api/v1/users/me/memberships")
        found = listed(answer)
        if found is None or status_of(answer) != 200:
            return self._api.unread(answer, "no list of memberships")
        mine = next((one for one in found if _organization(one).get("id") == self._organization), None)
        if mine is None:
            return Outcome(STOPPED, text="the key's owner is no member of that organization")
        self._member = str(mine.get("id", ""))
        return Account(str(_organization(mine).get("name") or ""))

    async def choices(self, option: str) -> tuple[RemotePlace, ...] | Outcome:
        """The organisations of the key's owner."""
        answer = await self._api.ask("GET", "/api/v1/users/me/memberships")
        found = listed(answer)
        if found is None or status_of(answer) != 200:
            return self._api.unread(answer, "no list of memberships")
        inner = [_organization(one) for one in found]
        return tuple(RemotePlace(str(one.get("name", "")), {option: str(one.get("id", ""))}) for one in inner)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects, and each with its tasks; archived and finished ones are left out."""
        told: dict[str, list[dict[str, Any]]] = {}
        for what in ("clients", "projects", "tasks"):
            found = await self._all(what)
            if isinstance(found, Outcome):
                return found
            told[what] = found
        clients = {str(one.get("id")): str(one.get("name", "")) for one in told["clients"]}
        projects = {str(one.get("id")): one for one in told["projects"]}
        found_places = [_project(one, clients) for one in told["projects"]]
        for task in told["tasks"]:
            project = projects.get(str(task.get("project_id")))
            if project is not None:
                above = _project(project, clients)
                remote = {**above.remote, "task_id": str(task.get("id", ""))}
                found_places.append(RemotePlace(f"{above.name} / {task.get('name', '')}", remote, above.client))
        return tuple(found_places)

    async def make_place(self, name: str, client: str) -> RemotePlace | Outcome:
        client_id = await self._client_id(client) if client else None
        if isinstance(client_id, Outcome):
            return client_id
        body = {"name": name, "color": COLOR, "is_billable": True, "client_id": client_id}
        answer = await self._api.ask("POST", f"{self._at}/projects", body)
        outcome = made(self._api, answer, id_in(answer))
        return RemotePlace(name, {"project_id": outcome.remote_id}, client) if outcome.kind == TAKEN else outcome

    async def create(self, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", f"{self._at}/time-entries", body)
        return self._judged(answer, made(self._api, answer, id_in(answer)))

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = await self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("PUT", self._path(remote_id), body)
        return self._judged(answer, self._api.judged(answer, "update"))

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return self._api.judged(await self._api.ask("DELETE", self._path(remote_id)), "delete")

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """Among the member's entries of the days around it; half a list says nothing."""
        member = await self._member_id()
        if isinstance(member, Outcome):
            return member
        asked = {"member_id": member, "start": _instant(item.start - DAY), "end": _instant(item.start + DAY), "limit": PAGE}
        seen = 0
        for _ in range(MOST_PAGES):
            answer = await self._api.ask("GET", f"{self._at}/time-entries", query={**asked, "offset": seen})
            found = listed(answer)
            if found is None or status_of(answer) != 200:
                return unlisted(self._api, answer)
            there = next((one for one in found if _is_same(one, item) and str(one.get("id")) not in others), None)
            if there is not None:
                return Outcome(TAKEN, str(there.get("id")))
            seen += len(found)
            if not found or seen >= _meta(answer, "total", seen + 1):
                return Outcome(MISSING)
        return Outcome(UNKNOWN, text="its list of entries does not end")

    def _judged(self, answer: Response | Failure, outcome: Outcome) -> Outcome:
        """The organisation may forbid that entries overlap: the other one may be about to move."""
        found = parsed(answer)
        if outcome.kind == REFUSED and isinstance(found, dict) and found.get("key") == "overlapping_time_entry":
            remedy = "move or remove the other one there, then `stint outbox retry ID`"
            return replace(locked("it overlaps another entry there", outcome.status), remedy=remedy)
        return outcome

    async def _body(self, item: Item) -> dict[str, Any] | Outcome:
        member, tags = await self._member_id(), await self._tag_ids(item.tags)
        if isinstance(member, Outcome):
            return member
        if isinstance(tags, Outcome):
            return tags
        return {
            "member_id": member, "project_id": item.remote["project_id"], "task_id": item.remote.get("task_id") or None,
            "start": _instant(item.start), "end": _instant(item.start + item.seconds), "billable": item.billable,
            "description": item.description, "tags": tags,
        }  # fmt: skip

    async def _member_id(self) -> str | Outcome:
        if not self._member:
            found = await self.check()
            if isinstance(found, Outcome):
                return before(found)
        return self._member

    async def _tag_ids(self, names: tuple[str, ...]) -> list[str] | Outcome:
        """The ids of these tags. One that may not be made is left out: hours matter more than their labels."""
        if any(name not in self._tags for name in names):
            found = await self._all("tags")
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

    async def _client_id(self, name: str) -> str | Outcome:
        found = await self._all("clients")
        if isinstance(found, Outcome):
            return found
        known = next((str(one.get("id")) for one in found if str(one.get("name")).casefold() == name.casefold()), None)
        if known is not None:
            return known
        answer = await self._api.ask("POST", f"{self._at}/clients", {"name": name})
        outcome = made(self._api, answer, id_in(answer))
        return outcome.remote_id if outcome.kind == TAKEN else outcome

    async def _all(self, what: str) -> list[dict[str, Any]] | Outcome:
        """A whole list, page by page."""
        out: list[dict[str, Any]] = []
        for page in range(1, MOST_PAGES + 1):
            answer = await self._api.ask("GET", f"{self._at}/{what}", query={"page": page})
            found = listed(answer)
            if found is None or status_of(answer) != 200:
                return self._api.unread(answer, f"no list of {what}")
            out += found
            if not found or page >= _meta(answer, "last_page", 1):
                break
        return out

    def _path(self, remote_id: str) -> str:
        return f"{self._at}/time-entries/{quote(remote_id, safe='')}"


def _organization(membership: dict[str, Any]) -> dict[str, Any]:
    found = membership.get("organization")
    return found if isinstance(found, dict) else {}


def _project(one: dict[str, Any], clients: dict[str, str]) -> RemotePlace:
    return RemotePlace(
        str(one.get("name", "")), {"project_id": str(one.get("id", ""))}, clients.get(str(one.get("client_id")), "")
    )


def _is_same(one: dict[str, Any], item: Item) -> bool:
    """Two entries of one member cannot share project, start and end."""
    times = seconds_of(one.get("start")), seconds_of(one.get("end"))
    return times == (item.start, item.start + item.seconds) and str(one.get("project_id")) == item.remote["project_id"]


def _meta(answer: Response | Failure, name: str, otherwise: int) -> int:
    found = parsed(answer)
    meta = found.get("meta") if isinstance(found, dict) else None
    told = meta.get(name) if isinstance(meta, dict) else None
    return told if isinstance(told, int) else otherwise


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


KIND = Kind(ABLE, SolidTime, BASE)
