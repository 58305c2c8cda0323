"""Redmine, from what version 5.0.4 answers."""

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

EMPTY = b""
ACTIVITIES = {8: "Design", 9: "Development"}


@dataclass
class RedmineFake(Fake):
    """`page`: how much of a list it gives at once, whatever it is asked for. `tells_activities`: with its projects, which
    older ones do not. `has_marker`: an administrator made a custom field for our ids."""

    remote: ClassVar = {"project_id": "1", "activity_id": "9"}
    options: ClassVar = {"marker_field": "7"}
    variants: ClassVar = {
        "": {}, "with a field for ids": {"has_marker": True}, "small pages, older": {"page": 3, "tells_activities": False},
    }  # fmt: skip

    page: int = 100
    tells_activities: bool = True
    has_marker: bool = False
    is_closed: bool = False
    is_enabled: bool = True
    issues: tuple[int, ...] = (1, 2)

    def _route(self, request: HttpRequest) -> Answer:
        if not self.is_enabled:
            return 403, EMPTY
        if request.headers.get("X-Redmine-API-Key") != self.key:
            return 401, EMPTY
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path.startswith("/time_entries"):
            return self._entries(request, place.path, query)
        if place.path == "/users/current.json":
            return 200, {"user": {"id": 5, "login": "mia", "firstname": "Mia", "lastname": "Worker"}}
        if place.path == "/projects.json":
            return 200, self._page_of("projects", [self._project()], query)
        if place.path == "/enumerations/time_entry_activities.json":
            found = [{"id": number, "name": name, "is_default": False, "active": True} for number, name in ACTIVITIES.items()]
            return 200, {"time_entry_activities": found}
        if place.path == "/issues.json":
            return 200, self._page_of("issues", [self._issue(number) for number in reversed(self.issues)], query)
        found = re.fullmatch(r"/(projects|issues)/(\d+)\.json", place.path)
        if found and found[1] == "projects" and found[2] == "1":
            return 200, {"project": self._project()}
        if found and found[1] == "issues" and int(found[2]) in self.issues:
            return 200, {"issue": self._issue(int(found[2]))}
        return 404, EMPTY

    def _project(self) -> dict[str, Any]:
        told = {"id": 1, "name": "Atlas", "identifier": "atlas", "status": 5 if self.is_closed else 1}
        if self.tells_activities:
            told["time_entry_activities"] = [{"id": number, "name": name} for number, name in ACTIVITIES.items()]
            told["enabled_modules"] = [{"id": 2, "name": "time_tracking"}]
        return told

    def _issue(self, number: int) -> dict[str, Any]:
        return {
            "id": number,
            "project": {"id": 1, "name": "Atlas"},
            "subject": f"Issue {number}",
            "status": {"id": 1, "name": "New"},
        }

    def _page_of(self, name: str, found: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        first, most = int(query.get("offset", 0)), min(self.page, int(query.get("limit", 25)))
        return {name: found[first : first + most], "total_count": len(found), "offset": first, "limit": most}

    def _entries(self, request: HttpRequest, path: str, query: dict[str, str]) -> Answer:
        body = json.loads(request.body)["time_entry"] if request.body else {}
        if path == "/time_entries.json":
            if request.method == "GET":
                assert query["user_id"] == "me"
                found = [
                    self._to_wire(one)
                    for one in reversed(self.ledger.values())
                    if query["from"] <= one["spent_on"] <= query["to"]
                ]
                return 200, self._page_of("time_entries", found, query)
            return self._put(None, body)
        name = path.removeprefix("/time_entries/").removesuffix(".json")
        if name not in self.ledger:
            return 404, EMPTY
        if self.is_closed:
            return 403, EMPTY
        if request.method == "DELETE":
            self.ledger.pop(name)
            return 204, EMPTY
        return self._put(name, body)

    def _put(self, name: str | None, body: dict[str, Any]) -> Answer:
        if self.is_closed and (name or body.get("project_id")):
            return 403, EMPTY
        kept = {**self.ledger.get(name or "", {}), **body}
        if kept.get("issue_id") and not body.get("project_id"):
            kept["project_id"] = "1"
        wrong = self._complaints(kept)
        if wrong or self.refuses(body):
            return 422, {"errors": wrong or ["this entry is not wanted"]}
        new = name or str(int(self.new_id("")))
        self.ledger[new] = {"id": int(new), **kept}
        return (204, EMPTY) if name else (201, {"time_entry": self._to_wire(self.ledger[new])})

    def _complaints(self, kept: dict[str, Any]) -> list[str]:
        if self.is_closed:
            return ["Issue is invalid"]
        found = []
        if not kept.get("activity_id"):
            found.append("Activity cannot be blank")
        if kept.get("issue_id") and kept["issue_id"] not in self.issues:
            found += ["Project cannot be blank", "Project is invalid", "Issue is invalid"]
        elif str(kept.get("project_id")) != "1":
            found.append("Project is invalid")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", kept.get("spent_on", "")):
            found.append("Date is invalid")
        if len(kept.get("comments") or "") > 1024:
            found.append("Comment is too long (maximum is 1024 characters)")
        return found

    def _to_wire(self, kept: dict[str, Any]) -> dict[str, Any]:
        activity = int(kept["activity_id"])
        told = {
            "id": kept["id"],
            "project": {"id": 1, "name": "Atlas"},
            "user": {"id": 5, "name": "Mia Worker"},
            "activity": {"id": activity, "name": ACTIVITIES[activity]},
            "hours": round(kept["hours"], 2),
            "comments": kept["comments"],
            "spent_on": kept["spent_on"],
            "created_on": "2026-11-20T10:00:00Z",
        }
        if kept["issue_id"]:
            told["issue"] = {"id": kept["issue_id"]}
        if self.has_marker:
            told["custom_fields"] = [{"id": 7, "name": "stintd", "value": kept["custom_fields"][-1]["value"]}]
        return told

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((one["spent_on"], round(one["hours"] * 3600), one["comments"]) for one in self.ledger.values())
