"""Details of commits, where the reflog does not suffice: a hook reports only an id, a backfill needs author and dates.

SHA-1 repositories are read by the GitPython worker; SHA-256 and reftable repositories, which it cannot read, by `gitcall`.
The worker starts with the first question, is killed with its children when an answer takes too long, and ends when nobody
has asked for a while.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime

import stintd
from stintd.clock import Clock
from stintd.domain.model import CheckoutFacts, from_us
from stintd.frozen import frozen
from stintd.sources import gitcall
from stintd.sources.gitfiles import GitPlace, distrust_reason, read_config, text_of
from stintd.sources.gitreader import place_of

ANSWER_LIMIT = 5.0  # seconds
IDLE = 10.0  # seconds after the last answer until the worker ends
AT_ONCE = 200  # commits asked for in one line
LINE_LIMIT = 4 * 1024 * 1024
LATEST = 4_102_444_800  # 2100; commit dates may say anything
FORMAT = "%H%x1f%s%x1f%an%x1f%ae%x1f%at%x1f%ce%x1f%ct%x1f%P"


@frozen
class CommitDetail:
    """A commit as it describes itself. Anybody can set its times, so they are never the basis of billing."""

    sha: str
    subject: str
    author: str
    email: str
    authored: datetime
    committer: str
    committed: datetime
    parents: int


class CommitReader:
    """Owns the worker process. On the event loop's thread; one question at a time."""

    def __init__(self, clock: Clock, answer_limit: float = ANSWER_LIMIT) -> None:
        self._clock, self._answer_limit = clock, answer_limit
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._questions = 0
        self._ending: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the worker process; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def details(self, facts: CheckoutFacts, shas: list[str]) -> list[CommitDetail]:
        """The details of those of `shas` (full ids) that are commits there. `GitFailed` when the repository cannot be read."""
        place, wanted = place_of(facts), [sha for sha in shas if len(sha) in (40, 64) and sha.isalnum()]
        reason = distrust_reason(place)
        if reason or not wanted:
            if reason:
                raise gitcall.GitFailed(f"git is not run in {place.path}: {reason}")
            return []
        config = await asyncio.to_thread(read_config, place.common_dir)
        if config.object_format != "sha1" or config.ref_storage != "files":
            return await asyncio.to_thread(_read_with_git, place, facts.head, wanted)
        details: list[CommitDetail] = []
        for start in range(0, len(wanted), AT_ONCE):
            details += await self._ask(place, wanted[start : start + AT_ONCE])
        return details

    async def close(self) -> None:
        """End the worker process."""
        if self._ending is not None:
            self._ending.cancel()
        async with self._turn:
            await self._end(is_gentle=True)

    async def _ask(self, place: GitPlace, shas: list[str]) -> list[CommitDetail]:
        async with self._turn:
            process = await self._worker()
            self._questions += 1
            question = {"id": self._questions, "place": [place.path, place.git_dir, place.common_dir, place.kind], "shas": shas}
            try:
                line = await asyncio.wait_for(_exchange(process, json.dumps(question)), self._answer_limit)
                answer = json.loads(line)
            except (TimeoutError, ValueError, OSError):
                await self._end(is_gentle=False)
                raise gitcall.GitFailed(f"{place.path} took too long to read", "is there a pipe among its files?") from None
            self._end_when_idle()
        if "error" in answer:
            raise gitcall.GitFailed(f"{place.path} cannot be read: {answer['error']}")
        return [_detail(**commit) for commit in answer["commits"]]

    async def _worker(self) -> asyncio.subprocess.Process:
        if self._ending is not None:
            self._ending.cancel()
        if self._process is None or self._process.returncode is not None:
            env = gitcall.environment(GitPlace(os.sep, "", "", "main"))
            env |= {"PYTHONPATH": os.path.dirname(os.path.dirname(stintd.__file__)), "GIT_PYTHON_REFRESH": "quiet"}
            env["GIT_PYTHON_GIT_EXECUTABLE"] = gitcall.git_program()
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-m", "stintd.sources.gitworker"),
                env=env,
                cwd=os.sep,
                limit=LINE_LIMIT,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                start_new_session=True,
            )
        return self._process

    def _end_when_idle(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._ending = asyncio.create_task(self._rest())

    async def _rest(self) -> None:
        await self._clock.sleep(IDLE)
        async with self._turn:
            self._ending = None
            await self._end(is_gentle=True)

    async def _end(self, is_gentle: bool) -> None:
        """End the worker: gently by closing its input, or else (also when it does not end) by killing it and all it started."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if is_gentle and process.stdin is not None:
            process.stdin.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 1.0)
                return
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
        await process.wait()


async def _exchange(process: asyncio.subprocess.Process, question: str) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise OSError("the worker has no pipes")
    process.stdin.write(question.encode() + b"\n")
    await process.stdin.drain()
    return await process.stdout.readline()


def _read_with_git(place: GitPlace, head: str, shas: list[str]) -> list[CommitDetail]:
    """The same by one git command; blocking."""
    args = ("log", "--no-walk=unsorted", "--ignore-missing", "-z", f"--format={FORMAT}", "--stdin")
    stdin = "".join(f"{sha}\n" for sha in shas).encode()
    if read_config(place.common_dir).ref_storage == "files":
        output = gitcall.call_shadow(place, head, args, stdin=stdin)
    else:
        output = gitcall.call(place, args, stdin=stdin)
    details = []
    for row in output.split(b"\0"):
        parts = [text_of(part, 500) for part in row.strip(b"\n").split(b"\x1f")]
        if len(parts) == 8:
            sha, subject, author, email, authored, committer, committed, parents = parts
            details.append(
                _detail(sha, subject, author, email, _number(authored), committer, _number(committed), len(parents.split()))
            )
    return details


def _number(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else 0


def _detail(
    sha: str, subject: str, author: str, email: str, authored: int, committer: str, committed: int, parents: int
) -> CommitDetail:
    return CommitDetail(sha, subject, author, email.lower(), _instant(authored), committer.lower(), _instant(committed), parents)


def _instant(seconds: int) -> datetime:
    """A commit's own date, limited to the years 1970 to 2100."""
    return from_us(min(max(seconds, 0), LATEST) * 1_000_000)
