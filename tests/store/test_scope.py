"""What a limited view shows: only what is in reach, whatever is asked, and nothing of a table nobody thought of."""

import sqlite3

import pytest

from stintd.errors import StintdError
from stintd.store import rowio
from stintd.store.database import Database
from stintd.store.scope import VISIBLE, ReadLimit, reach


@pytest.fixture
def database(tmp_path):
    one = Database(tmp_path / "stintd.db", None, tmp_path / "backups")
    one.open()
    one.write_now(fill)
    yield one
    one.close()


PROJECTS = [("p1", "atlas", "c1"), ("p2", "beta", "c1"), ("p3", "plan x", "c2"), ("p4", "own", None)]
ENTRY = {
    "actor": "human", "origin": "manual", "start_us": 1, "end_us": 2, "state": "finished", "zone": "UTC", "user_id": "u",
    "device_id": "d", "workspace_id": "w", "created_us": 0, "updated_us": 0,
}  # fmt: skip


def fill(conn):
    for client, name in (("c1", "Acme"), ("c2", "Secret Corp"), ("c3", "New")):
        rowio.insert(conn, "client", {"id": client, "name": name, "created_us": 0})
    for project, name, client in PROJECTS:
        row = {"id": project, "name": name, "normal_name": "", "client_id": client, "origin": "manual", "created_us": 0}
        rowio.insert(conn, "project", row)
        rowio.insert(conn, "task", {"id": f"t{project}", "key": "T", "name": "T", "project_id": project, "created_us": 0})
        rowio.insert(conn, "entry", {"id": f"e{project}", "project_id": project, **ENTRY})
    rowio.insert(conn, "api_key", {"id": "k", "name": "k", "scope": "full", "hash": "h", "created_us": 0})
    rowio.insert(conn, "change", {"at_us": 0, "kind": "project.created", "payload": '{"name": "plan x"}'})


def ids(conn, name):
    return {row[0] for row in conn.execute(f"SELECT id FROM {name}")}


@pytest.mark.parametrize(
    ("limit", "projects", "clients"),
    [
        (ReadLimit(client_id="c1"), {"p1", "p2"}, {"c1"}), (ReadLimit(project_id="p3"), {"p3"}, {"c2"}),
        (ReadLimit(client_id="c1", project_id="p2"), {"p2"}, {"c1"}), (ReadLimit(client_id="c3"), set(), {"c3"}),
        (ReadLimit(project_id="p4"), {"p4"}, set()), (ReadLimit(client_id="x' OR '1'='1"), set(), set()),
    ],
)  # fmt: skip
async def test_a_limited_view_holds_what_is_in_reach_and_no_more(database, limit, projects, clients):
    def look(conn):
        found = {name: ids(conn, name) for name in ("project", "client", "task", "entry")}
        joined = conn.execute("SELECT p.id FROM entry e LEFT JOIN project p ON p.id = e.project_id").fetchall()
        return found, {row[0] for row in joined}, conn.execute("SELECT count(*) FROM api_key").fetchone()[0]

    found, joined, keys = await database.read(look, limit)
    assert found == {
        "project": projects,
        "client": clients,
        "task": {f"t{one}" for one in projects},
        "entry": {f"e{one}" for one in projects},
    }
    assert (joined, keys) == (projects, 0)
    assert database.read_now(lambda conn: reach(conn, limit)) == projects


async def test_every_table_without_a_line_is_seen_empty(database):
    sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    tables = database.read_now(lambda conn: [row[0] for row in conn.execute(sql)])
    assert VISIBLE.keys() <= set(tables)

    def look(conn):
        return {name: conn.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}

    counts = await database.read(look, ReadLimit(client_id="c1"))
    assert {name for name, count in counts.items() if count} <= VISIBLE.keys()


@pytest.mark.parametrize(
    "sql", ["DROP VIEW temp.project", "INSERT INTO main.project (id) VALUES ('x')", "INSERT INTO temp.reach VALUES ('p3')"]
)
async def test_a_limited_view_cannot_be_widened_or_written(database, sql):
    with pytest.raises((StintdError, sqlite3.Error)):
        await database.read(lambda conn: conn.execute(sql), ReadLimit(client_id="c1"))


async def test_an_ordinary_read_afterwards_sees_everything(database):
    await database.read(lambda conn: ids(conn, "project"), ReadLimit(client_id="c1"))
    assert len(await database.read(lambda conn: ids(conn, "project"))) == 4
