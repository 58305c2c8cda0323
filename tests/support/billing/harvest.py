"""Harvest, from its pages: hours or times, references, approvals."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

FIELDS = ("project_id", "task_id", "spent_date", "notes", "hours", "started_time", "ended_time", "external_reference")


@dataclass
class HarvestFake(Fake):
    """`is_timed`: the account keeps times. `narrows`: the list is narrowed down to a reference. `most_a_page`, `closes_by`
    (what tells that an entry is closed), `locked_status`: what its pages leave open."""

    remote: ClassVar = {"project_id": "11", "task_id": "21"}
    options: ClassVar = {"account_id": "77", "contact": "ada@example.com"}
    can_lock: ClassVar = True
    variants: ClassVar = {
        "": {}, "keeping times": {"is_timed": True, "locked_status": 403},
        "not narrowing its lists, two a page": {"narrows": False, "most_a_page": 2, "closes_by": "is_closed"},
    }  # fmt: skip

    is_timed: bool = False
    narrows: bool = True
    most_a_page: int = 2000
    closes_by: str = "is_locked"
    locked_status: int = 422

    def _route(self, request: HttpRequest) -> Answer:
        head = request.headers
        if "@" not in head.get("User-Agent", "") and "http" not in head.get("User-Agent", ""):
            return 400, {"message": "User-Agent is missing"}
        if head.get("Authorization") != f"Bearer {self.key}":
            return 401, {"error": "invalid_token", "error_description": "The access token is invalid"}
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        path = place.path.removeprefix("/v2")
        if path == "/accounts":
            return 200, {
                "user": {"id": 5},
                "accounts": [
                    {"id": 77, "name": "Loom", "product": "harvest"},
                    {"id": 78, "name": "Plans", "product": "forecast"},
                ],
            }
        if head.get("Harvest-Account-Id") != "77":
            return 403, {"error": "forbidden", "error_description": "no such account"}
        body = json.loads(request.body) if request.body else {}
        if path.startswith("/time_entries"):
            return self._entries(request.method, path.removeprefix("/time_entries").strip("/"), query, body)
        if request.method == "POST":
            return 201, {"id": {"/projects": 13, "/clients": 39}[path], **body}
        return self._about(path, query)

    def _about(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/users/me":
            return 200, {"id": 5, "first_name": "Ada", "last_name": "L", "email": "ada@example.com"}
        if path == "/company":
            return 200, {"name": "Loom", "wants_timestamp_timers": self.is_timed, "time_format": "decimal"}
        if path == "/clients":
            return self._page("clients", [{"id": 31, "name": "Acme", "is_active": True}], query)
        if path == "/users/me/project_assignments":
            tasks = [
                {"id": 1, "task": {"id": 21, "name": "Building"}, "is_active": True, "billable": True},
                {"id": 2, "task": {"id": 22, "name": "Old"}, "is_active": False},
            ]
            projects = ((11, "Atlas"), (12, "Borealis"), (13, "Cirrus"))
            rows = [
                {
                    "id": 3,
                    "is_active": True,
                    "project": {"id": number, "name": name, "code": ""},
                    "task_assignments": tasks,
                    "client": {"id": 31, "name": "Acme"},
                }
                for number, name in projects
            ]
            return self._page("project_assignments", rows, query)
        return 404, {"message": "not found"}

    def _entries(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        if not name:
            return self._create(body) if method == "POST" else self._page("time_entries", self._entries_between(query), query)
        if name not in self.ledger:
            return 404, {"message": "not found"}
        one = self.ledger[name]
        if method == "GET":
            return 200, self._to_wire(one)
        if self.locks(one):
            return self.locked_status, {"message": "Time entry is locked"}
        if method == "DELETE":
            return 200, self._to_wire(self.ledger.pop(name))
        return self._store(name, {**one, **body}, 200)

    def _create(self, body: dict[str, Any]) -> Answer:
        if self.locks(body):
            return self.locked_status, {"message": "Timesheet is locked"}
        self.made += 1
        return self._store(str(900 + self.made), body, 201)

    def _store(self, name: str, body: dict[str, Any], status: int) -> Answer:
        is_running = "ended_time" not in body if self.is_timed else "hours" not in body
        if body.keys() - {*FIELDS} or self.refuses(body) or is_running or ("hours" in body) is self.is_timed:
            return 422, {"message": "not wanted"}
        self.ledger[name] = body
        return status, self._to_wire({**body, "id": int(name)})

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        name = next((name for name, known in self.ledger.items() if known is one), None)
        is_closed = self.locks(one)
        told = {"is_locked": False, "is_closed": False, "is_billed": False, "locked_reason": None}
        if is_closed:
            told |= {self.closes_by: True, "locked_reason": "Item Approved and Locked for this Time Period"}
        return {
            "id": int(name) if name else one.get("id"),
            "spent_date": one["spent_date"],
            "notes": one["notes"],
            "hours": round(self._hours(one), 2),
            "user": {"id": 5, "name": "Ada L"},
            "is_running": False,
            "project": {"id": one["project_id"], "name": "Atlas"},
            "task": {"id": one["task_id"], "name": "Building"},
            "external_reference": one.get("external_reference"),
            **told,
        }

    def _hours(self, one: dict[str, Any]) -> float:
        return minutes(one) / 60 if self.is_timed else one["hours"]

    def _entries_between(self, query: dict[str, str]) -> list[dict[str, Any]]:
        wanted = query.get("external_reference_id")
        found = [one for one in self.ledger.values() if query.get("from", "") <= one["spent_date"] <= query.get("to", "9")]
        if wanted and self.narrows:
            found = [one for one in found if one["external_reference"]["id"] == wanted]
        return [self._to_wire(one) for one in found]

    def _page(self, name: str, rows: list[dict[str, Any]], query: dict[str, str]) -> Answer:
        size, page = min(int(query.get("per_page", 2000)), self.most_a_page), int(query.get("page", 1))
        pages = max(1, -(-len(rows) // size))
        return 200, {
            name: rows[(page - 1) * size : page * size],
            "per_page": size,
            "page": page,
            "total_pages": pages,
            "total_entries": len(rows),
            "next_page": page + 1 if page < pages else None,
            "previous_page": None,
            "links": {"first": "", "last": "", "next": None, "previous": None},
        }

    def shown_seconds(self, seconds: int) -> int:
        return max(1, round(seconds / 60)) * 60 if self.is_timed else seconds

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((one["spent_date"], round(self._hours(one) * 3600), one["notes"]) for one in self.ledger.values())


def minutes(one: dict[str, Any]) -> int:
    lo, hi = (datetime.strptime(one[name].upper(), "%I:%M%p") for name in ("started_time", "ended_time"))
    return int((hi - lo).total_seconds() / 60) % 1440
