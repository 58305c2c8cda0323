"""What every tree promises, held by inotify, the observer and the sweeps alike."""

import asyncio
import os
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.watching import KINDS, Watching


@pytest_asyncio.fixture(params=KINDS)
async def seen(request: pytest.FixtureRequest) -> AsyncIterator[Watching]:
    async with Watching(request.param) as watching:
        yield watching


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    top = tmp_path / "acme"
    for name in ("src", "node_modules/left", ".git/logs", "docs"):
        (top / name).mkdir(parents=True)
    return top


def cover(seen: Watching, top: Path, *folders: str) -> None:
    seen.tree.cover(str(top), [str(top / ".git"), str(top / ".git/logs")], [str(top / f) if f else str(top) for f in folders])


async def test_a_written_file_is_told_with_its_checkout(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / "src/app.py").write_text("x")
    note = await seen.told("file", repo / "src/app.py")
    assert (note.checkout, note.is_folder) == (str(repo), False)
    assert note.time.tzinfo is not None


async def test_a_change_in_a_folder_that_is_not_covered_is_not_told(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / "node_modules/left/pad.js").write_text("x")
    await seen.caught_up(repo / "src")
    assert not [note for note in seen.notes if "pad.js" in note.path]


async def test_a_change_of_the_git_dir_is_told_as_such(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / ".git/logs/HEAD").write_text("line\n")
    assert (await seen.told("git", repo / ".git/logs/HEAD")).checkout == str(repo)


async def test_a_new_folder_is_told_and_then_covered(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / "src/deep").mkdir()
    assert (await seen.told("folder", repo / "src/deep")).is_folder
    cover(seen, repo, "", "src", "src/deep")
    await seen.caught_up(repo / "src/deep")


async def test_a_save_through_a_temporary_file_is_told(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / "src/app.py~").write_text("new")
    os.rename(repo / "src/app.py~", repo / "src/app.py")
    await seen.told("file", repo / "src/app.py")


async def test_a_deleted_file_is_told(seen: Watching, repo: Path) -> None:
    (repo / "src/old.py").write_text("x")
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    (repo / "src/old.py").unlink()
    await seen.told("file", repo / "src/old.py")


async def test_covering_again_replaces_what_was_covered(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    cover(seen, repo, "", "docs")
    await seen.caught_up(repo / "docs")
    seen.notes.clear()
    (repo / "src/app.py").write_text("x")
    await seen.caught_up(repo)
    assert str(repo / "src/app.py") not in seen.paths()


async def test_nothing_is_told_of_what_is_no_longer_covered(seen: Watching, repo: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cover(seen, repo, "", "src")
    seen.tree.cover(str(other), [], [str(other)])
    await seen.caught_up(other)
    seen.tree.uncover(str(repo))
    seen.tree.uncover(str(repo))
    (repo / "src/app.py").write_text("x")
    await seen.caught_up(other)
    assert not seen.about("file", repo / "src/app.py")


async def test_a_folder_of_two_checkouts_is_told_to_both(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    seen.tree.cover("/worktree", [], [str(repo / "src")])
    await seen.caught_up(repo / "src")
    (repo / "src/app.py").write_text("x")
    await seen.until(lambda: {n.checkout for n in seen.about("file", repo / "src/app.py")} == {str(repo), "/worktree"})


async def test_a_deleted_checkout_is_lost(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    shutil.rmtree(repo)
    await seen.until(lambda: any(n.kind == "lost" and n.checkout == str(repo) and n.reason for n in seen.notes))


async def test_a_deleted_and_recreated_checkout_can_be_covered_again(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    shutil.rmtree(repo)
    await seen.until(lambda: any(n.kind == "lost" and n.path == str(repo) for n in seen.notes))  # its .git goes before it
    (repo / "src").mkdir(parents=True)
    (repo / ".git/logs").mkdir(parents=True)
    cover(seen, repo, "", "src")
    await seen.caught_up(repo / "src")


async def test_a_sink_that_raises_does_not_end_watching(seen: Watching, repo: Path) -> None:
    reported: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
    cover(seen, repo, "", "src")
    await seen.caught_up(repo)
    seen.to_raise = RuntimeError("a bug in the listener")
    (repo / "src/a.py").write_text("x")
    await seen.told("file", repo / "src/a.py")
    (repo / "src/b.py").write_text("x")
    await seen.told("file", repo / "src/b.py")
    assert seen.to_raise in reported
    assert seen.handover.sink_errors >= 1


async def test_a_missing_folder_is_passed_over(seen: Watching, repo: Path) -> None:
    cover(seen, repo, "", "src", "gone")
    await seen.caught_up(repo / "src")


async def test_a_linked_folder_is_not_followed(seen: Watching, repo: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo / "link").symlink_to(outside)
    cover(seen, repo, "", "link")
    await seen.caught_up(repo)
    (outside / "secret").write_text("x")
    await seen.caught_up(repo)
    assert not [note for note in seen.notes if "secret" in note.path]


@pytest.mark.parametrize("kind", KINDS)
async def test_stopping_gives_back_threads_and_descriptors(kind: str, repo: Path) -> None:
    async def once() -> None:
        async with Watching(kind) as watching:
            watching.tree.cover(str(repo), [str(repo / ".git")], [str(repo)])
            await watching.caught_up(repo)

    await once()
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        await once()
    assert threading.active_count() <= threads
    assert len(os.listdir("/proc/self/fd")) <= descriptors
