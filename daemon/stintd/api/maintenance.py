"""The routes of maintenance: problems, backups, and permanently deleting a project or a period."""

from stintd.api.daemon import Shape
from stintd.api.dispatch import repeatable_handler
from stintd.api.route import Answered, Call, Request, Route, fields
from stintd.api.surface import Surface
from stintd.errors import Invalid
from stintd.protocol.fields import DAY_OR_INSTANT, FLAG, ID, IDEMPOTENCY_KEY, field, text
from stintd.protocol.schemas.words import page, ref, require_any

KEY = field("idempotencyKey", IDEMPOTENCY_KEY)


async def backups(surface: Surface, call: Call, request: Request) -> Shape:
    """The backups that exist."""
    return {"data": surface.daemon.backups.listing(), "nextCursor": None}


async def make_backup(surface: Surface, call: Call, request: Request) -> Shape:
    """Back up everything that was answered before; answers when the copy is complete and checked."""
    return await surface.daemon.backups.make()


async def purge(surface: Surface, call: Call, request: Request) -> Answered:
    """Permanently delete a project or a period; answers when no file contains it any more."""
    arguments, purger = call.arguments, surface.daemon.purge
    is_dry, who = arguments.get("dry_run", False), call.caller.name
    project_fields = arguments.keys() & {"project_id", "project_name"}
    if bool(project_fields) == ("since" in arguments) or ("until" in arguments and project_fields):
        raise Invalid("purge needs either a project or a period", "send projectId or projectName, or from and to")
    if project_fields:
        return await purger.purge_project(arguments.get("project_id"), arguments.get("project_name"), is_dry, who)
    return await purger.purge_period(arguments["since"], arguments.get("until"), is_dry, who)


async def doctor(surface: Surface, call: Call, request: Request) -> Shape:
    """Problems that only the running daemon can see."""
    return {"findings": await surface.daemon.doctor.findings(call.arguments.get("online", False))}


ROUTES = [
    Route("GET", "/api/doctor", doctor, "problems that the daemon finds, and how to fix them", "full",
          query=fields(field("online", FLAG)), answer=ref("Checkup")),
    Route("GET", "/api/backup", backups, "backups of the database", answer=page("Backup")),
    Route("POST", "/api/backup", repeatable_handler(make_backup), "back up the database now", "full", fields(KEY), creates=True,
          answer=ref("Backup")),
    Route("POST", "/api/purge", purge, "permanently delete a project or a period", "full",
          fields(field("projectId", ID), field("projectName", text(255)), field("from", DAY_OR_INSTANT, "since"),
                 field("to", DAY_OR_INSTANT, "until"), field("dryRun", FLAG)), answer=ref("Purged"),
          needs=(require_any("projectId", "projectName", "from"),)),
]  # fmt: skip
