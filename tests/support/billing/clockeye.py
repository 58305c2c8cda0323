"""ClockEye, from its document: a timer, and the list of what it left."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

PAGE = 3


@dataclass
class ClockEyeFake(Fake):
    """`envelope`: the name under which a list comes, "" for a bare one. `tells_id`: whether a start tells the new id.
    `marks`: how an entry that runs looks: `end` (it has none) or `status`. `says_last`: whether a page says that it is the
    last. `newest_first`: the order."""

    remote: ClassVar = {"project_id": "proj_123"}
    live_variants: ClassVar = {
        "": {}, "bare, telling nothing": {"envelope": "", "tells_id": False, "newest_first": False},
        "items, with a status": {"envelope": "items", "marks": "status", "says_last": True},
    }  # fmt: skip

    envelope: str = "data"
    tells_id: bool = True
    marks: str = "end"
    says_last: bool = False
    newest_first: bool = True
    now: Callable[[], float] = time.time

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("X-API-Key") != self.key:
            return 401, {"error": "Invalid API key", "code": "UNAUTHORIZED", "details": {}}
        place, body = urlsplit(request.url), json.loads(request.body) if request.body else {}
        match request.method, place.path:
            case "GET", "/projects":
                return 200, self._wrap([{"id": "proj_123", "name": "Atlas"}, {"id": "proj_456", "name": "Beta"}])
            case "GET", "/time-entries":
                return 200, self._list({name: values[0] for name, values in parse_qs(place.query).items()})
            case "POST", "/time-entries/start":
                return self._start(body)
            case "POST", "/time-entries/stop":
                return self._stop()
        return 404, {"error": "Not found", "code": "NOT_FOUND", "details": {}}

    def running(self) -> dict[str, Any] | None:
        return next((one for one in self.ledger.values() if one["end"] is None), None)

    def start_by_hand(self, **told: Any) -> dict[str, Any]:
        """As its own button does; what runs is stopped first."""
        one = self.running()
        if one is not None:
            one["end"] = self.now()
        new = self.new_id("te_")
        self.ledger[new] = {"project_id": "proj_456", "description": "", **told, "id": new, "start": self.now(), "end": None}
        return self.ledger[new]

    def _start(self, body: dict[str, Any]) -> Answer:
        if body.get("project_id") not in ("proj_123", "proj_456") or self.refuses(body):
            return 422, {"error": "Unknown project", "code": "VALIDATION_ERROR", "details": {}}
        new = self.start_by_hand(**body)
        return 201, self._to_wire(new) if self.tells_id else {"success": True}

    def _stop(self) -> Answer:
        one = self.running()
        if one is None:
            return 404, {"error": "No timer is running", "code": "NO_TIMER", "details": {}}
        one["end"] = self.now()
        return 200, self._to_wire(one)

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        told = {name: one[name] for name in ("id", "project_id", "description")}
        shown = {**told, "start_time": _instant_text(one["start"])}
        ends = {"end_time": None if one["end"] is None else _instant_text(one["end"])}
        status = {"status": "running" if one["end"] is None else "stopped"}
        return shown | (ends if self.marks == "end" else {**status, **({} if one["end"] is None else ends)})

    def _list(self, query: dict[str, str]) -> Any:
        found = [
            one for one in self.ledger.values() if query["start_date"] <= _instant_text(one["start"])[:10] <= query["end_date"]
        ]
        found.sort(key=lambda one: (one["start"], one["id"]), reverse=self.newest_first)
        page = int(query.get("page", 1))
        shown = [self._to_wire(one) for one in found[(page - 1) * PAGE : page * PAGE]]
        return self._wrap(shown, len(found) <= page * PAGE)

    def _wrap(self, found: list[dict[str, Any]], is_last: bool = True) -> Any:
        if not self.envelope:
            return found
        return {self.envelope: found, **({"pagination": {"has_more": not is_last}} if self.says_last else {})}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        over = [one for one in self.ledger.values() if one["end"] is not None]
        return sorted((int(one["start"]), int(one["end"]) - int(one["start"]), one["description"]) for one in over)


def _instant_text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
