"""ClickTime, from the client generated from its own description and from what people met; its document is silent on much."""

import json
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from stintd.ports import HttpRequest
from tests.support.billing.fake import Answer, Fake

READ_ONLY = ("Hours", "Comment", "JobID", "TaskID", "StartTime", "EndTime")


@dataclass
class ClickTimeFake(Fake):
    """`hours_as_text`, `says_total`, `most_a_page`, `made_status`, `errors_on_200`, `sees_company`, `locked_status` (how a
    write into a closed sheet is answered), `sheet_status`, `task_lists` (how the tasks of a job are told: "controls", "ids",
    "objects"), `date_tail`: what its document leaves open."""

    remote: ClassVar = {"job_id": "j1", "task_id": "t1"}
    can_lock: ClassVar = True
    variants: ClassVar = {
        "": {},
        "with hours as text and few a page": {"hours_as_text": True, "most_a_page": 2, "made_status": 201},
        "without totals, errors on 200": {"says_total": False, "errors_on_200": True, "locked_status": 200},
        "of a company nobody may see": {"sees_company": False, "date_tail": "T00:00:00", "locked_status": 400},
        "for users who tell times": {"me": {"RequireStartEndTime": True, "RequireComments": True}, "sheet_status": "Waiting"},
    }  # fmt: skip

    hours_as_text: bool = False
    says_total: bool = True
    most_a_page: int = 500
    made_status: int = 200
    errors_on_200: bool = False
    sees_company: bool = True
    locked_status: int = 403
    sheet_status: str = "Locked"
    task_lists: str = "controls"
    date_tail: str = ""
    me: dict[str, Any] = field(default_factory=dict)
    company: dict[str, Any] = field(default_factory=dict)
    rounds_to: float = 0.0
    jobs: list[dict[str, Any]] = field(default_factory=lambda: [
        {"ID": "j1", "Name": "Atlas", "ClientID": "c1", "IsActive": True, "JobNumber": "7", "ListDisplayText": "7 - Atlas"},
        {"ID": "j2", "Name": "Borealis", "ClientID": "c2", "IsActive": True, "JobNumber": "8", "ListDisplayText": "8 - Borealis"},
    ])  # fmt: skip
    tasks: list[dict[str, Any]] = field(default_factory=lambda: [
        {"ID": "t1", "Name": "Building", "IsActive": True}, {"ID": "t2", "Name": "Talking", "IsActive": True},
    ])  # fmt: skip

    def _route(self, request: HttpRequest) -> Answer:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "token" or token != self.key:
            return 401, {"data": None, "errors": [{"Message": "Invalid Credentials"}]}
        place = urlsplit(request.url)
        query = {name: values[0] for name, values in parse_qs(place.query).items()}
        body = json.loads(request.body) if request.body else {}
        path = place.path.removeprefix("/v2")
        if path.startswith("/Me/TimeEntries"):
            return self._entries(request.method, path.removeprefix("/Me/TimeEntries").strip("/"), query, body)
        if path.startswith("/Me/Timesheets/"):
            return self._sheet(path.rpartition("/")[2])
        if request.method == "POST":
            return self._new(path, body)
        return self._about(path, query)

    def _new(self, path: str, body: dict[str, Any]) -> Answer:
        if not self.sees_company:
            return self._error(403, "Only managers may")
        return self._envelope({"ID": {"/Jobs": "j9", "/Clients": "c9"}[path], **body})

    def _about(self, path: str, query: dict[str, str]) -> Answer:
        if path == "/Me":
            return self._envelope({"ID": "u1", "Name": "Ada", "Email": "ada@example.com", **self.me})
        if path == "/Company":
            told = {"ID": "f1", "Name": "Loom", "MinTimeIncrement": 0.01, "PrecisionForHoursValues": 2, **self.company}
            return self._envelope(told) if self.sees_company else self._error(403, "not for you")
        if path in ("/Me/Jobs", "/Me/Tasks"):
            return self._page(self.jobs if path == "/Me/Jobs" else self.tasks, query)
        if path == "/Me/Clients":
            return self._page([{"ID": "c1", "Name": "Acme"}, {"ID": "c2", "Name": "Brook"}], query)
        if path == "/Me/Jobs/TaskControls" and self.task_lists == "controls":
            return self._page([{"JobID": "j1", "TaskID": "t1"}, {"JobID": "j2", "TaskID": "t2"}], query)
        if path.startswith("/Me/Jobs/") and path.endswith("/Tasks"):
            ids = {"j1": ["t1"], "j2": ["t2"]}[path.split("/")[3]]
            return self._envelope([{"ID": one} for one in ids] if self.task_lists == "objects" else ids)
        return self._error(403, "not for this company")

    def _sheet(self, day: str) -> Answer:
        """A week's."""
        first = date.fromisoformat(day) - timedelta(days=date.fromisoformat(day).weekday())
        status = self.sheet_status if self.locks({"Date": day}) else "Open"
        return self._envelope(
            {
                "ID": f"s{first}",
                "StartDate": str(first),
                "EndDate": str(first + timedelta(days=6)),
                "Status": status,
                "UserID": "u1",
                "HasBeenSubmitted": status != "Open",
            }
        )

    def _entries(self, method: str, name: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        if not name:
            return self._page(self._entries_between(query), query) if method == "GET" else self._create(body)
        if name not in self.ledger:
            return self._error(404, "no such time entry")
        if self.locks(self.ledger[name]):
            return self._error(self.locked_status, "The timesheet is locked")
        if method == "DELETE":
            del self.ledger[name]
            return 200, None
        unknown = body.keys() - {*READ_ONLY}
        if unknown or self.refuses(body):
            return self._error(400, "not wanted")
        self.ledger[name] |= self._rounded_fields(body)
        return self._envelope(self._to_wire(self.ledger[name]))

    def _create(self, body: dict[str, Any]) -> Answer:
        if body.keys() - {"Date", *READ_ONLY} or self.refuses(body):
            return self._error(400, "not wanted")
        if self.me.get("RequireStartEndTime") and not agree(body):
            return self._error(400, "StartTime and EndTime are required, and Hours are those between them")
        if self.locks(body):
            return self._error(self.locked_status, "The timesheet is locked")
        new = self.new_id("te")
        self.ledger[new] = {"ID": new, "UserID": "u1", **self._rounded_fields(body)}
        return self._envelope(self._to_wire(self.ledger[new]), self.made_status)

    def _rounded_fields(self, body: dict[str, Any]) -> dict[str, Any]:
        hours = body["Hours"]
        return {**body, "Hours": round(hours / self.rounds_to) * self.rounds_to if self.rounds_to else round(hours, 2)}

    def _to_wire(self, one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "Date": one["Date"] + self.date_tail, "Hours": str(one["Hours"]) if self.hours_as_text else one["Hours"]}

    def _entries_between(self, query: dict[str, str]) -> list[dict[str, Any]]:
        found = [one for one in self.ledger.values() if query["StartDate"] <= one["Date"] <= query["EndDate"]]
        return [self._to_wire(one) for one in sorted(found, key=lambda one: (one["Date"], one["ID"]), reverse=True)]

    def _page(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Answer:
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 100)), self.most_a_page)
        status, told = self._envelope(rows[offset : offset + limit])
        page = {"page": {"count": len(rows), "limit": limit, "offset": offset, "links": {}}} if self.says_total else {}
        return status, {**told, **page}

    @staticmethod
    def _envelope(data: Any, status: int = 200) -> tuple[int, dict[str, Any]]:
        return status, {"data": data, "errors": [], "jsonapi": {}, "meta": {}}

    def _error(self, status: int, text: str) -> Answer:
        """In the envelope; for 403 its description has the error alone."""
        error = {"Field": "", "Message": text, "MessageDetail": []}
        if status == 200 or (self.errors_on_200 and status == 400):
            return 200, {"data": None, "errors": [error], "jsonapi": {}, "meta": {}}
        return (status, error) if status == 403 else (status, {"data": None, "errors": [error]})

    def sheet(self) -> list[tuple[int | str, int, str]]:
        return sorted(
            (one["Date"], round(one["Hours"] * 3600), one["Comment"].rpartition("[st:")[0].strip())
            for one in self.ledger.values()
        )


def agree(body: dict[str, Any]) -> bool:
    """Whether hours are those between the times, give or take a minute."""
    if not {"StartTime", "EndTime"} <= body.keys():
        return False
    lo, hi = (int(body[name][:2]) * 60 + int(body[name][3:]) for name in ("StartTime", "EndTime"))
    return abs((hi - lo) % 1440 - body["Hours"] * 60) <= 1
