"""Redmine: hours of a day on a project or an issue, with an activity.

Redmine does not recognise repetitions, so what may have been stored is looked for: by owner, day, project or issue, activity,
length and comment, or by a custom field with our id where an administrator created one (`marker_field`). Redmine shows lengths
with two decimals and stores them exactly; they are sent with six decimals, which is exact to the second.
"""

import re
from collections.abc import Mapping
from urllib.parse import quote

from stintd.clock import Clock
from stintd.domain.billing.target import Abilities
from stintd.jsonvalue import Json, JsonBody, JsonObject, object_at, objects_at, rows_at, value_at
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Carrier, Item, Kind, Login, Outcome, RemotePlace
from stintd.sinks.http_api import Answer, Api, Verb, create_outcome, json_of, lock_outcome, status_of
from stintd.sinks.remote_lists import read_pages

ABLE = Abilities(can_look=True, day_based=True, needs=("project_id|issue_id",), takes=("activity_id",))
CLOSED = 5
"""A project's status once it is closed."""
PAGE, PAGES = 100, 50
SHOWN = 0.00501
"""Hours by which a shown length may differ from the stored one."""
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
        user = object_at(json_of(answer), "user")
        if user.get("id"):
            return Account(str(user.get("login") or f"{user.get('firstname', '')} {user.get('lastname', '')}").strip())
        if status_of(answer) == 403:
            return Outcome(REFUSED, text="its REST API is off: an administrator enables it in Administration, API")
        return self._api.not_a("from Redmine's API", answer)

    async def places(self) -> tuple[RemotePlace, ...] | Outcome:
        """Projects that track time, with each of their activities; then the owner's open issues, a page of them."""
        projects = await self._read_all("/projects.json", "projects", {"include": "time_entry_activities,enabled_modules"})
        if isinstance(projects, Outcome):
            return projects
        activities = await self._read_all("/enumerations/time_entry_activities.json", "time_entry_activities", {})
        general = [] if isinstance(activities, Outcome) else [row for row in activities if row.get("active", True)]
        places = [place for project in projects if _tracks_time(project) for place in _project_places(project, general)]
        query: dict[str, str | int] = {"assigned_to_id": "me", "status_id": "open", "limit": PAGE}
        issues = json_of(await self._api.ask("GET", "/issues.json", query=query))
        return (*places, *(_issue_place(row) for row in objects_at(issues, "issues")))

    async def create(self, item: Item) -> Outcome:
        body = self._body(item)
        if isinstance(body, Outcome):
            return body
        answer = await self._api.ask("POST", "/time_entries.json", body)
        entry_id = value_at(json_of(answer), "time_entry", "id")
        return await self._explain(create_outcome(self._api, answer, str(entry_id) if entry_id else None), item)

    async def update(self, remote_id: str, item: Item) -> Outcome:
        body = self._body(item)
        return body if isinstance(body, Outcome) else await self._change("PUT", remote_id, item, "update", body)

    async def delete(self, remote_id: str, item: Item) -> Outcome:
        return await self._change("DELETE", remote_id, item, "delete")

    async def _change(self, method: str, remote_id: str, item: Item, verb: Verb, body: JsonBody = None) -> Outcome:
        answer = await self._api.ask(method, f"/time_entries/{quote(remote_id, safe='')}.json", body)
        return await self._explain(self._api.outcome_of(answer, verb), item)

    async def _explain(self, outcome: Outcome, item: Item) -> Outcome:
        """Redmine answers 403 without a reason, for closed projects as for missing rights, and calls issues of closed projects
        invalid; 404 may also come from something other than Redmine at this address."""
        if outcome.status == 404:
            account = await self.check()
            return account if isinstance(account, Outcome) else outcome
        if outcome.status in (403, 422) and await self._is_closed(item):
            return lock_outcome("the project is closed there", outcome.status)
        return outcome

    async def _is_closed(self, item: Item) -> bool:
        project: Json = item.remote.get("project_id")
        if not project:
            issue = json_of(await self._api.ask("GET", f"/issues/{_number(item.remote['issue_id'])}.json"))
            project = value_at(issue, "issue", "project", "id")
        answer = await self._api.ask("GET", f"/projects/{quote(str(project), safe='')}.json")
        return value_at(json_of(answer), "project", "status") == CLOSED

    async def look(self, item: Item, others: frozenset[str]) -> Outcome:
        query = {"user_id": "me", "from": item.day, "to": item.day}
        entries = await self._read_all("/time_entries.json", "time_entries", query)
        if isinstance(entries, Outcome):
            return entries
        candidates = [entry for entry in entries if str(entry.get("id")) not in others]
        match = next((entry for entry in candidates if self._mark(entry) == item.id), None)
        match = match or next((entry for entry in candidates if not self._mark(entry) and self._is_like(entry, item)), None)
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))

    async def _read_all(self, path: str, name: str, query: Mapping[str, str]) -> list[JsonObject] | Outcome:
        """Every page of a list, or why not."""

        def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
            rows = rows_at(json_of(answer), name)
            return rows if rows is not None else self._api.not_a(f"a list of {name}", answer, UNKNOWN)

        def is_end(answer: Answer, page: int, seen: int) -> bool:
            total = value_at(json_of(answer), "total_count")
            return seen >= total if isinstance(total, int) else True

        return await read_pages(
            self._api, path, lambda page, seen: {**query, "offset": seen, "limit": PAGE}, rows_in, is_end, PAGES
        )

    def _body(self, item: Item) -> dict[str, JsonBody] | Outcome:
        """All of an entry. An empty issue removes one that an earlier version of the entry named."""
        remote = item.remote
        issue = _number(remote.get("issue_id", ""))
        if remote.get("issue_id") and issue is None:
            text = f"{remote['issue_id'][:40]!r} is not the number of an issue"
            return Outcome(REFUSED, text=text, remedy="`stint edit ID --task NUMBER`, or map it elsewhere")
        entry: dict[str, JsonBody] = {"project_id": remote["project_id"]} if remote.get("project_id") else {}
        entry |= {
            "issue_id": issue if issue is not None else "",
            "spent_on": item.day,
            "hours": round(item.seconds / 3600, 6),
            "comments": item.description,
        }
        activity = self._activity(item)
        if activity:
            entry["activity_id"] = activity
        numbered = ((FIELD.fullmatch(name), value) for name, value in remote.items())
        fields: list[JsonBody] = [{"id": int(match[1]), "value": value} for match, value in numbered if match]
        if self._marker is not None:
            fields.append({"id": self._marker, "value": item.id})
        return {"time_entry": {**entry, "custom_fields": fields} if fields else entry}

    def _activity(self, item: Item) -> str:
        return item.remote.get("activity_id") or self._options.get("activity_id", "")

    @property
    def _marker(self) -> int | None:
        return _number(self._options.get("marker_field", ""))

    def _mark(self, entry: JsonObject) -> str:
        """The id of ours that an entry carries, "" when it carries none."""
        fields = objects_at(entry, "custom_fields")
        return next((str(field.get("value") or "") for field in fields if field.get("id") == self._marker), "")

    def _is_like(self, entry: JsonObject, item: Item) -> bool:
        """Same project or issue, activity, length and comment; day and owner are in the query."""
        remote, activity = item.remote, self._activity(item)
        issue = _number(remote.get("issue_id", ""))
        is_there = _id_at(entry, "issue") == issue and (not activity or str(_id_at(entry, "activity")) == activity)
        if issue is None and remote.get("project_id", "").isdigit():
            is_there = is_there and str(_id_at(entry, "project")) == remote["project_id"]
        hours = entry.get("hours")
        is_long = isinstance(hours, int | float) and abs(hours - item.seconds / 3600) <= SHOWN
        return is_there and is_long and (entry.get("comments") or "") == item.description and entry.get("spent_on") == item.day


def _number(text: str) -> int | None:
    """The number of an issue, as branches and people write it."""
    match = NUMBER.fullmatch(text.strip())
    return int(match[1]) if match else None


def _id_at(entry: JsonObject, name: str) -> Json:
    return value_at(entry, name, "id")


def _tracks_time(project: JsonObject) -> bool:
    """Whether a project is open and has the module for time entries; older servers do not list modules."""
    has_modules = isinstance(project.get("enabled_modules"), list)
    modules = {row.get("name") for row in objects_at(project, "enabled_modules")} if has_modules else {"time_tracking"}
    return project.get("status", 1) == 1 and "time_tracking" in modules


def _project_places(project: JsonObject, general: list[JsonObject]) -> list[RemotePlace]:
    """A project with each of its own activities, or with the general ones where it lists none."""
    own_activities = rows_at(project, "time_entry_activities")
    return [
        RemotePlace(
            f"{project.get('name')} / {activity.get('name')}",
            {"project_id": str(project.get("id")), "activity_id": str(activity.get("id"))},
        )
        for activity in (own_activities if own_activities is not None else general)
    ]


def _issue_place(issue: JsonObject) -> RemotePlace:
    project = value_at(issue, "project", "name")
    return RemotePlace(f"{project} / #{issue.get('id')} {issue.get('subject')}", {"issue_id": str(issue.get("id"))})


KIND = Kind(ABLE, Redmine)
