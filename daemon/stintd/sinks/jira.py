"""Jira's worklogs, in its cloud; `jira_server.py` has what differs on self-hosted servers.

A worklog belongs to one issue and is stored in whole minutes. It carries our id as a property. Whether every server stores
properties and filters lists is not documented: so author, start and length are compared as well, and lists are read to the
end. Jira answers 404 for a missing worklog, for a missing issue, and to somebody without access: so the issue and the account
are read before anything is concluded from a 404. Jira sends no mail about our worklogs, and estimates stay as people made them.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, object_at, objects_at, rows_at, value_at
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Answer, Api, Verb, create_outcome, id_in, json_of, seconds_of, status_of
from stintd.sinks.remote_lists import read_pages

ABLE = Abilities(
    can_look=True, moves=False, grain=60, knows_all=False, needs=("issue",), settings=("email",), calls_per_hour=3600
)
ISSUE = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+|[0-9]+", re.ASCII)
"""A key or a number. Keys come from names of branches, which anybody can choose: nothing else may get into a path."""
MARK = "stintd"
PAGE, PAGES = 100, 100
"""A page of worklogs with their authors stays below the limit for an answer."""
MARGIN = 60
MOST_PLACES = 100
"""How many of the owner's open issues are offered as places; others must be typed."""


class Jira:
    """One account. A mapping names the `issue`, most often by the task: `issue = "{task}"`."""

    api: ClassVar = "/rest/api/3"

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._zone = Api(carrier, clock, login, self.headers(login)), ZoneInfo(login.zone)
        self._quiet = {"notifyUsers": "false", "adjustEstimate": "leave"}

    def headers(self, login: Login) -> Mapping[str, str]:
        """The headers with the credentials."""
        return {"Authorization": "Basic " + b64encode(f"{login.options.get('email', '')}:{login.key}".encode()).decode()}

    def comment(self, text: str) -> JsonBody:
        """A comment as this API expects it: a document, which must not contain empty texts."""
        content: list[JsonBody] = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}] if text else []
        return {"type": "doc", "version": 1, "content": content}

    def person_id(self, user: Json) -> str:
        """What identifies a person in every answer."""
        return str(value_at(user, "accountId") or "")

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        user = await self._myself()
        return user if isinstance(user, Outcome) else Account(str(user.get("displayName") or self.person_id(user)))

    async def _myself(self) -> JsonObject | Outcome:
        answer = await self._api.ask("GET", f"{self.api}/myself")
        user = json_of(answer)
        outcome = self._api.outcome_of(answer, "read")
        if outcome.kind != TAKEN:
            return outcome
        if isinstance(user, dict) and self.person_id(user):
            return user
        return Outcome(UNKNOWN, text="it does not say whose key this is", status=outcome.status)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The owner's open issues, the most recently changed ones."""
        jql = "assignee = currentUser() AND statusCategory != Done ORDER BY updated DESC"
        answer = await self.search({"jql": jql, "fields": "summary,project", "maxResults": MOST_PLACES})
        body = json_of(answer)
        if not isinstance(value_at(body, "issues"), list):
            return self._api.not_a("a list of issues", answer)
        return tuple(_place(issue) for issue in objects_at(body, "issues")[:MOST_PLACES] if issue.get("key"))

    async def search(self, query: Mapping[str, str | int]) -> Answer:
        """Issues; older sites have the search at another path."""
        answer = await self._api.ask("GET", f"{self.api}/search/jql", query=query)
        if status_of(answer) in (404, 405, 410):
            answer = await self._api.ask("GET", f"{self.api}/search", query=query)
        return answer

    async def create(self, item: Item) -> Outcome:
        path = self._path(item)
        if isinstance(path, Outcome):
            return path
        answer = await self._api.ask("POST", path, self._body(item), self._quiet)
        outcome = create_outcome(self._api, answer, id_in(answer))
        return (await self._issue_problem(item) if outcome.status == 404 else None) or outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("PUT", remote_id, item, "update", self._body(item))

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: Verb, body: JsonBody = None) -> Outcome:
        path = self._path(item)
        if isinstance(path, Outcome):
            return path
        answer = await self._api.ask(method, f"{path}/{quote(remote_id, safe='')}", body, self._quiet)
        outcome = self._api.outcome_of(answer, verb)
        return (await self._issue_problem(item) if outcome.status == 404 else None) or outcome

    async def _issue_problem(self, item: Item) -> Outcome | None:
        """Why a 404 is not about the worklog: its issue is missing, or we have no access. None when it is about the worklog."""
        key = item.remote["issue"].upper()
        answer = await self._api.ask("GET", f"{self.api}/issue/{key}", query={"fields": "summary"})
        outcome = self._api.outcome_of(answer, "read")
        if outcome.kind == TAKEN:
            return None
        if outcome.status != 404:
            return outcome
        account = await self._myself()
        if isinstance(account, Outcome):
            return account
        remedy = "name another: `stint edit ID --task KEY` or `stint targets map`; or `stint outbox drop ID`"
        return Outcome(REFUSED, text=f"the issue {key} does not exist, or you cannot see it", remedy=remedy, status=404)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By our property; where none is stored, by author, start and length."""
        worklogs = await self._worklogs_around(item)
        if isinstance(worklogs, Outcome):
            return worklogs
        match = next((worklog for worklog in worklogs if _mark(worklog) == item.id), None)
        similar = [row for row in worklogs if _is_like(row, item) and str(row.get("id")) not in others]
        if match is None and similar:
            account = await self._myself()
            if isinstance(account, Outcome):
                return account
            me = self.person_id(account)
            match = next((worklog for worklog in similar if self.person_id(worklog.get("author")) == me), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    async def _worklogs_around(self, item: Item) -> list[JsonObject] | Outcome:
        """All worklogs of the issue that start around the item's start."""
        path = self._path(item)
        if isinstance(path, Outcome):
            return Outcome(MISSING)  # nothing was ever sent for it
        bounds = {"startedAfter": (item.start - MARGIN) * 1000, "startedBefore": (item.start + MARGIN) * 1000}

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            body = json_of(answer)
            rows = rows_at(body, "worklogs") if isinstance(value_at(body, "total"), int) else None
            return rows if rows is not None else self._api.not_a("a list of worklogs", answer, UNKNOWN)

        def is_end(answer: Answer, page: int, seen: int) -> bool:
            total = value_at(json_of(answer), "total")
            return isinstance(total, int) and seen >= total

        worklogs = await read_pages(
            self._api,
            path,
            lambda page, seen: {**bounds, "startAt": seen, "maxResults": PAGE, "expand": "properties"},
            rows_in,
            is_end,
            PAGES,
        )
        is_missing = isinstance(worklogs, Outcome) and worklogs.status == 404
        return (await self._issue_problem(item) if is_missing else None) or worklogs

    def _path(self, item: Item) -> str | Outcome:
        key = item.remote["issue"]
        if ISSUE.fullmatch(key):
            return f"{self.api}/issue/{key.upper()}/worklog"  # branches write keys in lower case, projects never do
        return Outcome(
            REFUSED, text=f"{key[:40]!r} is not the key of an issue", remedy="`stint edit ID --task KEY`, like DEV-123"
        )

    def _body(self, item: Item) -> dict[str, JsonBody]:
        started = datetime.fromtimestamp(item.start, self._zone).strftime("%Y-%m-%dT%H:%M:%S.000%z")
        mark: JsonBody = {"key": MARK, "value": {"id": item.id}}
        comment = self.comment(item.description)
        return {"started": started, "timeSpentSeconds": item.seconds, "comment": comment, "properties": [mark]}


def _place(issue: JsonObject) -> RemotePlace:
    project = object_at(issue, "fields", "project")
    title = value_at(issue, "fields", "summary") or ""
    name = f"{project.get('name') or project.get('key') or '?'} / {issue['key']} {title}"
    return RemotePlace(name.strip(), {"issue": str(issue["key"])})


def _mark(worklog: JsonObject) -> str | None:
    """The id of ours that a worklog carries."""
    for row in objects_at(worklog, "properties"):
        if row.get("key") == MARK and isinstance(row.get("value"), dict):
            return str(value_at(row, "value", "id"))
    return None


def _is_like(worklog: JsonObject, item: Item) -> bool:
    """Same start and length; a worklog with another id of ours is another entry's."""
    has_no_mark = _mark(worklog) is None
    return has_no_mark and seconds_of(worklog.get("started")) == item.start and worklog.get("timeSpentSeconds") == item.seconds


KIND = Kind(ABLE, Jira)
