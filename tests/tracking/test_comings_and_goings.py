"""Git data that goes and comes back, and what git makes in one instant: with the real watcher, nothing done meanwhile is lost."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from stintd.clock import SystemClock
from stintd.domain.model import CheckoutSignal, FileSignal, GitSignal, TroubleSignal
from stintd.sources.folders import Folders
from tests.support import repos
from tests.support.repos import TestRepo
from tests.support.tracking import Live, watching


@pytest.fixture
async def code(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    return tmp_path / "code"


@pytest.fixture
async def bench(code: Path) -> AsyncIterator[Live]:
    repo = repos.make(code / "acme", 1, is_live=True)
    repo.write(".gitignore", ".claude/\nignored/\n")
    repo.git("add", ".")
    repo.git("commit", "-q", "-m", "ignore")
    async with watching(code, folders=Folders(SystemClock())) as live:
        yield live


def saved(bench: Live, folder: Path) -> set[str]:
    return {s.path for s in bench.of(FileSignal) if s.checkout == str(folder)}  # type: ignore[attr-defined]


def commits(bench: Live, folder: Path) -> list[tuple[str, str | None]]:
    acts = [s for s in bench.of(GitSignal) if s.checkout == str(folder) and s.kind == "commit"]  # type: ignore[attr-defined]
    return [(s.subject, s.branch) for s in acts]  # type: ignore[attr-defined]


def codes(bench: Live) -> list[tuple[str, bool]]:
    return [(s.code, s.is_cleared) for s in bench.of(TroubleSignal)]  # type: ignore[attr-defined]


# ---------------------------------------------------------------- begun anew


def begin(folder: Path) -> None:
    fresh = repos.init(folder, is_live=True)
    fresh.git("add", ".")
    fresh.git("commit", "-q", "-m", "begun anew")


def clone_in(folder: Path) -> None:
    other = repos.make(folder.parent.parent / "other", 1, is_live=True)
    bare = folder.parent.parent / "cloned"
    other.clone(bare)
    (bare / ".git").rename(folder / ".git")
    TestRepo(folder, is_live=True).commit("begun anew")


def bring_back(folder: Path) -> None:
    (folder.parent.parent / "away").rename(folder / ".git")
    TestRepo(folder, is_live=True).commit("begun anew")


def remove(folder: Path) -> None:
    shutil.rmtree(folder / ".git")


def take_away(folder: Path) -> None:
    (folder / ".git").rename(folder.parent.parent / "away")


@pytest.mark.parametrize("is_noticed", [False, True], ids=["at once", "noticed"])
@pytest.mark.parametrize(("go", "come"), [(remove, begin), (remove, clone_in), (take_away, bring_back), (take_away, begin)])
async def test_a_git_folder_that_goes_and_comes_costs_nothing(
    bench: Live, code: Path, go: Callable[[Path], None], come: Callable[[Path], None], is_noticed: bool
) -> None:
    folder = code / "acme"
    await asyncio.to_thread(go, folder)
    if is_noticed:
        await bench.until(lambda: ("repository_lost", False) in codes(bench))
        await asyncio.to_thread((folder / "meanwhile.txt").write_text, "1")
        await bench.until(lambda: "meanwhile.txt" in saved(bench, folder))
    await asyncio.to_thread(come, folder)
    await bench.until(lambda: "begun anew" in [subject for subject, _ in commits(bench, folder)])
    for name in ("one.txt", "two.txt"):
        await asyncio.to_thread((folder / name).write_text, "1")
        await bench.until(lambda name=name: name in saved(bench, folder))  # type: ignore[misc]
    await asyncio.to_thread(TestRepo(folder, is_live=True).commit, "goes on")
    await bench.until(lambda: "goes on" in [subject for subject, _ in commits(bench, folder)])
    assert not [s for s in bench.of(CheckoutSignal) if s.is_gone]  # type: ignore[attr-defined]
    assert is_noticed == (("repository_lost", True) in codes(bench))
    (state,) = bench.tracker.repos()
    assert (state.tier, state.problem) == ("full", "")


async def test_a_clone_begun_anew_in_one_go_has_its_own_first_commit(bench: Live, code: Path, tmp_path: Path) -> None:
    template = repos.make(tmp_path / "template", 2, is_live=True)

    def clone_and_begin() -> None:
        template.clone(code / "client")
        remove(code / "client")
        begin(code / "client")

    await asyncio.to_thread(clone_and_begin)
    await bench.until(lambda: "begun anew" in [subject for subject, _ in commits(bench, code / "client")])
    first = TestRepo(code / "client", is_live=True).head()
    await bench.until(lambda: f"root:{first}" in [s.facts.identity for s in bench.of(CheckoutSignal)])  # type: ignore[attr-defined]


async def test_a_folder_that_is_emptied_or_removed_is_gone(bench: Live, code: Path) -> None:
    await asyncio.to_thread(shutil.rmtree, code / "acme")
    await bench.until(lambda: [s for s in bench.of(CheckoutSignal) if s.is_gone])  # type: ignore[attr-defined]
    assert codes(bench) == []


async def test_a_nested_repository_without_git_leaves_its_files_to_the_one_around_it(bench: Live, code: Path) -> None:
    inner = code / "acme" / "lib"
    await asyncio.to_thread(repos.make, inner, 1, is_live=True)
    await bench.until(lambda: [s for s in bench.of(CheckoutSignal) if s.facts.path == str(inner)])  # type: ignore[attr-defined]
    await asyncio.to_thread(remove, inner)
    await bench.until(lambda: [s for s in bench.of(CheckoutSignal) if s.is_gone])  # type: ignore[attr-defined]
    await bench.settled()
    await asyncio.to_thread((inner / "new.txt").write_text, "1")
    await bench.until(lambda: "lib/new.txt" in saved(bench, code / "acme"))
    await asyncio.to_thread(begin, inner)
    await bench.until(lambda: "begun anew" in [subject for subject, _ in commits(bench, inner)])


# ---------------------------------------------------------------- in one instant

PLACES = (".claude/worktrees/x", ".worktrees/x", "ignored/deep/x", "node_modules/x", "../acme-x", "../elsewhere/deep/x")


@pytest.mark.parametrize("place", PLACES)
async def test_the_first_worktree_is_seen_wherever_it_lies(bench: Live, code: Path, place: str) -> None:
    repo, folder = TestRepo(code / "acme", is_live=True), (code / "acme" / place).resolve()

    def work() -> None:
        tree = repo.worktree(folder, "ABC-7-login")
        tree.write("saved.py", "1")
        tree.commit("ABC-7 log in")

    await asyncio.to_thread(work)
    await bench.until(lambda: ("ABC-7 log in", "ABC-7-login") in commits(bench, folder) and "saved.py" in saved(bench, folder))
    await asyncio.to_thread(TestRepo(folder, is_live=True).write, "later.py", "1")
    await bench.until(lambda: "later.py" in saved(bench, folder))
    await asyncio.to_thread(repo.git, "worktree", "remove", "--force", str(folder))
    await bench.until(lambda: any(s.is_gone and s.facts.path == str(folder) for s in bench.of(CheckoutSignal)))  # type: ignore[attr-defined]
    assert [code for code, _ in codes(bench)] == []


@pytest.mark.parametrize("name", ["lib", "deps/lib", "vendor/a/b", "ignored/lib"])
async def test_the_first_submodule_is_seen_wherever_it_lies(bench: Live, code: Path, tmp_path: Path, name: str) -> None:
    repo, source = TestRepo(code / "acme", is_live=True), repos.make(tmp_path / "source", 1, is_live=True)

    def work() -> None:
        repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-f", "-q", str(source.path), name)
        TestRepo(repo.path / name, is_live=True).commit("in the library")

    await asyncio.to_thread(work)
    await bench.until(lambda: ("in the library", "main") in commits(bench, repo.path / name))
    (found, *_) = [s for s in bench.of(CheckoutSignal) if s.facts.path == str(repo.path / name)]  # type: ignore[attr-defined]
    assert (found.facts.kind, found.facts.parent) == ("submodule", str(repo.path))  # type: ignore[attr-defined]


async def test_the_first_worktree_of_a_bare_repository_is_seen(bench: Live, code: Path) -> None:
    bare = code / "store.git"
    await asyncio.to_thread(TestRepo(code / "acme", is_live=True).clone, bare, "--bare")
    await bench.until(lambda: [s for s in bench.of(CheckoutSignal) if s.facts.kind == "bare"])  # type: ignore[attr-defined]

    def work() -> None:
        TestRepo(bare, is_live=True).worktree(code / "tree", "topic").commit("in the tree")

    await asyncio.to_thread(work)
    await bench.until(lambda: ("in the tree", "topic") in commits(bench, code / "tree"))
