"""The people of the workspace. Its owner is always there, with or without a row, called by their address until named."""

from typing import Any

from stintd.engine import wire
from stintd.engine.rows import DEFAULT_LIMIT, Row, decode_cursor, page, select
from stintd.engine.view import Reading, View
from stintd.errors import NotFound

PEOPLE = """
SELECT id, name, email, role, status, revision, created_us, 1 AS is_stored FROM person
UNION ALL SELECT :owner, :called, NULL, 'owner', 'active', 1, NULL, 0
WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = :owner)
"""
ME, OWNER = "me", "owner"


def _meta(reading: Reading) -> dict[str, str]:
    return {row["key"]: row["value"] for row in select(reading.conn, "SELECT key, value FROM meta")}


def _find(reading: Reading, clauses: list[str], values: Row, tail: str = "") -> list[Row]:
    where = " AND ".join(["1", *clauses])
    owner = {"owner": _meta(reading).get("user_id", ""), "called": next(iter(reading.policy.owner_emails), OWNER)}
    return select(reading.conn, f"SELECT * FROM ({PEOPLE}) WHERE {where}{tail}", {**owner, **values})  # noqa: S608


def person(reading: Reading, row: Row) -> dict[str, Any]:
    """A User; of the owner also the addresses, zone and device that make hours theirs."""
    known = _meta(reading)
    shown = {
        "id": row["id"], "name": row["name"], "email": row["email"], "role": row["role"], "status": row["status"],
        "workspaceId": known.get("workspace_id"), "createdAt": wire.instant(row["created_us"]), "revision": row["revision"],
    }  # fmt: skip
    if row["role"] != OWNER:
        return shown
    emails = list(reading.policy.owner_emails)
    # The owner was there before their row, which the first change of it makes.
    more = {"createdAt": None, "emails": emails, "timezone": reading.policy.zone, "deviceId": known.get("device_id")}
    return {**shown, "email": row["email"] or next(iter(emails), None), **more}


def person_row(reading: Reading, user_id: str) -> Row:
    """The row of a person; `me` is the owner."""
    clause = "role = 'owner'" if user_id == ME else "id = :id"
    found = _find(reading, [clause], {"id": user_id})
    if not found:
        raise NotFound(f"there is no user {user_id[:40]}", "`stint users` lists them")
    return found[0]


def one(view: View, user_id: str) -> dict[str, Any]:
    """One person."""
    return person(view, person_row(view, user_id))


def me(view: View) -> dict[str, Any]:
    """The owner."""
    return one(view, ME)


def listing(
    view: View, limit: int = DEFAULT_LIMIT, cursor: str | None = None, role: str | None = None, status: str | None = None,
    search: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """People by name."""
    clauses, values = [], Row()
    if cursor is not None:
        clauses.append("(name, id) > (:name, :id)")
        values["name"], values["id"] = decode_cursor(cursor, (str, str))
    for name, value in (("role", role), ("status", status)):
        if value is not None:
            clauses.append(f"{name} = :{name}")
            values[name] = value
    if search is not None:
        clauses.append("(instr(lower(name), lower(:search)) OR instr(lower(ifnull(email, '')), lower(:search)))")
        values["search"] = search
    found = _find(view, clauses, {**values, "limit": limit + 1}, " ORDER BY name, id LIMIT :limit")
    kept, following = page(found, limit, ("name", "id"))
    return {"data": [person(view, row) for row in kept], "nextCursor": following}
