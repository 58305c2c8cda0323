"""Creates and revokes API keys."""

from uuid import uuid4

from stintd.domain.model import to_us
from stintd.engine.apikeys import digest_of
from stintd.engine.commands import resolve
from stintd.engine.queries import keys
from stintd.engine.reply import Reply
from stintd.engine.rows import Row
from stintd.engine.step import Step
from stintd.engine.wire_types import KeyJson, MadeKeyJson
from stintd.errors import Conflict, Invalid, NotFound
from stintd.store import rowio
from stintd.store.row_types import ApiKeyRow, ClientRow
from stintd.store.rowio import fetch_one


def create(
    step: Step,
    scope: str,
    name: str | None = None,
    client_id: str | None = None,
    client_name: str | None = None,
    project_id: str | None = None,
    project_name: str | None = None,
) -> Reply[MadeKeyJson]:
    """Create a key: a lower-case UUID of version 4, which every API client accepts. It is shown only in this answer and never
    stored. With a client or a project, the key can reach nothing else.
    """
    name = (name or f"{scope} key").strip()
    other = fetch_one(step.conn, ApiKeyRow, "SELECT id FROM api_key WHERE name = ? AND revoked_us IS NULL", (name,))
    if other is not None:
        raise Conflict(f"a key named {name} exists already", "choose another name, or revoke that key", {"keyId": other["id"]})
    key = str(uuid4())
    row: Row = {
        "id": step.new_id(),
        "name": name,
        "scope": scope,
        "hash": digest_of(key),
        "created_us": to_us(step.now),
        **_limit_columns(step, client_id, client_name, project_id, project_name),
    }
    rowio.insert(step.conn, "api_key", row)
    return Reply({**keys.key_json(keys.find_key(step.conn, row["id"])), "key": None}, secret={"key": key})


def _limit_columns(
    step: Step, client_id: str | None, client_name: str | None, project_id: str | None, project_name: str | None
) -> dict[str, str]:
    """The columns that limit a key: one client, or one project."""
    if (client_id or client_name) and (project_id or project_name):
        raise Invalid("a key is limited to a client or to a project, not to both", "send one of them")
    if client_id or client_name:
        row = fetch_one(step.conn, ClientRow, "SELECT id FROM client WHERE id = ? OR name = ?", (client_id, client_name))
        if row is None:
            raise NotFound(f"there is no client {client_id or client_name}", "`stint clients` lists them")
        return {"client_id": row["id"]}
    if project_id or project_name:
        return {"project_id": resolve.require_project(step, resolve.ProjectNames(project_id, project_name)).id}
    return {}


def revoke(step: Step, key_id: str) -> KeyJson:
    """Revoke a key; repeating it changes nothing."""
    row = keys.find_key(step.conn, key_id)
    if row["revoked_us"] is None:
        rowio.update(step.conn, "api_key", row["id"], {"revoked_us": to_us(step.now)})
    return keys.key_json(keys.find_key(step.conn, row["id"]))
