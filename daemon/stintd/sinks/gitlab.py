"""GitLab's time tracking: time spent on an issue or a merge request, by GraphQL.

Only GraphQL tells which time was made and takes a single one away; REST adds to a sum and says no more. Nothing can be
changed: what was edited is taken away and made anew. A time is found again by its author, issue, start, length and summary.
Servers before 15.8 keep the day of a time and not its hour. Its units end with minutes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
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
from stintd.sinks.http_api import Api, parsed, seconds_of

BASE = "https://gitlab.com"
ABLE = Abilities(update=False, can_look=True, grain=60, needs=("project", "issue|merge_request"), calls_per_hour=3600)
NUMBER = re.compile(r"[#!]?([0-9]{1,9})", re.ASCII)
DAY = 86_400
SUMMARY = 255
"""Characters of a summary that it takes."""
PAGE, PAGES = 100, 20
WOES = ("internal server error", "timeout", "timed out", "execution expired")
"""Words of a server that failed, which says nothing about what it did before."""
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
        told = await self._ask("query { currentUser { username } }")
        if isinstance(told, Outcome):
            return told
        name = _within(told, "currentUser").get("username")
        return Account(str(name)) if name else Outcome(STOPPED, text="the credentials are nobody's")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """The open issues that the owner is assigned to, a page of them."""
        account = await self.check()
        if isinstance(account, Outcome):
            return account
        told = await self._ask(ISSUES % (_quoted(account.name), PAGE))
        if isinstance(told, Outcome):
            return told
        nodes = _within(told, "issues").get("nodes")
        return tuple(_place(one) for one in (nodes if isinstance(nodes, list) else []) if isinstance(one, dict))

    async def create(self, item: Item) -> Outcome:
        on = await self._issuable(item)
        if isinstance(on, Outcome):
            return replace(on, kind=UNSENT) if on.kind == UNKNOWN else on  # only asked so far
        given = {"issuableId": on, "timeSpent": f"{item.seconds // 60}m", "spentAt": _instant(item.start),
                 "summary": item.description[:SUMMARY]}  # fmt: skip
        fields = ", ".join(f"{name}: {_quoted(value)}" for name, value in given.items())
        told = await self._ask(
            f"mutation {{ timelogCreate(input: {{ {fields} }}) {{ errors timelog {{ id }} }} }}", is_write=True
        )
        if isinstance(told, Outcome):
            return told
        made = _within(told, "timelogCreate")
        remote_id = _within(made, "timelog").get("id")
        if remote_id:
            return Outcome(TAKEN, str(remote_id))
        return self._refused(made) or Outcome(UNKNOWN, text="it did not say what it made")

    async def update(self, remote_id: str, item: Item) -> Outcome:
        """It has no such thing, and says so (`Abilities.update`): nobody asks."""
        return Outcome(REFUSED, text="GitLab changes no times", remedy="delete the entry here and enter it again")

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        told = await self._ask(f"mutation {{ timelogDelete(input: {{ id: {_quoted(remote_id)} }}) {{ errors }} }}", is_write=True)
        outcome = told if isinstance(told, Outcome) else self._refused(_within(told, "timelogDelete"))
        if outcome is None:
            return Outcome(TAKEN)
        if outcome.kind != REFUSED:
            return outcome
        found = await self._around(item)  # it says the same of what is gone as of what is not ours
        if isinstance(found, Outcome):
            return found
        return outcome if any(one.get("id") == remote_id for one in found) else Outcome(TAKEN)

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        on = await self._issuable(item)
        if isinstance(on, Outcome):
            return Outcome(MISSING) if on.kind == REFUSED and on.status is None else on
        found = await self._around(item)
        if isinstance(found, Outcome):
            return found
        there = next((one for one in found if _is_like(one, item, on) and one.get("id") not in others), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there["id"]))

    async def _issuable(self, item: Item) -> str | Outcome:
        """The global id of what the time goes to."""
        kind = "issue" if item.remote.get("issue") else "mergeRequest"
        written, path = item.remote.get("issue") or item.remote.get("merge_request", ""), item.remote["project"]
        number = NUMBER.fullmatch(written.strip())
        if number is None:
            text = f"{written[:40]!r} is no number of an issue"
            return Outcome(REFUSED, text=text, remedy="`stint edit ID --task NUMBER`, or map it elsewhere")
        told = await self._ask(f"query {{ project(fullPath: {_quoted(path)}) {{ {kind}(iid: {_quoted(number[1])}) {{ id }} }} }}")
        if isinstance(told, Outcome):
            return told
        found = _within(_within(told, "project"), kind).get("id")
        if found:
            return str(found)
        account = await self.check()  # projects are hidden from people who are not let in
        if isinstance(account, Outcome):
            return account
        return Outcome(REFUSED, text=f"{path[:60]} has no number {number[1]}, or you may not see it", status=404,
                       remedy="name another: `stint edit ID --task NUMBER` or `stint targets map`")  # fmt: skip

    async def _around(self, item: Item) -> list[dict[str, Any]] | Outcome:
        """The owner's times of a day before and behind, to the end of the list: half of one would say that something is not
        there."""
        account = await self.check()
        if isinstance(account, Outcome):
            return account
        found: list[dict[str, Any]] = []
        after = ""
        for _ in range(PAGES):
            span = (_quoted(_instant(item.start - DAY)), _quoted(_instant(item.start + DAY)))
            told = await self._ask(TIMES % (_quoted(account.name), *span, PAGE, _quoted(after) if after else "null"))
            if isinstance(told, Outcome):
                return told
            nodes, page = _within(told, "timelogs").get("nodes"), _within(_within(told, "timelogs"), "pageInfo")
            if not isinstance(nodes, list) or not isinstance(page.get("hasNextPage"), bool):
                break
            found += [one for one in nodes if isinstance(one, dict)]
            after = str(page.get("endCursor") or "")
            if not page["hasNextPage"]:
                return found
        return Outcome(UNKNOWN, text="its list of times cannot be read to the end")

    async def _ask(self, query: str, is_write: bool = False) -> Mapping[str, Any] | Outcome:
        """The data of an answer, or what became of the question. Values stand in the query itself: of what type they are
        differs between its versions."""
        answer = await self._api.ask("POST", "/api/graphql", {"query": query})
        judged = self._api.judged(answer, "create" if is_write else "read")
        told = parsed(answer)
        if judged.kind != TAKEN or isinstance(answer, Failure):
            return judged
        if isinstance(told, dict) and told.get("errors"):
            said = self._api.said(answer)
            kind: OutcomeKind = UNKNOWN if any(woe in said.lower() for woe in WOES) else REFUSED
            return Outcome(kind, text=f"refused{said}", remedy=_MEND, status=answer.status)
        if isinstance(told, dict) and isinstance(told.get("data"), dict):
            data: dict[str, Any] = told["data"]
            return data
        return Outcome(UNKNOWN, text="its answer is none of GitLab's", status=answer.status)

    def _refused(self, made: Mapping[str, Any]) -> Outcome | None:
        errors = made.get("errors")
        if not isinstance(errors, list) or not errors:
            return None
        said = self._api.cleaned("; ".join(str(one) for one in errors))
        return Outcome(REFUSED, text=f"refused: {said}", remedy=_MEND)


_MEND = "it needs a token with the scope api and the role of a reporter; `stint edit` the entry, then `stint outbox retry ID`"


def _within(found: Any, name: str) -> Mapping[str, Any]:
    """What an answer has under a name, nothing when that is no object."""
    inner = found.get(name) if isinstance(found, Mapping) else None
    return inner if isinstance(inner, dict) else {}


def _quoted(text: str) -> str:
    """A text in a query; the escapes of JSON are those of GraphQL."""
    return json.dumps(text, ensure_ascii=False)


def _instant(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_like(time: Mapping[str, Any], item: Item, on: str) -> bool:
    """The midnight of its day is all that older servers keep of a start."""
    is_on = on in (_within(time, "issue").get("id"), _within(time, "mergeRequest").get("id"))
    is_then = seconds_of(time.get("spentAt")) in (item.start, item.start - item.start % DAY)
    return (
        is_on and is_then and time.get("timeSpent") == item.seconds and (time.get("summary") or "") == item.description[:SUMMARY]
    )


def _place(issue: Mapping[str, Any]) -> RemotePlace:
    path = str(issue.get("reference") or "").rpartition("#")[0]
    return RemotePlace(
        f"{path} / #{issue.get('iid')} {issue.get('title') or ''}", {"project": path, "issue": str(issue.get("iid"))}
    )


KIND = Kind(ABLE, GitLab, BASE)
