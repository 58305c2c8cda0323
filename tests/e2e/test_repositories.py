"""Every kind of repository below one watched folder, with a daemon on: work there becomes time of the right project,
and `stint repos` tells what lies there.

All of it happens once, to one daemon: repositories lie there when it starts, come, move and go while it runs, and then
somebody saves a file in each and commits in most. The tests ask what became of that.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.support import poll_until, repos
from tests.support.daemon import Daemon
from tests.support.repos import TestRepo

CONFIG = '[time]\nmin_visit = "0s"\nlead = "0s"\ntail = "1s"\n'
"""Every visit counts, however short, and begins with its first act."""
SETTLED = 1.05
"""What changes within a second after git made files is taken for git's, and git itself notes whole seconds only."""


def wait(seconds: float) -> None:
    """A paced step."""
    end = time.monotonic() + seconds
    poll_until(lambda: time.monotonic() >= end)


def parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


def started(entry: dict[str, Any]) -> datetime:
    return parsed(entry["start"])


def ended(entry: dict[str, Any]) -> datetime:
    return parsed(entry["end"]) if entry["end"] else datetime.max.replace(tzinfo=UTC)


@dataclass
class Desk:
    """A watched folder, the daemon, and the checkouts that are worked in, by the name of their case."""

    code: Path
    outside: Path
    daemon: Daemon
    places: dict[str, TestRepo] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    def new(self, name: str, **options: Any) -> TestRepo:
        return repos.make(self.code / name, is_live=True, **options)

    def source(self, name: str, commits: int = 1) -> TestRepo:
        """A repository somewhere else."""
        return repos.make(self.outside / name, commits, is_live=True)

    def clone_of_server(self, name: str) -> TestRepo:
        """A clone of what lies at a network remote: it comes into the watched folder in one piece, like one made by git."""
        repo = self.source(f"{name} on its way")
        repo.git("remote", "add", "origin", "https://git.example.test/ada/twin.git")
        repo.path = repo.path.rename(self.code / name)
        return repo

    # ---------------------------------------------------------------- what is told

    def checkout(self, path: Path) -> dict[str, Any] | None:
        """What `stint repos` tells of a checkout that is there, with its repository's project."""
        for repo in self.daemon.client.every("/api/repos"):
            for checkout in repo["checkouts"]:
                if checkout["path"] == str(path) and not checkout["gone"]:
                    return {**checkout, "project": repo["projectName"], "repo": repo["id"]}
        return None

    def of(self, case: str) -> dict[str, Any]:
        found = self.checkout(self.places[case].path)
        assert found is not None, case
        return found

    def find(self, *paths: Path) -> None:
        """Wait until these are known and their work trees watched."""
        for path in paths:
            poll_until(lambda path=path: (told := self.checkout(path)) and told["tier"] != "waiting", what=f"{path} is found")

    def beats(self, case: str, kind: str) -> list[dict[str, Any]]:
        path = str(self.places[case].path)
        return [b for b in self.daemon.client.every("/api/heartbeats") if b["path"] == path and b["kind"] == kind]

    def work_at(self, time: str) -> set[tuple[str, str | None]]:
        """Project and task of what was done at this instant: on a busy machine several saves may reach the daemon as one."""
        at = [beat for beat in self.daemon.client.every("/api/heartbeats") if beat["time"] == time]
        return {(beat["project"], beat["taskName"]) for beat in at}

    def entry(self, subject: str) -> dict[str, Any]:
        """The entry that holds the commit and is named after it."""

        def probe() -> list[dict[str, Any]]:
            found = [entry for entry in self.daemon.entries() if subject in entry["description"]]
            return [entry for entry in found if subject in [commit["subject"] for commit in entry["commits"]]]

        (entry,) = poll_until(probe, what=f"an entry holds {subject}")
        assert (entry["actor"], entry["origin"]) == ("human", "auto")
        return entry

    # ---------------------------------------------------------------- what happens

    def save(self, case: str) -> None:
        self.places[case].write(f"saved in {case}.txt")

    def commit(self, case: str, subject: str = "") -> None:
        self.places[case].commit(subject or f"Commit in {case}.", name=f"{case}.txt")

    def commit_early(self, repo: TestRepo, subject: str) -> str:
        """A commit before anything befalls the repository; the entry that holds it."""
        self.find(repo.path)
        wait(SETTLED)
        repo.commit(subject)
        return str(self.entry(subject)["id"])


# ---------------------------------------------------------------- what lies there at the start


def _normal(desk: Desk) -> TestRepo:
    return desk.new("normal")


def _worktree(desk: Desk) -> TestRepo:
    return desk.new("trunk").worktree(desk.code / "trunk-fix", "fix/TR-7")


def _bare_with_worktrees(desk: Desk) -> TestRepo:
    """The layout of people who work in worktrees only: a bare repository, and a folder a branch."""
    return desk.source("seed").clone(desk.code / "grove" / "grove.git", "--bare").worktree(desk.code / "grove" / "oak", "OAK-1")


def _submodule(desk: Desk) -> TestRepo:
    return desk.new("ship").submodule(desk.source("sail"), "sail")


def _nested(desk: Desk) -> TestRepo:
    return desk.new("shell").init_nested("nut")


def _sha256(desk: Desk) -> TestRepo:
    return desk.new("modern", object_format="sha256")


def _reftable(desk: Desk) -> TestRepo:
    repo = desk.new("tabled", ref_format="reftable")
    repo.branch("TAB-1")
    return repo


def _detached(desk: Desk) -> TestRepo:
    repo = desk.new("bisected")
    repo.detach()
    return repo


def _unborn(desk: Desk) -> TestRepo:
    return repos.init(desk.code / "unborn", is_live=True)


def _same_name(desk: Desk) -> TestRepo:
    return desk.new("clienta/api")


def _other_of_that_name(desk: Desk) -> TestRepo:
    return desk.new("clientb/api")


LYING: dict[str, Callable[[Desk], TestRepo]] = {
    "normal": _normal, "worktree": _worktree, "bare with worktrees": _bare_with_worktrees, "submodule": _submodule,
    "nested": _nested, "sha256": _sha256, "reftable": _reftable, "detached": _detached, "unborn": _unborn,
    "same name": _same_name, "other of that name": _other_of_that_name,
}  # fmt: skip

# ---------------------------------------------------------------- what comes, moves and goes


def _new_clone(desk: Desk) -> TestRepo:
    return desk.source("famous", 5).clone(desk.code / "deep" / "down" / "famous")


def _new_submodule(desk: Desk) -> TestRepo:
    return TestRepo(desk.code / "normal", is_live=True).submodule(desk.source("part"), "part")


def _new_nested(desk: Desk) -> TestRepo:
    inner = TestRepo(desk.code / "normal", is_live=True).init_nested("inner")
    inner.commit("first")
    return inner


def _new_worktree(desk: Desk) -> TestRepo:
    return TestRepo(desk.code / "normal", is_live=True).worktree(desk.code / "normal-wt", "NRM-5")


def _second_clone(desk: Desk) -> TestRepo:
    """Beside the first one, of the same origin on a server."""
    first = desk.clone_of_server("twin")
    desk.commit_early(first, "Commit in the first clone.")
    return desk.clone_of_server("twin-again")


def _clone_of_folder(desk: Desk) -> TestRepo:
    """Beside the clone of a server that it is a clone of: a path joins nothing."""
    return TestRepo(desk.code / "twin", is_live=True).clone(desk.code / "twin-copy")


def _pushed(desk: Desk) -> TestRepo:
    """A bare repository below the watched folder, and a clone of it that pushes."""
    bare = repos.init(desk.code / "store.git", is_bare=True, is_live=True)
    return bare.clone(desk.code / "store")


def _moved(desk: Desk) -> TestRepo:
    """Renamed, then moved into another folder, with a commit before."""
    repo = desk.new("before")
    desk.known["moved"] = desk.commit_early(repo, "Commit before the move.")
    for place in ("after", "group/within"):
        (desk.code / place).parent.mkdir(exist_ok=True)
        repo.path = repo.path.rename(desk.code / place)
        desk.find(repo.path)
    return repo


def _made_anew(desk: Desk) -> TestRepo:
    """Deleted, with a commit before, and another one made in its place."""
    repo = desk.new("phoenix")
    desk.known["fire"] = desk.commit_early(repo, "Commit before the fire.")
    repo.write("right before.txt")
    shutil.rmtree(repo.path)
    poll_until(lambda: desk.checkout(repo.path) is None, what="it is gone")
    return desk.new("phoenix")


COMING: dict[str, Callable[[Desk], TestRepo]] = {
    "new clone": _new_clone, "new submodule": _new_submodule, "new nested": _new_nested, "new worktree": _new_worktree,
    "second clone": _second_clone, "clone of a folder": _clone_of_folder, "pushed": _pushed, "moved": _moved,
    "made anew": _made_anew,
}  # fmt: skip

COMMITTED = {
    "worktree", "bare with worktrees", "submodule", "sha256", "reftable", "detached", "unborn", "new clone", "moved",
    "made anew", "pushed",
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(top: Path) -> Iterator[Desk]:
    code, outside = top / "code", top / "outside"
    code.mkdir()
    desk = Desk(code, outside, Daemon(top / "home", [code], CONFIG))
    for case, lay in LYING.items():
        if case != "reftable" or repos.git_version() >= (2, 45):
            desk.places[case] = lay(desk)
    with desk.daemon:
        for case, come in COMING.items():
            desk.places[case] = come(desk)
        desk.find(*(repo.path for repo in desk.places.values()))
        live_there(desk)
        yield desk


def live_there(desk: Desk) -> None:
    """In each a file is saved, then in most something is committed."""
    wait(SETTLED)
    for case in desk.places:
        desk.save(case)
        wait(0.1)
    for case in desk.places:
        if case in COMMITTED:
            wait(SETTLED)
            desk.commit(case)
    wait(SETTLED)
    desk.places["pushed"].git("push", "-q", "-u", "origin", "HEAD")
    for case in desk.places:
        if case in COMMITTED:
            desk.entry(f"Commit in {case}.")


# ---------------------------------------------------------------- each is time of the right project

EXPECTED: dict[str, tuple[str, str, str | None, str | None]] = {
    "normal": ("normal", "main", "main", None),
    "worktree": ("trunk", "worktree", "fix/TR-7", "TR-7"),
    "bare with worktrees": ("grove", "worktree", "OAK-1", "OAK-1"),
    "submodule": ("ship", "submodule", "main", None),
    "nested": ("nut", "main", "main", None),
    "sha256": ("modern", "main", "main", None),
    "reftable": ("tabled", "main", "TAB-1", "TAB-1"),
    "detached": ("bisected", "main", None, None),
    "unborn": ("unborn", "main", "main", None),
    "same name": ("api", "main", "main", None),
    "other of that name": ("clientb/api", "main", "main", None),
    "new clone": ("famous", "main", "main", None),
    "new submodule": ("normal", "submodule", "main", None),
    "new nested": ("inner", "main", "main", None),
    "new worktree": ("normal", "worktree", "NRM-5", "NRM-5"),
    "second clone": ("twin", "main", "main", None),
    "clone of a folder": ("twin-copy", "main", "main", None),
    "pushed": ("store", "main", "main", None),
    "moved": ("before", "main", "main", None),
    "made anew": ("phoenix", "main", "main", None),
}
"""Project, kind of checkout, branch and task of each case."""


@pytest.mark.parametrize("case", EXPECTED)
def test_work_there_is_time_of_the_right_project(desk: Desk, case: str) -> None:
    if case not in desk.places:
        pytest.skip("git before 2.45 knows no reftable")
    project, kind, branch, task = EXPECTED[case]
    told = desk.of(case)
    assert (told["project"], told["kind"], told["branch"], told["trouble"]) == (project, kind, branch, "")
    (saved,) = [beat for beat in desk.beats(case, "edit") if beat["entity"] == f"saved in {case}.txt"]
    assert (saved["project"], saved["taskName"], saved["branch"]) == (project, task, branch)
    at = [entry for entry in desk.daemon.entries() if started(entry) <= parsed(saved["time"]) < ended(entry)]
    assert len(at) == 1
    assert (at[0]["projectName"], at[0]["taskName"]) in desk.work_at(saved["time"])
    if case in COMMITTED:
        entry = desk.entry(f"Commit in {case}.")
        assert (entry["projectName"], entry["taskName"], entry["branch"]) == (project, task, branch)


def test_work_in_a_further_clone_with_another_name_waits_for_an_answer(desk: Desk) -> None:
    asked = [item["text"] for item in desk.daemon.client.get("/api/review")["items"] if item["kind"] == "question"]
    assert [text for text in asked if text.startswith("twin-again is another clone of git.example.test/ada/twin")], asked
    saved = desk.beats("second clone", "edit")[-1]
    at = [entry for entry in desk.daemon.entries() if started(entry) <= parsed(saved["time"]) < ended(entry)]
    assert [entry["confirmed"] for entry in at] == [False]


def test_a_sha256_commit_is_told_whole(desk: Desk) -> None:
    assert {len(commit["sha"]) for commit in desk.entry("Commit in sha256.")["commits"]} == {64}


def test_a_push_into_a_bare_repository_is_an_act_of_the_clone_that_pushed(desk: Desk) -> None:
    store = desk.checkout(desk.code / "store.git")
    assert store is not None
    assert store["kind"] == "bare"
    poll_until(lambda: desk.beats("pushed", "push"), what="the push is told")
    assert not [b for b in desk.daemon.client.every("/api/heartbeats") if b["path"] == str(desk.code / "store.git")]


def test_the_history_that_comes_with_a_clone_is_not_her_day(desk: Desk) -> None:
    assert len(desk.beats("new clone", "commit")) == 1


def test_a_moved_repository_is_the_same_and_keeps_its_hours(desk: Desk) -> None:
    assert desk.daemon.client.get(f"/api/entries/{desk.known['moved']}")["projectName"] == "before"
    assert desk.checkout(desk.code / "before") is None
    assert desk.checkout(desk.code / "after") is None
    assert "group/within" in desk.daemon.stint("repos").out


def test_a_deleted_repository_keeps_its_hours_and_leaves_no_project_named_after_a_folder(desk: Desk) -> None:
    kept = desk.daemon.client.get(f"/api/entries/{desk.known['fire']}")
    assert "Commit before the fire." in [commit["subject"] for commit in kept["commits"]]
    names = [project["name"] for project in desk.daemon.client.every("/api/projects")]
    assert not [name for name in names if "phoenix" in name and name != "phoenix"]


def test_no_entry_overlaps_another_and_a_rebuild_changes_nothing(desk: Desk) -> None:
    entries = sorted(desk.daemon.entries(), key=started)
    assert all(ended(one) <= started(other) for one, other in pairwise(entries))
    assert "nothing changes" in desk.daemon.stint("rebuild", "--dry-run").out


# ---------------------------------------------------------------- while nobody watches; keep last


def test_what_happened_to_repositories_while_the_daemon_was_down_is_known_at_its_start(desk: Desk) -> None:
    """One was moved, one deleted, one cloned, one worked in on another branch, before a file was saved on a third."""
    desk.daemon.stop()
    mover, goner, worker = desk.places["moved"], desk.places["made anew"], desk.places["normal"]
    mover.path = mover.path.rename(desk.code / "moved-again")
    shutil.rmtree(goner.path)
    desk.places["late"] = desk.source("late").clone(desk.code / "late")
    worker.branch("WRK-3")
    desk.commit("normal", "Unseen work.")
    wait(SETTLED)
    worker.write("unseen.txt")
    # What changes in the two seconds before a checkout that nobody saw is taken for git's, too, and a quarter of a second
    # earlier, as late as a lock may be noticed.
    wait(2.25 + SETTLED)
    worker.branch("WRK-4")
    desk.daemon.start()
    desk.find(mover.path, desk.places["late"].path)
    assert desk.of("normal")["branch"] == "WRK-4"
    entry = desk.entry("Unseen work.")
    assert (entry["projectName"], entry["taskName"]) == ("normal", "WRK-3")
    assert desk.of("moved")["project"] == "before"
    poll_until(lambda: desk.checkout(goner.path) is None, what="the deleted one is gone")
    unseen = poll_until(lambda: [b for b in desk.beats("normal", "edit") if b["entity"] == "unseen.txt"], "the sweep")
    assert [beat["branch"] for beat in unseen] == ["WRK-3"]


def test_repos_says_when_one_cannot_be_read(desk: Desk) -> None:
    odd = desk.places["sha256"].path
    os.mkfifo(odd / ".git" / "pipe")
    os.rename(odd / ".git" / "pipe", odd / ".git" / "HEAD")
    told = poll_until(lambda: text if "! " in (text := desk.daemon.stint("repos").out) else "", what="its trouble is told")
    assert "modern" in told[told.index("! ") :]
