"""Toggl Track, from its description and from recorded traffic."""

import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake, stretch

FIELDS = ("workspace_id", "start", "stop", "duration", "project_id", "task_id", "description", "billable", "tags")


@dataclass
class TogglFake(Fake):
    """`gone_status`: how a call to an entry that is gone is answered. `denied_status`: a wrong token. `left`: calls of this
    hour, None where headers tell nothing. `has_billable`: whether the plan includes it. `most_a_page`."""

    remote: ClassVar = {"project_id": "101"}
    options: ClassVar = {"workspace_id": "7"}
    variants: ClassVar = {"": {}, "with other codes": {"gone_status": 410, "denied_status": 401, "left": 10**6}}

    gone_status: int = 404
    denied_status: int = 403
    left: int | None = None
    has_billable: bool = True
    most_a_page: int = 200
    offers_changes: bool = True

    def _route(self, request: HttpRequest) -> Answer:
        if self.left is not None:
            self.left = max(0, self.left)
            if self.left == 0:
                self.head = {"x-toggl-quota-remaining": "0", "x-toggl-quota-resets-in": "1800"}
                return 402, "You have hit your hourly limit for API calls."
            self.left -= 1
            self.head = {"x-toggl-quota-remaining": str(self.left), "x-toggl-quota-resets-in": "1800"}
        if request.headers.get("Authorization") != "Basic " + b64encode(f"{self.key}:api_token".encode()).decode():
            return self.denied_status, "Incorrect username and/or password"
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        body = json.loads(request.body) if request.body else {}
        path = place.path.removeprefix("/api/v9").strip("/").split("/")
        return self._mine(path[1:], query) if path[0] == "me" else self._space(request.method, path[1:], query, body)

    def _mine(self, path: list[str], query: dict[str, str]) -> Answer:
        if not path:
            return 200, {"timezone": "Europe/Tallinn"}
        if path == ["workspaces"]:
            return 200, [{"id": 7, "name": "Loom"}, {"id": 8, "name": "Other"}]
        if path == ["tasks"]:
            return 200, [{"id": 201, "name": "Building", "project_id": 101, "active": True, "workspace_id": 7}]
        if path == ["time_entries"]:
            found = [one for one in self.ledger.values() if query["start_date"] <= one["start"][:10] < query["end_date"]]
            return 200, [self._to_wire(one, "+00:00") for one in sorted(found, key=lambda one: one["start"], reverse=True)]
        return (200, self._to_wire(self.ledger[path[1]])) if path[1] in self.ledger else (404, "Time entry not found")

    def _space(self, method: str, path: list[str], query: dict[str, str], body: dict[str, Any]) -> Answer:
        if path[0] != "7":
            return 403, "User does not have access to this resource."
        if len(path) == 1:
            return 200, {"id": 7, "name": "Loom"}
        if path[1] == "projects":
            return self._projects(query) if method == "GET" else (200, {"id": 150, **body})
        if path[1] == "clients":
            return 200, [{"id": 31, "name": "Acme"}] if method == "GET" else {"id": 32, "name": body["name"]}
        return self._create(body) if len(path) == 2 else self._one(method, path[2], body)

    def _projects(self, query: dict[str, str]) -> Answer:
        rows = [
            {"id": 101, "name": "Atlas", "client_id": 31, "workspace_id": 7, "status": "active"},
            {"id": 102, "name": "Borealis", "workspace_id": 7, "status": "active"},
        ]
        size, page = min(int(query["per_page"]), self.most_a_page), int(query["page"])
        return 200, rows[(page - 1) * size : page * size]

    def _create(self, body: dict[str, Any]) -> Answer:
        if not body.pop("created_with", ""):
            return 400, "created_with needs to be provided an a valid string"
        if wrong := self._wrong(body):
            return wrong
        self.made += 1
        name = str(2**53 + self.made)
        self.ledger[name] = {"id": int(name), "tags": [], **body}
        return 200, self._to_wire(self.ledger[name])

    def _wrong(self, body: dict[str, Any]) -> Answer | None:
        if self.locks(body):
            return 403, "The period is locked"
        if body.get("billable") and not self.has_billable:
            return 402, "Workspace must be premium"
        is_odd = body.keys() - {*FIELDS} or not {"start", "duration", "workspace_id"} <= body.keys()
        if is_odd or self.refuses(body) or body["duration"] < 0:
            return 400, "not wanted"
        if stretch(body["start"], body["stop"], "")[1] != body["duration"]:
            return 400, "start, stop and duration do not agree"
        return None

    def _one(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.ledger or not self.offers_changes:
            return self.gone_status, "Time entry not found"
        if self.locks(self.ledger[name]):
            return 403, "The period is locked"
        if method == "DELETE":
            del self.ledger[name]
            return 200, ""
        if wrong := self._wrong(body):
            return wrong
        self.ledger[name] |= body
        return 200, self._to_wire(self.ledger[name])

    def _to_wire(self, one: dict[str, Any], zone: str = "Z") -> dict[str, Any]:
        """As its parts of the hour are told: with Z when it was made, with an offset in lists; no tags are null."""
        start = datetime.fromisoformat(one["start"]).astimezone(UTC)
        stop = start + timedelta(seconds=one["duration"])
        told = {name: f"{at:%Y-%m-%dT%H:%M:%S}{zone}" for name, at in (("start", start), ("stop", stop))}
        return {**one, **told, "duronly": True, "tags": one["tags"]}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(stretch(one["start"], one["stop"], one["description"]) for one in self.ledger.values())
