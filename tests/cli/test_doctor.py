"""Each planted fault is found, named, and comes with its remedy; a healthy home has none. The daemon is down here, or real."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from stintd import instance, paths
from tests.support import PATIENCE, repos
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served
from tests.support.daemon import SOURCES, Daemon

LAYOUT = paths.home_layout
KEPT: list[instance.Lock] = []
"""Locks that a test holds, as a daemon would."""


@pytest.fixture
def home(isolated_home):
    """A home that was used, with a watched folder and a database."""
    layout = LAYOUT()
    paths.ensure_folders(layout)
    (isolated_home / "code").mkdir()
    config(f'[watch]\nfolders = ["{isolated_home}/code"]\n')
    with closing(sqlite3.connect(layout.database)) as conn:
        conn.execute("CREATE TABLE entry (id TEXT)")
        conn.executemany("INSERT INTO entry VALUES (?)", [("x" * 1000,) for _ in range(200)])
        conn.commit()
    os.chmod(layout.database, 0o600)
    Path(layout.database + ".in-use").write_text("")
    return isolated_home


def config(text: str) -> None:
    Path(LAYOUT().config).write_text(text)


def target(home: Path, more: str) -> None:
    config(f'[watch]\nfolders = ["{home}/code"]\n[targets.acme]\nkind = "clockme"\n{more}\n')


def wrong_setting(home: Path) -> None:
    config('[time]\nlaed = "1m"\n')


def missing_folder(home: Path) -> None:
    (home / "code").rmdir()


def folder_is_file(home: Path) -> None:
    (home / "code").rmdir()
    (home / "code").write_text("")


def no_folder(home: Path) -> None:
    config("")


def damaged_database(home: Path) -> None:
    raw = bytearray(Path(LAYOUT().database).read_bytes())
    raw[8192:40960] = b"\xff" * (40960 - 8192)
    Path(LAYOUT().database).write_bytes(raw)


def lost_database(home: Path) -> None:
    os.unlink(LAYOUT().database)


def set_aside_database(home: Path) -> None:
    Path(LAYOUT().database + ".damaged-20261101T000000").write_text("")


def readable_database(home: Path) -> None:
    os.chmod(LAYOUT().database, 0o644)


def open_folder(home: Path) -> None:
    os.chmod(LAYOUT().backups, 0o755)


def linked_folder(home: Path) -> None:
    os.rmdir(LAYOUT().spool)
    os.symlink(home / "code", LAYOUT().spool)


def unreadable_message(home: Path) -> None:
    bad = Path(LAYOUT().spool) / "bad"
    bad.mkdir()
    (bad / "post-commit.1~1").write_text("?")


def waiting_message(home: Path) -> None:
    (Path(LAYOUT().spool) / "post-commit.12").write_text("?")


def stale_socket(home: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as one:
        one.bind(LAYOUT().socket)


def lost_socket(home: Path) -> None:
    one = instance.Lock(LAYOUT().lock)
    one.acquire()
    KEPT.append(one)


def file_for_socket(home: Path) -> None:
    Path(LAYOUT().socket).write_text("")


def readable_key(home: Path) -> None:
    (home / "key").write_text("s3cret")
    os.chmod(home / "key", 0o644)
    target(home, f'api_key_file = "{home}/key"')


def missing_key(home: Path) -> None:
    target(home, f'api_key_file = "{home}/none"')


def readable_secret(home: Path) -> None:
    os.mkdir(LAYOUT().secrets, 0o700)
    (Path(LAYOUT().secrets) / "target-acme").write_text("s3cret")
    os.chmod(Path(LAYOUT().secrets) / "target-acme", 0o640)


def foreign_hooks_path(home: Path) -> None:
    with (home / "gitconfig").open("a") as file:
        file.write("[core]\n\thooksPath = /opt/company/hooks\n")


def edited_hook(home: Path) -> None:
    path = hook_of(home)
    path.write_text(path.read_text().replace("exit 0", "exit 1"))


def mute_hook(home: Path) -> None:
    hook_of(home).chmod(0o600)


def lost_hooks(home: Path) -> None:
    shutil.rmtree(hook_of(home).parent)
    (home / "code" / "acme" / ".git" / "hooks").mkdir()


def hook_of(home: Path) -> Path:
    """Git's hooks, installed by the command."""
    repo = repos.init(home / "code" / "acme", is_live=True)
    done = subprocess.run(
        [sys.executable, "-m", "stintd.cli.main", "hooks", "install", "git", "--repo", str(repo.path)],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = [path for path in (repo.path / ".git" / "hooks").iterdir() if not path.name.endswith(".sample")]
    assert found
    return next(path for path in found if path.name == "post-commit")


def old_git(home: Path) -> None:
    fake_git(home, "git version 2.11.0")


def fake_git(home: Path, says: str) -> None:
    (home / "bin").mkdir()
    (home / "bin" / "git").write_text(f"#!/bin/sh\n[ $1 = --version ] && echo '{says}' && exit 0\nexit 1\n")
    (home / "bin" / "git").chmod(0o755)
    os.environ["PATH"] = f"{home}/bin:{os.environ['PATH']}"


def no_git(home: Path) -> None:
    os.environ["PATH"] = str(home / "code")


def unknown_zone(home: Path) -> None:
    os.environ["TZ"] = "Mars/Phobos"


def clock_set_back(home: Path) -> None:
    ahead = time.time() + 86400
    os.utime(LAYOUT().database, (ahead, ahead))


def old_backup(home: Path) -> None:
    shutil.copy(LAYOUT().database, Path(LAYOUT().backups) / "stintd-20250101T000000-daily.db")


def no_backup(home: Path) -> None:
    long_ago = time.time() - 30 * 86400
    os.utime(LAYOUT().database + ".in-use", (long_ago, long_ago))


def crash_report(home: Path) -> None:
    Path(LAYOUT().log, "stint-crash.txt").write_text("Traceback")


FAULTS: list[tuple[Callable[[Path], None], str, str, str, str]] = [
    (wrong_setting, "settings", "error", "time.laed is not a setting", "did you mean time.lead?"),
    (missing_folder, "folders", "warning", "does not exist", "stint watch remove"),
    (folder_is_file, "folders", "warning", "is not a folder", "stint watch remove"),
    (no_folder, "folders", "warning", "no folder is watched", "stint up FOLDER"),
    (damaged_database, "database", "error", "", "stint restart"),
    (lost_database, "database", "error", "is gone", "stint up"),
    (set_aside_database, "quarantine", "warning", "stintd.db.damaged-20261101T000000", "stint log"),
    (readable_database, "permissions", "warning", "stintd.db can be read by other users", "chmod 600"),
    (open_folder, "permissions", "warning", "backups is open to other users", "chmod 700"),
    (linked_folder, "home", "error", "is a symlink", "move it away"),
    (unreadable_message, "spool", "warning", "1 message from hooks or editors could not be read", "empty that folder"),
    (waiting_message, "spool", "warning", "1 message from hooks waits", "stint up"),
    (stale_socket, "socket", "warning", "is left from a daemon that was killed", "stint up"),
    (lost_socket, "lock", "error", "does not listen", "end process"),
    (file_for_socket, "socket", "error", "is not a socket", "move it away"),
    (readable_key, "keys", "error", "can be read by other users", "chmod 600"),
    (missing_key, "keys", "error", "cannot be read", "stint connect"),
    (readable_secret, "permissions", "warning", "target-acme can be read by other users", "chmod 600"),
    (foreign_hooks_path, "hooks", "warning", "core.hooksPath", "git config --global --unset"),
    (edited_hook, "hooks", "warning", "changed by hand", "stint hooks install git"),
    (mute_hook, "hooks", "warning", "is not executable", "stint hooks install git"),
    (lost_hooks, "hooks", "warning", "are gone", "stint hooks install git"),
    (old_git, "git", "error", "git 2.11 is too old", "install git 2.20"),
    (no_git, "git", "error", "git is not installed", "install git"),
    (unknown_zone, "zone", "error", "'Mars/Phobos' is not a time zone", "Europe/Berlin"),
    (clock_set_back, "clock", "error", "was written in the future", "timedatectl"),
    (old_backup, "backups", "warning", "the newest is from 2025-01-01", "stint backup"),
    (no_backup, "backups", "warning", "there are none", "stint backup"),
    (crash_report, "crash", "warning", "stint-crash.txt", "report it"),
]


def looked(stint) -> tuple[int, list[dict[str, str]]]:
    outcome = stint("doctor", "--json")
    return outcome.code, json.loads(outcome.out)


def test_a_healthy_home_without_a_daemon_has_one_fault_that_says_so(stint, home):
    code, found = looked(stint)
    faults = [one for one in found if one["state"] != "ok"]
    assert [(one["name"], one["hint"]) for one in faults if one["name"] != "inotify"] == [("daemon", "start it with `stint up`")]
    assert code == 1
    assert {"settings", "folders", "disk", "database", "zone", "git", "python"} <= {one["name"] for one in found}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0].__name__)
def test_each_planted_fault_is_found_named_and_has_its_remedy(stint, home, monkeypatch, fault):
    plant, name, state, says, remedy = fault
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("TZ", os.environ["TZ"])
    plant(home)
    _, found = looked(stint)
    while KEPT:
        KEPT.pop().release()
    mine = [one for one in found if one["name"] == name and one["state"] == state and says in one["text"]]
    assert mine, [one for one in found if one["state"] != "ok"]
    assert any(remedy in one["hint"] for one in mine), mine
    assert all(one["hint"] for one in found if one["state"] != "ok")


def test_looking_changes_nothing(stint, home):
    def everything():
        return {str(path): (path.lstat().st_mtime_ns, path.lstat().st_size) for path in home.rglob("*") if path.is_file()}

    before = everything()
    looked(stint)
    assert everything() == before


def inside(setup: str, home: Path) -> list[dict[str, str]]:
    """What doctor finds in a namespace of its own, after a command there."""
    command = f"{setup} && exec {sys.executable} -m stintd.cli.main doctor --json"
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode not in (0, 1):
        pytest.skip("needs unprivileged user namespaces (unshare of util-linux)")
    return json.loads(done.stdout)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare: apt install util-linux")
def test_limits_of_the_kernel_and_a_full_disk_are_found(home):
    found = inside("echo 100 > /proc/sys/user/max_inotify_watches", home)
    low = [
        one
        for one in found
        if one["name"] == "inotify" and one["state"] == "warning" and "user.max_inotify_watches" in one["text"]
    ]
    assert low
    assert "sysctl" in low[0]["hint"]
    full = [one for one in inside(f"mount -t tmpfs -o size=8m tmpfs {LAYOUT().state}", home) if one["name"] == "disk"]
    assert [(one["state"], one["hint"]) for one in full] == [("error", "free some space")]


class TestWithADaemon:
    """What only the running daemon knows."""

    TARGET = (
        '[targets.acme]\nkind = "clockme"\nbase_url = "{url}"\n{key}\n[[targets.acme.map]]\nremote = {{ project_id = "p1" }}\n'
    )

    def found(self, daemon: Daemon, *words: str) -> dict[str, dict[str, str]]:
        outcome = daemon.stint("doctor", "--json", *words, check=False)
        return {one["name"]: one for one in outcome.json}

    def test_credentials_are_checked_and_asked_about_only_with_online(self, tmp_path):
        served = Served(ClockMeFake(key="right"))
        key = tmp_path / "key"
        key.write_text("wrong")
        key.chmod(0o600)
        with Daemon(tmp_path / "home", config=self.TARGET.format(url=served.url, key=f'api_key_file = "{key}"')) as daemon:
            offline = self.found(daemon)["target acme"]
            assert (offline["state"], served.fake.asked) == ("ok", []), "no call without --online"
            online = self.found(daemon, "--online")["target acme"]
            assert online["state"] == "error"
            assert "stint connect acme" in online["hint"]
            key.write_text("right")
            assert self.found(daemon, "--online")["target acme"]["state"] == "ok"
        served.close()

    def test_a_variable_that_the_daemon_lacks_is_named(self, tmp_path):
        text = self.TARGET.format(url="http://127.0.0.1:9", key='api_key_env = "ACME_TOKEN"')
        with Daemon(tmp_path / "home", config=text) as daemon:
            found = self.found(daemon)["target acme"]
            assert found["state"] == "error"
            assert "ACME_TOKEN" in found["text"]
            assert self.found(daemon)["watches"]["state"] == "ok"
            assert self.found(daemon)["journal"]["state"] == "ok"

    def test_recording_off_and_a_daemon_that_hangs_are_found(self, tmp_path):
        with Daemon(tmp_path / "home") as daemon:
            daemon.stint("off")
            assert "stint on" in self.found(daemon)["recording"]["hint"]
            assert stat.S_IMODE(os.stat(daemon.layout.socket).st_mode) == 0o600
            daemon.process.send_signal(signal.SIGSTOP)
            try:
                found = self.found(daemon)["daemon"]
                assert found["state"] == "error"
                assert "does not answer" in found["text"]
            finally:
                daemon.process.send_signal(signal.SIGCONT)
