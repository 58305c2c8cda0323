"""solidtime, from its source."""

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake, stretch

HOME = "/api/v1/organizations/org-1"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class SolidTimeFake(Fake):
    """`forbids_overlaps`: what an organisation may choose. `may_make_tags`: what a role may not. `largest_page`,
    `tells_total`: how its lists are cut."""

    remote: ClassVar = {"project_id": "pr-1"}
    options: ClassVar = {"organization_id": "org-1"}
    variants: ClassVar = {
        "": {}, "without overlaps": {"forbids_overlaps": True}, "with a role that makes no tags": {"may_make_tags": False},
        "with pages of three": {"largest_page": 3}, "with pages of three, untold": {"largest_page": 3, "tells_total": False},
    }  # fmt: skip

    forbids_overlaps: bool = False
    may_make_tags: bool = True
    largest_page: int = 500
    tells_total: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    projects: dict[str, dict[str, Any]] = field(default_factory=lambda: {"pr-1": {"name": "Atlas", "client_id": "cl-1"}})
    clients: dict[str, str] = field(default_factory=lambda: {"cl-1": "Acme"})

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"message": "Unauthenticated."}
        place = urlsplit(request.url)
        body = json.loads(request.body) if request.body else {}
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path == "/api/v1/users/me/memberships":
            inner = {"id": "org-1", "name": "Jo's", "currency": "EUR"}
            return 200, {"data": [{"id": "me-1", "organization": inner, "role": "employee"}]}
        if not place.path.startswith(HOME):
            return 403, {"message": "This action is unauthorized."}
        what, _, name = place.path.removeprefix(HOME + "/").partition("/")
        if what == "time-entries":
            return self._entries(request.method, name, body, query)
        return self._lists(request.method, what, body, query)

    def _lists(self, method: str, what: str, body: dict[str, Any], query: dict[str, str]) -> Answer:
        kept: dict[str, Any] = {"tags": self.tags, "projects": self.projects, "clients": self.clients, "tasks": {}}[what]
        if method == "POST":
            if what == "tags" and not self.may_make_tags:
                return 403, {"message": "This action is unauthorized."}
            new = f"{what[:2]}-{len(kept) + 1}"
            kept[new] = {"name": body["name"], "client_id": body["client_id"]} if what == "projects" else body["name"]
            return 201, {"data": {"id": new, "name": body["name"]}}
        if what == "tasks":
            rows = [{"id": "ta-1", "name": "Review", "project_id": "pr-1", "is_done": False}]
        else:
            rows = [{"id": one, **(told if isinstance(told, dict) else {"name": told})} for one, told in kept.items()]
        size, page = min(self.largest_page, 100), int(query.get("page", 1))
        meta = {"current_page": page, "last_page": max(1, -(-len(rows) // size))}
        return 200, {"data": rows[(page - 1) * size : page * size], "meta": meta}

    def _entries(self, method: str, name: str, body: dict[str, Any], query: dict[str, str]) -> Answer:
        if method == "POST":
            return self._write(self.new_id("en-"), body, 201)
        if method == "GET":
            return self._list(query)
        if name not in self.ledger:
            return 404, {"message": "Record not found."}
        if method == "DELETE":
            del self.ledger[name]
            return 204, None
        return self._write(name, body, 200)

    def _write(self, name: str, body: dict[str, Any], status: int) -> Answer:
        wrong = [one for one in ("start", "end") if not INSTANT.fullmatch(str(body.get(one)))]
        wrong += [one for one, known in (("member_id", ["me-1"]), ("project_id", self.projects)) if body.get(one) not in known]
        wrong += ["tags"] if any(tag not in self.tags for tag in body["tags"]) else []
        wrong += ["description"] if self.refuses(body) else []
        wrong += [] if isinstance(body.get("billable"), bool) else ["billable"]
        if wrong:
            return 422, {"message": f"The {wrong[0]} is not valid.", "errors": {one: ["not valid"] for one in wrong}}
        if self.locks(body):
            return 403, {"message": "This action is unauthorized."}
        others = [one for known, one in self.ledger.items() if known != name]
        if self.forbids_overlaps and any(one["start"] < body["end"] and body["start"] < one["end"] for one in others):
            return 400, {"error": True, "key": "overlapping_time_entry", "message": "Overlapping time entries are not allowed"}
        fields = ("start", "end", "project_id", "task_id", "description", "billable", "tags")
        self.ledger[name] = {"id": name, **{one: body[one] for one in fields}, "organization_id": "org-1", "user_id": "us-1"}
        return status, {"data": self.ledger[name]}

    def _list(self, query: dict[str, str]) -> Answer:
        if query.get("member_id") != "me-1":
            return 403, {"message": "This action is unauthorized."}
        found = [one for one in self.ledger.values() if query["start"] <= one["start"] < query["end"]]
        found.sort(key=lambda one: datetime.fromisoformat(one["start"]), reverse=True)
        size, skip = min(int(query.get("limit", 100)), self.largest_page), int(query.get("offset", 0))
        meta = {"meta": {"total": len(found)}} if self.tells_total else {}
        return 200, {"data": found[skip : skip + size], **meta}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(stretch(one["start"], one["end"], one["description"]) for one in self.ledger.values())
