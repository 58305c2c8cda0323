"""Invites, changes and removes people of the workspace. Only the owner has hours here until there are team workspaces."""

from collections.abc import Mapping
from typing import TypedDict, Unpack

from stintd.domain.model import to_us
from stintd.engine.commands.entry_rows import check_revision
from stintd.engine.queries.users import ME, find_person, person_json
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import UserJson
from stintd.errors import Conflict, Invalid
from stintd.store import rowio
from stintd.store.row_types import PersonListRow, PersonRole, PersonRow, PersonStatus
from stintd.store.rowio import fetch_one


class PersonValues(TypedDict, total=False):
    """The fields of a person that a request changes."""

    name: str
    email: str | None
    role: PersonRole
    status: PersonStatus


def create(step: Step, name: str, email: str | None = None, role: str = "standard") -> Reply[UserJson]:
    """Invite a person; `conflict` if the address belongs to somebody. Nothing is sent: a program that listens for
    `user.invited` can notify them.
    """
    _refuse_taken_address(step, email)
    row = {
        "id": step.new_id(),
        "name": name.strip(),
        "email": email,
        "role": role,
        "status": "invited",
        "created_us": to_us(step.now),
    }
    rowio.insert(step.conn, "person", row)
    answer = person_json(step, find_person(step, str(row["id"])))
    step.publish("user.invited", answer)
    return Reply(answer)


def _refuse_taken_address(step: Step, email: str | None, except_id: str = "") -> None:
    if email is None:
        return
    other = fetch_one(step.conn, PersonRow, "SELECT id FROM person WHERE lower(email) = lower(?)", (email,))
    owner = person_json(step, find_person(step, ME))
    is_owners = email.casefold() in [address.casefold() for address in (*owner["emails"], owner["email"]) if address]
    holder = other["id"] if other is not None else owner["id"] if is_owners else except_id
    if holder != except_id:
        raise Conflict(f"{email} is the address of another user", "change that one, or use another address", {"userId": holder})


def change(step: Step, user_id: str, revision: int | None = None, **values: Unpack[PersonValues]) -> UserJson:
    """Change a person. Setting `active` means that the invitation was accepted; the owner stays owner."""
    row = find_person(step, user_id)
    check_revision(row, revision)
    if (name := values.get("name")) is not None:
        values["name"] = name.strip()
    changes = rowio.differences(row, values)
    _check_changes(row, changes)
    if "email" in changes:
        _refuse_taken_address(step, values.get("email"), row["id"])
    if changes:
        _store(step, row, changes)
    answer = person_json(step, find_person(step, row["id"]))
    if changes.get("status") == "active":
        step.publish("user.joined", answer)
    return answer


def _check_changes(row: PersonListRow, changes: Mapping[str, object]) -> None:
    if row["role"] == "owner" and changes.keys() & {"role", "status"}:
        raise Conflict("the owner's role and status cannot change", "change name and email only")
    if changes.get("role") == "owner":
        raise Invalid("role cannot be owner: a workspace has one", "use manager or standard", {"field": "role"})
    if changes.get("status") == "invited":
        raise Conflict("this user has joined already", "remove them instead: DELETE, or `stint users remove`")


def _store(step: Step, row: PersonListRow, changes: Mapping[str, object]) -> None:
    """Give the owner a row, at the first change."""
    columns = {**changes, "revision": row["revision"] + 1}
    if row["is_stored"]:
        rowio.update(step.conn, "person", row["id"], columns)
        return
    first = {"id": row["id"], "name": row["name"], "email": row["email"], "role": row["role"], "status": row["status"]}
    rowio.insert(step.conn, "person", {**first, **columns, "created_us": to_us(step.now)})


def delete(step: Step, user_id: str, revision: int | None = None) -> UserJson:
    """Remove a person; the owner cannot be."""
    row = find_person(step, user_id)
    check_revision(row, revision)
    if row["role"] == "owner":
        raise Conflict("the owner cannot be removed", "the hours here belong to the owner")
    answer = person_json(step, row)
    rowio.delete(step.conn, "person", row["id"])
    step.publish("user.removed", answer)
    return answer
