"""A day from beginning to end: a real daemon, real repositories, real git, a plain program that edits.

Hours become seconds through the settings alone: credit of one second, visits from two seconds on, a break of more than
30 seconds after a commit (half of an idle timeout of one minute). What is done is written down with its time while
it is done, and the timesheet must say the same.
"""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.support import poll_until, repos
from tests.support.daemon import Daemon
from tests.support.repos import COLLEAGUE, TestRepo

CONFIG = """
[time]
idle_timeout = "1m"
session_idle_timeout = "1m"
lead = "1s"
tail = "1s"
switch_cap = "20s"
min_visit = "2s"
"""
CREDIT = timedelta(seconds=1)
CLOSE = timedelta(seconds=1.5)
"""How far the sheet may be from the script: git's reflog knows whole seconds, and this machine is busy."""
THEIRS = ("Round half up", "Test rounding")
STORM = 3000
FILES = 5200
BREAK = 31.5
SETTLED = 1.1
"""What changes within a second after git rewrote files is taken for git's, and git itself notes whole seconds only."""


@dataclass
class Act:
    """One thing done, and when it was done with."""

    began: datetime
    ended: datetime


@dataclass
class Script:
    """What was done, in order. `pace` is how long a person takes between two acts, uneven as people are."""

    acts: dict[str, list[Act]] = field(default_factory=dict)
    _paces: Iterator[float] = field(default_factory=lambda: _uneven())

    def do(self, chapter: str, act: Callable[[], object]) -> None:
        """One act of a chapter, then a moment's thought."""
        began = datetime.now(UTC)
        act()
        self.acts.setdefault(chapter, []).append(Act(began, datetime.now(UTC)))
        wait(next(self._paces))

    def edit(self, chapter: str, repo: TestRepo, *names: str) -> None:
        """A program opens each file, writes it and closes it."""
        for name in names:
            self.do(chapter, lambda name=name: repo.write(name, f"{name} {time.monotonic_ns()}\n" * 3))

    def git(self, chapter: str, repo: TestRepo, *args: str) -> None:
        self.do(chapter, lambda: repo.git(*args))

    def commit(self, chapter: str, repo: TestRepo, subject: str) -> None:
        """What lies there is committed."""

        def act() -> None:
            repo.git("add", "-A")
            repo.git("commit", "-q", "-m", subject)

        self.do(chapter, act)

    def first(self, chapter: str) -> Act:
        return self.acts[chapter][0]

    def last(self, chapter: str) -> Act:
        return self.acts[chapter][-1]


def _uneven() -> Iterator[float]:
    while True:
        yield from (0.35, 0.2, 0.5, 0.25, 0.4, 0.15)


def wait(seconds: float) -> None:
    """A paced step of the script."""
    end = time.monotonic() + seconds
    poll_until(lambda: time.monotonic() >= end)


@dataclass
class Code:
    """Three repositories below one folder: atlas with a submodule `lib` and a linked worktree beside it, mono with more
    than 5,000 files, and beta, which a colleague pushes to as well.
    """

    top: Path
    folder: Path
    atlas: TestRepo
    lib: TestRepo
    hotfix: TestRepo
    mono: TestRepo
    beta: TestRepo
    colleague: TestRepo


def lay(top: Path) -> Code:
    folder = top / "code"
    library = repos.make(top / "elsewhere" / "lib", is_live=True)
    atlas = repos.make(folder / "atlas", is_live=True)
    atlas.write(".gitignore", "node_modules/\n")
    for name in ("login", "crash", "start"):
        atlas.write(f"src/{name}.py")
    atlas.git("add", "-A")
    atlas.git("commit", "-q", "-m", "Lay the ground")
    lib = atlas.submodule(library, "lib")
    hotfix = atlas.worktree(folder / "atlas-hotfix", "ATL-9-crash")
    origin = repos.init(top / "elsewhere" / "beta.git", is_bare=True)
    beta = repos.make(folder / "beta", is_live=True)
    beta.write("src/money.py")
    beta.git("add", "-A")
    beta.git("commit", "-q", "-m", "Money")
    beta.git("remote", "add", "origin", str(origin.path))
    beta.git("push", "-q", "-u", "origin", "main")
    colleague = TestRepo(top / "elsewhere" / "bobs", is_live=True, person=COLLEAGUE)
    TestRepo(origin.path, is_live=True).clone(colleague.path)
    for subject in THEIRS:
        colleague.commit(subject, name="theirs.py")
    colleague.git("push", "-q")
    return Code(top, folder, atlas, lib, hotfix, lay_large(folder / "mono"), beta, colleague)


def lay_large(path: Path) -> TestRepo:
    """5,200 files, 3,000 of which differ on the branch of a ticket."""
    mono = repos.init(path, is_live=True)
    for number in range(FILES):
        mono.write(f"part{number % 40}/f{number}.txt", "one\n")
    mono.git("add", "-A")
    mono.git("commit", "-q", "-m", "All of it")
    mono.branch("MON-4-release")
    for number in range(STORM):
        (mono.path / f"part{number % 40}/f{number}.txt").write_text("two\n")
    mono.git("commit", "-q", "-a", "-m", "Release")
    mono.git("checkout", "-q", "main")
    return mono


@dataclass
class Day:
    """The day that was lived, and the daemon that watched it."""

    code: Code
    script: Script
    daemon: Daemon
    sheet: list[dict[str, Any]]

    def entry(self, chapter: str) -> dict[str, Any]:
        """The entry of a chapter; chapters and entries are told in order."""
        return self.sheet[list(self.script.acts).index(chapter)]

    def why(self, chapter: str) -> str:
        """What `stint why` prints of it."""
        return self.daemon.stint("why", self.entry(chapter)["id"].replace("-", "")[-6:]).out

    def seen(self) -> list[dict[str, Any]]:
        """All evidence, oldest first."""
        return list(self.daemon.client.every("/api/heartbeats"))[::-1]


@pytest.fixture(scope="module")
def day(top: Path) -> Iterator[Day]:
    code = lay(top)
    with Daemon(top / "home", [code.folder], CONFIG) as daemon:
        daemon.stint("hooks", "install", "git", "--all")
        script = Script()
        morning(script, code)
        blackout(script, code, daemon)
        noon(script, code, daemon)
        afternoon(script, code)
        latest = wire(script.last("evening").ended - CLOSE)
        poll_until(lambda: daemon.entries()[-1]["lastEvidenceAt"] > latest, what="the last edit is seen")
        yield Day(code, script, daemon, daemon.entries(actor="human"))


def morning(script: Script, code: Code) -> None:
    """atlas on main; a ticket's branch, to its commit; mono, over a checkout of 3,000 files; beta, over a stash, a pull
    of a colleague's commits and a rebase. Meanwhile a package manager fills an ignored folder of atlas.
    """
    script.edit("start", code.atlas, "src/start.py", "README.md", "src/start.py", "src/more.py")
    wait(SETTLED)
    script.git("login", code.atlas, "checkout", "-q", "-b", "feature/ATL-7-login")
    wait(SETTLED)
    script.edit("login", code.atlas, "src/login.py", "tests/login.py", "src/login.py")
    script.commit("login", code.atlas, "Let people log in")
    script.edit("mono", code.mono, "part1/new.py", "part2/other.py", "part1/new.py", "part3/third.py")
    install_packages(code.atlas)
    script.edit("mono", code.mono, "part4/fourth.py")
    script.commit("mono", code.mono, "Tidy the parts")
    wait(SETTLED)
    script.git("release", code.mono, "checkout", "-q", "MON-4-release")
    wait(SETTLED)
    script.edit("release", code.mono, "part1/rel.py", "part2/rel.py", "part1/rel.py", "part5/rel.py")
    script.commit("release", code.mono, "Name the release")
    script.edit("beta", code.beta, "src/money.py", "src/rates.py", "src/money.py")
    script.git("beta", code.beta, "stash", "-q", "-u")
    script.git("beta", code.beta, "pull", "-q", "--ff-only")
    script.git("beta", code.beta, "stash", "pop", "-q")
    script.commit("beta", code.beta, "Know the rates")
    wait(SETTLED)
    script.git("fees", code.beta, "checkout", "-q", "-b", "BET-3-fees", "HEAD~2")
    wait(SETTLED)
    script.edit("fees", code.beta, "src/fees.py", "tests/fees.py")
    script.commit("fees", code.beta, "Take fees")
    script.git("fees", code.beta, "rebase", "-q", "main")
    wait(SETTLED)
    script.edit("fees", code.beta, "src/fees.py")


def install_packages(repo: TestRepo) -> None:
    """What `npm install` does: hundreds of files in folders git ignores, written by a program of its own."""
    for number in range(800):
        repo.write(f"node_modules/p{number % 60}/f{number}.js", "x\n")


def blackout(script: Script, code: Code, daemon: Daemon) -> None:
    """The daemon is killed right after an edit. She goes on in the worktree; its hooks have nobody to tell."""
    script.edit("fees", code.beta, "src/fees.py")
    daemon.kill()
    script.edit("crash", code.hotfix, "src/crash.py", "tests/crash.py", "src/guard.py")
    script.commit("crash", code.hotfix, "Stop the crash")
    assert list(Path(daemon.layout.spool).glob("post-commit.*")), "the hook left its file"
    script.edit("crash", code.hotfix, "docs/crash.md")
    daemon.start()
    script.edit("crash", code.hotfix, "src/crash.py", "docs/more.md")
    script.edit("lib", code.lib, "lib.py", "more.py", "lib.py", "most.py")
    script.commit("lib", code.lib, "Grow the library")


def noon(script: Script, code: Code, daemon: Daemon) -> None:
    """A break after a commit, in which an editor's background git goes on; the daemon is restarted in it, as by an update."""
    since = time.monotonic()
    for repo in (code.mono, code.beta, code.atlas):
        repo.git("status", "--short")
        repo.git("gc", "-q", "--auto")
    code.beta.git("fetch", "-q")
    daemon.restart()
    wait(max(0.0, BREAK - (time.monotonic() - since)))


def afternoon(script: Script, code: Code) -> None:
    script.edit("evening", code.atlas, "src/login.py", "src/again.py", "tests/login.py", "src/login.py")


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


# ---------------------------------------------------------------- the sheet

EXPECTED = {
    "start": ("atlas", None, "main", ""),
    "login": ("atlas", "ATL-7", "feature/ATL-7-login", "Let people log in"),
    "mono": ("mono", None, "main", "Tidy the parts"),
    "release": ("mono", "MON-4", "MON-4-release", "Name the release"),
    "beta": ("beta", None, "main", "Know the rates"),
    "fees": ("beta", "BET-3", "BET-3-fees", "Take fees"),
    "crash": ("atlas", "ATL-9", "ATL-9-crash", "Stop the crash"),
    "lib": ("atlas", None, "main", "Grow the library"),
    "evening": ("atlas", "ATL-7", "feature/ATL-7-login", "ATL-7 login"),
}
"""Project, task, branch and description of each chapter: the worktree and the submodule are atlas's."""


def test_every_chapter_is_an_entry_of_its_project_and_task(day: Day) -> None:
    told = [(e["projectName"], e["taskName"], e["branch"], e["description"]) for e in day.sheet]
    assert dict(zip(day.script.acts, told, strict=True)) == EXPECTED


def test_each_begins_a_seconds_credit_before_its_first_act(day: Day) -> None:
    for chapter in EXPECTED:
        first, start = day.script.first(chapter), parsed(day.entry(chapter)["start"])
        # An entry that follows on another's last act (both within a second) takes over right there.
        assert first.began - CREDIT - CLOSE <= start <= first.ended + CLOSE, chapter


def test_one_follows_on_the_other_but_for_the_break(day: Day) -> None:
    """She never left before noon: each chapter ends where the next begins. The break is nobody's."""
    ends = {chapter: day.entry(chapter)["end"] for chapter in EXPECTED}
    starts = {chapter: day.entry(chapter)["start"] for chapter in EXPECTED}
    for chapter, follower in zip(list(EXPECTED)[:7], list(EXPECTED)[1:8], strict=True):
        assert ends[chapter] == starts[follower], chapter
    assert abs(parsed(ends["lib"]) - day.script.last("lib").ended - CREDIT) < CLOSE
    assert parsed(starts["evening"]) - parsed(ends["lib"]) > timedelta(seconds=BREAK - 4)
    assert (ends["evening"], day.entry("evening")["state"]) == (None, "running")


def test_only_her_own_commits_stand_in_the_entries_and_each_once(day: Day) -> None:
    subjects = [commit["subject"] for entry in day.sheet for commit in entry["commits"]]
    assert subjects == [text for *_, text in list(EXPECTED.values())[:-1] if text]
    shas = [beat["entity"] for beat in day.seen() if beat["kind"] == "commit"]
    assert len(shas) == len(set(shas)) == len(subjects)


def test_git_and_package_managers_leave_no_edits_behind(day: Day) -> None:
    """A checkout of 3,000 files is one checkout, a pull one pull; what git ignores is never seen."""
    beats = day.seen()
    written = {beat["entity"] for beat in beats if beat["kind"] == "edit"}
    assert not [name for name in written if "node_modules" in name or name.endswith(".txt") or name == "theirs.py"]
    assert [beat["entity"] for beat in beats].count("README.md") == 1, "one save is one edit"
    acts = [(beat["project"], beat["kind"]) for beat in beats if beat["source"] == "git" and beat["kind"] != "commit"]
    # A hook's file that outlives the kill may tell its act once more, half a second from where the reflog puts it.
    assert [act for act, _ in groupby(acts)] == [
        ("atlas", "checkout"),
        ("mono", "checkout"),
        ("beta", "stash"),
        ("beta", "pull"),
        ("beta", "checkout"),
        ("beta", "rebase"),
    ]


def test_what_was_done_while_the_daemon_was_dead_is_there_at_its_own_time(day: Day) -> None:
    """Killed right after an edit: that edit, three more, and the commit of which only a hook's file was left."""
    dead = {beat["entity"]: parsed(beat["time"]) for beat in day.seen() if beat["branch"] == "ATL-9-crash"}
    for name, act in zip(("src/crash.py", "tests/crash.py", "src/guard.py"), day.script.acts["crash"], strict=False):
        # crash.py was written again later: a file's time is that of its last write
        assert name == "src/crash.py" or abs(dead[name] - act.ended) < CLOSE, name
    assert abs(dead["docs/crash.md"] - day.script.acts["crash"][4].ended) < CLOSE
    assert abs(dead[day.entry("crash")["commits"][0]["sha"]] - day.script.acts["crash"][3].ended) < CLOSE
    last_fees = [parsed(beat["time"]) for beat in day.seen() if beat["entity"] == "src/fees.py"][-1]
    assert abs(last_fees - day.script.last("fees").ended) < CLOSE
    (blind, *_) = day.daemon.client.get("/api/why", at=day.entry("crash")["start"])["blind"]
    assert parsed(blind["start"]) < day.script.first("crash").ended < parsed(blind["end"])


# ---------------------------------------------------------------- told to people


def test_why_names_files_acts_and_commits(day: Day) -> None:
    told = day.why("login")
    assert "branch feature/ATL-7-login" in told
    assert "/atlas: own folder" in told
    assert {"1 branch change", "1 commit"} <= set(re.split(r", | [(]|  +", told)), told
    assert "src/login.py" in told
    assert "Let people log in" in told
    assert "Not watched" in day.why("crash")


def test_why_says_what_the_break_was(day: Day) -> None:
    moment = parsed(day.entry("lib")["end"]) + timedelta(seconds=5)
    told = day.daemon.client.get("/api/why", at=wire(moment))
    assert told["entryId"] is None
    assert [gap["verdict"] for gap in told["gaps"]] == ["away"]
    assert "of silence after a commit: away" in told["gaps"][0]["reason"]


def test_report_and_day_say_the_same_as_the_entries(day: Day) -> None:
    """Human time is wall time: nothing is counted twice."""
    today = parsed(day.entry("start")["start"]).date().isoformat()
    report = day.daemon.stint("report", "--from", today, "--to", today, "--json").json
    shown = day.daemon.stint("day", today, "--json").json
    sums: dict[str, float] = {}
    for entry in shown["entries"]:
        end = parsed(entry["end"] or entry["lastEvidenceAt"])
        sums[entry["projectName"]] = sums.get(entry["projectName"], 0.0) + (end - parsed(entry["start"])).total_seconds()
    assert {row["name"]: pytest.approx(row["seconds"], abs=3) for row in report["rows"]} == sums
    assert report["totals"]["wallSeconds"] == report["totals"]["seconds"] == pytest.approx(sum(sums.values()), abs=3)


def test_repos_lists_every_checkout_under_its_project(day: Day) -> None:
    found = {
        (Path(checkout["path"]).name, checkout["kind"]): (repo["projectName"], checkout["branch"])
        for repo in day.daemon.client.every("/api/repos")
        for checkout in repo["checkouts"]
    }
    assert found == {
        ("atlas", "main"): ("atlas", "feature/ATL-7-login"),
        ("atlas-hotfix", "worktree"): ("atlas", "ATL-9-crash"),
        ("lib", "submodule"): ("atlas", "main"),
        ("mono", "main"): ("mono", "MON-4-release"),
        ("beta", "main"): ("beta", "BET-3-fees"),
    }


def test_a_rebuild_of_all_of_it_changes_nothing(day: Day) -> None:
    assert "nothing changes" in day.daemon.stint("rebuild", "--dry-run").out
