"""`/api/backfill`: imports past hours from git and agent logs, and answers the progress of the import."""

from stintd.api.daemon import Shape
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.errors import Invalid


async def run(surface: Surface, call: Call, request: Request) -> Shape:
    """Import past hours, preview an import, or undo the latest one. Answers when it is done."""
    arguments, backfill = call.arguments, surface.daemon.backfill
    source = arguments.pop("source", "all")
    if arguments.pop("undo", False):
        if arguments:
            raise Invalid(
                "undo takes no other fields: it reverses the latest import",
                "send it alone; `stint undo ID` undoes any other import",
            )
        return await backfill.undo(call.caller.name)
    return await backfill.import_past(
        source, arguments.get("since"), arguments.get("until"), arguments.get("dry_run", False), call.caller.name
    )


async def state(surface: Surface, call: Call, request: Request) -> Shape:
    """The progress of the import that is running."""
    progress = surface.daemon.backfill.progress
    none = {"files": 0, "bytes": 0, "file": 0, "read": 0}
    counts = none if progress is None else progress
    return {
        "running": progress is not None,
        "files": counts["files"],
        "filesRead": counts["file"],
        "bytes": counts["bytes"],
        "bytesRead": counts["read"],
    }
