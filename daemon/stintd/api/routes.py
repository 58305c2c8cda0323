"""Every route, once: what it takes, what it needs, and the function that answers it."""

from dataclasses import replace

from stintd.api import (
    backfill,
    calendars,
    clockeye,
    control,
    entry_requests,
    files,
    keys,
    maintenance,
    openapi,
    stream,
    targets,
    timer_requests,
    wakatime,
    webhooks,
)
from stintd.api.dashboard import signin
from stintd.api.dispatch import command, query, repeatable_handler
from stintd.api.guard import BULK_LIMIT
from stintd.api.mcp import endpoint as mcp
from stintd.api.route import Route, Table, fields
from stintd.engine.commands import answers, approval, catalog, entries, projects, rebuild, resume_answer, timers, users
from stintd.engine.commands import corrections as correction_commands
from stintd.engine.queries import catalog as catalogs
from stintd.engine.queries import corrections, evidence, gaps, reports, repos, workspaces
from stintd.engine.queries import day as days
from stintd.engine.queries import entries as entry_lists
from stintd.engine.queries import heartbeats as heartbeat_lists
from stintd.engine.queries import projects as project_lists
from stintd.engine.queries import review as reviews
from stintd.engine.queries import timers as timer_lists
from stintd.engine.queries import timesheet as timesheets
from stintd.engine.queries import users as people_lists
from stintd.protocol.fields import (
    CURRENCY,
    CURSOR,
    DAY_OR_INSTANT,
    EMAIL,
    FLAG,
    ID,
    IDEMPOTENCY_KEY,
    INSTANT,
    LOCAL_DAY,
    MONEY,
    OPTIONAL_FLAG,
    PATH,
    PID,
    choice,
    field,
    number,
    text,
    texts,
    whole,
)
from stintd.protocol.files import IMPORT_FIELDS
from stintd.protocol.files import objects as given_objects
from stintd.protocol.schemas.words import ANY_OBJECT, TEXT, array, page, ref, require_any

NAME, NOTE, WORD = text(255), text(4000, blank=True), text(64)
SOURCE = text(255, blank=True)
NULL_ID, NULL_NAME = text(100, null=True), text(255, null=True)
PERIOD = (field("from", DAY_OR_INSTANT, "since"), field("to", DAY_OR_INSTANT, "until"))
PAGE = (field("limit", whole(1, 500)), field("cursor", CURSOR))
KEY = field("idempotencyKey", IDEMPOTENCY_KEY)
REVISION = field("revision", whole(1, 2**31))
STATUS = choice("active", "archived", "complete", "all")

WHICH = (field("projectId", ID), field("projectName", NAME), field("path", PATH))
WORK = (
    field("taskId", NULL_ID), field("taskName", NULL_NAME), field("description", NOTE), field("billable", OPTIONAL_FLAG),
    field("tags", texts()),
)  # fmt: skip
SPAN = (
    field("start", INSTANT), field("end", INSTANT), field("startTime", INSTANT, "start"),
    field("endTime", INSTANT, "end"), field("durationMinutes", number(0.0001, 60 * 24 * 7), "minutes"),
)  # fmt: skip
START = fields(
    *WHICH, *WORK, KEY, field("autoCreate", FLAG), field("fallbackProjectId", ID), field("source", SOURCE),
    field("sessionId", NAME), field("pid", PID), field("manual", FLAG),
    field("onRunning", choice("switch", "parallel", "conflict")), field("at", INSTANT),
)  # fmt: skip
STOP = fields(*WHICH, field("timerId", ID), field("sessionId", NAME), field("at", INSTANT))
FUZZY = fields(field("fuzzy", FLAG))
"""On ClockMe's routes `projectName` also finds a project of nearly that name; `fuzzy: false` asks for more care."""
PROJECT = (
    field("clientId", NULL_ID), field("clientName", NULL_NAME), field("hourlyRate", MONEY), field("currency", CURRENCY),
    field("budgetHours", number(0, 1e6, null=True)), field("budgetAmount", MONEY), field("billable", OPTIONAL_FLAG),
    field("billAgentTime", FLAG), field("billSupervised", FLAG), field("defaultTask", NULL_NAME),
)  # fmt: skip
TASK = (field("estimatedHours", number(0, 1e6, null=True)), field("hourlyRate", MONEY), field("key", text(100)))
FILTERS = (
    field("projectId", ID), field("project", NAME, "project_name"), field("client", NAME), field("task", NAME),
    field("tag", NAME), field("billable", FLAG), field("actor", choice("human", "agent")), field("clientId", ID),
    field("taskId", ID), field("userId", ID),
)  # fmt: skip
GROUPS = ("project", "client", "task", "tag", "branch", "commit", "day", "week")

NAMED_PROJECT = (require_any("projectId", "projectName"),)
SOME_PROJECT = (require_any("projectId", "projectName", "path"),)
PAST_WORK = (
    *SOME_PROJECT, require_any("start", "startTime", "durationMinutes"), require_any("end", "endTime", "durationMinutes"),
    require_any("start", "startTime", "end", "endTime"),
)  # fmt: skip
SOME_PLACE = ({"required": ["project"]}, require_any("path", "remote", "branch"))

TIMER = [
    Route("GET", "/api/timer/current", query(timer_lists.current_timers), "what runs now", answer=ref("CurrentTimers")),
    Route("POST", "/api/timer/start", command(timer_requests.start), "start a timer", "write", START | FUZZY, creates=True,
          answer=ref("StartedTimer"), needs=SOME_PROJECT),
    Route("POST", "/api/timer/stop", command(timers.stop), "stop a timer", "write", STOP | FUZZY,
          answer=ref("EntryAnswer")),
    Route("POST", "/api/timer/heartbeat", control.timer_heartbeat, "report that a session is alive", "write",
          fields(*WHICH, field("sessionId", NAME), field("pid", PID)) | FUZZY, is_rated=False,
          answer=ref("TimerAnswer")),
    Route("POST", "/api/timer/pause", command(timers.pause), "pause a timer", "write", STOP | FUZZY,
          answer=ref("TimerAnswer")),
    Route("POST", "/api/timer/resume", command(timers.resume), "resume a paused timer", "write", STOP | FUZZY,
          answer=ref("ResumedTimer")),
    Route("POST", "/api/timer/switch", command(timer_requests.switch), "stop the manual timer and start another", "write", START,
          creates=True, answer=ref("StartedTimer"), needs=SOME_PROJECT),
    Route("POST", "/api/timer/continue", command(timers.carry_on), "repeat the last manual entry with a new timer", "write",
          fields(KEY, field("at", INSTANT)), creates=True, answer=ref("StartedTimer")),
    Route("POST", "/api/timer/cancel", command(timers.cancel), "discard the manual timer", "write",
          fields(*WHICH, field("timerId", ID)), answer=ref("EntryAnswer")),
    Route("POST", "/api/timer/return", command(resume_answer.answer_pause),
          "answer what you did while the timer was auto-paused", "write",
          fields(field("answer", choice(*resume_answer.ANSWERS), required=True), field("timerId", ID), field("at", INSTANT),
                          field("projectId", ID), field("projectName", NAME), field("autoCreate", FLAG)), answer=ref("Returned")),
    Route("PATCH", "/api/timer", command(timers.change), "change the running timer", "write",
          fields(field("timerId", ID), field("currentProjectId", ID), field("projectId", ID),
                 field("projectName", NAME), *WORK, field("start", INSTANT), REVISION), answer=ref("Entry"), reads_if_match=True),
]  # fmt: skip

ENTRY = fields(field("projectId", NULL_ID), field("projectName", NAME), *WORK, *SPAN, REVISION,
               field("confirmed", FLAG))  # fmt: skip
ENTRIES = [
    Route("GET", "/api/entries", query(entry_lists.listing), "entries that overlap a period",
          query=fields(*PERIOD, *PAGE, *FILTERS, field("state", choice("running", "paused", "finished")),
                       field("search", NAME), field("updatedSince", INSTANT)), answer=page("Entry")),
    Route("POST", "/api/entries", command(entry_requests.create), "add an entry for past work", "write",
          fields(*WHICH, *WORK, *SPAN, KEY, field("autoCreate", FLAG), field("replace", FLAG), field("overlap", FLAG)),
          creates=True, answer=ref("MadeEntry"), needs=PAST_WORK),
    Route("POST", "/api/entries/merge", command(entries.merge), "merge several entries into one", "write",
          fields(field("ids", texts(200, 100, least=2), required=True)), answer=ref("Entry")),
    Route("GET", "/api/entries/{entry_id}", query(entry_lists.entry), "one entry", answer=ref("Entry")),
    Route("PATCH", "/api/entries/{entry_id}", command(entries.change), "edit an entry", "write", ENTRY,
          answer=ref("Entry"), reads_if_match=True),
    Route("DELETE", "/api/entries/{entry_id}", command(entries.delete), "delete an entry", "write",
          answer=ref("Entry"), reads_if_match=True),
    Route("POST", "/api/entries/{entry_id}/split", command(entries.split), "split an entry in two", "write",
          fields(field("at", INSTANT, required=True), REVISION), answer=ref("EntriesAnswer"), reads_if_match=True),
    Route("POST", "/api/entries/{entry_id}/restore", command(entries.restore), "restore a deleted entry", "write",
          fields(), answer=ref("Entry")),
    Route("GET", "/api/entries/{entry_id}/evidence", query(evidence.entry_evidence), "the evidence of an entry",
          answer=ref("Evidence")),
    Route("GET", "/api/entries/{entry_id}/history", query(evidence.history), "the history of an entry",
          answer=ref("History")),
]  # fmt: skip


def _projects(path: str) -> list[Route]:
    each = path + "/{project_id}"
    return [
        Route(
            "GET",
            path,
            query(project_lists.listing),
            "projects",
            query=fields(*PAGE, field("status", STATUS), field("search", NAME), field("clientId", ID), field("client", NAME)),
            answer=page("Project"),
        ),
        Route(
            "POST",
            path,
            command(projects.create),
            "create a project",
            "write",
            fields(field("name", NAME, required=True), KEY, *PROJECT),
            creates=True,
            answer=ref("Project"),
        ),
        Route("GET", each, query(project_lists.project), "one project", answer=ref("Project")),
        Route(
            "PATCH",
            each,
            command(projects.change),
            "change a project",
            "full",
            fields(field("name", NAME), field("aliases", texts(20, 200)), *PROJECT, field("archived", FLAG), REVISION),
            answer=ref("Project"),
            reads_if_match=True,
        ),
        Route("DELETE", each, command(projects.delete), "delete a project", "full", answer=ref("Project"), reads_if_match=True),
        Route("GET", each + "/budget", query(project_lists.budget), "the budget and how much is used", answer=ref("Budget")),
    ]


CATALOG = [
    *_projects("/api/projects"),
    *_projects("/api/jobs"),
    Route("GET", "/api/clients", query(catalogs.clients), "clients",
          query=fields(*PAGE, field("status", STATUS), field("search", NAME)), answer=page("Client")),
    Route("POST", "/api/clients", command(catalog.create_client), "create a client", "write",
          fields(field("name", NAME, required=True), KEY), creates=True, answer=ref("Client")),
    Route("GET", "/api/clients/{client_id}", query(catalogs.client), "one client", answer=ref("Client")),
    Route("PATCH", "/api/clients/{client_id}", command(catalog.change_client), "change a client", "full",
          fields(field("name", NAME), field("archived", FLAG), REVISION), answer=ref("Client"), reads_if_match=True),
    Route("DELETE", "/api/clients/{client_id}", command(catalog.delete_client), "delete a client", "full",
          answer=ref("Client"), reads_if_match=True),
    Route("GET", "/api/tasks", query(catalogs.tasks), "tasks",
          query=fields(*PAGE, field("status", STATUS), field("projectId", ID), field("search", NAME)),
          answer=page("Task")),
    Route("POST", "/api/tasks", command(catalog.create_task), "create a task", "write",
          fields(field("projectId", ID), field("projectName", NAME), field("name", NAME, required=True), KEY, *TASK),
          creates=True, answer=ref("Task"), needs=NAMED_PROJECT),
    Route("GET", "/api/tasks/{task_id}", query(catalogs.task), "one task", answer=ref("Task")),
    Route("PATCH", "/api/tasks/{task_id}", command(catalog.change_task), "change a task", "full",
          fields(field("name", NAME), field("status", choice("active", "complete")), *TASK, REVISION),
          answer=ref("Task"), reads_if_match=True),
    Route("DELETE", "/api/tasks/{task_id}", command(catalog.delete_task), "delete a task", "full", answer=ref("Task"),
          reads_if_match=True),
    Route("POST", "/api/tasks/{task_id}/complete", command(catalog.complete_task), "mark a task complete", "full",
          fields(), answer=ref("Task")),
]  # fmt: skip

ROLE, JOINED = choice("owner", "manager", "standard"), choice("active", "invited")
PEOPLE = [
    Route("GET", "/api/users", query(people_lists.listing), "people in the workspace",
          query=fields(*PAGE, field("role", ROLE), field("status", JOINED), field("search", NAME)), answer=page("User")),
    Route("POST", "/api/users", command(users.create), "invite a person", "full",
          fields(field("name", NAME, required=True), field("email", EMAIL), KEY,
                 field("role", choice("manager", "standard"))), creates=True, answer=ref("User")),
    Route("GET", "/api/users/me", query(people_lists.me), "you", answer=ref("User")),
    Route("GET", "/api/users/{user_id}", query(people_lists.user), "one person", answer=ref("User")),
    Route("PATCH", "/api/users/{user_id}", command(users.change), "change a person", "full",
          fields(field("name", NAME), field("email", EMAIL), field("role", ROLE), field("status", JOINED), REVISION),
          answer=ref("User"), reads_if_match=True),
    Route("DELETE", "/api/users/{user_id}", command(users.delete), "remove a person", "full", answer=ref("User"),
          reads_if_match=True),
]  # fmt: skip

BACKFILLED = {"anyOf": [ref("Backfilled"), ref("BackfillUndone")]}
"""What an import changed; or the edit that undid it."""
SHEET = [
    Route("GET", "/api/reports", targets.query_with_target_sums(reports.report),
          "totals of a period; with a target also rounded and already sent",
          query=fields(*PERIOD, field("groupBy", choice(*GROUPS)), field("timezone", text(64)), *FILTERS,
                       field("target", text(40))),
          answer=ref("Report")),
    Route("GET", "/api/timesheet", targets.query_with_target_sums(timesheets.timesheet),
          "hours by task and day; with a target also rounded and already sent",
          query=fields(*PERIOD, field("week", text(10)), field("timezone", text(64)), *FILTERS, field("target", text(40))),
          answer=ref("Timesheet")),
    Route("GET", "/api/review", targets.query_with_targets(calendars.query_with_meetings(reviews.listing, reviews.period_of)),
          "open decisions, each with the command that settles it",
          query=fields(*PERIOD),
          answer=ref("Review")),
    Route("POST", "/api/review", command(correction_commands.note_review), "mark the open decisions as seen", "full", fields(),
          answer=ref("Looked")),
    Route("POST", "/api/review/{question_id}", command(answers.answer), "answer whose hours a folder's are", "full",
          fields(field("answer", choice("same", "own", "another"), required=True), field("project", NAME), field("confirm", FLAG),
                 field("autoCreate", FLAG)), answer=ref("Answered")),
    Route("GET", "/api/corrections", query(corrections.listing), "approved hours that have changed since",
          query=fields(*PERIOD, *PAGE, field("projectId", ID), field("project", NAME, "project_name"), field("client", NAME),
                       field("clientId", ID), field("actor", choice("human", "agent"))), answer=page("Correction")),
    Route("GET", "/api/why", query(evidence.why), "why a minute is counted as it is",
          query=fields(field("at", INSTANT, required=True)), answer=ref("Why")),
    Route("GET", "/api/gaps", calendars.query_with_meetings(gaps.listing, gaps.period_of), "gaps: time without an entry",
          query=fields(*PERIOD, *PAGE),
          answer=page("Gap")),
    Route("POST", "/api/gaps/{gap_id}/fill", command(correction_commands.fill), "assign a gap to a project", "write",
          fields(*WHICH, *WORK, KEY, field("autoCreate", FLAG)), creates=True, answer=ref("Entry"), needs=SOME_PROJECT),
    Route("POST", "/api/move", command(entry_requests.move), "move a period to another project", "full",
          fields(field("from", INSTANT, "start", required=True), field("to", INSTANT, "end", required=True),
                 field("project", NAME, "from_project"), field("projectId", ID), field("projectName", NAME),
                 field("taskName", NULL_NAME), field("autoCreate", FLAG), field("dryRun", FLAG)), answer=ref("Moved"),
          needs=NAMED_PROJECT),
    Route("POST", "/api/undo", command(correction_commands.undo), "undo the last edit, or one by its id", "full",
          fields(field("editId", ID)), answer=ref("Undone")),
    Route("GET", "/api/edits", query(evidence.edits), "the latest edits", query=fields(*PAGE), answer=page("Edit")),
    Route("POST", "/api/rebuild", command(rebuild.rebuild), "recompute what you neither set nor approved", "full",
          fields(field("from", DAY_OR_INSTANT, "since"), field("to", DAY_OR_INSTANT, "until"), field("dryRun", FLAG)),
          answer=ref("Difference")),
    Route("POST", "/api/backfill", backfill.run, "import past hours from git and agent logs", "full",
          fields(field("source", choice("all", "git", "agents")), field("from", DAY_OR_INSTANT, "since"),
                 field("to", DAY_OR_INSTANT, "until"), field("dryRun", FLAG), field("undo", FLAG)), answer=BACKFILLED),
    Route("GET", "/api/backfill", backfill.state, "the progress of an import of past hours", answer=ref("BackfillState")),
    Route("POST", "/api/approve", command(approval.approve), "approve a period", "full",
          fields(field("from", DAY_OR_INSTANT, "since", required=True), field("to", DAY_OR_INSTANT, "until"),
                 field("client", NAME), field("projectId", ID), field("limit", whole(1, 500)), field("editId", ID)),
          answer=ref("Approval")),
    Route("POST", "/api/unapprove", command(approval.unapprove), "unapprove a period", "full",
          fields(field("from", DAY_OR_INSTANT, "since", required=True), field("to", DAY_OR_INSTANT, "until"),
                 field("client", NAME), field("projectId", ID), field("limit", whole(1, 500)), field("editId", ID)),
          answer=ref("Approval")),
]  # fmt: skip

FILES = [
    Route("GET", "/api/export", files.export, "entries as a file", media=files.MEDIAS, answer={},
          query=fields(field("format", choice(*files.MEDIA), required=True), *PERIOD, field("projectId", ID),
                       field("project", NAME, "project_name"), field("clientId", ID), field("client", NAME),
                       field("tag", NAME), field("actor", choice("human", "agent", "all")))),
]  # fmt: skip

FILES.append(
    Route(
        "POST",
        "/api/import",
        command(entry_requests.import_batch),
        "import a batch of entries from a file",
        "full",
        fields(
            *(field(name, given_objects(known)) for name, known in IMPORT_FIELDS.items()),
            field("importId", ID),
            field("dryRun", FLAG),
            field("create", FLAG),
            field("overlap", choice("refuse", "skip", "keep")),
            field("match", choice("id", "content")),
            field("source", NAME),
        ),
        answer=ref("Imported"),
    ),
)

WORKSPACES = [
    Route("GET", "/api/workspaces", query(workspaces.workspaces), "workspaces you belong to", query=fields(*PAGE),
          answer=page("Workspace")),
    Route("GET", "/api/workspaces/{workspace_id}/summary", query(workspaces.summary), "hours by member and project",
          query=fields(*PERIOD, field("timezone", text(64))), answer=ref("WorkspaceSummary")),
    Route("POST", "/api/workspaces/join", query(workspaces.join), "join a workspace by its invitation", "full",
          fields(field("code", NAME), field("inviteCode", NAME)), answer=ref("Workspace")),
    Route("GET", "/api/dashboard", control.dashboard, "running timers, today, this week, and what needs attention",
          answer=ref("Dashboard")),
    Route("GET", "/api/day", query(days.day), "one day: entries, evidence, gaps and git activity", answer=ref("Day"),
          query=fields(field("date", LOCAL_DAY, "on"))),
    Route("POST", "/api/dashboard/links", signin.create_link, "a link that signs one browser in, once", "full", fields(),
          success=201, answer=ref("DashboardLink")),
    Route("DELETE", "/api/dashboard/browsers", signin.dismiss, "sign every browser out", "full",
          answer=ref("DismissedBrowsers")),
]  # fmt: skip

MAPPED = {"anyOf": [ref("ChangedMapping"), ref("Difference")]}
"""A mapping with what it changed; a dry run answers that alone."""
MAPPING = (
    field("path", text(1024), "pattern"), field("remote", text(500)), field("branch", NAME), field("project", NAME),
    field("client", NAME), field("task", NAME), field("billable", FLAG), field("tags", texts()),
)  # fmt: skip
PLACES = [
    Route("GET", "/api/repos", control.repos, "watched repositories", query=fields(*PAGE), answer=page("Repo")),
    Route("GET", "/api/roots", control.roots, "watched folders", answer=page("Root")),
    Route("POST", "/api/roots", repeatable_handler(control.add_root), "watch a folder", "full",
          fields(field("path", PATH, required=True), KEY), creates=True, answer=ref("Root")),
    Route("DELETE", "/api/roots", control.remove_root, "stop watching a folder", "full",
          fields(field("path", PATH, required=True)), answer=ref("RemovedRoot")),
    Route("GET", "/api/mappings", query(repos.mappings), "your mappings", answer=page("Mapping")),
    Route("POST", "/api/mappings", command(projects.add_mapping), "map a folder, remote or branch", "full",
          fields(*MAPPING, KEY, field("since", DAY_OR_INSTANT), field("dryRun", FLAG), field("autoCreate", FLAG)),
          creates=True, answer=MAPPED, needs=SOME_PLACE),
    Route("DELETE", "/api/mappings", command(projects.remove_mapping), "remove a mapping", "full",
          fields(field("id", ID, "mapping_id", required=True)), answer=ref("ChangedMapping")),
]  # fmt: skip

BEATS = {"anyOf": [ref("GivenHeartbeat"), {**array(ref("GivenHeartbeat")), "maxItems": control.BULK_BEATS}]}
DAEMON = [
    Route("GET", "/api/health", control.health, "whether the daemon works", "none", answer=ref("Health")),
    Route("GET", "/api/openapi", openapi.answer, "this document", "none", answer=ANY_OBJECT),
    Route("GET", "/api/status", control.status, "running timers, and current problems", answer=ref("Status")),
    Route("POST", "/api/heartbeats", control.heartbeats, "send heartbeats", "write", raw=True, limit=BULK_LIMIT,
          is_rated=False, success=202, accepts=BEATS, answer=ref("TakenHeartbeats")),
    Route("GET", "/api/heartbeats", query(heartbeat_lists.listing), "stored heartbeats",
          query=fields(*PERIOD, *PAGE, field("project", NAME), field("source", WORD)), answer=page("Heartbeat")),
    Route("GET", "/api/events", stream.events, "changes as they happen", media="text/event-stream", answer=TEXT),
    Route("POST", "/api/recording", control.recording, "switch recording off or on", "full",
          fields(field("recording", FLAG, required=True), field("minutes", number(0.01, 60 * 24 * 30))),
          answer=ref("Recording")),
    Route("GET", "/api/recording", control.recording_state, "whether recording is on", answer=ref("Recording")),
    Route("GET", "/api/settings", control.settings, "settings in force", answer=ref("Settings")),
    Route("PATCH", "/api/settings", control.change_settings, "change settings", "full", raw=True,
          accepts=ref("ChangedSettings"), answer=ref("Settings")),
]  # fmt: skip

KEYS = [
    Route("GET", "/api/keys", keys.listing, "API keys",
          query=fields(field("status", choice("active", "all"))), answer=page("Key")),
    Route("POST", "/api/keys", keys.create, "create a key; it is shown only once", "full",
          fields(field("scope", choice("read", "write", "full"), required=True), field("name", NAME), KEY,
                 field("clientId", ID), field("clientName", NAME), field("projectId", ID), field("projectName", NAME)),
          creates=True, answer=ref("MadeKey")),
    Route("DELETE", "/api/keys", keys.revoke, "revoke a key", "full",
          fields(field("id", ID, "key_id", required=True)), answer=ref("Key")),
]  # fmt: skip

ROUTES = [
    *DAEMON, *KEYS, *TIMER, *ENTRIES, *CATALOG, *PEOPLE, *SHEET, *FILES, *WORKSPACES, *PLACES, *webhooks.ROUTES, *targets.ROUTES,
    *maintenance.ROUTES,
    *clockeye.ROUTES, *wakatime.ROUTES, *mcp.ROUTES,
]  # fmt: skip
FOR_LIMITED = frozenset({
    "GET /api/health", "GET /api/openapi", "GET /api/timer/current", "POST /api/timer/start", "POST /api/timer/stop",
    "POST /api/timer/heartbeat", "POST /api/timer/pause", "POST /api/timer/resume", "PATCH /api/timer",
    "GET /api/entries", "POST /api/entries", "GET /api/entries/{entry_id}", "PATCH /api/entries/{entry_id}",
    "DELETE /api/entries/{entry_id}", "GET /api/projects", "POST /api/projects", "GET /api/projects/{project_id}",
    "GET /api/projects/{project_id}/budget", "GET /api/clients", "GET /api/clients/{client_id}", "GET /api/tasks",
    "POST /api/tasks", "GET /api/tasks/{task_id}", "GET /api/reports", "GET /api/timesheet", "GET /api/time-entries",
    "POST /api/time-entries/start", "POST /api/time-entries/stop", "GET /api/dashboard", "GET /api/workspaces",
    "GET /api/workspaces/{workspace_id}/summary", "POST /api/mcp",
})  # fmt: skip
"""What a key of one client or project may call (`engine/scope.py`): each was looked at, the rest is refused."""

ROUTES = [replace(route, is_for_limited=f"{route.method} {route.path}" in FOR_LIMITED) for route in ROUTES]
TABLE = Table(ROUTES)
