"""Jira's worklogs, from its document (REST 3) and, for servers, from what its second interface is known to do."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

STARTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")
NOT_THERE = {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {}}
NO_LOG = {"errorMessages": ["Cannot find worklog."], "errors": {}}


@dataclass
class JiraFake(Fake):
    """`keeps_properties`, `narrows`, `page`: whether a server keeps worklogs' properties, honours startedAfter, and how much
    it gives at once. `is_anonymous`: a key that is not known is nobody's, who sees no issues. `has_jql`: the newer search."""

    remote: ClassVar = {"issue": "DEV-1"}
    options: ClassVar = {"email": "mia@example.com"}
    variants: ClassVar = {
        "": {}, "without properties": {"keeps_properties": False},
        "small pages, not narrowed": {"narrows": False, "page": 3, "keeps_properties": False},
        "anonymous, old search": {"is_anonymous": True, "has_jql": False},
    }  # fmt: skip
    api: ClassVar = "/rest/api/3"
    me: ClassVar = {"accountId": "mia-1", "displayName": "Mia", "active": True}
    another: ClassVar = {"accountId": "noa-2", "displayName": "Noa", "active": True}

    keeps_properties: bool = True
    narrows: bool = True
    page: int = 5000
    is_anonymous: bool = False
    has_jql: bool = True
    issues: tuple[str, ...] = ("DEV-1", "DEV-2")

    def is_let_in(self, request: HttpRequest) -> bool:
        wanted = base64.b64encode(f"{self.options['email']}:{self.key}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {wanted}"

    def is_comment(self, given: Any) -> bool:
        return isinstance(given, dict) and given.get("type") == "doc" and given.get("version") == 1

    def words(self, comment: Any) -> str:
        return "".join(text["text"] for part in comment["content"] for text in part["content"])

    def _route(self, request: HttpRequest) -> Answer:
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        path = place.path.removeprefix(self.api)
        if not self.is_let_in(request):
            if self.is_anonymous and path.startswith("/issue/"):
                return 404, NOT_THERE
            return 401, {"message": "Client must be authenticated to access this resource.", "status-code": 401}
        if path == "/myself":
            return 200, self.me
        if path == "/search/jql" and self.has_jql and self.api.endswith("3"):
            return 200, {"issues": self._issues(), "isLast": True}
        if path == "/search" and not (self.has_jql and self.api.endswith("3")):
            return 200, {"issues": self._issues(), "startAt": 0, "maxResults": 100, "total": 2}
        found = re.fullmatch(r"/issue/([^/]+)(/worklog(?:/(\d+))?)?", path)
        if found is None:
            return 404, {"errorMessages": ["no such path"], "errors": {}}
        if found[1] not in self.issues:
            return 404, NOT_THERE
        if found[2] is None:
            return 200, self._issue(found[1])
        body = json.loads(request.body) if request.body else {}
        return self._worklog(request.method, found[1], found[3], query, body)

    def _issues(self) -> list[dict[str, Any]]:
        return [self._issue(key) for key in self.issues]

    def _issue(self, key: str) -> dict[str, Any]:
        fields = {"summary": f"All about {key}", "project": {"id": "1", "key": "DEV", "name": "Atlas"}}
        return {"id": f"1000{key[-1]}", "key": key, "fields": fields}

    def _worklog(self, method: str, issue: str, name: str | None, query: dict[str, Any], body: dict[str, Any]) -> Answer:
        if method == "GET" and name is None:
            return 200, self._list(issue, query)
        if name is not None and (name not in self.ledger or self.ledger[name]["issue"] != issue):
            return 404, NO_LOG
        if method == "DELETE" and name is not None:
            assert query["notifyUsers"] == "false"
            self.ledger.pop(name)
            return 204, None
        return self._put(issue, name, query, body)

    def _put(self, issue: str, name: str | None, query: dict[str, Any], body: dict[str, Any]) -> Answer:
        assert (query["notifyUsers"], query["adjustEstimate"]) == ("false", "leave")
        if self.refuses(body):
            return 400, {"errorMessages": ["You do not have the permission to associate a worklog to this issue."], "errors": {}}
        if not STARTED.fullmatch(body.get("started", "")):
            return 400, {"errorMessages": [], "errors": {"started": "is no date-time"}}
        if not self.is_comment(body.get("comment")):
            return 400, {"errorMessages": [], "errors": {"comment": "is no document"}}
        if body["timeSpentSeconds"] < 60:
            return 400, {"errorMessages": [], "errors": {"timeLogged": "must not be zero"}}
        new = name or self.new_id("1")
        known = self.ledger.get(new, {})
        kept = {"properties": body.get("properties", [])} if self.keeps_properties else {}
        self.ledger[new] = {
            "id": new,
            "issue": issue,
            "author": known.get("author", self.me),
            "started": body["started"],
            "timeSpentSeconds": body["timeSpentSeconds"] // 60 * 60,
            "comment": body["comment"],
            **kept,
        }
        return (200 if name else 201), self._to_wire(self.ledger[new], False)

    def _to_wire(self, kept: dict[str, Any], is_expanded: bool) -> dict[str, Any]:
        hidden = ("issue",) if is_expanded else ("issue", "properties")
        at = datetime.fromisoformat(kept["started"])
        seconds = kept["timeSpentSeconds"]
        return {
            **{name: value for name, value in kept.items() if name not in hidden},
            "self": f"http://fake{self.api}/issue/10001/worklog/{kept['id']}",
            "updateAuthor": kept["author"],
            "created": "2026-11-20T10:00:00.000+0000",
            "updated": "2026-11-20T10:00:00.000+0000",
            "started": at.strftime("%Y-%m-%dT%H:%M:%S.000%z"),
            "timeSpent": f"{seconds // 60}m",
            "issueId": "10001",
        }

    def _list(self, issue: str, query: dict[str, Any]) -> dict[str, Any]:
        found = [one for one in self.ledger.values() if one["issue"] == issue]
        if self.narrows:
            lo, hi = int(query.get("startedAfter", 0)), int(query.get("startedBefore", 10**14))
            found = [one for one in found if lo <= datetime.fromisoformat(one["started"]).timestamp() * 1000 <= hi]
        first, most = int(query.get("startAt", 0)), min(self.page, int(query.get("maxResults", 5000)))
        told = [self._to_wire(one, query.get("expand") == "properties") for one in found[first : first + most]]
        return {"startAt": first, "maxResults": most, "total": len(found), "worklogs": told}

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(
            (int(datetime.fromisoformat(one["started"]).timestamp()), one["timeSpentSeconds"], self.words(one["comment"]))
            for one in self.ledger.values()
        )


@dataclass
class JiraServerFake(JiraFake):
    """On a server of one's own: plain comments, people by name, no newer search."""

    options: ClassVar = {}
    variants: ClassVar = {
        "": {}, "without properties, small pages": {"keeps_properties": False, "narrows": False, "page": 3},
        "anonymous": {"is_anonymous": True},
    }  # fmt: skip
    api: ClassVar = "/rest/api/2"
    me: ClassVar = {"key": "JIRAUSER10000", "name": "mia", "displayName": "Mia"}
    another: ClassVar = {"key": "JIRAUSER10001", "name": "noa", "displayName": "Noa"}

    def is_let_in(self, request: HttpRequest) -> bool:
        told = {name.lower(): value for name, value in request.headers.items()}  # its own client writes the name small
        return told.get("authorization") == f"Bearer {self.key}"

    def is_comment(self, given: Any) -> bool:
        return isinstance(given, str)

    def words(self, comment: Any) -> str:
        return str(comment)
