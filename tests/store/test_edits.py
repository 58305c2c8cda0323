"""An edit can be taken back, whatever evidence did meanwhile, unless a later edit stands on it."""

import pytest

from stintd.errors import Conflict, Internal, NotFound
from stintd.store import edits, rowio
from stintd.store.ids import new_id
from tests.store.conftest import NOON

ENTRY = {
    "id": "e1", "actor": "human", "origin": "auto", "project_id": "p", "start_us": 0, "end_us": 100, "state": "finished",
    "zone": "UTC", "user_id": "u", "device_id": "d", "workspace_id": "w", "created_us": 0, "updated_us": 0,
}  # fmt: skip


@pytest.fixture
def conn(conn):
    rowio.insert(conn, "entry", ENTRY)
    return conn


def edit(conn, verb, *acts):
    edit_id = new_id(NOON)
    with edits.recording(conn, edit_id, NOON, "owner", verb, f"{verb} it"):
        for act in acts:
            act()
    return edit_id


def entry(conn, entry_id="e1"):
    return rowio.row_of(conn, "entry", entry_id)


def test_undoing_a_change_brings_back_the_columns_it_changed(conn):
    told = edit(conn, "describe", lambda: rowio.update(conn, "entry", "e1", {"description": "call", "revision": 2}))
    (back,) = edits.undo(conn, told, NOON)
    assert (entry(conn)["description"], entry(conn)["revision"]) == ("", 3)
    assert (back.before["description"], back.after["description"]) == ("call", "")
    assert edits.get(conn, told).undone_at == NOON


def test_undoing_keeps_what_evidence_changed_since(conn):
    told = edit(conn, "describe", lambda: rowio.update(conn, "entry", "e1", {"description": "call"}))
    rowio.update(conn, "entry", "e1", {"end_us": 500})
    edits.undo(conn, told, NOON)
    assert (entry(conn)["description"], entry(conn)["end_us"]) == ("", 500)


def test_undoing_a_deletion_brings_the_row_back(conn):
    taken = {"id": "t", "start_us": 0, "end_us": 100, "actor": "human"}
    told = edit(conn, "delete", lambda: rowio.delete(conn, "entry", "e1"), lambda: rowio.insert(conn, "taken", taken))
    edits.undo(conn, told, NOON)
    assert entry(conn) == {**entry(conn), **ENTRY, "updated_us": entry(conn)["updated_us"]}
    assert rowio.row_of(conn, "taken", "t") is None


def test_undoing_an_addition_removes_the_row(conn):
    told = edit(conn, "add", lambda: rowio.insert(conn, "entry", {**ENTRY, "id": "e2"}))
    edits.undo(conn, told, NOON)
    assert entry(conn, "e2") is None


def test_a_later_edit_of_the_same_field_is_named_and_must_go_first(conn):
    first = edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    second = edit(conn, "map", lambda: rowio.update(conn, "entry", "e1", {"project_id": "r"}))
    with pytest.raises(Conflict) as caught:
        edits.undo(conn, first, NOON)
    assert caught.value.details == {"editId": second}
    assert entry(conn)["project_id"] == "r"
    edits.undo(conn, second, NOON)
    edits.undo(conn, first, NOON)
    assert entry(conn)["project_id"] == "p"


def test_edits_of_different_fields_can_be_undone_in_any_order(conn):
    first = edit(conn, "describe", lambda: rowio.update(conn, "entry", "e1", {"description": "call"}))
    edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    edits.undo(conn, first, NOON)
    assert (entry(conn)["description"], entry(conn)["project_id"]) == ("", "q")


def test_an_edit_is_undone_once(conn):
    told = edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    edits.undo(conn, told, NOON)
    with pytest.raises(Conflict):
        edits.undo(conn, told, NOON)
    with pytest.raises(NotFound):
        edits.undo(conn, "nothing", NOON)


def test_a_name_taken_meanwhile_is_a_conflict(conn):
    rowio.insert(conn, "client", {"id": "c1", "name": "Acme", "created_us": 0})
    told = edit(conn, "rename", lambda: rowio.update(conn, "client", "c1", {"name": "Beta"}))
    rowio.insert(conn, "client", {"id": "c2", "name": "Acme", "created_us": 0})
    with pytest.raises(Conflict):
        edits.undo(conn, told, NOON)


def test_an_undo_that_is_recorded_can_be_undone(conn):
    told = edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    undone = edit(conn, "undo", lambda: edits.undo(conn, told, NOON))
    edits.undo(conn, undone, NOON)
    assert entry(conn)["project_id"] == "q"


def test_the_next_undo_is_of_the_newest_edit_that_stands(conn):
    first = edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    second = edit(conn, "describe", lambda: rowio.update(conn, "entry", "e1", {"description": "x"}))
    assert edits.last_undoable(conn).id == second
    edit(conn, "undo", lambda: edits.undo(conn, second, NOON))
    assert edits.last_undoable(conn).id == first
    assert [one.verb for one in edits.latest_edits(conn)] == ["undo", "describe", "move"]


def test_an_edit_that_changes_nothing_or_fails_is_not_kept(conn):
    edit(conn, "nothing", lambda: rowio.update(conn, "entry", "e1", {"project_id": "p"}))

    def fail():
        raise ValueError("on purpose")

    with pytest.raises(ValueError, match="on purpose"):
        edit(conn, "bad", fail)
    assert edits.latest_edits(conn) == []
    assert conn.before is None


def test_a_recording_inside_another_joins_it(conn):
    inner = []

    def nested():
        with edits.recording(conn, new_id(NOON), NOON, "owner", "inner", "") as edit_id:
            rowio.update(conn, "entry", "e1", {"project_id": "q"})
            inner.append(edit_id)

    outer = edit(conn, "outer", nested, lambda: rowio.update(conn, "entry", "e1", {"task": "T"}))
    assert inner == [outer]
    (change,) = edits.changes_of(conn, outer)
    assert (change.before["project_id"], change.after["project_id"], change.after["task"]) == ("p", "q", "T")


def test_changes_outside_a_recording_are_not_the_owner_s(conn):
    rowio.update(conn, "entry", "e1", {"end_us": 7})
    assert edits.latest_edits(conn) == []


def test_the_history_of_a_row_is_told_oldest_first(conn):
    edit(conn, "move", lambda: rowio.update(conn, "entry", "e1", {"project_id": "q"}))
    edit(conn, "describe", lambda: rowio.update(conn, "entry", "e1", {"description": "x"}))
    assert [one.verb for one, _ in edits.history(conn, "entry", "e1")] == ["move", "describe"]
    assert edits.history(conn, "project", "e1") == []


def test_reading_connections_record_nothing(database):
    with pytest.raises(Internal):
        database.read_now(lambda conn: edits.recording(conn, "e", NOON, "owner", "x", "").__enter__())
