"""Sessions whose process died are closed, those that said good-bye are not closed twice, and nobody polls for it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from stintd.domain.model import AgentSignal, BeatSignal
from stintd.engine.intake.sessionwatch import SessionWatch
from tests.support.engine import Running, running


class Processes:
    """Processes by pid, as the test says, and who asked to be told of their end."""

    def __init__(self, *, has_pidfds: bool = True) -> None:
        self.alive = {70: 5.0, 71: 6.0}
        self.has_pidfds = has_pidfds
        self.calls: dict[int, object] = {}
        self.looks = 0

    def started_at(self, pid: int) -> float | None:
        return self.alive.get(pid)

    def is_alive(self, pid: int, started: float) -> bool:
        self.looks += 1
        return self.alive.get(pid) == started

    def watch_exit(self, pid: int, started: float, call):
        if not self.has_pidfds:
            return None
        self.calls[pid] = call
        return lambda: self.calls.pop(pid, None)

    def kill(self, pid: int) -> None:
        del self.alive[pid]
        if pid in self.calls:
            self.calls.pop(pid)()  # type: ignore[operator]


@asynccontextmanager
async def running_watch(folder: Path, processes: Processes) -> AsyncIterator[Running]:
    async with running(folder) as run:
        watch = SessionWatch(run.engine, "boot", processes.started_at, processes.is_alive, processes.watch_exit)
        run.engine.call_after_commit(watch.note_change)
        run.intake.agents._boot = "boot"
        task = asyncio.create_task(watch.run())
        try:
            yield run
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def say(run: Running, kind: str, session: str = "s1", pid: int = 70, reason: str = "", actor: str = "human") -> None:
    beat = BeatSignal(run.clock.now(), kind, "agent", actor, "/code/acme", session=session, pid=pid)
    run.intake.tell(AgentSignal(beat, "claude-code", reason, {70: 5.0, 71: 6.0}[pid]))


async def pass_time(run: Running, seconds: float) -> None:
    """Time, in small steps, and the threads of the database."""
    for _ in range(int(seconds * 2)):
        await run.clock.advance(seconds=0.5)
        await run.engine.run(lambda step: None)


async def ended_sessions(run: Running) -> list[tuple[str, str]]:
    rows = await run.rows("SELECT id, end_reason FROM session WHERE ended_us IS NOT NULL ORDER BY id")
    return [(row["id"], row["end_reason"]) for row in rows]


async def test_a_dead_process_ends_its_sessions_at_their_last_sign_and_no_other(tmp_path):
    processes = Processes()
    async with running_watch(tmp_path, processes) as run:
        say(run, "session_start", "s1")
        say(run, "prompt", "s1")
        say(run, "prompt", "s2", pid=71)
        await pass_time(run, 3)
        last = run.clock.now()
        say(run, "tool", "s1", actor="agent")
        await pass_time(run, 3)
        processes.kill(70)
        await pass_time(run, 5)
        assert await ended_sessions(run) == [("s1", "its process ended")]
        (row,) = await run.rows("SELECT ended_us FROM session WHERE id = 's1'")
        assert row["ended_us"] == int(last.timestamp() * 1_000_000)
        rows = await run.rows("SELECT actor FROM context WHERE kind = 'session_end'")
        assert [row["actor"] for row in rows] == ["agent"]
        assert set(processes.calls) == {71}


async def test_an_agent_that_leaves_by_itself_is_heard_although_its_process_is_gone_first(tmp_path):
    processes = Processes()
    async with running_watch(tmp_path, processes) as run:
        say(run, "prompt")
        await pass_time(run, 3)
        processes.kill(70)
        await run.clock.advance(seconds=0.4)
        say(run, "session_end", reason="logout")
        await pass_time(run, 5)
        assert await ended_sessions(run) == [("s1", "logout")]
        assert len(await run.rows("SELECT * FROM context WHERE kind = 'session_end'")) == 1
        assert processes.calls == {}


async def test_nobody_looks_while_nothing_happens(tmp_path):
    processes = Processes()
    async with running_watch(tmp_path, processes) as run:
        say(run, "prompt")
        await pass_time(run, 3)
        before = processes.looks
        await run.clock.advance(minutes=10)
        assert processes.looks == before


async def test_without_pidfds_running_sessions_are_looked_at_once_a_minute(tmp_path):
    processes = Processes(has_pidfds=False)
    async with running_watch(tmp_path, processes) as run:
        say(run, "prompt")
        await pass_time(run, 3)
        before = processes.looks
        for _ in range(3):
            await run.clock.advance(minutes=1)
            await asyncio.sleep(0.02)
        assert 1 <= processes.looks - before <= 4
        processes.kill(70)
        for _ in range(8):
            await run.clock.advance(seconds=20)
            await asyncio.sleep(0.02)
        assert await ended_sessions(run) == [("s1", "its process ended")]


async def test_a_cleared_conversation_is_the_same_session_and_a_resumed_one_in_another_process_begins_anew(tmp_path):
    async with running(tmp_path) as run:
        say(run, "session_start", "s1", reason="startup")
        say(run, "prompt", "s1")
        await run.clock.advance(minutes=1)
        say(run, "session_start", "s2", reason="clear")
        say(run, "prompt", "s2")
        say(run, "session_start", "s3", reason="compact")
        say(run, "prompt", "s3")
        await run.clock.advance(minutes=1)
        say(run, "session_end", "s3", reason="logout")
        rows = await run.rows("SELECT id, pid, end_reason FROM session")
        assert [(row["id"], row["pid"], row["end_reason"]) for row in rows] == [("s1", 70, "logout")]
        assert {row["session"] for row in await run.rows("SELECT session FROM context")} == {"s1"}
        say(run, "session_start", "s4", pid=71, reason="resume")
        kinds = await run.rows("SELECT session, kind FROM context WHERE session = 's4'")
        assert [(row["session"], row["kind"]) for row in kinds] == [("s4", "session_start")]


async def test_what_was_known_of_sessions_survives_the_daemon(tmp_path):
    async with running(tmp_path) as run:
        say(run, "session_start", "s1", reason="startup")
        say(run, "session_start", "s2", reason="clear")
        await run.engine.run(lambda step: None)
    async with running(tmp_path, run.clock) as again:
        again.engine.database.read_now(again.intake.agents.restore)
        say(again, "prompt", "s2")
        assert {row["session"] for row in await again.rows("SELECT session FROM context WHERE kind = 'prompt'")} == {"s1"}
        assert (70, 5.0) in again.intake.agents.processes
