"""`/api/backfill`: evidence from before anybody listened, read afterwards; and how far that is."""

from stintd.api.daemon import Shape
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.errors import Invalid


async def run(surface: Surface, call: Call, request: Request) -> Shape:
    """Read and store, or preview; or take the latest import back. Answered when it is done."""
    wanted, backfill = call.arguments, surface.daemon.backfill
    source = wanted.pop("source", "all")
    if wanted.pop("undo", False):
        if wanted:
            raise Invalid("undo takes the latest import back whole", "send it alone; `stint undo ID` takes back any other")
        return await backfill.undo(call.caller.name)
    return await backfill.import_past(
        source, wanted.get("since"), wanted.get("until"), wanted.get("dry_run", False), call.caller.name
    )  # fmt: skip


async def state(surface: Surface, call: Call, request: Request) -> Shape:
    """How far the backfill is that is under way."""
    progress = surface.daemon.backfill.progress
    none = {"files": 0, "bytes": 0, "file": 0, "read": 0}
    known = none if progress is None else progress
    return {
        "running": progress is not None, "files": known["files"], "filesRead": known["file"], "bytes": known["bytes"],
        "bytesRead": known["read"],
    }  # fmt: skip
