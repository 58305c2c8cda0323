"""From any older schema forwards in one transaction; from a newer one not at all."""

import hashlib
import sqlite3
import struct

import pytest

from stintd.errors import Internal, Unavailable
from stintd.store import changes, migrate
from stintd.store.database import Database
from tests.store.conftest import NOON


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def made(folder, rows=3):
    database = Database(folder / "stintd.db")
    database.open()
    for number in range(rows):
        database.write_now(lambda conn, number=number: changes.append(conn, NOON, "n", {"n": number}))
    database.close()
    return folder / "stintd.db"


def set_version(path, version):
    with path.open("r+b") as file:
        file.seek(60)
        file.write(struct.pack(">I", version))


def test_a_new_file_gets_the_newest_schema(folder):
    path = made(folder)
    assert migrate.header_version(path) == migrate.latest_version()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_empty_file_that_was_never_used_is_a_new_one(folder):
    folder.mkdir()
    (folder / "stintd.db").touch()
    made(folder)


def test_opening_again_changes_nothing(folder):
    path = made(folder)
    before = digest(path)
    database = Database(path)
    database.open()
    database.close()
    assert digest(path) == before
    assert not (folder / "backups").exists()


def test_a_newer_schema_is_refused_and_the_file_left_as_it_is(folder):
    path = made(folder)
    set_version(path, migrate.latest_version() + 1)
    before, names = digest(path), sorted(entry.name for entry in folder.iterdir())
    with pytest.raises(Unavailable, match="newer stintd") as caught:
        Database(path).open()
    assert caught.value.details == {"reason": "newer"}
    assert digest(path) == before
    assert sorted(entry.name for entry in folder.iterdir()) == names


def test_a_newer_schema_that_is_only_in_the_log_is_refused_too(folder):
    path = made(folder)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA wal_autocheckpoint = 0")
    other.execute(f"PRAGMA user_version = {migrate.latest_version() + 1}")
    assert migrate.header_version(path) == migrate.latest_version()
    before = digest(path)
    with pytest.raises(Unavailable, match="newer stintd"):
        Database(path).open()
    assert digest(path) == before
    other.close()


@pytest.fixture
def two_scripts():
    """What the next release will be: one more script."""

    def install(script):
        both = {**migrate.scripts(), migrate.latest_version() + 1: script}
        return lambda: both

    return install


def run(path, scripts, now=NOON):
    conn = sqlite3.connect(path, isolation_level=None)
    try:
        return migrate.migrate(conn, path, path.parent / "backups", now, scripts())
    finally:
        conn.close()


def test_an_old_database_is_copied_first_and_then_changed(folder, two_scripts):
    path = made(folder)
    assert run(path, two_scripts("ALTER TABLE project ADD COLUMN colour TEXT;\n")) == migrate.latest_version()
    (copy,) = (folder / "backups").iterdir()
    assert f"before-{migrate.latest_version() + 1:04d}" in copy.name
    assert copy.stat().st_mode & 0o777 == 0o600
    assert migrate.header_version(copy) == migrate.latest_version()
    conn = sqlite3.connect(path)
    assert conn.execute("PRAGMA user_version").fetchone() == (migrate.latest_version() + 1,)
    assert conn.execute("SELECT count(*) FROM change").fetchone() == (3,)
    conn.execute("SELECT colour FROM project")


@pytest.mark.parametrize(
    "script",
    ["CREATE TABLE more (x);\nCREATE TABLE more (x);\n", "CREATE TABLE more (x);\nSELECT nothing;\n"],
    ids=["constraint", "mistake"],
)
def test_a_script_that_fails_changes_nothing(folder, two_scripts, script):
    path = made(folder)
    with pytest.raises(sqlite3.OperationalError):
        run(path, two_scripts(script))
    conn = sqlite3.connect(path)
    assert conn.execute("PRAGMA user_version").fetchone() == (migrate.latest_version(),)
    assert conn.execute("SELECT 1 FROM sqlite_schema WHERE name = 'more'").fetchone() is None


def test_a_script_that_would_lose_entries_is_not_committed(folder, two_scripts):
    path = made(folder)
    conn = sqlite3.connect(path)
    conn.execute("INSERT INTO edit VALUES ('e', 0, 'owner', 'add', '', NULL)")
    conn.commit()
    conn.close()
    with pytest.raises(Internal, match="would have lost rows"):
        run(path, two_scripts("DELETE FROM edit;\n"))
    assert sqlite3.connect(path).execute("SELECT count(*) FROM edit").fetchone() == (1,)


def test_a_script_cut_in_the_middle_is_a_defect():
    with pytest.raises(Internal):
        list(migrate.statements("CREATE TABLE a (x);\nCREATE TABLE b (\n"))


def test_semicolons_in_triggers_and_comments_do_not_end_statements():
    script = "-- one; two\nCREATE TRIGGER t AFTER INSERT ON a BEGIN\n  SELECT 1;\n  SELECT 2;\nEND;\nSELECT 3;\n-- the end;\n"
    assert len([text for text in migrate.statements(script) if "SELECT" in text]) == 2


def test_released_scripts_are_numbered_without_holes():
    assert list(migrate.scripts()) == list(range(1, migrate.latest_version() + 1))


def test_a_database_of_every_earlier_schema_comes_forward_with_its_hours(tmp_path):
    known = migrate.scripts()
    for number in known:
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "stintd.db"
        conn = sqlite3.connect(path, isolation_level=None)
        migrate.migrate(conn, path, folder / "backups", NOON, {n: text for n, text in known.items() if n <= number})
        conn.execute("INSERT INTO edit VALUES ('e', 0, 'owner', 'add', '', NULL)")
        conn.close()
        database = Database(path)
        database.open()
        assert database.read_now(lambda conn: conn.execute("SELECT count(*) FROM edit").fetchone()) == (1,)
        database.close()
        assert migrate.header_version(path) == migrate.latest_version()


def test_a_mapping_to_a_deleted_project_goes_and_projects_of_nearly_one_name_keep_their_names(tmp_path):
    path, known = tmp_path / "stintd.db", migrate.scripts()
    conn = sqlite3.connect(path, isolation_level=None)
    migrate.migrate(conn, path, tmp_path / "backups", NOON, {n: text for n, text in known.items() if n <= 8})
    for number, (name, deleted) in enumerate((("Shop", 0), ("shop", 0), ("gone", 1))):
        row = (f"p{number}", name, "shop", "manual", deleted)
        conn.execute("INSERT INTO project (id, name, normal_name, origin, deleted, created_us) VALUES (?, ?, ?, ?, ?, 0)", row)
        conn.execute("INSERT INTO mapping (id, position, path, project, created_us) VALUES (?, 0, '/x', ?, 0)", (name, row[0]))
    conn.close()
    database = Database(path)
    database.open()
    names = database.read_now(lambda conn: conn.execute("SELECT name FROM project WHERE deleted = 0 ORDER BY id").fetchall())
    mapped = database.read_now(lambda conn: conn.execute("SELECT project FROM mapping ORDER BY project").fetchall())
    database.close()
    assert (names, mapped) == ([("Shop",), ("shop",)], [("p0",), ("p1",)])
