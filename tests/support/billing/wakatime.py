"""WakaTime's external durations, from its document."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

DURATIONS = "/users/current/external_durations"


@dataclass
class WakaTimeFake(Fake):
    """`repeated`: what becomes of an `external_id` that is there already, which the document leaves open: it is replaced,
    ignored, refused or there twice. `tells`: whether a create says what it made."""

    remote: ClassVar = {"project": "atlas"}
    variants: ClassVar = {
        "": {}, "ignoring repetitions": {"repeated": "ignored"}, "refusing repetitions": {"repeated": "refused"},
        "doubling repetitions": {"repeated": "doubled"}, "saying nothing": {"tells": False},
    }  # fmt: skip

    repeated: str = "replaced"
    tells: bool = True

    def _route(self, request: HttpRequest) -> Answer:
        signed = base64.b64encode(self.key.encode()).decode()
        if request.headers.get("Authorization") != f"Basic {signed}":
            return 401, {"error": "Unauthorized"}
        place = urlsplit(request.url)
        body = json.loads(request.body) if request.body else {}
        if place.path == "/users/current":
            return 200, {"data": {"id": "us-1", "username": "jo"}}
        if place.path == "/users/current/projects":
            page = int(parse_qs(place.query)["page"][0])
            return 200, {"data": [{"id": f"pr-{page}", "name": ["atlas", "beta"][page - 1]}], "total_pages": 2}
        if place.path == f"{DURATIONS}.bulk":
            return self._delete_all(body)
        if request.method == "POST":
            return self._create(body)
        day = parse_qs(place.query)["date"][0]
        return 200, {"data": [one for one in self.ledger.values() if _day(one) == day]}

    def _create(self, body: dict[str, Any]) -> Answer:
        if self.refuses(body):
            return 400, {"error": "not wanted"}
        if self.locks(body):
            return 423, {"error": "locked"}
        known = next((one for one, told in self.ledger.items() if told["external_id"] == body["external_id"]), None)
        if known is not None and self.repeated == "refused":
            return 409, {"error": "external_id is taken"}
        if known is None or self.repeated == "doubled":
            known = self.new_id("du-")
            self.ledger[known] = {"id": known, **body}
        elif self.repeated == "replaced":
            self.ledger[known] = {"id": known, **body}
        return 201, {"data": self.ledger[known]} if self.tells else {}

    def _delete_all(self, body: list[dict[str, str]]) -> Answer:
        for told in body:
            if told["id"] in self.ledger and _day(self.ledger[told["id"]]) == told["date"]:
                del self.ledger[told["id"]]
        return 200, {}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(
            (int(one["start_time"]), int(one["end_time"] - one["start_time"]), one["entity"]) for one in self.ledger.values()
        )


def _day(one: dict[str, Any]) -> str:
    return datetime.fromtimestamp(one["start_time"], UTC).date().isoformat()
