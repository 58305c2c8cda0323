"""Jira's worklogs, in its cloud; `jiraserver.py` has what differs on servers of one's own.

A worklog belongs to one issue and is kept in whole minutes. It carries our id as a property; whether a server keeps that,
and whether it narrows a list down, is not documented everywhere: so author, start and length are compared as well, and
lists are read to their end. 404 is said of a worklog, of an issue, and to somebody who is not let in: the issue and the
account are asked for before anything is concluded from it. Nobody gets a mail, and estimates stay as people made them.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, id_in, made, parsed, seconds_of

ABLE = Abilities(
    can_look=True, moves=False, grain=60, knows_all=False, needs=("issue",), settings=("email",), calls_per_hour=3600
)
ISSUE = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]+|[0-9]+", re.ASCII)
"""A key or a number. Keys come from branches, and branches from anybody: nothing else gets into a path."""
MARK = "stintd"
PAGE, PAGES = 100, 100
"""A page of worklogs with their authors stays below what is read of an answer."""
MARGIN = 60
NEAR = 100
"""So many of the owner's open issues are offered as places; others are named by hand."""


class Jira:
    """One account. A mapping names the `issue`, most often by the task: `issue = "{task}"`."""

    api: ClassVar = "/rest/api/3"

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._zone = Api(carrier, clock, login, self.headers(login)), ZoneInfo(login.zone)
        self._quiet = {"notifyUsers": "false", "adjustEstimate": "leave"}

    def headers(self, login: Login) -> Mapping[str, str]:
        """What lets us in."""
        return {"Authorization": "Basic " + b64encode(f"{login.options.get('email', '')}:{login.key}".encode()).decode()}

    def comment(self, text: str) -> Any:
        """A comment as this interface takes it: a document, in which empty texts are not allowed."""
        content = [{"type": "paragraph", "content": [{"type": "text", "text": text}]}] if text else []
        return {"type": "doc", "version": 1, "content": content}

    def who(self, user: Any) -> str:
        """By which name of a person two answers agree."""
        return str(user.get("accountId") or "") if isinstance(user, dict) else ""

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        found = await self._myself()
        return found if isinstance(found, Outcome) else Account(str(found.get("displayName") or self.who(found)))

    async def _myself(self) -> dict[str, Any] | Outcome:
        answer = await self._api.ask("GET", f"{self.api}/myself")
        found = parsed(answer)
        judged = self._api.judged(answer, "read")
        if judged.kind == TAKEN and isinstance(found, dict) and self.who(found):
            return found
        return judged if judged.kind != TAKEN else Outcome(UNKNOWN, text="it does not say whose the key is", status=judged.status)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The owner's open issues, those that changed last."""
        jql = "assignee = currentUser() AND statusCategory != Done ORDER BY updated DESC"
        answer = await self.searched({"jql": jql, "fields": "summary,project", "maxResults": NEAR})
        found = parsed(answer)
        issues = found.get("issues") if isinstance(found, dict) else None
        if not isinstance(issues, list):
            return self._api.unread(answer, "no list of issues")
        return tuple(_place(one) for one in issues[:NEAR] if isinstance(one, dict) and one.get("key"))

    async def searched(self, query: Mapping[str, Any]) -> Any:
        """Older sites have the search under another address."""
        answer = await self._api.ask("GET", f"{self.api}/search/jql", query=query)
        if getattr(answer, "status", 0) in (404, 405, 410):
            answer = await self._api.ask("GET", f"{self.api}/search", query=query)
        return answer

    async def create(self, item: Item) -> Outcome:
        path = self._path(item)
        if isinstance(path, Outcome):
            return path
        answer = await self._api.ask("POST", path, self._body(item), self._quiet)
        outcome = made(self._api, answer, id_in(answer))
        return (await self._why_not_there(item) if outcome.status == 404 else None) or outcome

    async def update(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("PUT", remote_id, item, "update", self._body(item))

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: str, body: Any = None) -> Outcome:
        path = self._path(item)
        if isinstance(path, Outcome):
            return path
        answer = await self._api.ask(method, f"{path}/{quote(remote_id, safe='')}", body, self._quiet)
        outcome = self._api.judged(answer, verb)
        return (await self._why_not_there(item) if outcome.status == 404 else None) or outcome

    async def _why_not_there(self, item: Item) -> Outcome | None:
        """Whether it is the issue that is not there, or we are not let in; None when neither: it is the worklog."""
        key = item.remote["issue"].upper()
        answer = await self._api.ask("GET", f"{self.api}/issue/{key}", query={"fields": "summary"})
        judged = self._api.judged(answer, "read")
        if judged.kind == TAKEN:
            return None
        if judged.status != 404:
            return judged
        account = await self._myself()
        if isinstance(account, Outcome):
            return account
        remedy = "name another: `stint edit ID --task KEY` or `stint targets map`; or `stint outbox drop ID`"
        return Outcome(REFUSED, text=f"the issue {key} is not there, or not visible to you", remedy=remedy, status=404)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        """By our property; where none is kept by author, start and length."""
        found = await self._around(item)
        if isinstance(found, Outcome):
            return found
        marked = next((one for one in found if _mark(one) == item.id), None)
        near = [] if marked else [one for one in found if _is_like(one, item) and str(one.get("id")) not in others]
        if near and marked is None:
            account = await self._myself()
            if isinstance(account, Outcome):
                return account
            marked = next((one for one in near if self.who(one.get("author")) == self.who(account)), None)
        return Outcome(MISSING) if marked is None else Outcome(TAKEN, str(marked.get("id")))

    async def _around(self, item: Item) -> list[dict[str, Any]] | Outcome:
        """All worklogs of the issue around a start. Half a list would say that something is not there."""
        path = self._path(item)
        if isinstance(path, Outcome):
            return Outcome(MISSING)  # nothing was ever sent for it
        found: list[dict[str, Any]] = []
        for _ in range(PAGES):
            query = {"startedAfter": (item.start - MARGIN) * 1000, "startedBefore": (item.start + MARGIN) * 1000,
                     "startAt": len(found), "maxResults": PAGE, "expand": "properties"}  # fmt: skip
            answer = await self._api.ask("GET", path, query=query)
            page, total = _page(parsed(answer))
            if page is None:
                judged = self._api.judged(answer, "read")
                why = await self._why_not_there(item) if judged.status == 404 else None
                return why or (judged if judged.kind != TAKEN else _unreadable())
            found += page
            if len(found) >= total or not page:
                return found if len(found) >= total else _unreadable()
        return _unreadable()

    def _path(self, item: Item) -> str | Outcome:
        key = item.remote["issue"]
        if ISSUE.fullmatch(key):
            return f"{self.api}/issue/{key.upper()}/worklog"  # branches write keys small, projects never do
        return Outcome(REFUSED, text=f"{key[:40]!r} is no key of an issue", remedy="`stint edit ID --task KEY`, like DEV-123")

    def _body(self, item: Item) -> dict[str, Any]:
        started = datetime.fromtimestamp(item.start, self._zone).strftime("%Y-%m-%dT%H:%M:%S.000%z")
        return {"started": started, "timeSpentSeconds": item.seconds, "comment": self.comment(item.description),
                "properties": [{"key": MARK, "value": {"id": item.id}}]}  # fmt: skip


def _unreadable() -> Outcome:
    return Outcome(UNKNOWN, text="its list of worklogs cannot be read to the end")


def _place(issue: dict[str, Any]) -> RemotePlace:
    fields = issue.get("fields") if isinstance(issue.get("fields"), dict) else {}
    project = (fields or {}).get("project") or {}
    name = f"{project.get('name') or project.get('key') or '?'} / {issue['key']} {(fields or {}).get('summary') or ''}"
    return RemotePlace(name.strip(), {"issue": str(issue["key"])})


def _page(found: Any) -> tuple[list[dict[str, Any]] | None, int]:
    """The worklogs of a page, and of how many."""
    if not isinstance(found, dict) or not isinstance(found.get("worklogs"), list) or not isinstance(found.get("total"), int):
        return None, 0
    return [one for one in found["worklogs"] if isinstance(one, dict)], found["total"]


def _mark(worklog: dict[str, Any]) -> str | None:
    """The id of ours that it carries."""
    kept = worklog.get("properties")
    for one in kept if isinstance(kept, list) else []:
        if isinstance(one, dict) and one.get("key") == MARK and isinstance(one.get("value"), dict):
            return str(one["value"].get("id"))
    return None


def _is_like(worklog: dict[str, Any], item: Item) -> bool:
    """Another's id says that it is another's."""
    is_ours = _mark(worklog) is None
    return is_ours and seconds_of(worklog.get("started")) == item.start and worklog.get("timeSpentSeconds") == item.seconds


KIND = Kind(ABLE, Jira)
