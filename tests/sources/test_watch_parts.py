"""Handing notes over, the budget, and which file systems stay silent."""

import asyncio
from datetime import UTC, datetime

import pytest

from stintd.mounts import is_silent, kind_of, parse_mounts
from stintd.sources import changes
from stintd.sources.changes import CREATED, WRITTEN, Handover, TreeNote
from stintd.sources.watch import TreeWatcher, budget_of

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MOUNTS = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:40 / /home/ada/share rw - nfs4 box:/share rw
31 22 0:41 / /home/ada/my\\040disk rw master:1 - fuse.sshfs box: rw
32 30 0:42 / /home/ada/share/local rw - tmpfs tmpfs rw
broken line
"""


def note(path: str, mask: int = WRITTEN) -> TreeNote:
    return TreeNote("file", "/acme", path, mask, NOW)


async def settle() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_notes_that_wait_are_folded_and_come_as_one_batch() -> None:
    batches: list[list[TreeNote]] = []
    handover = Handover(batches.append, asyncio.get_running_loop())
    handover.put([note("/acme/a", CREATED), note("/acme/b")])
    handover.put([note("/acme/a")])
    await settle()
    assert batches == [[note("/acme/a", CREATED | WRITTEN), note("/acme/b")]]


async def test_more_notes_than_a_loop_can_follow_become_an_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    batches: list[list[TreeNote]] = []
    handover = Handover(batches.append, asyncio.get_running_loop())
    handover.put(note(f"/acme/{number}") for number in range(changes.PENDING_LIMIT + 1))
    handover.put([note("/acme/after")])
    await settle()
    assert [n.kind for n in batches[0]] == ["overflow", "file"]


def test_a_closed_loop_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    handover = Handover(lambda _: None, loop)
    loop.close()
    handover.put([note("/acme/a")])


@pytest.mark.parametrize(("limit", "budget"), [(192_536, 48_134), (65_536, 16_384), (10_000, 1_808), (8_192, 0), (0, 0)])
def test_the_budget_is_a_quarter_and_never_the_last_reserve(limit: int, budget: int) -> None:
    assert budget_of(limit) == budget


@pytest.mark.parametrize(
    ("path", "kind", "silent"),
    [
        ("/home/ada/code", "ext4", False),
        ("/home/ada/share/x", "nfs4", True),
        ("/home/ada/my disk/x", "fuse.sshfs", True),
        ("/home/ada/share/local/x", "tmpfs", False),
    ],
)
def test_the_deepest_mount_decides_whether_changes_are_announced(path: str, kind: str, silent: bool) -> None:
    assert kind_of(path, parse_mounts(MOUNTS)) == kind
    assert is_silent(kind) is silent


def test_without_a_mount_table_everything_counts_as_local() -> None:
    assert not is_silent(kind_of("/home/ada", {}))


@pytest.mark.parametrize(("backend", "name"), [("auto", "inotify"), ("observer", "observer"), ("polling", "polling")])
async def test_a_backend_can_be_chosen(backend: str, name: str) -> None:
    watcher = TreeWatcher(lambda _: None, asyncio.get_running_loop(), backend=backend)
    watcher.start()
    try:
        assert watcher.stats().main.backend == name
        assert watcher.stats().trouble == ()
    finally:
        watcher.stop()
