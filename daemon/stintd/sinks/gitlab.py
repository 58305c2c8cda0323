"""GitLab's time tracking: time spent on an issue or a merge request, by GraphQL.

Only GraphQL returns the id of a timelog and removes a single one; REST adds to a sum and returns no more. Nothing can be
changed: an edited entry is removed and created again. A timelog is found again by its author, issue, start, length and summary.
Servers before 15.8 store its day without the time. Its smallest unit is the minute.
"""

import json
import re
from dataclasses import replace

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import JsonObject, object_at, objects_at, rows_at, value_at
from stintd.ports import (
    MISSING,
    REFUSED,
    STOPPED,
    TAKEN,
    UNKNOWN,
    UNSENT,
    Account,
    Carrier,
    Failure,
    Item,
    Kind,
    Login,
    Outcome,
    OutcomeKind,
    RemotePlace,
)
from stintd.sinks.http_api import Api, json_of, rfc3339, seconds_of

BASE = "https://gitlab.com"
ABLE = Abilities(update=False, can_look=True, grain=60, needs=("project", "issue|merge_request"), calls_per_hour=3600)
NUMBER = re.compile(r"[#!]?([0-9]{1,9})", re.ASCII)
DAY = 86_400
SUMMARY = 255
"""The most characters of a summary that it accepts."""
PAGE, PAGES = 100, 20
FAILURE_WORDS = ("internal server error", "timeout", "timed out", "execution expired")
"""Words of a server that failed, which says nothing about what it had done before."""
ISSUES = """
query { issues(assigneeUsernames: [%s], state: opened, first: %d) { nodes { iid title reference(full: true) } } }
"""
TIMES = """
query { timelogs(username: %s, startTime: %s, endTime: %s, first: %d, after: %s) {
  nodes { id spentAt timeSpent summary issue { id } mergeRequest { id } } pageInfo { hasNextPage endCursor } } }
"""


class GitLab:
    """One account. A mapping names the `project` by its path and the number of an `issue` (most often `{task}`) or a
    `merge_request`."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api = Api(carrier, clock, login, {"Authorization": f"Bearer {login.key}"})

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        data = await self._ask("query { currentUser { username } }")
        if isinstance(data, Outcome):
            return data
        name = value_at(data, "currentUser", "username")
        return Account(str(name)) if name else Outcome(STOPPED, text="the credentials belong to no user")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The open issues that the owner is assigned to, a page of them."""
        account = await self.check()
        if isinstance(account, Outcome):
            return account
        data = await self._ask(ISSUES % (_quote(account.name), PAGE))
        return data if isinstance(data, Outcome) else tuple(_place(issue) for issue in objects_at(data, "issues", "nodes"))

    async def create(self, item: Item) -> Outcome:
        issuable = await self._issuable(item)
        if isinstance(issuable, Outcome):
            return replace(issuable, kind=UNSENT) if issuable.kind == UNKNOWN else issuable  # nothing was written so far
        values = {
            "issuableId": issuable,
            "timeSpent": f"{item.seconds // 60}m",
            "spentAt": rfc3339(item.start),
            "summary": item.description[:SUMMARY],
        }
        fields = ", ".join(f"{name}: {_quote(value)}" for name, value in values.items())
        mutation = f"mutation {{ timelogCreate(input: {{ {fields} }}) {{ errors timelog {{ id }} }} }}"
        data = await self._ask(mutation, is_write=True)
        if isinstance(data, Outcome):
            return data
        remote_id = value_at(data, "timelogCreate", "timelog", "id")
        if remote_id:
            return Outcome(TAKEN, str(remote_id))
        return self._refusal(data, "timelogCreate") or Outcome(UNKNOWN, text="it did not say what it created")

    async def update(self, remote_id: str, item: Item) -> Outcome:
        """GitLab cannot change timelogs (`Abilities.update`): this is never called."""
        return Outcome(REFUSED, text="GitLab cannot change time entries", remedy="delete the entry here and enter it again")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        mutation = f"mutation {{ timelogDelete(input: {{ id: {_quote(remote_id)} }}) {{ errors }} }}"
        data = await self._ask(mutation, is_write=True)
        outcome = data if isinstance(data, Outcome) else self._refusal(data, "timelogDelete")
        if outcome is None:
            return Outcome(TAKEN)
        if outcome.kind != REFUSED:
            return outcome
        timelogs = await self._timelogs_around(item)  # it answers the same for what is gone as for what is not ours
        if isinstance(timelogs, Outcome):
            return timelogs
        return outcome if any(timelog.get("id") == remote_id for timelog in timelogs) else Outcome(TAKEN)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        issuable = await self._issuable(item)
        if isinstance(issuable, Outcome):
            return Outcome(MISSING) if issuable.kind == REFUSED and issuable.status is None else issuable
        timelogs = await self._timelogs_around(item)
        if isinstance(timelogs, Outcome):
            return timelogs
        match = next((row for row in timelogs if _is_like(row, item, issuable) and row.get("id") not in others), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match["id"]))

    async def _issuable(self, item: Item) -> str | Outcome:
        """The global id of the issue or merge request that the time goes to."""
        kind = "issue" if item.remote.get("issue") else "mergeRequest"
        text, path = item.remote.get("issue") or item.remote.get("merge_request", ""), item.remote["project"]
        number = NUMBER.fullmatch(text.strip())
        if number is None:
            remedy = "`stint edit ID --task NUMBER`, or map it elsewhere"
            return Outcome(REFUSED, text=f"{text[:40]!r} is not the number of an issue", remedy=remedy)
        data = await self._ask(f"query {{ project(fullPath: {_quote(path)}) {{ {kind}(iid: {_quote(number[1])}) {{ id }} }} }}")
        if isinstance(data, Outcome):
            return data
        issuable = value_at(data, "project", kind, "id")
        if issuable:
            return str(issuable)
        account = await self.check()  # projects are hidden from people without access
        if isinstance(account, Outcome):
            return account
        return Outcome(
            REFUSED,
            text=f"{path[:60]} has no number {number[1]}, or you may not see it",
            remedy="name another: `stint edit ID --task NUMBER` or `stint targets map`",
            status=404,
        )

    async def _timelogs_around(self, item: Item) -> list[JsonObject] | Outcome:
        """The owner's timelogs from a day before to a day after, to the end of the list: half a list would say that something is
        not there."""
        account = await self.check()
        if isinstance(account, Outcome):
            return account
        timelogs: list[JsonObject] = []
        cursor = ""
        for _ in range(PAGES):
            span = (_quote(rfc3339(item.start - DAY)), _quote(rfc3339(item.start + DAY)))
            data = await self._ask(TIMES % (_quote(account.name), *span, PAGE, _quote(cursor) if cursor else "null"))
            if isinstance(data, Outcome):
                return data
            rows, paging = rows_at(data, "timelogs", "nodes"), object_at(data, "timelogs", "pageInfo")
            if rows is None or not isinstance(paging.get("hasNextPage"), bool):
                break
            timelogs += rows
            cursor = str(paging.get("endCursor") or "")
            if not paging["hasNextPage"]:
                return timelogs
        return Outcome(UNKNOWN, text="its list of time entries cannot be read to the end")

    async def _ask(self, query: str, is_write: bool = False) -> JsonObject | Outcome:
        """The data of an answer, or the outcome of the question. Values are written into the query itself: as variables they
        would need types, which differ between versions of GitLab."""
        answer = await self._api.ask("POST", "/api/graphql", {"query": query})
        outcome = self._api.outcome_of(answer, "create" if is_write else "read")
        if outcome.kind != TAKEN or isinstance(answer, Failure):
            return outcome
        body = object_at(json_of(answer))
        if body.get("errors"):
            message = self._api.message_of(answer)
            kind: OutcomeKind = UNKNOWN if any(words in message.lower() for words in FAILURE_WORDS) else REFUSED
            return Outcome(kind, text=f"refused{message}", remedy=_FIX, status=answer.status)
        data = body.get("data")
        if isinstance(data, dict):
            return data
        return Outcome(UNKNOWN, text="its answer is not from GitLab's API", status=answer.status)

    def _refusal(self, data: JsonObject, mutation: str) -> Outcome | None:
        """The errors that a mutation reports; None when it reports none."""
        errors = value_at(data, mutation, "errors")
        if not isinstance(errors, list) or not errors:
            return None
        message = self._api.clean("; ".join(str(error) for error in errors))
        return Outcome(REFUSED, text=f"refused: {message}", remedy=_FIX)


_FIX = "it needs a token with the scope api and the role of a reporter; `stint edit` the entry, then `stint outbox retry ID`"


def _quote(text: str) -> str:
    """A text in a query; the escapes of JSON are those of GraphQL."""
    return json.dumps(text, ensure_ascii=False)


def _is_like(timelog: JsonObject, item: Item, issuable: str) -> bool:
    """Same issue, start, length and summary; older servers store only the midnight of a start."""
    is_on = issuable in (value_at(timelog, "issue", "id"), value_at(timelog, "mergeRequest", "id"))
    is_then = seconds_of(timelog.get("spentAt")) in (item.start, item.start - item.start % DAY)
    is_long = timelog.get("timeSpent") == item.seconds
    return is_on and is_then and is_long and (timelog.get("summary") or "") == item.description[:SUMMARY]


def _place(issue: JsonObject) -> RemotePlace:
    path = str(issue.get("reference") or "").rpartition("#")[0]
    number = str(issue.get("iid"))
    return RemotePlace(f"{path} / #{number} {issue.get('title') or ''}", {"project": path, "issue": number})


KIND = Kind(ABLE, GitLab, BASE)
