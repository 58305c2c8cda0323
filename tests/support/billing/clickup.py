"""ClickUp's API v2, from its document: time entries, and the tasks of one workspace in its lists."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

TEAM = "9012"
TASKS = (
    {"id": "86fpd7vgc", "custom_id": "DEV-1234", "name": "Implement user authentication", "list": "901"},
    {"id": "86fpd7vhx", "custom_id": None, "name": "Fix bug", "list": "901"},
    {"id": "86fpd7vjz", "custom_id": None, "name": "Fix bug", "list": "902"},
)  # fmt: skip
LISTS = {"901": "Backend Tasks", "902": "Bug Tracker"}
STATUS = {"status": "to do", "color": "#d3d3d3", "type": "open", "orderindex": 0}
FEATURES = {name: {"enabled": True} for name in ("time_tracking", "tags", "checklists")}
USER = {"id": 1, "username": "John", "email": "john@example.com", "color": "#08c7e0", "initials": "J", "profilePicture": ""}


@dataclass
class ClickUpFake(Fake):
    """`created`: how a create answers: `data` (as programs in the field read it), `id` (at the top), `echo` (as documented:
    what was sent, without any id). `has_numbers`: instants as numbers. `tells_lists`: folders tell their lists.
    `stops_first`: a start while a timer runs stops that one, else it is refused. `idle`: what `current` says when none runs."""

    remote: ClassVar = {"task_id": "86fpd7vgc"}
    options: ClassVar = {"team_id": TEAM}
    variants: ClassVar = {
        "": {}, "creating as documented": {"created": "echo", "has_numbers": True}, "creating with a plain id": {"created": "id"},
    }  # fmt: skip

    key: str = "pk_1_SECRET"
    created: str = "data"
    has_numbers: bool = False
    tells_lists: bool = True
    tasks: list[dict[str, Any]] = field(default_factory=lambda: [dict(one) for one in TASKS])
    stops_first: bool = False
    idle: Any = None
    now: Callable[[], float] = time.time

    # ---------------------------------------------------------------- routes

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("Authorization") != self.key:
            return 401, {"err": "Token invalid", "ECODE": "OAUTH_025"}
        place = urlsplit(request.url)
        parts = place.path.strip("/").removeprefix("api/").removeprefix("v2/").split("/")
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        body = json.loads(request.body) if request.body else {}
        if parts == ["team"]:
            return 200, {"teams": [{"id": TEAM, "name": "Acme", "color": "#000000", "avatar": "", "members": []}]}
        if parts[0] == "team" and parts[1] != TEAM:
            return 401, {"err": "Team not authorized", "ECODE": "OAUTH_027"}
        if parts[0] == "team" and parts[2] == "time_entries":
            return self._entries(request.method, parts[3:], query, body)
        return self._catalogue(parts, query)

    def _entries(self, method: str, rest: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
        if not rest:
            return self._create(query, body) if method == "POST" else self._list(query)
        name = rest[0]
        if name in ("current", "start", "stop"):
            return self._timer(name, query, body)
        if name not in self.ledger:
            return 404, {"err": "Time entry not found", "ECODE": "TIMEENTRY_063"}
        if method == "DELETE":
            return 200, {"data": self._stopped_entry(self.ledger.pop(name))}
        if method == "PUT":
            return self._change(name, query, body)
        return 200, {"data": [self._to_wire(self.ledger[name])]}

    # ---------------------------------------------------------------- entries

    def running(self) -> dict[str, Any] | None:
        return next((one for one in self.ledger.values() if one.get("end") is None), None)

    def _timer(self, name: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        one = self.running()
        if name == "current":
            return 200, {"data": self._current(one) if one is not None else self.idle}
        if name == "stop":
            if one is None:
                return 400, {"err": "No timer is running", "ECODE": "TIMEENTRY_017"}
            one["end"] = max(self.now_ms(), one["start"])
            return 200, {"data": self._stopped_entry(one)}
        task = self._task(body.get("tid"), query)
        if task is None:
            return 401, {"err": "Team not authorized", "ECODE": "OAUTH_027"}
        if self.refuses(body):
            return 400, {"err": "this timer is not wanted", "ECODE": "TIMEENTRY_001"}
        if one is not None and not self.stops_first:
            return 400, {"err": "A timer is already running", "ECODE": "TIMEENTRY_018"}
        if one is not None:
            one["end"] = max(self.now_ms(), one["start"])
        return 200, {"data": self._ticking(self.start_by_hand(**{**body, "tid": task["id"]}))}

    def start_by_hand(self, **told: Any) -> dict[str, Any]:
        """As its own button does."""
        new = str(4_000_000_000_000_000_000 + int(self.new_id("")))
        self.ledger[new] = {"tid": "86fpd7vhx", "description": "", **told, "id": new, "start": self.now_ms(), "end": None}
        return self.ledger[new]

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def _current(self, one: dict[str, Any]) -> dict[str, Any]:
        """As `current` tells it, which differs from a start in two places."""
        shown = self._ticking(one)
        task = {name: told for name, told in shown["task"].items() if name != "custom_type"}
        return {**shown, "task": task, "at": str(shown["at"])}

    def _ticking(self, one: dict[str, Any]) -> dict[str, Any]:
        """As a start tells it: the length is negative."""
        shown = self._stopped_entry({**one, "end": one["start"]})
        kept = {name: told for name, told in shown.items() if name not in ("end", "source")}
        return {**kept, "duration": -(self.now_ms() - one["start"]) // 1000, "at": one["start"]}

    def _create(self, query: dict[str, str], body: dict[str, Any]) -> Answer:
        task = self._task(body.get("tid"), query)
        if task is None:
            return 401, {"err": "Team not authorized", "ECODE": "OAUTH_027"}
        if self.refuses(body):
            return 400, {"err": "this entry is not wanted", "ECODE": "TIMEENTRY_001"}
        new = str(4_000_000_000_000_000_000 + int(self.new_id("")))
        self.ledger[new] = {**body, "id": new, "tid": task["id"], "end": body.get("end", body["start"] + body["duration"])}
        if self.created == "data":
            return 200, {"data": self._to_wire(self.ledger[new])}
        echo = {
            "assignee": USER["id"],
            **{name: body[name] for name in ("description", "tags", "start", "billable", "duration")},
            "tid": body["tid"],
        }
        return 200, {**echo, "id": new} if self.created == "id" else echo

    def _change(self, name: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        task = self._task(body.get("tid"), query)
        if task is None or "tags" not in body or ("start" in body) != ("end" in body) or self.refuses(body):
            return 400, {"err": "this entry is not wanted", "ECODE": "TIMEENTRY_001"}
        self.ledger[name] |= {**body, "tid": task["id"]}
        return 200, {"data": self._to_wire(self.ledger[name])}

    def _list(self, query: dict[str, str]) -> Answer:
        lo, hi = int(query["start_date"]), int(query["end_date"])
        found = [one for one in self.ledger.values() if one.get("end") is not None and lo <= one["start"] <= hi]
        return 200, {"data": [self._to_wire(one) for one in found]}

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        """As in a list: instants are text."""
        task, told = self._task_summary(one), int if self.has_numbers else str
        return {
            "id": one["id"],
            "task": {**task, "custom_id": task["custom_id"] or ""},
            "wid": TEAM,
            "user": USER,
            "billable": one.get("billable", False),
            "start": told(one["start"]),
            "end": told(one["end"]),
            "duration": told(one["end"] - one["start"]),
            "description": one.get("description", ""),
            "tags": [tag["name"] for tag in one.get("tags", [])],
            "source": "clickup",
            "at": told(one["start"]),
            "task_location": {
                "list_id": 901,
                "folder_id": 457,
                "space_id": 790,
                "list_name": "",
                "folder_name": "",
                "space_name": "",
            },
            "task_tags": [],
            "task_url": f"https://app.clickup.com/t/{task['id']}",
        }

    def _stopped_entry(self, one: dict[str, Any]) -> dict[str, Any]:
        """As a stop or a delete tells it: the end is a number."""
        shown, task = self._to_wire(one), self._task_summary(one)
        kept = {name: shown[name] for name in ("id", "wid", "user", "billable", "description", "tags", "source")}
        return {
            **kept,
            "task": {name: task[name] for name in ("id", "name", "status", "custom_type")},
            "start": str(one["start"]),
            "end": one["end"],
            "duration": one["end"] - one["start"],
            "at": one["end"],
        }

    # ---------------------------------------------------------------- tasks

    def _task(self, name: str | None, query: dict[str, str]) -> dict[str, Any] | None:
        """A custom id counts only with the two query parameters that say so."""
        by = "custom_id" if query.get("custom_task_ids") == "true" and query.get("team_id") == TEAM else "id"
        return next((one for one in self.tasks if one[by] == name), None)

    def _task_summary(self, one: dict[str, Any]) -> dict[str, Any]:
        task = next(task for task in self.tasks if task["id"] == one["tid"])
        return {"id": task["id"], "custom_id": task["custom_id"], "name": task["name"], "status": STATUS, "custom_type": None}

    def _catalogue(self, parts: list[str], query: dict[str, str]) -> Answer:
        match parts:
            case ["team", _, "space"]:
                return 200, {
                    "spaces": [
                        {
                            "id": "790",
                            "name": "Engineering",
                            "private": False,
                            "statuses": [],
                            "multiple_assignees": False,
                            "features": FEATURES,
                        }
                    ]
                }
            case ["space", _, "folder"]:
                lists = [self._list_to_wire("902")] if self.tells_lists else []
                return 200, {
                    "folders": [
                        {
                            "id": "457",
                            "name": "Support",
                            "orderindex": 0,
                            "override_statuses": False,
                            "hidden": False,
                            "space": {"id": "790", "name": "Engineering", "access": True},
                            "task_count": "0",
                            "lists": lists,
                        }
                    ]
                }
            case ["space", _, "list"]:
                return 200, {"lists": [self._list_to_wire("901")]}
            case ["folder", _, "list"]:
                return 200, {"lists": [self._list_to_wire("902")]}
            case ["list", list_id, "task"]:
                page, mine = int(query.get("page", 0)), [one for one in self.tasks if one["list"] == list_id]
                shown = [self._task_to_wire(one) for one in mine[page * 100 : page * 100 + 100]]
                return 200, {"tasks": shown, "last_page": len(mine) <= page * 100 + 100}
            case ["task", name]:
                task = self._task(name, query)
                if task is None:
                    return 401, {"err": "Team not authorized", "ECODE": "OAUTH_027"}
                return 200, self._task_to_wire(task)
        return 404, {"err": "Route not found", "ECODE": "APP_001"}

    def _list_to_wire(self, list_id: str) -> dict[str, Any]:
        return {
            "id": list_id,
            "name": LISTS[list_id],
            "orderindex": 0,
            "content": "",
            "status": None,
            "priority": None,
            "assignee": None,
            "task_count": None,
            "due_date": None,
            "start_date": None,
            "folder": {"id": "457", "name": "hidden", "hidden": True, "access": True},
            "space": {"id": "790", "name": "Engineering", "access": True},
            "archived": False,
            "override_statuses": False,
            "permission_level": "create",
        }

    def _task_to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": one["id"],
            "custom_id": one["custom_id"],
            "name": one["name"],
            "status": {**STATUS, "id": "s1"},
            "team_id": TEAM,
            "list": {"id": one["list"], "name": LISTS[one["list"]], "access": True},
        }

    def sheet(self) -> list[tuple[int | str, int, str]]:
        over = [one for one in self.ledger.values() if one["end"] is not None]
        return sorted((one["start"] // 1000, (one["end"] - one["start"]) // 1000, one["description"]) for one in over)
