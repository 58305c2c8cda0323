"""Agent programs at work in a watched checkout are found, and only there, and are gone when they are gone."""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from stintd.domain.model import ProcessSignal
from stintd.sources.process import ProcessWatch, agent_name, is_alive, started_at
from tests.support.clock import FakeClock


@pytest.mark.parametrize(
    ("name", "arguments", "agent"),
    [
        ("claude", ["claude"], "claude"),
        ("node", ["node", "/usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "-p"], "claude"),
        ("node", ["node", "--no-warnings", "/opt/bin/gemini"], "gemini"),
        ("codex", ["/home/ada/.local/bin/codex", "exec"], "codex"),
        ("python3.12", ["python3.12", "/home/ada/.local/bin/aider", "--yes"], "aider"),
        ("Claude.exe", ["C:\\bin\\Claude.exe"], "claude"),
        ("node", ["node", "server.js", "claude"], None),
        ("vim", ["vim", "claude.md"], None),
        ("bash", ["bash", "claude"], None),
        ("python3", [], None),
    ],
)
def test_an_agent_is_known_by_name_or_by_its_script(name: str, arguments: list[str], agent: str | None) -> None:
    assert agent_name(name, arguments) == agent


def test_a_process_is_its_pid_and_its_start() -> None:
    started = started_at(os.getpid())
    assert started is not None
    assert is_alive(os.getpid(), started)
    assert not is_alive(os.getpid(), started - 100)
    assert started_at(2**22 + 12345) is None


async def test_an_agent_in_a_watched_checkout_is_told_and_so_is_its_end(tmp_path: Path) -> None:
    program, inside, outside = tmp_path / "bin" / "aider", tmp_path / "acme", tmp_path / "elsewhere"
    for folder in (program.parent, inside, outside):
        folder.mkdir()
    shutil.copy(shutil.which("sleep") or "", program)
    clock, told = FakeClock(), list[ProcessSignal]()
    watch = ProcessWatch(clock, lambda folder: str(inside) if folder.startswith(str(inside)) else None)
    task = asyncio.create_task(watch.run(told.append))  # type: ignore[arg-type]
    agent, stranger = _start(program, inside), _start(program, outside)
    try:
        await _until(watch, clock, lambda: told)
        assert [(s.pid, s.name, s.folder, s.is_alive) for s in told] == [(agent.pid, "aider", str(inside), True)]
        agent.kill()
        agent.wait()
        clock.move(minutes=10)
        await _until(watch, clock, lambda: len(told) > 1)
        assert (told[1].pid, told[1].is_alive) == (agent.pid, False)
        assert told[1].time < told[0].time + timedelta(minutes=1), "it ended in the silence, not when files changed again"
    finally:
        for process in (agent, stranger):
            process.kill()
            process.wait()
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _start(program: Path, folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([program, "60"], cwd=folder)


async def _until(watch: ProcessWatch, clock: FakeClock, is_so: object) -> None:
    for _ in range(200):
        watch.ask()
        await clock.advance(seconds=6)
        await asyncio.to_thread(lambda: None)
        if is_so():  # type: ignore[operator]
            return
    raise AssertionError("nothing was told")


def test_a_second_look_skips_what_was_no_agent(tmp_path: Path) -> None:
    watch = ProcessWatch(FakeClock(), lambda folder: folder)
    watch.scan(0.0)
    assert os.getpid() in watch._others
    assert watch.scan(0.0) == {}
