"""Killed, full, read-only: what was answered is there, once."""

import contextlib
import gc
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from stintd.errors import StorageFull, Unavailable
from stintd.store import changes, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from tests.store.conftest import NOON
from tests.support import PATIENCE

ROOT = Path(__file__).parents[2]


def child(*words, wrapper=(), **settings):
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'daemon'}{os.pathsep}{ROOT}"}
    command = [*wrapper, sys.executable, "-m", "tests.store.children", *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=ROOT, **settings)


def killed_after(process, answers):
    """The last number the child was told is stored, after a kill -9 once it has answered so often."""
    assert process.stdout.readline().strip() == "open", process.stderr.read()
    last = None
    for _ in range(answers):
        last = int(process.stdout.readline())
    process.kill()
    rest = process.stdout.read().splitlines()
    process.wait()
    whole = [line for line in rest if line]
    return int(whole[-1]) if whole and whole[-1].isdigit() else last


def in_small_world(folder, *words):
    """Run a child that may mount over `folder`; skips where that is forbidden."""
    folder.mkdir(exist_ok=True)
    probe = ["unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no user namespace in which a disk could be mounted")
    process = child(*words, wrapper=["unshare", "-Urm"])
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out.splitlines()


def rounds(quick, slow):
    return [pytest.param(quick, id=f"{quick} rounds"), pytest.param(slow, id=f"{slow} rounds", marks=pytest.mark.slow)]


@pytest.mark.parametrize("count", rounds(10, 300))
def test_answered_commits_survive_kill_9_once_each(folder, count):
    rng, first = random.Random(count), 0
    for _ in range(count):
        last = killed_after(child("commit", folder, first), rng.randrange(1, 60))
        database = Database(folder / "stintd.db")
        database.open()
        found = [
            json.loads(row[0])["n"] for row in database.read_now(lambda c: c.execute("SELECT payload FROM change").fetchall())
        ]
        database.close()
        assert sorted(set(found)) == sorted(found)
        assert set(range(last + 1)) <= set(found)
        first = max(found) + 1


@pytest.mark.parametrize("count", rounds(20, 300))
def test_answered_heartbeats_survive_kill_9_once_each(folder, count):
    rng, first = random.Random(count), 0
    for _ in range(count):
        first = killed_after(child("journal", folder, first), rng.randrange(1, 60)) + 1
    database = Database(folder / "stintd.db")
    database.open()
    left = Journal(folder / "journal").replay()
    database.write_now(lambda conn: heartbeats.add(conn, left))
    stored = database.read_now(
        lambda conn: [int(entity) for run in heartbeats.runs(conn) for _, entity in heartbeats.beats(conn, run)]
    )
    database.close()
    assert sorted(set(stored)) == sorted(stored)
    assert set(range(first)) <= set(stored)


def test_a_full_disk_is_said_survived_and_left_by_itself(folder):
    lines = in_small_world(folder, "fill", folder, 3 * 1024 * 1024)
    assert lines == ["ballast True", "full True False", "read True", "again False", "count 1"]


def test_a_write_that_fails_at_any_size_is_answered_with_an_error_and_not_stored(folder, clock):
    database = Database(folder / "stintd.db", clock)
    database.open()
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    stored = []
    try:
        for number in range(60):
            database.checkpoint()
            room = 32 + 700 * number
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
            try:
                database.write_now(lambda c, n=number: changes.append(c, NOON, "n", {"n": n, "text": "x" * 9000}))
                stored.append(number)
            except (Unavailable, StorageFull):
                pass
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            found = database.read_now(lambda c: [json.loads(row[0])["n"] for row in c.execute("SELECT payload FROM change")])
            assert found == stored
    finally:
        signal.signal(signal.SIGXFSZ, before)
    assert 0 < len(stored) < 60
    assert database.write_now(lambda c: c.execute("PRAGMA integrity_check").fetchone()) == ("ok",)
    database.close()


@pytest.mark.parametrize("call", ["fdatasync", "fsync", "pwrite64", "ftruncate"])
@pytest.mark.parametrize("when", ["4", "7", "9+3"])
def test_an_answer_says_whether_it_is_stored_though_the_disk_fails(folder, call, when):
    injection = f"inject={call}:error=EIO:when={when}"
    if shutil.which("strace") is None or subprocess.run(["strace", "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("no strace to make calls fail with")
    process = child("flush", folder, 40, wrapper=["strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", injection])
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 or "could not be" in err, err
    if process.returncode == 0:
        assert out.split()[0] == "True", out


def test_what_is_answered_is_stored_though_the_disk_never_confirms_again(folder):
    strace = ["strace", "-f", "-o", os.devnull, "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO:when=12+1"]
    if shutil.which("strace") is None or subprocess.run(["strace", "-o", os.devnull, "true"], check=False).returncode:
        pytest.skip("no strace to make calls fail with")
    out, err = child("flush", folder, 40, wrapper=strace).communicate(timeout=PATIENCE)
    words = out.split()
    assert words[2] == "True", err
    assert int(words[1]) < 40


def test_a_read_only_disk_is_said_and_nothing_is_lost(folder):
    lines = in_small_world(folder, "remount", folder, 0)
    refused = [f"{folder / name} cannot be written: it is read-only" for name in ("stintd.db", "journal")]
    assert lines == ["made 1", *refused, "opened 2", *refused]


def test_two_daemons_on_one_file_lose_nothing(folder):
    first = child("commit", folder, 0)
    assert first.stdout.readline().strip() == "open"
    database = Database(folder / "stintd.db", busy_timeout=10)
    database.open()
    mine = [database.write_now(lambda c, n=n: changes.append(c, NOON, "mine", {"n": n})).seq for n in range(50)]
    first.kill()
    theirs = [int(line) for line in first.stdout.read().split()]
    first.wait()
    kinds = database.read_now(lambda c: c.execute("SELECT kind, count(*) FROM change GROUP BY kind").fetchall())
    database.close()
    assert dict(kinds)["mine"] == len(set(mine)) == 50
    assert dict(kinds).get("number", 0) >= len(theirs)


def test_a_process_without_room_for_another_file_recovers(folder):
    """Reading needs descriptors; when there are none the read fails and the next one works."""
    database = Database(folder / "stintd.db")
    database.open()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()  # what other tests left open would be closed in the middle of this one
    gc.disable()
    held = [os.dup(0)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(held) + 8, limits[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                held.append(os.dup(0))
        with pytest.raises(Unavailable):
            database.read_now(lambda conn: None)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        gc.enable()
        for descriptor in held:
            os.close(descriptor)
    assert database.read_now(lambda conn: conn.execute("SELECT 1").fetchone()) == (1,)
    database.close()


def test_killed_writers_leave_a_sound_file(folder):
    killed_after(child("journal", folder, 0), 200)
    assert sqlite3.connect(folder / "stintd.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)
