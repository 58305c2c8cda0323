"""ClockMe, from its document."""

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake, stretch


@dataclass
class ClockMeFake(Fake):
    """`honours_key`, `can_list`: what its document leaves open."""

    remote: ClassVar = {"project_id": "p1"}
    variants: ClassVar = {
        "": {}, "without keys": {"honours_key": False},
        "without keys, listing by its tool": {"honours_key": False, "can_list": False},
        "without any list": {"can_list": False, "has_tools": False},
    }  # fmt: skip

    honours_key: bool = True
    can_list: bool = True
    has_tools: bool = True
    keys: dict[str, str] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=lambda: {"p1": "Atlas"})

    def _route(self, request: HttpRequest) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"error": "Invalid API key"}
        place = urlsplit(request.url)
        body = json.loads(request.body) if request.body else {}
        if place.path == "/api/projects":
            if request.method == "POST":
                self.projects[self.new_id("p9")] = body["name"]
            return (
                (201, {"id": list(self.projects)[-1], **body})
                if request.method == "POST"
                else (200, [{"id": one, "name": name} for one, name in self.projects.items()])
            )
        if place.path == "/api/mcp":
            return self._tool(body)
        if place.path == "/api/entries":
            return (
                self._create(body)
                if request.method == "POST"
                else self._list({k: v[0] for k, v in parse_qs(place.query).items()})
            )
        return self._one(request.method, place.path.rpartition("/")[2], body)

    def _create(self, body: dict[str, Any]) -> Answer:
        key = body.pop("idempotencyKey", None)
        if self.refuses(body):
            return 422, {"error": "this entry is not wanted"}
        if self.locks(body):
            return 423, {"error": "this period is locked"}
        if self.honours_key and key in self.keys:
            return 200, self.ledger.get(self.keys[key], {"id": self.keys[key]})
        new = self.new_id("e")
        self.ledger[new] = {"id": new, **body}
        self.keys[str(key)] = new
        return 201, self.ledger[new]

    def _list(self, query: dict[str, Any]) -> Answer:
        if not self.can_list:
            return 404, {"error": "no such path"}
        return 200, {"data": [one for one in self.ledger.values() if one["projectId"] == query["projectId"]]}

    def _tool(self, call: dict[str, Any]) -> Answer:
        if not self.has_tools:
            return 404, {"error": "no such path"}
        found = [one for one in self.ledger.values() if one["projectId"] == call["params"]["arguments"]["projectId"]]
        return 200, {"jsonrpc": "2.0", "id": 1, "result": {"structuredContent": {"entries": found}}}

    def _one(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.ledger:
            return 404, {"error": "no such entry"}
        if self.locks(self.ledger[name]):
            return 423, {"error": "this period is locked"}
        if method == "DELETE":
            return 200, self.ledger.pop(name)
        if self.refuses(body):
            return 422, {"error": "this entry is not wanted"}
        self.ledger[name] |= body
        return 200, self.ledger[name]

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(stretch(one["startTime"], one["endTime"], one["description"]) for one in self.ledger.values())
