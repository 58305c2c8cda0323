"""ClockEye's paths for time entries. Its clients may send fields that stintd does not know; they are ignored."""

from stintd.api.dispatch import command, query
from stintd.api.route import Route, fields
from stintd.engine.commands import clockeye
from stintd.engine.queries import clockeye as lists
from stintd.protocol.fields import DATE, ID, IDEMPOTENCY_KEY, OPTIONAL_FLAG, field, text, whole
from stintd.protocol.schemas.words import ref

LAST_PAGE = 1_000_000
START = fields(
    field("project_id", ID, required=True), field("task_id", text(100, null=True)),
    field("description", text(4000, blank=True, null=True)), field("billable", OPTIONAL_FLAG),
    field("idempotencyKey", IDEMPOTENCY_KEY),
)  # fmt: skip
ROUTES = [
    Route("GET", "/api/time-entries", query(lists.listing), "entries, by page (ClockEye)", is_lenient=True,
          query=fields(field("user_id", ID), field("project_id", ID), field("start_date", DATE), field("end_date", DATE),
                       field("page", whole(1, LAST_PAGE))), answer=ref("ClockEyePage")),
    Route("POST", "/api/time-entries/start", command(clockeye.start), "stop what runs, start a timer (ClockEye)", "write",
          START, creates=True, is_lenient=True, answer=ref("ClockEyeEntry")),
    Route("POST", "/api/time-entries/stop", command(clockeye.stop), "stop the timer that runs (ClockEye)", "write",
          fields(), is_lenient=True, answer=ref("ClockEyeEntry")),
]  # fmt: skip
