"""A watched folder full of traps, and a healthy repository among them: nothing planted ever runs, the daemon stays
quick, the healthy work is tracked, and nothing that anybody reads carries what the names carried.

The traps are those of `tests/sources/test_hostile.py`, where each part that reads repositories meets them alone; here
they lie below the folder that a real daemon watches, half of them from the start, half moved in while it runs.
"""

import os
import pty
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.sources.test_hostile import TRAPS, Trap
from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import Daemon
from tests.support.repos import TestRepo

ESCAPE = "\x1b[5;41mEVIL\x1b[0m\x1b]0;owned\x07"
"""Blinking red, and another window title. No output of ours blinks."""
MARKUP = "<img src=x onerror=alert(1)>"
BRANCH = "topic/<img/src=x/onerror=alert(1)>$(touch${IFS}MARKER)\u202egnp\u009b31m"
SUBJECT = f"{ESCAPE} {MARKUP} $(touch MARKER) `touch MARKER`; \u202etxet \u009b31m"
UNREADABLE = b"\xff\xfe"
FILES = (
    b"plain.txt", b"new\nline.txt", b"\xff\xfe.txt", b"n" * 240 + b".txt", b"-rf", b"$(touch MARKER)", b"`touch MARKER`.txt",
    ESCAPE.encode() + b".txt", "\u202egnp.exe".encode(), b"<img src=x onerror=alert(1)>", b"a;b|c&d.txt", b"\x9b31m.txt",
)  # fmt: skip
FOLDERS = (
    ESCAPE.encode(), b"new\nline", UNREADABLE, b"n" * 240, b"-rf", b"$(touch MARKER)", b"<img src=x onerror=alert(1)>", b"=1+1",
    "\u202egnp".encode(), b"@SUM(A1)",
)  # fmt: skip
SLOWEST = 0.1
SECOND = 1.05
"""Git notes whole seconds only: acts in different repositories are kept apart."""


class Planted(Trap):
    """A trap on a copy of one repository, which is quicker than making forty."""

    def __init__(self, folder: Path, seed: Path) -> None:
        self.folder, self.marker, self.script = folder, folder / "MARKER", folder / "planted.sh"
        shutil.copytree(seed, folder, symlinks=True)
        self.script.write_text(f'#!/bin/sh\necho "$0 $*" >> "{self.marker}"\nexit 0\n')
        self.repo = TestRepo(folder / "code" / "repo")


@dataclass
class Field:
    """The watched folder, the traps in it, and two repositories that are worked in."""

    watched: Path
    traps: dict[str, Planted]
    healthy: TestRepo
    names: TestRepo
    daemon: Daemon
    feed: Path

    def sprung(self) -> list[str]:
        """What planted programs left behind, by the trap or where a name was taken for a command."""
        markers = [name for name, trap in self.traps.items() if trap.marker.exists()]
        return markers + [str(path) for path in self.watched.parent.rglob("MARKER")]


@pytest.fixture(scope="module")
def field(top: Path) -> Iterator[Field]:
    watched, aside = top / "watched", top / "aside"
    watched.mkdir()
    aside.mkdir()
    (top / "seed").mkdir()
    Trap(top / "seed")
    traps = {name: plant(aside if number % 2 else watched, number, name, top / "seed") for number, name in enumerate(TRAPS)}
    healthy = repos.make(watched / "healthy", is_live=True)
    names = repos.make(watched / "names", is_live=True)
    names.git("checkout", "-q", "-b", BRANCH)
    for folder in FOLDERS:
        lay_named(watched, folder)
    feed = top / "feed"
    with Daemon(top / "home", [watched], '[time]\nmin_visit = "0s"\n') as daemon, open(feed, "wb") as out:
        watcher = subprocess.Popen(
            [sys.executable, "-m", "stintd.cli.main", "watch"], env=daemon.environment, stdin=subprocess.DEVNULL, stdout=out
        )
        for number, (name, trap) in enumerate(traps.items()):
            if number % 2:
                traps[name] = moved_in(trap, watched)
        here = Field(watched, traps, healthy, names, daemon, feed)
        provoke(here)
        yield here
        watcher.terminate()
        watcher.wait(PATIENCE)


def plant(where: Path, number: int, name: str, seed: Path) -> Planted:
    """A trap, laid and ready; what git itself ran while it was laid does not count."""
    trap = Planted(where / f"trap{number}", seed)
    TRAPS[name](trap)
    trap.dirty()
    trap.marker.unlink(missing_ok=True)
    return trap


def moved_in(trap: Planted, watched: Path) -> Planted:
    """A folder unpacked elsewhere and moved into the watched one. Its programs are where its configuration says."""
    here = watched / trap.folder.name
    here.mkdir()
    os.rename(trap.folder / "code", here / "code")
    trap.repo = TestRepo(here / "code" / "repo")
    return trap


def lay_named(watched: Path, name: bytes) -> None:
    """A repository in a folder of this name, with a first commit like no other's."""
    folder = os.path.join(os.fsencode(watched), b"named", name)
    os.makedirs(folder)
    for args in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", name.hex()]):
        subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True)


def provoke(field: Field) -> None:
    """Work in all of them: files change beside every trap, and under every odd name."""
    poll_until(lambda: len(list(field.daemon.client.every("/api/repos"))) > len(FOLDERS), "they are found")
    for trap in field.traps.values():
        trap.dirty()
        (trap.repo.path / "src").mkdir(exist_ok=True)
        (trap.repo.path / "src" / "worked.txt").write_text("x")
    for name in FILES:
        with open(os.path.join(os.fsencode(field.names.path), name), "wb") as file:
            file.write(b"x")
    for name in FOLDERS:
        wait(0.02)
        with open(os.path.join(os.fsencode(field.watched), b"named", name, b"work.txt"), "wb") as file:
            file.write(b"x")
    wait(SECOND)
    # On a busy machine saves that follow at once reach the daemon as one, and then one of them gets the time.
    (field.watched / "named" / "=1+1" / "again.txt").write_text("x")
    wait(SECOND)
    field.healthy.write("healthy.txt")
    field.healthy.commit("Healthy work")
    wait(SECOND)
    field.names.person = (f"{ESCAPE}{MARKUP}Mallory", "mallory\x1b[5;41m@example.test")
    field.names.git("add", "-A")
    field.names.git("commit", "-q", "-m", SUBJECT)
    both = {"Healthy work", "names"}

    def committed() -> set[str]:
        entries = [entry for entry in field.daemon.entries() if entry["commits"]]
        return {name for entry in entries for name in (entry["projectName"], *(c["subject"] for c in entry["commits"]))}

    poll_until(lambda: both <= committed(), "the work is tracked")


def wait(seconds: float) -> None:
    """A paced step."""
    end = time.monotonic() + seconds
    poll_until(lambda: time.monotonic() >= end)


# ---------------------------------------------------------------- what must be so


def test_the_healthy_repository_is_tracked(field: Field) -> None:
    (entry,) = [entry for entry in field.daemon.entries() if entry["projectName"] == "healthy"]
    assert "Healthy work" in [commit["subject"] for commit in entry["commits"]]
    poll_until(
        lambda: "healthy.txt" in {beat["entity"] for beat in field.daemon.client.every("/api/heartbeats", project="healthy")},
        what="its edit",
    )


def test_the_surface_answers_at_once(field: Field) -> None:
    """The slowest of fifty calls; the best of three rounds, since a blocked daemon blocks them all."""
    routes = ("/api/status", "/api/health", "/api/repos", "/api/entries", "/api/timer/current")
    slowest = []
    for _ in range(3):
        took = []
        for number in range(50):
            began = time.perf_counter()
            field.daemon.client.get(routes[number % len(routes)])
            took.append(time.perf_counter() - began)
        slowest.append(max(took))
    assert min(slowest) < SLOWEST, slowest


def test_odd_file_names_are_evidence_like_any_other(field: Field) -> None:
    def seen() -> set[str]:
        return {beat["entity"] for beat in field.daemon.client.every("/api/heartbeats", project="names")}

    wanted = {"plain.txt", "new\nline.txt", "n" * 240 + ".txt", "-rf", "$(touch MARKER)", "a;b|c&d.txt", ESCAPE + ".txt"}
    poll_until(lambda: wanted <= seen(), what=f"{wanted}")
    assert [entry["branch"] for entry in field.daemon.entries() if entry["projectName"] == "names"][-1] == BRANCH


def test_every_odd_folder_is_a_project_with_time(field: Field) -> None:
    def worked() -> int:
        beats = field.daemon.client.every("/api/heartbeats")
        return len({beat["path"] for beat in beats if "/named/" in (beat["path"] or "") and beat["project"]})

    poll_until(lambda: worked() == len(FOLDERS) - 1, what="work in each but the one whose name is no text")
    warnings = [one["text"] for one in field.daemon.client.get("/api/status")["warnings"]]
    assert any("is not UTF-8" in warning for warning in warnings), warnings


def test_what_is_refused_is_told_and_the_rest_is_watched(field: Field) -> None:
    told = field.daemon.stint("repos").out
    assert "! " in told
    problems = [c["trouble"] for repo in field.daemon.client.every("/api/repos") for c in repo["checkouts"] if c["trouble"]]
    assert any("HEAD" in problem for problem in problems), problems


READ_VERBS = [
    ["status"], ["log"], ["log", "--agents"], ["day"], ["week"], ["report"], ["timesheet"], ["gaps"], ["repos"], ["projects"],
    ["projects", "--names"], ["clients"], ["tasks"], ["why", "-1m"], ["map", "--list"], ["watch", "list"], ["doctor"], ["config"],
    ["undo", "--list"], ["rebuild", "--dry-run"], ["hooks", "status"], ["prompt"], ["completions", "bash"],
    *(["report", "--by", group] for group in ("client", "task", "tag", "branch", "commit", "day")),
    ["report", "--csv"], ["report", "--html", "--by", "commit"], ["timesheet", "--csv"], ["timesheet", "--html"],
    ["log", "--json"], ["repos", "--json"],
]  # fmt: skip
OWN_COLOURS = re.compile(r"\x1b\[(?:(?:0|1|2|3[0-7]|9[0-7])(?:;(?:0|1|2|3[0-7]|9[0-7]))*)?m")


def unsafe(raw: bytes, is_terminal: bool = False) -> str:
    """What is left of control, bidi and undecodable characters once our own colours are taken out."""
    text = raw.decode("utf-8", "surrogateescape")
    if is_terminal:
        text = OWN_COLOURS.sub("", text).replace("\r\n", "\n")
    return "".join(c for c in text if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs"))


def run_verb(daemon: Daemon, argv: list[str], is_terminal: bool) -> bytes:
    """Everything a verb prints, to a pipe or a terminal."""
    environment = {**daemon.environment, "TERM": "xterm-256color", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "stintd.cli.main", *argv]
    if not is_terminal:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False
        )
        assert b"Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr
    leader, follower = pty.openpty()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower)
    os.close(follower)
    told = b""
    try:
        while part := os.read(leader, 65536):
            told += part
    except OSError:
        pass  # the other end is closed
    os.close(leader)
    process.wait(PATIENCE)
    return told


@pytest.mark.parametrize("is_terminal", [False, True], ids=["piped", "terminal"])
def test_no_verb_prints_what_the_names_carry(field: Field, is_terminal: bool) -> None:
    entries = [["why", entry["id"].replace("-", "")[-6:], "--history"] for entry in field.daemon.entries()]
    verbs = READ_VERBS + entries
    with ThreadPoolExecutor(2) as pool:
        printed = list(pool.map(lambda argv: run_verb(field.daemon, argv, is_terminal), verbs))
    told = {" ".join(argv): unsafe(text, is_terminal) for argv, text in zip(verbs, printed, strict=True)}
    assert {verb: characters for verb, characters in told.items() if characters} == {}
    everything = b"\n".join(printed)
    assert b"EVIL" in everything, "what is told is made harmless, not left out"
    assert b"\x1b[5;41m" not in everything


def test_pages_and_tables_for_others_carry_no_markup_and_no_formulas(field: Field) -> None:
    page = field.daemon.stint("report", "--html", "--by", "commit").out + field.daemon.stint("timesheet", "--html").out
    assert "<img" not in page
    assert "&lt;img" in page
    table = field.daemon.stint("report", "--csv").out
    assert "'=1+1" in table
    assert not re.search(r'(^|,)"?[=@+-]', table, re.MULTILINE)


def test_the_live_feed_the_log_and_the_status_line_are_harmless_too(field: Field) -> None:
    poll_until(lambda: b"Healthy work" in field.feed.read_bytes() or b"healthy" in field.feed.read_bytes(), what="the feed tells")
    assert unsafe(field.feed.read_bytes()) == ""
    assert unsafe(field.daemon.output().encode("utf-8", "surrogateescape")) == ""
    status = Path(field.daemon.layout.status)
    assert unsafe(status.read_bytes()) == "" if status.exists() else True


def test_hooks_may_speak_from_folders_with_any_name(field: Field) -> None:
    """What a hook leaves in the spool is as foreign as the repository it ran in."""
    spool = Path(field.daemon.layout.spool)
    for number, name in enumerate((UNREADABLE, b"", b"\x1b[5;41mEVIL", b"\xed\xa0\x80", b"../" * 400)):
        line = b"v1\tpost-commit\t%d\t%s\n" % (77000 + number, os.fsencode(field.watched) + b"/named/" + name)
        (spool / f"post-commit.{77000 + number}").write_bytes(line)
    wait(SECOND)
    field.healthy.commit("Healthy after the hooks")
    poll_until(lambda: "Healthy after the hooks" in field.daemon.stint("log").out, "it still tracks")
    poll_until(lambda: not list(spool.glob("post-commit.*")), what="the spool is read")
    failed = {"storage", "source_failed"} & {one["code"] for one in field.daemon.client.get("/api/status")["warnings"]}
    assert (failed, "Traceback" in field.daemon.output()) == (set(), False)


def test_nothing_planted_ran_also_after_a_restart(field: Field) -> None:
    """Last: after all that was asked above, and after everything was read once more by a new daemon."""
    field.daemon.restart()
    poll_until(lambda: field.daemon.client.get("/api/health")["ready"], what="it is ready")
    for trap in field.traps.values():
        trap.dirty()
        (trap.repo.path / "src" / "again.txt").write_text("x")
    wait(SECOND)
    field.healthy.commit("Healthy again")
    poll_until(lambda: "Healthy again" in field.daemon.stint("log").out, "it still tracks")
    assert field.sprung() == []
    subprocess.run(["git", "status"], cwd=field.traps["fsmonitor"].repo.path, capture_output=True, check=False)
    assert "fsmonitor" in field.sprung(), "the traps are live"
