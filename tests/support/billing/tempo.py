"""Tempo's worklogs, from its document (version 4)."""

import json
import re
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

SELF = "https://api.tempo.io/4/…"
TIME = re.compile(r"([0-1]?[0-9]|2[0-3])(:[0-5][0-9])(:[0-5][0-9])")


@dataclass
class TempoFake(Fake):
    """`page`: how much of a list it gives at once. `fills_words`: an empty description gets words of its own.
    `lists_attributes`: with the worklogs, and not only behind a link. `closed_status`: how it refuses a closed period."""

    remote: ClassVar = {"issue_id": "10001", "_Activity_": "Dev"}
    options: ClassVar = {"account_id": "712020:mia", "marker_attribute": "_Stint_"}
    variants: ClassVar = {
        "": {}, "without attributes in lists, small pages": {"lists_attributes": False, "page": 2},
        "refusing closed periods with 403": {"closed_status": 403, "fills_words": True, "lists_attributes": False},
    }  # fmt: skip
    can_lock: ClassVar[bool] = True

    page: int = 1000
    fills_words: bool = False
    lists_attributes: bool = True
    closed_status: int = 400
    tells_closed: bool = True
    base: str = "https://api.tempo.io/4"
    issues: tuple[int, ...] = (10001, 10002)

    def _route(self, request: HttpRequest) -> Answer:
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"errors": {"message": "Unauthorized"}}
        found = re.fullmatch(r"/(worklogs|timesheet-approvals)/user/([^/]+)", place.path)
        if found and unquote(found[2]) != "712020:mia":
            return 404, {"errors": {"message": "User is invalid"}}
        if found:
            return self._list(place.path, query) if found[1] == "worklogs" else self._approval(query)
        if place.path == "/worklogs":
            return self._put(None, json.loads(request.body))
        name = place.path.removeprefix("/worklogs/")
        if name not in self.ledger:
            return 404, {"errors": {"message": "Worklog cannot be found in the system"}}
        if request.method == "GET":
            return 200, self._to_wire(self.ledger[name])
        if request.method == "PUT":
            return self._put(name, json.loads(request.body))
        if self._is_closed(self.ledger[name]):
            return self._refusal()
        del self.ledger[name]
        return 204, None

    def _is_closed(self, kept: dict[str, Any]) -> bool:
        """By its day, as `locks` of every fake says it."""
        return bool(self.locks(kept))

    def _refusal(self) -> Answer:
        if self.closed_status == 403:
            return 403, b"<html>Forbidden</html>"
        return 400, {"errors": {"message": "The period is closed"}}

    def _approval(self, query: dict[str, str]) -> Answer:
        if not self.tells_closed:
            return 403, b"<html>Forbidden</html>"
        key = "APPROVED" if self._is_closed({"startDate": query["from"]}) else "OPEN"
        return 200, {
            "self": SELF,
            "actions": {},
            "requiredSeconds": 144000,
            "timeSpentSeconds": 0,
            "worklogs": {"self": SELF},
            "user": {"accountId": "712020:mia", "self": SELF},
            "status": {"key": key},
            "period": {"from": query["from"], "to": query["from"]},
        }

    def _list(self, path: str, query: dict[str, str]) -> Answer:
        found = [one for one in self.ledger.values() if query["from"] <= one["startDate"] <= query["to"]]
        first, most = int(query.get("offset", 0)), min(self.page, int(query.get("limit", 50)))
        page = found[first : first + most]
        told = {"count": len(page), "offset": first, "limit": most}
        if first + most < len(found):
            told["next"] = f"{self.base}{path}?{urlencode({**query, 'offset': first + most})}"
        return 200, {"self": SELF, "metadata": told, "results": [self._to_wire(one, self.lists_attributes) for one in page]}

    def _put(self, name: str | None, body: dict[str, Any]) -> Answer:
        kept = {**self.ledger.get(name or "", {}), **body}
        wrong = self._complaint(kept)
        if wrong or self.refuses(body):
            return 400, {"errors": {"message": wrong or "this worklog is not wanted"}}
        if self._is_closed(kept) or (name and self._is_closed(self.ledger[name])):
            return self._refusal()
        new = name or str(int(self.new_id("")) + 125)
        self.ledger[new] = {**kept, "tempoWorklogId": int(new)}
        return 200, self._to_wire(self.ledger[new])

    def _complaint(self, kept: dict[str, Any]) -> str:
        if kept["issueId"] not in self.issues:
            return "Issue not found"
        if kept["authorAccountId"] != "712020:mia":
            return "User is invalid"
        if not any(one["key"] == "_Activity_" for one in kept.get("attributes", [])):
            return "Work attribute 'Activity' is required"
        if not TIME.fullmatch(kept.get("startTime", "09:00:00")) or kept["timeSpentSeconds"] < 60:
            return "'startTime' or 'timeSpentSeconds' is invalid"
        return ""

    def _to_wire(self, kept: dict[str, Any], is_whole: bool = True) -> dict[str, Any]:
        words = kept.get("description") or (f"Working on issue {kept['issueId']}" if self.fills_words else "")
        return {
            "self": SELF,
            "tempoWorklogId": kept["tempoWorklogId"],
            "issue": {"self": SELF, "id": kept["issueId"]},
            "timeSpentSeconds": kept["timeSpentSeconds"],
            "billableSeconds": kept["billableSeconds"],
            "startDate": kept["startDate"],
            "startTime": kept["startTime"],
            "description": words,
            "createdAt": "2026-11-20T10:00:00Z",
            "updatedAt": "2026-11-20T10:00:00Z",
            "author": {"accountId": kept["authorAccountId"], "self": SELF},
            "attributes": {"self": SELF, **({"values": kept["attributes"]} if is_whole else {})},
        }

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((one["startDate"], one["timeSpentSeconds"], one["description"]) for one in self.ledger.values())
