"""The database locked, read-only, damaged, newer or gone under a real daemon: said in words, nothing answered lost."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stintd.errors import Unavailable
from stintd.store import backups
from tests.support import PATIENCE, poll_until

WORDS = {"projectName": "acme", "autoCreate": True}


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def database(daemon):
    return Path(daemon.layout.database)


def add(daemon, number):
    """One entry, its number in its description."""
    start = f"2026-11-10T10:{number:02d}:00Z"
    body = {**WORDS, "startTime": start, "durationMinutes": 1, "description": f"n{number}"}
    return daemon.client.post("/api/entries", body)


def texts(daemon):
    return [entry["description"] for entry in daemon.entries()]


def codes(daemon):
    return {warning["code"] for warning in daemon.client.get("/api/status")["warnings"]}


def refused(daemon):
    """What a daemon that does not start says: (exit code, its two lines)."""
    process = daemon.launch()
    poll_until(lambda: process.poll() is not None, "stintd ends")
    lines = (daemon.home / "daemon.out").read_text().splitlines()
    assert not any("Traceback" in line for line in lines), lines
    return process.returncode, lines[-2:]


def filled(daemon, count=20):
    """A home with so many entries, its daemon stopped."""
    with daemon:
        for number in range(count):
            add(daemon, number)
    return database(daemon)


def cpu_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def lock_of(path):
    """Another program in the middle of a transaction."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


# ---------------------------------------------------------------- busy


def test_a_database_locked_by_another_program_is_said_and_loses_nothing(daemon):
    daemon.start()
    add(daemon, 1)
    with lock_of(database(daemon)):
        with pytest.raises(Unavailable, match="another program holds"):
            add(daemon, 2)
        beats = [{"id": f"b{n}", "project": "acme", "entity": f"e{n}"} for n in range(5)]
        assert daemon.client.post("/api/heartbeats", beats)["accepted"] == 5
        assert texts(daemon) == ["n1"]
        assert "storage" in codes(daemon)
        refusal = daemon.stint("start", "acme", check=False)
        assert refusal.code == 1
        assert "another program holds" in refusal.err
    assert add(daemon, 3)["description"] == "n3"
    assert [entry["description"] for entry in daemon.entries() if entry["origin"] == "manual"] == ["n1", "n3"]
    assert len(daemon.client.get("/api/heartbeats")["data"]) == 5
    assert "storage" not in codes(daemon)


def test_a_daemon_that_waits_for_a_lock_rests_and_goes_on_by_itself(daemon):
    process = daemon.start().process
    with lock_of(database(daemon)):
        daemon.client.post("/api/heartbeats", [{"project": "acme", "entity": "e"}])
        poll_until(lambda: "storage" in codes(daemon), "the warning is raised")
        used, since = cpu_seconds(process), time.monotonic()
        poll_until(lambda: time.monotonic() > since + 2)
        assert cpu_seconds(process) - used < 0.1 * (time.monotonic() - since)
    poll_until(lambda: daemon.client.get("/api/health")["status"] == "ok", "all is well again, though nobody asked for anything")
    assert len(daemon.client.get("/api/heartbeats")["data"]) == 1


def test_a_disk_that_becomes_read_only_for_a_while_refuses_and_recovers(daemon, tmp_path):
    probe = subprocess.run(["strace", "-o", os.devnull, "true"], check=False) if shutil.which("strace") else None
    if probe is None or probe.returncode:
        pytest.skip("no strace to refuse writes with: install the package strace (apt install strace)")
    process = daemon.start().process
    add(daemon, 1)
    with refusing_writes(process.pid, tmp_path / "trace"):
        numbers = iter(range(2, 59))
        poll_until(lambda: is_refused(daemon, next(numbers)), "a write is refused")
        assert daemon.client.get("/api/health")["status"] == "degraded"
    stored = texts(daemon)
    assert "n1" in stored
    add(daemon, 59)
    assert texts(daemon) == [*stored, "n59"]
    assert process.poll() is None


@contextlib.contextmanager
def refusing_writes(pid, trace):
    """The disk is read-only, as far as this process can see."""
    strace = ["strace", "-f", "-o", str(trace), "-p", str(pid), "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=EROFS"]
    injector = subprocess.Popen(strace, stderr=subprocess.DEVNULL)
    try:
        poll_until(lambda: "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text(), "strace is attached")
        yield
    finally:
        injector.terminate()
        injector.wait(PATIENCE)


def is_refused(daemon, number):
    try:
        add(daemon, number)
    except Unavailable:
        return True
    return False


# ---------------------------------------------------------------- at the start


def less_than_root():
    """The wrapper under which root, too, needs permission; skips where there is none."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("root reads and writes everything: install setpriv (util-linux), or run as another user")
    return ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all")


def test_a_read_only_database_is_read_not_touched_and_written_once_it_may_be(make_daemon):
    daemon = make_daemon(wrapper=less_than_root())
    path = filled(daemon, 3)
    path.chmod(0o400)
    before = path.read_bytes()
    daemon.start()
    with pytest.raises(Unavailable, match="read-only"):
        add(daemon, 4)
    assert texts(daemon) == ["n0", "n1", "n2"]
    assert "storage" in codes(daemon)
    assert path.read_bytes() == before
    path.chmod(0o600)
    add(daemon, 5)
    assert texts(daemon) == ["n0", "n1", "n2", "n5"]


def test_a_read_only_home_is_refused_in_words(make_daemon):
    daemon = make_daemon(wrapper=less_than_root())
    filled(daemon, 1)
    daemon.home.chmod(0o500)
    try:
        code, lines = refused(daemon)
    finally:
        daemon.home.chmod(0o700)
    assert code == 1
    assert str(daemon.home) in lines[0]


def test_a_newer_database_is_refused_and_not_changed_by_a_byte(daemon):
    path = filled(daemon)
    with closing(sqlite3.connect(path)) as conn:
        conn.execute("PRAGMA user_version = 9999")
    before = path.read_bytes()
    code, lines = refused(daemon)
    assert code == 1
    assert "newer stintd (schema 9999" in lines[0]
    assert "install the newer version" in lines[1]
    told = daemon.stint("up", check=False)
    assert told.code == 1
    assert "newer stintd" in told.err
    assert path.read_bytes() == before


def half(path):
    os.truncate(path, path.stat().st_size // 2)


def garbage(path):
    path.write_bytes(bytes(range(256)) * 200)


def a_torn_page(path):
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize("damage", [half, garbage, a_torn_page])
def test_a_damaged_database_is_kept_replaced_by_the_backup_and_said(daemon, damage):
    path = filled(daemon, 10)
    with closing(sqlite3.connect(path)) as conn:
        backups.make_backup(conn, Path(daemon.layout.backups), datetime.now(UTC), "daily")
    damage(path)
    Path(f"{path}.suspect").write_text("")  # as after a crash: without it only a visibly broken file is looked into
    broken = path.read_bytes()
    daemon.start()
    assert texts(daemon) == [f"n{number}" for number in range(10)]
    warning = next(one for one in daemon.client.get("/api/status")["warnings"] if one["code"] == "database_mended")
    kept = next(path.parent.glob("stintd.db.damaged-*"))
    assert kept.name in warning["text"]
    assert kept.read_bytes() == broken
    add(daemon, 11)
    assert daemon.stop() == 0
    with daemon:
        assert "n11" in texts(daemon)


def test_an_emptied_database_without_a_backup_is_never_taken_for_a_new_one(daemon):
    path = filled(daemon, 3)
    path.write_bytes(b"")
    code, lines = refused(daemon)
    assert code == 1
    assert "is empty although it was in use" in lines[0]
    assert path.read_bytes() == b""


def test_an_emptied_database_is_replaced_by_its_backup(daemon):
    path = filled(daemon, 3)
    with closing(sqlite3.connect(path)) as conn:
        backups.make_backup(conn, Path(daemon.layout.backups), datetime.now(UTC), "daily")
    path.write_bytes(b"")
    with daemon:
        assert texts(daemon) == ["n0", "n1", "n2"]
        assert "database_mended" in codes(daemon)


def test_a_database_whose_log_was_removed_still_serves(daemon):
    path = filled(daemon, 3)
    daemon.start()
    add(daemon, 4)
    daemon.kill()
    Path(f"{path}-wal").unlink()
    with daemon:
        assert set(texts(daemon)) >= {"n0", "n1", "n2"}
        add(daemon, 5)
    with closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_database_deleted_while_the_daemon_runs_is_written_again(daemon):
    daemon.start()
    add(daemon, 1)
    database(daemon).unlink()
    add(daemon, 2)
    assert texts(daemon) == ["n1", "n2"]
    assert daemon.stop() == 0
    with daemon:
        assert texts(daemon) == ["n1", "n2"]
