"""Redmine: hours of a day on a project or an issue, with an activity.

It knows no repetitions, so that what may have been stored is looked for: by the owner, day, place, activity, length and
words, or by a custom field that carries our id where its administrator made one (`marker_field`). It shows lengths with two
decimals and keeps them exactly; they are told with six, which is to the second.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Failure, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Api, locked, made, parsed

ABLE = Abilities(can_look=True, day_based=True, needs=("project_id|issue_id",), takes=("activity_id",))
CLOSED = 5
"""A project's status once it is closed."""
PAGE, PAGES = 100, 50
SHOWN = 0.00501
"""A length that it shows is this near to the one it keeps."""
NUMBER = re.compile(r"#?([0-9]{1,9})", re.ASCII)
FIELD = re.compile(r"cf_([0-9]{1,9})", re.ASCII)


class Redmine:
    """One account. A mapping names `project_id` or `issue_id` (most often `{task}`), `activity_id` where the server has no
    default, and custom fields by number, like `cf_5`."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login) -> None:
        self._api, self._options = Api(carrier, clock, login, {"X-Redmine-API-Key": login.key}), login.options

    @property
    def calls(self) -> int:
        return self._api.calls

    async def check(self) -> Account | Outcome:
        answer = await self._api.ask("GET", "/users/current.json")
        user = _within(parsed(answer), "user")
        if user.get("id"):
            return Account(str(user.get("login") or f"{user.get('firstname', '')} {user.get('lastname', '')}").strip())
        if not isinstance(answer, Failure) and answer.status == 403:
            return Outcome(REFUSED, text="it lets nobody in over REST: an administrator enables it in Administration, API")
        return self._api.unread(answer, "none of Redmine's")

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects that track time, with each of their activities; then the owner's open issues, a page of them."""
        projects = await self._all("/projects.json", "projects", {"include": "time_entry_activities,enabled_modules"})
        if isinstance(projects, Outcome):
            return projects
        general = await self._all("/enumerations/time_entry_activities.json", "time_entry_activities", {})
        common = [] if isinstance(general, Outcome) else [one for one in general if one.get("active", True)]
        found = [place for one in projects if _tracks_time(one) for place in _of_project(one, common)]
        issues = parsed(
            await self._api.ask("GET", "/issues.json", query={"assigned_to_id": "me", "status_id": "open", "limit": PAGE})
        )
        listed = issues.get("issues") if isinstance(issues, dict) else None
        return (*found, *(_of_issue(one) for one in (listed if isinstance(listed, list) else []) if isinstance(one, dict)))

    async def create(self, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", "/time_entries.json", body)
        return await self._explained(made(self._api, answer, _text(_id(parsed(answer), "time_entry"))), item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = self._body(item)
        return body if isinstance(body, Outcome) else await self._change("PUT", remote_id, item, "update", body)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: str, body: Any = None) -> Outcome:
        answer = await self._api.ask(method, f"/time_entries/{quote(remote_id, safe='')}.json", body)
        return await self._explained(self._api.judged(answer, verb), item)

    async def _explained(self, outcome: Outcome, item: Item) -> Outcome:
        """403 is said without a word, of closed projects as of missing rights; issues of closed ones are called invalid; and
        404 is said by whatever else answers at this address, too."""
        if outcome.status == 404:
            account = await self.check()
            return account if isinstance(account, Outcome) else outcome
        if outcome.status in (403, 422) and await self._is_closed(item):
            return locked("the project is closed there", outcome.status)
        return outcome

    async def _is_closed(self, item: Item) -> bool:
        project: Any = item.remote.get("project_id")
        if not project:
            issue = parsed(await self._api.ask("GET", f"/issues/{_number(item.remote['issue_id'])}.json"))
            project = _id(_within(issue, "issue"), "project")
        found = parsed(await self._api.ask("GET", f"/projects/{quote(str(project), safe='')}.json"))
        return _within(found, "project").get("status") == CLOSED

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        found = await self._all("/time_entries.json", "time_entries", {"user_id": "me", "from": item.day, "to": item.day})
        if isinstance(found, Outcome):
            return found
        near = [one for one in found if str(one.get("id")) not in others]
        there = next((one for one in near if self._mark(one) == item.id), None)
        there = there or next((one for one in near if not self._mark(one) and self._is_like(one, item)), None)
        return Outcome(MISSING) if there is None else Outcome(TAKEN, str(there.get("id")))

    async def _all(self, path: str, name: str, query: Mapping[str, str]) -> list[dict[str, Any]] | Outcome:
        """A list to its end: half of one would say that something is not there."""
        found: list[dict[str, Any]] = []
        for _ in range(PAGES):
            answer = await self._api.ask("GET", path, query={**query, "offset": len(found), "limit": PAGE})
            told = parsed(answer)
            page = told.get(name) if isinstance(told, dict) else None
            if not isinstance(page, list):
                judged = self._api.judged(answer, "read")
                return judged if judged.kind != TAKEN else Outcome(UNKNOWN, text=f"its list of {name} cannot be read")
            found += [one for one in page if isinstance(one, dict)]
            told_total = told.get("total_count")
            total = told_total if isinstance(told_total, int) else len(found)
            if len(found) >= total or not page:
                break
        return found if len(found) >= total else Outcome(UNKNOWN, text=f"its list of {name} does not end")

    def _body(self, item: Item) -> dict[str, Any] | Outcome:
        """All of an entry. An empty issue takes one away that an earlier version named."""
        remote = item.remote
        issue = _number(remote.get("issue_id", ""))
        if remote.get("issue_id") and issue is None:
            text = f"{remote['issue_id'][:40]!r} is no number of an issue"
            return Outcome(REFUSED, text=text, remedy="`stint edit ID --task NUMBER`, or map it elsewhere")
        place: dict[str, Any] = {"project_id": remote["project_id"]} if remote.get("project_id") else {}
        place["issue_id"] = issue if issue is not None else ""
        activity = self._activity(item)
        fields = [{"id": int(found[1]), "value": value} for name, value in remote.items() if (found := FIELD.fullmatch(name))]
        if self._marker is not None:
            fields.append({"id": self._marker, "value": item.id})
        return {"time_entry": {
            **place, "spent_on": item.day, "hours": round(item.seconds / 3600, 6), "comments": item.description,
            **({"activity_id": activity} if activity else {}), **({"custom_fields": fields} if fields else {}),
        }}  # fmt: skip

    def _activity(self, item: Item) -> str:
        return item.remote.get("activity_id") or self._options.get("activity_id", "")

    @property
    def _marker(self) -> int | None:
        return _number(self._options.get("marker_field", ""))

    def _mark(self, entry: dict[str, Any]) -> str:
        fields = entry.get("custom_fields")
        return next((str(one.get("value") or "") for one in (fields if isinstance(fields, list) else [])
                     if isinstance(one, dict) and one.get("id") == self._marker), "")  # fmt: skip

    def _is_like(self, entry: dict[str, Any], item: Item) -> bool:
        """Same place, activity, length and words; the day and the owner are asked for."""
        wanted, activity = item.remote, self._activity(item)
        issue = _number(wanted.get("issue_id", ""))
        is_there = _id(entry, "issue") == issue and (not activity or str(_id(entry, "activity")) == activity)
        if issue is None and wanted.get("project_id", "").isdigit():
            is_there = is_there and str(_id(entry, "project")) == wanted["project_id"]
        hours = entry.get("hours")
        is_long = isinstance(hours, int | float) and abs(hours - item.seconds / 3600) <= SHOWN
        return is_there and is_long and (entry.get("comments") or "") == item.description and entry.get("spent_on") == item.day


def _number(text: str) -> int | None:
    """The number of an issue, as branches and people write it."""
    found = NUMBER.fullmatch(text.strip())
    return int(found[1]) if found else None


def _within(found: Any, name: str) -> Mapping[str, Any]:
    """What an answer has under a name, nothing when that is no object."""
    inner = found.get(name) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _id(entry: Any, name: str) -> Any:
    return _within(entry, name).get("id")


def _text(given: Any) -> str | None:
    return str(given) if given else None


def _tracks_time(project: Mapping[str, Any]) -> bool:
    """Open, and with the module that hours belong to; older servers do not tell modules."""
    modules = project.get("enabled_modules")
    names = {one.get("name") for one in modules if isinstance(one, dict)} if isinstance(modules, list) else {"time_tracking"}
    return project.get("status", 1) == 1 and "time_tracking" in names


def _of_project(project: Mapping[str, Any], common: list[dict[str, Any]]) -> list[RemotePlace]:
    own = project.get("time_entry_activities")
    activities = own if isinstance(own, list) else common
    return [RemotePlace(f"{project.get('name')} / {one.get('name')}",
                  {"project_id": str(project.get("id")), "activity_id": str(one.get("id"))}) for one in activities]  # fmt: skip


def _of_issue(issue: Mapping[str, Any]) -> RemotePlace:
    project = _within(issue, "project").get("name")
    return RemotePlace(f"{project} / #{issue.get('id')} {issue.get('subject')}", {"issue_id": str(issue.get("id"))})


KIND = Kind(ABLE, Redmine)
