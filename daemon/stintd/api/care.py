"""The routes of care: copies of the database."""

from typing import Any

from stintd.api.handle import repeatable
from stintd.api.route import Call, Route, fields
from stintd.protocol.fields import IDEMPOTENCY_KEY, field
from stintd.protocol.schemas.words import page, ref

KEY = field("idempotencyKey", IDEMPOTENCY_KEY)


async def backups(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """The copies there are."""
    return {"data": surface.daemon.backups.listing(), "nextCursor": None}


async def make_backup(surface: Any, call: Call, request: Any) -> Any:
    """A copy of everything answered before; answered when it is whole and checked."""
    return await surface.daemon.backups.make()


ROUTES = [
    Route("GET", "/api/backup", backups, "copies of the database", answer=page("Backup")),
    Route("POST", "/api/backup", repeatable(make_backup), "copy the database now", "full", fields(KEY), creates=True,
          answer=ref("Backup")),
]  # fmt: skip
