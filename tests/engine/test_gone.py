"""A checkout that goes away: what is still told of it belongs to where it was, and leaves no strange project or repository."""

from dataclasses import replace
from datetime import UTC, datetime

from stintd.domain.model import CheckoutFacts, CheckoutSignal, FileSignal
from stintd.engine.queries import repos
from stintd.engine.view import View
from tests.support.clock import FakeClock
from tests.support.engine import running

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MAIN = CheckoutFacts("/w/acme", "/w/acme/.git", "/w/acme/.git", "main", "root:aa", first_commit="aa", branch="main", head="1")
TREE = replace(MAIN, path="/w/acme-wt", git_dir="/w/acme/.git/worktrees/acme-wt", kind="worktree", parent="/w/acme")


async def names(daemon, table):
    return [row["name"] for row in await daemon.rows(f"SELECT name FROM {table} ORDER BY name")]


async def test_files_deleted_with_their_worktree_make_no_project_of_its_folder(tmp_path):
    clock = FakeClock(NOW)
    async with running(tmp_path, clock) as daemon:
        for facts in (MAIN, TREE):
            daemon.intake.tell(CheckoutSignal(NOW, facts))
        daemon.intake.tell(CheckoutSignal(NOW, TREE, is_gone=True))
        daemon.intake.tell(FileSignal(NOW, TREE.path, "a.py"))
        await clock.advance(seconds=0)
        await clock.advance(seconds=5)
        await daemon.sheet()
        assert await names(daemon, "project") == ["acme"]


async def test_a_folder_is_one_repository_from_before_its_first_commit_on(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        empty = CheckoutFacts("/w/copy", "/w/copy/.git", "/w/copy/.git", "main", "path:/w/copy", branch="main")
        for facts in (MAIN, empty, replace(empty, identity="root:aa", first_commit="aa", head="1")):
            daemon.intake.tell(CheckoutSignal(NOW, facts))
        listed = await daemon.engine.read(lambda conn: repos.repos(View(conn, NOW, daemon.engine.policy)))
        assert [repo["name"] for repo in listed["data"]] == ["acme", "copy"]
