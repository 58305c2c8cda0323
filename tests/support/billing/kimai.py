"""Kimai, from its source."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

LOCKED = "This period is locked, please choose a later date."


@dataclass
class KimaiFake(Fake):
    """`zone`: of the user's profile. `rounding`: what its owner set, begins down and ends up. `may_bill`: whether the user's
    role may say what is billable; a form with a field too many is refused without naming it. `largest_page`,
    `tells_pages`: how its lists are cut, and whether a proxy lets its headers through. `lock_words`: in the user's
    language."""

    remote: ClassVar = {"project_id": "1", "activity_id": "2"}
    variants: ClassVar = {
        "": {}, "in another zone": {"zone": "Pacific/Auckland"}, "rounding to five minutes": {"rounding": 300},
        "with a role that may not bill": {"may_bill": False}, "with pages of three": {"largest_page": 3},
        "with pages of three, untold": {"largest_page": 3, "tells_pages": False},
    }  # fmt: skip

    zone: str = "Europe/Berlin"
    rounding: int = 60
    may_bill: bool = True
    largest_page: int = 500
    tells_pages: bool = True
    lock_words: str = LOCKED

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"code": 401, "message": "Invalid credentials."}
        place = urlsplit(request.url)
        if place.path == "/api/users/me":
            return 200, {"id": 1, "username": "jo", "alias": None, "timezone": self.zone, "locale": "en"}
        if place.path == "/api/projects":
            return 200, [
                {"id": 1, "name": "Atlas", "parentTitle": "Acme", "customer": 1, "globalActivities": True},
                {"id": 3, "name": "Beta", "parentTitle": "Acme", "customer": 1, "globalActivities": False},
            ]
        if place.path == "/api/activities":
            return 200, [{"id": 2, "name": "Development", "project": None}, {"id": 4, "name": "Travel", "project": 3}]
        body = json.loads(request.body) if request.body else {}
        if place.path == "/api/timesheets":
            if request.method == "POST":
                return self._write(self.new_id(""), {}, body)
            return self._list({name: values[0] for name, values in parse_qs(place.query).items()})
        return self._one(request.method, place.path.rpartition("/")[2], body)

    def _one(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.ledger:
            return 404, {"code": 404, "message": "Not Found"}
        if self.locks(self.ledger[name]):
            return 403, {"code": 403, "message": "Access Denied."}
        if method == "DELETE":
            del self.ledger[name]
            return 204, None
        return self._write(name, self.ledger[name], body)

    def _write(self, name: str, before: dict[str, Any], body: dict[str, Any]) -> Answer:
        allowed = {"begin", "end", "project", "activity", "description", "tags"} | ({"billable"} if self.may_bill else set())
        if set(body) - allowed:
            return _validation_error({"errors": ["This form should not contain extra fields."]})
        if self.refuses(body):
            return _validation_error({"children": {"description": {"errors": ["not wanted"]}, "begin": {}}})
        if (body["project"], body["activity"]) != (1, 2):
            return _validation_error({"children": {"project": {"errors": ["This value is not valid."]}}})
        there = ZoneInfo(before.get("zone", self.zone))
        begin, end = (int(datetime.fromisoformat(body[one]).replace(tzinfo=there).timestamp()) for one in ("begin", "end"))
        made = {
            "id": int(name),
            "zone": self.zone,
            "begin": begin // self.rounding * self.rounding,
            "end": -(-end // self.rounding) * self.rounding,
            "project": body["project"],
            "activity": body["activity"],
            "description": body["description"] or None,
            "tags": [one for one in body["tags"].split(",") if one],
            "billable": body.get("billable", before.get("billable", True)),
        }
        if self.locks(made):
            return _validation_error({"errors": [self.lock_words]})
        self.ledger[name] = made
        return 200, self._to_wire(made)

    def _list(self, query: dict[str, str]) -> Answer:
        here = ZoneInfo(self.zone)
        lo, hi = (int(datetime.fromisoformat(query[one]).replace(tzinfo=here).timestamp()) for one in ("begin", "end"))
        found = sorted((one for one in self.ledger.values() if lo <= one["begin"] <= hi), key=lambda one: -one["begin"])
        size, page = min(int(query.get("size", 50)), self.largest_page), int(query.get("page", 1))
        pages = max(1, -(-len(found) // size))
        if page > pages:
            return 404, {"code": 404, "message": "Not Found"}
        if self.tells_pages:
            self.head = {"x-page": str(page), "x-total-count": str(len(found)), "x-total-pages": str(pages)}
        return 200, [self._to_wire(one) for one in found[(page - 1) * size : page * size]]

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        zone = ZoneInfo(one["zone"])
        times = {name: datetime.fromtimestamp(one[name], zone).strftime("%Y-%m-%dT%H:%M:%S%z") for name in ("begin", "end")}
        return {**{name: value for name, value in one.items() if name != "zone"}, **times, "user": 1}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((one["begin"], one["end"] - one["begin"], one["description"] or "") for one in self.ledger.values())


def _validation_error(errors: dict[str, Any]) -> Answer:
    return 400, {"code": 400, "message": "Validation Failed", "errors": errors}
