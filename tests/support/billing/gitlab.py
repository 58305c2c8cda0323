"""GitLab's time tracking, from its documents: GraphQL run by an engine of others on the part of the schema that is about it,
and as much of REST as tells the sums."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import unquote, urlsplit

from graphql import build_schema, graphql_sync

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

SCHEMA = build_schema("""
scalar Time
scalar IssuableID
scalar TimelogID
enum IssuableState { opened closed locked all }
type CurrentUser { id: ID! username: String! name: String! }
type Issue { id: ID! iid: ID! title: String! reference(full: Boolean = false): String! timeEstimate: Int! totalTimeSpent: Int! }
type MergeRequest { id: ID! iid: String! title: String! reference(full: Boolean = false): String! }
type IssueConnection { nodes: [Issue] pageInfo: PageInfo! }
type PageInfo { hasNextPage: Boolean! endCursor: String }
type Project { id: ID! fullPath: ID! issue(iid: String): Issue mergeRequest(iid: String!): MergeRequest }
type Timelog {
  id: TimelogID! spentAt: Time timeSpent: Int! summary: String issue: Issue mergeRequest: MergeRequest user: CurrentUser!
}
type TimelogConnection { nodes: [Timelog] pageInfo: PageInfo! }
type Query {
  currentUser: CurrentUser
  project(fullPath: ID!): Project
  issues(assigneeUsernames: [String!], state: IssuableState, first: Int, after: String): IssueConnection
  timelogs(
    username: String, startTime: Time, endTime: Time, startDate: Time, endDate: Time, first: Int, after: String
  ): TimelogConnection
}
input TimelogCreateInput { issuableId: IssuableID! timeSpent: String! spentAt: Time summary: String! clientMutationId: String }
input TimelogDeleteInput { id: TimelogID! clientMutationId: String }
type TimelogCreatePayload { errors: [String!]! timelog: Timelog }
type TimelogDeletePayload { errors: [String!]! timelog: Timelog }
type Mutation {
  timelogCreate(input: TimelogCreateInput!): TimelogCreatePayload
  timelogDelete(input: TimelogDeleteInput!): TimelogDeletePayload
}
""")
HIDDEN = "The resource that you are attempting to access does not exist or you don't have permission to perform this action"
SPENT = re.compile(r"(?:(\d+)h)? ?(?:(\d+)m)?")
PATH = "acme/atlas"


@dataclass
class GitLabFake(Fake):
    """`page`: how much of a list it gives at once. `keeps_days`: the day of a time and not its hour, as older ones do."""

    remote: ClassVar = {"project": PATH, "issue": "1"}
    variants: ClassVar = {"": {}, "small pages": {"page": 2}}

    page: int = 100
    keeps_days: bool = False
    is_guest: bool = False
    is_anonymous: bool = False
    issues: tuple[int, ...] = (1, 2)

    def writes(self, request: HttpRequest) -> bool:
        return b"mutation" in request.body

    def _route(self, request: HttpRequest) -> Answer:
        told = {name.lower(): value for name, value in request.headers.items()}
        is_known = told.get("authorization") == f"Bearer {self.key}" or told.get("private-token") == self.key
        if not is_known and not self.is_anonymous:
            return 401, {"errors": [{"message": "Invalid token"}]}
        path = urlsplit(request.url).path
        if path != "/api/graphql":
            return self._rest(unquote(path.removeprefix("/api/v4")))
        result = graphql_sync(SCHEMA, json.loads(request.body)["query"], root_value=_Root(self, is_known))
        return 200, result.formatted

    def _rest(self, path: str) -> Answer:
        if path == "/user":
            return 200, {"id": 5, "username": "mia", "name": "Mia"}
        if path == f"/projects/{PATH}":
            return 200, {"id": 7, "path_with_namespace": PATH}
        found = re.fullmatch(r"/projects/7/issues/(\d+)(/time_stats)?", path)
        if found is None or int(found[1]) not in self.issues:
            return 404, {"message": "404 Not found"}
        if found[2]:
            return 200, {"time_estimate": 0, "total_time_spent": self.seconds_spent(int(found[1]))}
        return 200, {"id": 100 + int(found[1]), "iid": int(found[1]), "project_id": 7, "title": f"Issue {found[1]}"}

    def seconds_spent(self, number: int) -> int:
        """The sum that an issue shows."""
        return sum(one["timeSpent"] for one in self.ledger.values() if one["issue"] == f"gid://gitlab/Issue/{100 + number}")

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted((_seconds(one["spentAt"]), one["timeSpent"], one["summary"]) for one in self.ledger.values())


class _Root:
    """What the schema's fields are, for one request."""

    def __init__(self, fake: GitLabFake, is_known: bool) -> None:
        self._fake, self._is_known = fake, is_known

    def currentUser(self, info: Any) -> Any:
        return {"id": "gid://gitlab/User/5", "username": "mia", "name": "Mia"} if self._is_known else None

    def project(self, info: Any, fullPath: str) -> Any:
        if fullPath != PATH or not self._is_known:
            return None
        return {
            "id": "gid://gitlab/Project/7",
            "fullPath": PATH,
            "mergeRequest": self._merge_request,
            "issue": lambda info, iid: self._issue(int(iid)) if int(iid) in self._fake.issues else None,
        }

    def _merge_request(self, info: Any, iid: str) -> Any:
        return {"id": "gid://gitlab/MergeRequest/301", "iid": "1", "title": "MR"} if iid == "1" else None

    def _issue(self, number: int) -> Any:
        return {
            "id": f"gid://gitlab/Issue/{100 + number}",
            "iid": str(number),
            "title": f"Issue {number}",
            "reference": f"{PATH}#{number}",
        }

    def issues(self, info: Any, **asked: Any) -> Any:
        return {"nodes": [self._issue(number) for number in self._fake.issues], "pageInfo": {"hasNextPage": False}}

    def timelogs(self, info: Any, username: str, startTime: str, endTime: str, first: int, after: str | None = None) -> Any:
        lo, hi = _seconds(startTime), _seconds(endTime)
        found = [
            one for one in self._fake.ledger.values() if one["username"] == username and lo <= _seconds(one["spentAt"]) <= hi
        ]
        begin, most = int(after or 0), min(first, self._fake.page)
        end = begin + most
        return {
            "nodes": [self._to_wire(one) for one in found[begin:end]],
            "pageInfo": {"hasNextPage": end < len(found), "endCursor": str(end)},
        }

    def _to_wire(self, kept: dict[str, Any]) -> Any:
        kind, other = ("issue", "mergeRequest") if "/Issue/" in kept["issue"] else ("mergeRequest", "issue")
        inner = {"id": kept["issue"], "iid": "1", "title": ""}
        return {**kept, kind: inner, other: None, "user": self.currentUser(None)}

    def timelogCreate(self, info: Any, input: dict[str, Any]) -> Any:
        if self._fake.is_guest or not re.fullmatch(r"gid://gitlab/(Issue/10[12]|MergeRequest/301)", input["issuableId"]):
            raise ValueError(HIDDEN)
        spent = SPENT.fullmatch(input["timeSpent"])
        seconds = (int(spent[1] or 0) * 60 + int(spent[2] or 0)) * 60 if spent else 0
        if not seconds or self._fake.refuses(input):
            return {"errors": ["Time spent can't be blank"], "timelog": None}
        if len(input["summary"]) > 255:
            return {"errors": ["Summary is too long (maximum is 255 characters)"], "timelog": None}
        new = f"gid://gitlab/Timelog/{self._fake.new_id('')}"
        at = datetime.fromisoformat(input["spentAt"]).astimezone(UTC)
        if self._fake.keeps_days:
            at = at.replace(hour=0, minute=0, second=0)
        self._fake.ledger[new] = {
            "id": new,
            "spentAt": at.isoformat(),
            "timeSpent": seconds,
            "summary": input["summary"],
            "issue": input["issuableId"],
            "username": "mia",
        }
        return {"errors": [], "timelog": self._to_wire(self._fake.ledger[new])}

    def timelogDelete(self, info: Any, input: dict[str, Any]) -> Any:
        if self._fake.is_guest or input["id"] not in self._fake.ledger:
            raise ValueError(HIDDEN)
        return {"errors": [], "timelog": self._to_wire(self._fake.ledger.pop(input["id"]))}


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())
