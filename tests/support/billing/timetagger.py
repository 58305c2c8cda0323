"""TimeTagger, from its source."""

import json
from dataclasses import dataclass
from typing import ClassVar

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake


@dataclass
class TimeTaggerFake(Fake):
    """As the real server does: the key is the record, the later `mt` wins, hidden is gone."""

    remote: ClassVar = {"tag": "p1"}

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("authtoken") != self.key:
            return 401, {"error": "unauthorized"}
        if request.method == "GET":
            return 200, {"settings": []}
        accepted, failed, errors = [], [], []
        for record in json.loads(request.body):
            if self.refuses(record):
                failed.append(record["key"])
                errors.append("not wanted")
                continue
            known = self.ledger.get(record["key"])
            if known is None or record["mt"] >= known["mt"]:
                self.ledger[record["key"]] = record
            accepted.append(record["key"])
        return 200, {"accepted": accepted, "failed": failed, "errors": errors}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        seen = [one for one in self.ledger.values() if not one["ds"].startswith("HIDDEN")]
        return sorted((one["t1"], one["t2"] - one["t1"], one["ds"].removeprefix("#p1 ")) for one in seen)
