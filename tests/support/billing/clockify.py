"""Clockify, from its document; of its errors that tells nothing."""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake, stretch

FIELDS = ("start", "end", "projectId", "taskId", "description", "billable", "tagIds", "type", "customFields")
UNITS = (("H", 3600), ("M", 60), ("S", 1))


@dataclass
class ClockifyFake(Fake):
    """`gone_status`: how an entry that is gone is answered. `tells_last`: whether pages say which is the last.
    `locked_status`, `most_a_page`, `makes_tags`: what its document leaves open."""

    remote: ClassVar = {"project_id": "p1"}
    options: ClassVar = {"workspace_id": "w1"}
    can_lock: ClassVar = True
    variants: ClassVar = {
        "": {},
        "two a page": {"gone_status": 404, "most_a_page": 2, "tells_last": False, "locked_status": 403, "makes_tags": False},
    }  # fmt: skip

    gone_status: int = 400
    tells_last: bool = True
    locked_status: int = 400
    most_a_page: int = 5000
    makes_tags: bool = True
    tags: list[dict[str, str]] = field(default_factory=lambda: [{"id": "g1", "name": "deep"}, {"id": "g2", "name": "calls"}])

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("X-Api-Key") != self.key:
            return 401, {"message": "Api key does not exist", "code": 4003}
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        body = json.loads(request.body) if request.body else {}
        path = place.path.strip("/").removeprefix("api/v1/").split("/")
        if path == ["user"]:
            return 200, {"id": "u1", "name": "Ada", "email": "ada@example.com"}
        if path == ["workspaces"]:
            return 200, [{"id": "w1", "name": "Loom"}, {"id": "w2", "name": "Other"}]
        if path[1] != "w1":
            return 403, {"message": "Access Denied", "code": 403}
        if path[2] == "time-entries":
            return self._create(body) if len(path) == 3 else self._one(request.method, path[3], body)
        if path[2] == "user":
            return self._page(self._entries_between(query), query)
        return self._about(request.method, path[2], query, body)

    def _about(self, method: str, what: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        if what == "tags" and method == "POST":
            if not self.makes_tags:
                return 403, {"message": "Access Denied", "code": 403}
            self.tags.append({"id": f"g{len(self.tags) + 1}", "name": body["name"]})
            return 201, self.tags[-1]
        if method == "POST":
            return 201, {"id": "new " + what, **body}
        task = {"id": "t1", "name": "Building", "status": "ACTIVE"}
        rows = {
            "tags": self.tags,
            "clients": [{"id": "c1", "name": "Acme"}],
            "projects": [
                {"id": "p1", "name": "Atlas", "clientName": "Acme", "tasks": [task, {**task, "status": "DONE"}]},
                {"id": "p2", "name": "Borealis", "clientName": "", "tasks": []},
            ],
        }
        return self._page(rows[what], query)

    def _create(self, body: dict[str, Any]) -> Answer:
        if wrong := self._wrong(body):
            return wrong
        new = self.new_id("64c7")
        self.ledger[new] = {"id": new, **body}
        return 201, self._to_wire(self.ledger[new])

    def _wrong(self, body: dict[str, Any]) -> Answer | None:
        if self.locks(body):
            return self.locked_status, {"message": "The day is locked", "code": 501}
        if body.keys() - {*FIELDS} or not {"start", "end"} <= body.keys() or self.refuses(body):
            return 400, {"message": "not wanted", "code": 501}
        return None

    def _one(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.ledger:
            return self.gone_status, {"message": "TimeEntry doesn't belong to Workspace", "code": 501}
        if method == "GET":
            return 200, self._to_wire(self.ledger[name])
        if self.locks(self.ledger[name]):
            return self.locked_status, {"message": "The entry is locked", "code": 501}
        if method == "DELETE":
            del self.ledger[name]
            return 204, None
        if wrong := self._wrong(body):
            return wrong
        self.ledger[name] = {"id": name, **body}
        return 200, self._to_wire(self.ledger[name])

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        kept = {name: value for name, value in one.items() if name not in ("start", "end", "customFields")}
        length = stretch(one["start"], one["end"], "")[1]
        text = "".join(f"{length // size % (60 if unit != 'H' else 10**6)}{unit}" for unit, size in UNITS)
        interval = {"start": one["start"], "end": one["end"], "duration": "PT" + text}
        fields = [{**value, "timeEntryId": one["id"], "name": "PO", "type": "TXT"} for value in one.get("customFields", ())]
        return {
            **kept,
            "timeInterval": interval,
            "isLocked": self.locks(one),
            "userId": "u1",
            "workspaceId": "w1",
            "customFieldValues": fields,
        }

    def _entries_between(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = [one for one in self.ledger.values() if query["start"] <= one["start"] <= query["end"]]
        return [self._to_wire(one) for one in sorted(found, key=lambda one: one["start"], reverse=True)]

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Answer:
        size, page = min(int(query.get("page-size", 50)), self.most_a_page), int(query.get("page", 1))
        if self.tells_last:
            self.head = {"last-page": str(page * size >= len(rows)).lower()}
        return 200, rows[(page - 1) * size : page * size]

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(stretch(one["start"], one["end"], one["description"]) for one in self.ledger.values())
