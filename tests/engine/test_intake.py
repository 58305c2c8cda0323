"""What the intake makes of signals whose checkout is another by the time they are certain."""

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from stintd.domain.model import AgentSignal, BeatSignal, CheckoutFacts, CheckoutSignal, FileSignal, GitSignal, LockSignal
from stintd.engine.checkouts import Places
from tests.support.engine import Running, running

TOP = "/code/acme"


def facts(branch: str) -> CheckoutFacts:
    return CheckoutFacts(TOP, f"{TOP}/.git", f"{TOP}/.git", "main", "root:1", first_commit="1", branch=branch, head="a" * 40)


def write(run: Running, name: str) -> None:
    run.intake.tell(FileSignal(run.clock.now(), TOP, name, 1))


def commit(at: datetime, branch: str, subject: str) -> GitSignal:
    sha = hashlib.sha1(subject.encode()).hexdigest()
    return GitSignal(at, TOP, "commit", "reflog", "", sha, branch, subject, "ada@example.test", True)


async def test_a_file_held_while_its_branch_was_left_belongs_to_the_branch_it_was_written_on(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("DEV-1")))
        await run.clock.advance(minutes=5)
        write(run, "early.py")
        await run.clock.advance(seconds=1.5)
        now = run.clock.now()
        run.intake.tell(LockSignal(now, TOP, True))
        moved = GitSignal(now, TOP, "checkout", "reflog", "", "b" * 40, "DEV-2", "", "ada@example.test", True)
        run.intake.take([CheckoutSignal(now, facts("DEV-2")), moved, LockSignal(now, TOP, False)], {})
        await run.clock.advance(minutes=5)
        write(run, "late.py")
        await run.clock.advance(seconds=5)
        assert [(row["task"], row["branch"]) for row in await run.sheet()] == [("DEV-1", "DEV-1"), ("DEV-2", "DEV-2")]


async def test_what_was_done_right_before_a_checkout_was_removed_stays_with_its_repository(tmp_path: Path) -> None:
    """A worktree is removed after the last save in it: no project named after the folder comes of that."""
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("main")))
        write(run, "last.py")
        await run.clock.advance(seconds=1)
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("main"), is_gone=True))
        await run.clock.advance(seconds=5)
        assert [row["project"] for row in await run.sheet()] == ["acme"]
        assert [row["name"] for row in await run.rows("SELECT name FROM project")] == ["acme"]


async def test_a_commit_on_another_branch_does_not_describe_the_work_before_it(tmp_path: Path) -> None:
    """It lies in the credit after the last act on DEV-1, and is itself certain only seconds later."""
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("DEV-1")))
        write(run, "work.py")
        await run.clock.advance(seconds=1)
        await run.clock.advance(seconds=9)
        run.intake.tell(commit(run.clock.now(), "main", "Elsewhere"))
        assert [(row["branch"], row["description"]) for row in await run.sheet()] == [("DEV-1", "DEV-1")]
        await run.clock.advance(seconds=1)
        await run.clock.advance(seconds=5)
        assert [(row["branch"], row["description"]) for row in await run.sheet()][-1] == ("main", "Elsewhere")


async def test_a_commit_is_seen_in_time_though_a_file_waits_for_gits_lock(tmp_path: Path) -> None:
    """A file that was written while git holds its lock is certain only when the lock is released, after 45 seconds at most. A
    commit that comes meanwhile does not wait for it."""
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("main")))
        run.intake.tell(LockSignal(run.clock.now(), TOP, True))
        await run.clock.advance(seconds=0.1)
        write(run, "work.py")
        await run.clock.advance(seconds=0.1)
        run.intake.tell(commit(run.clock.now(), "main", "Log in"))
        await run.clock.advance(seconds=1.1)
        await run.clock.advance(seconds=1)
        assert [row["description"] for row in await run.sheet()] == ["Log in"]


def count_lookups(call: Callable[[], object]) -> int:
    """How often a path is looked up among the checkouts meanwhile."""
    lookups = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal lookups
        lookups += event == "call" and getattr(frame, "f_code", None) is Places.locate.__code__

    sys.setprofile(note)
    try:
        call()
    finally:
        sys.setprofile(None)
    return lookups


async def test_the_place_of_a_heartbeat_is_looked_up_once(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("DEV-1")))
        edit = BeatSignal(run.clock.now(), "edit", "editor", path=f"{TOP}/work.py")
        assert count_lookups(lambda: run.intake.take_beats([edit])) == 1
        tool = BeatSignal(run.clock.now(), "tool", "agent", "agent", path=f"{TOP}/made.py", session="s1")
        agent = AgentSignal(tool, agent="claude-code", folder=TOP)
        assert count_lookups(lambda: run.intake.tell(agent)) == 1
        [row] = await run.rows("SELECT DISTINCT repo_path, branch FROM context WHERE kind = 'edit'")
        assert (row["repo_path"], row["branch"]) == (TOP, "DEV-1")


async def test_a_commit_that_a_rebase_folded_into_another_leaves_no_subject(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.intake.tell(CheckoutSignal(run.clock.now(), facts("main")))
        login, typo = commit(run.clock.now(), "main", "Add login"), commit(run.clock.now(), "main", "fix typo, sorry Bob")
        run.intake.tell(login)
        await run.clock.advance(minutes=5)
        typo = replace(typo, time=run.clock.now())
        run.intake.tell(typo)
        await run.clock.advance(seconds=5)
        assert [row["description"] for row in await run.sheet()] == ["Add login; fix typo, sorry Bob"]
        words = ("c" * 40, "main", "rebase (finish)", "ada@example.test", True)
        run.intake.tell(GitSignal(run.clock.now(), TOP, "rebase", "reflog", "", *words, folded=(typo.new, "d" * 40)))
        await run.clock.advance(seconds=5)
        assert [row["description"] for row in await run.sheet()] == ["Add login"]
        run.intake.tell(typo)  # once more, as a hook's late report or a second reading would be
        await run.clock.advance(seconds=5)
        assert [row["description"] for row in await run.sheet()] == ["Add login"]
