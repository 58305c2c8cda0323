"""From git's act to a signal, with nothing faked: a shim writes, the spool is read while others still write."""

import asyncio
import contextlib
import subprocess
from pathlib import Path

from stintd.clock import SystemClock
from stintd.domain.model import GitSignal
from stintd.install import shim
from stintd.sources.gitreader import facts_of
from stintd.sources.spool import SpoolSource
from tests.install.test_git import install
from tests.support.repos import make


class Letters:
    """A source on a real clock, and the acts it told."""

    def __init__(self, folder: Path) -> None:
        self.told: list[GitSignal] = []
        self.source = SpoolSource(str(folder), SystemClock(), self._settled, lambda path, call: lambda: None, self._head)

    async def drain(self) -> int:
        return await self.source.drain(lambda signal: self.told.append(signal) if isinstance(signal, GitSignal) else None)

    async def _settled(self) -> None:
        await asyncio.sleep(0)

    def _head(self, folder: str) -> tuple[str | None, str]:
        facts = facts_of(folder)
        return (facts.branch, facts.head) if facts else (None, "")


def test_a_commit_arrives_with_its_id_branch_and_time(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    repo = make(tmp_path / "acme", is_live=True)
    install(repo, spool)
    letters = Letters(spool)
    before = SystemClock().now()
    repo.commit("one")
    asyncio.run(letters.drain())
    (signal,) = letters.told
    assert (signal.kind, signal.checkout, signal.new, signal.branch) == ("commit", str(repo.path), repo.head(), "main")
    assert (SystemClock().now() - before).total_seconds() >= (signal.time - before).total_seconds() > -0.05


def test_eight_writers_at_once_lose_nothing_and_nothing_is_told_twice(tmp_path):
    spool, hook = tmp_path / "spool", tmp_path / "post-commit"
    spool.mkdir()
    hook.write_text(shim.shim_text("post-commit", str(spool)))
    folders = [tmp_path / f"repo{number}" for number in range(8)]
    for folder in folders:
        folder.mkdir()
    loop = f"n=0; while [ $n -lt 50 ]; do n=$((n+1)); (. '{hook}'); done"
    letters = Letters(spool)

    writers = [subprocess.Popen(["/bin/sh", "-c", loop], cwd=folder) for folder in folders]

    async def everything() -> None:
        while any(writer.poll() is None for writer in writers):
            await letters.drain()
        await letters.drain()

    asyncio.run(everything())
    assert {folder: sum(signal.checkout == str(folder) for signal in letters.told) for folder in folders} == {
        folder: 50 for folder in folders
    }
    left = [path.name for path in spool.rglob("*") if path.is_file()]
    assert left == []


def test_a_daemon_that_dies_between_reading_and_storing_loses_nothing(tmp_path):
    spool = tmp_path / "spool"
    spool.mkdir()
    repo = make(tmp_path / "acme", is_live=True)
    install(repo, spool)
    repo.commit("one")

    class Killed(Letters):
        async def _settled(self) -> None:
            raise SystemExit

    dead, reborn = Killed(spool), Letters(spool)
    with contextlib.suppress(SystemExit):
        asyncio.run(dead.drain())
    repo.commit("two")
    asyncio.run(reborn.drain())
    assert dead.told[0].new == reborn.told[0].new
    assert dead.told[0].time == reborn.told[0].time
    assert [signal.new for signal in reborn.told][-1] == repo.head()
    assert len(reborn.told) == 2
