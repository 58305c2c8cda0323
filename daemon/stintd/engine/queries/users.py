"""The people of the workspace. The owner always exists, with or without a row, and is named by their address until they set a
name.
"""

from collections.abc import Mapping

from stintd.engine import wire
from stintd.engine.rows import DEFAULT_LIMIT, decode_cursor, page
from stintd.engine.view import Reader, View
from stintd.engine.wire_types import PageJson, UserJson
from stintd.errors import NotFound
from stintd.store.row_types import PersonListRow
from stintd.store.rowio import fetch_all

PEOPLE = """
SELECT id, name, email, role, status, revision, created_us, 1 AS is_stored FROM person
UNION ALL SELECT :owner, :called, NULL, 'owner', 'active', 1, NULL, 0
WHERE NOT EXISTS (SELECT 1 FROM person WHERE id = :owner)
"""
ME, OWNER = "me", "owner"


def _load_meta(reader: Reader) -> dict[str, str]:
    return {key: value for key, value in reader.conn.execute("SELECT key, value FROM meta")}


def _find_people(reader: Reader, clauses: list[str], values: Mapping[str, object], tail: str = "") -> list[PersonListRow]:
    where = " AND ".join(["1", *clauses])
    owner = {"owner": _load_meta(reader).get("user_id", ""), "called": next(iter(reader.policy.owner_emails), OWNER)}
    return fetch_all(reader.conn, PersonListRow, f"SELECT * FROM ({PEOPLE}) WHERE {where}{tail}", {**owner, **values})  # noqa: S608


def person_json(reader: Reader, row: PersonListRow) -> UserJson:
    """A User; for the owner also the addresses, zone and device by which hours are recognised as theirs."""
    meta = _load_meta(reader)
    user: UserJson = {
        "id": row["id"],
        "name": row["name"],
        "email": row["email"],
        "role": row["role"],
        "status": row["status"],
        "workspaceId": meta.get("workspace_id"),
        "createdAt": wire.instant(row["created_us"]),
        "revision": row["revision"],
    }
    if row["role"] != OWNER:
        return user
    emails = list(reader.policy.owner_emails)
    # The owner existed before their row, which the first change creates.
    return {
        **user,
        "email": row["email"] or next(iter(emails), None),
        "createdAt": None,
        "emails": emails,
        "timezone": reader.policy.zone,
        "deviceId": meta.get("device_id"),
    }


def find_person(reader: Reader, user_id: str) -> PersonListRow:
    """The row of a person; `me` is the owner."""
    clause = "role = 'owner'" if user_id == ME else "id = :id"
    rows = _find_people(reader, [clause], {"id": user_id})
    if not rows:
        raise NotFound(f"there is no user {user_id[:40]}", "`stint users` lists them")
    return rows[0]


def user(view: View, user_id: str) -> UserJson:
    """One person."""
    return person_json(view, find_person(view, user_id))


def me(view: View) -> UserJson:
    """The owner."""
    return user(view, ME)


def listing(
    view: View,
    limit: int = DEFAULT_LIMIT,
    cursor: str | None = None,
    role: str | None = None,
    status: str | None = None,
    search: str | None = None,
) -> PageJson[UserJson]:
    """People by name."""
    clauses: list[str] = []
    values: dict[str, object] = {}
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
    rows = _find_people(view, clauses, {**values, "limit": limit + 1}, " ORDER BY name, id LIMIT :limit")
    page_rows, following = page(rows, limit, ("name", "id"))
    return {"data": [person_json(view, row) for row in page_rows], "nextCursor": following}
