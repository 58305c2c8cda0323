"""A receiver of the owner's own."""

import json
from dataclasses import dataclass
from typing import ClassVar

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake, stretch


@dataclass
class ReceiverFake(Fake):
    """Stores what it is told by id."""

    remote: ClassVar = {"project_id": "p1"}

    def _route(self, request: HttpRequest) -> Answer:
        told = json.loads(request.body)
        if told["action"] == "deleted":
            self.ledger.pop(told["id"], None)
        elif told["action"] != "check":
            if self.refuses(told["entry"]):
                return 422, {"error": "not wanted"}
            self.ledger[told["id"]] = told["entry"]
        return 200, {}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(stretch(one["start"], one["end"], one["description"]) for one in self.ledger.values())
