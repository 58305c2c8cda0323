"""Details of commits come through a worker process that hangs nobody, leaks nothing and ends when idle."""

import asyncio
import os
from pathlib import Path

import psutil
import pytest

from stintd.domain.model import CheckoutFacts
from stintd.sources import gitreader
from stintd.sources.commits import CommitReader
from stintd.sources.gitcall import GitFailed
from tests.support import PATIENCE, repos
from tests.support.clock import FakeClock
from tests.support.repos import COLLEAGUE, START

pytestmark = pytest.mark.smoke


def facts_of(path: Path) -> CheckoutFacts:
    facts = gitreader.facts_of(str(path))
    assert facts is not None
    return facts


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
async def test_a_commit_tells_subject_people_and_times(tmp_path: Path, object_format: str) -> None:
    repo = repos.init(tmp_path / "r", object_format=object_format)
    repo.person = COLLEAGUE
    sha = repo.commit("mend \x1b[31mthe roof", at=START)
    reader = CommitReader(FakeClock())
    (detail,) = await reader.details(facts_of(repo.path), [sha, "0" * len(sha)])
    await reader.close()
    assert (detail.sha, detail.subject, detail.author, detail.email) == (sha, "mend \x1b[31mthe roof", *COLLEAGUE)
    assert detail.authored == detail.committed == START
    assert detail.parents == 0


async def test_the_worker_starts_with_a_question_and_ends_when_idle(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    clock = FakeClock()
    reader = CommitReader(clock)
    assert reader.pid is None
    await reader.details(facts_of(repo.path), [repo.head()])
    pid = reader.pid
    assert pid is not None
    await asyncio.sleep(0)
    await clock.advance(seconds=11)
    async with asyncio.timeout(5):
        while reader.pid is not None or psutil.pid_exists(pid):
            await asyncio.to_thread(lambda: None)


async def test_a_config_that_includes_a_pipe_hangs_nobody(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    sha, facts = repo.head(), facts_of(repo.path)
    os.mkfifo(tmp_path / "pipe")
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(f"[include]\n\tpath = {tmp_path / 'pipe'}\n")
    reader = CommitReader(FakeClock(), answer_limit=1.0)
    with pytest.raises(GitFailed):
        await reader.details(facts, [sha])
    assert reader.pid is None
    reader._answer_limit = PATIENCE
    other = repos.make(tmp_path / "other", 1)
    assert len(await reader.details(facts_of(other.path), [other.head()])) == 1
    await reader.close()


@pytest.mark.slow
async def test_thousands_of_questions_leave_the_worker_as_it_was(tmp_path: Path) -> None:
    made = [repos.make(tmp_path / str(number), 2) for number in range(10)]
    asked = [(facts_of(repo.path), repo.head()) for repo in made]
    reader = CommitReader(FakeClock())

    async def ask(count: int) -> None:
        for number in range(count):
            facts, sha = asked[number % len(asked)]
            assert len(await reader.details(facts, [sha])) == 1

    await ask(100)
    assert reader.pid is not None
    worker = psutil.Process(reader.pid)
    before = (worker.num_fds(), len(worker.children()), worker.memory_info().rss)
    await ask(3000)
    assert worker.num_fds() <= before[0]
    assert len(worker.children()) <= before[1]
    assert worker.memory_info().rss < before[2] + 4 * 1024 * 1024
    await reader.close()
