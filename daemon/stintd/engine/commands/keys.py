"""Keys of callers: made and revoked."""

from typing import Any
from uuid import uuid4

from stintd.domain.model import to_us
from stintd.engine.keyring import digest_of
from stintd.engine.queries import keys
from stintd.engine.reply import Reply
from stintd.engine.rows import Row, first
from stintd.engine.step import Step
from stintd.errors import Conflict
from stintd.store import table


def create(step: Step, scope: str, name: str | None = None) -> Reply:
    """A new key: a lower-case UUID of version 4, which every client accepts. It is answered this once and never kept."""
    name = (name or f"{scope} key").strip()
    taken = first(step.conn, "SELECT id FROM api_key WHERE name = ? AND revoked_us IS NULL", (name,))
    if taken is not None:
        raise Conflict(f"there is a key called {name} already", "choose another name, or revoke that one", {"keyId": taken["id"]})
    key = str(uuid4())
    row: Row = {
        "id": step.new_id(), "name": name, "scope": scope, "hash": digest_of(key), "created_us": to_us(step.now),
    }  # fmt: skip
    table.insert(step.conn, "api_key", row)
    return Reply({**keys.shape_of(keys.key_row(step.conn, row["id"])), "key": None}, secret={"key": key})


def revoke(step: Step, key_id: str) -> dict[str, Any]:
    """Take a key back; once more changes nothing."""
    row = keys.key_row(step.conn, key_id)
    if row["revoked_us"] is None:
        table.update(step.conn, "api_key", row["id"], {"revoked_us": to_us(step.now)})
    return keys.shape_of(keys.key_row(step.conn, row["id"]))
