"""Agent programs at work in a watched checkout are found, and only there, and are gone when they are gone."""

import asyncio
import os
import shutil
import subprocess
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from stintd.domain.model import ProcessSignal
from stintd.sources.process import YOUNG, Exits, ProcessWatch, agent_above, agent_name, detect_headless, is_alive, start_time
from tests.support import PATIENCE, poll_until
from tests.support.clock import FakeClock

pytestmark = pytest.mark.smoke


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
    started = start_time(os.getpid())
    assert started is not None
    assert is_alive(os.getpid(), started)
    assert not is_alive(os.getpid(), started - 100)
    assert start_time(2**22 + 12345) is None


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


def test_a_second_look_skips_what_was_no_agent_until_it_may_have_become_one(tmp_path: Path) -> None:
    """Only this test's own folder counts: agents may be at work elsewhere on the machine that runs it."""
    program = tmp_path / "aider"
    shutil.copy(shutil.which("sleep") or "", program)
    watch = ProcessWatch(FakeClock(), lambda folder: folder if folder == os.path.realpath(tmp_path) else None)
    process = subprocess.Popen(["/bin/sh", "-c", f"read line; exec {program} 60"], cwd=tmp_path, stdin=subprocess.PIPE)
    try:
        assert watch.scan(0.0) == {}
        assert {os.getpid(), process.pid} <= set(watch._others)
        assert process.stdin is not None
        process.stdin.write(b"go\n")
        process.stdin.flush()
        poll_until(lambda: psutil.Process(process.pid).name() == "aider", what="the shell has become the agent")
        assert watch.scan(YOUNG - 1) == {}
        assert [agent.pid for agent in watch.scan(YOUNG).values()] == [process.pid]
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["claude"], None), (["claude", "-p", "fix"], True), (["claude", "--print"], True), (["claude", "--resume", "x"], None),
        (["codex"], None), (["codex", "exec", "x"], True), (["codex", "app-server"], False), (["codex", "the exec report"], None),
        (["node", "/usr/bin/gemini", "--prompt=x"], True), (["copilot", "-p", "x"], True), (["opencode", "run", "x"], True),
        (["vim", "-p", "a"], None),
    ],
)  # fmt: skip
def test_the_command_line_says_whether_somebody_sits_before_an_agent(arguments: list[str], answer: bool | None) -> None:
    assert detect_headless(arguments[0], arguments) is answer


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the kernel has no /proc")
def test_the_agent_above_a_hook_is_found_through_shells_and_only_if_it_is_the_one_that_began_then() -> None:
    ticks = int(Path("/proc/self/stat").read_text().rsplit(") ", 1)[1].split()[19])
    mine = agent_above(os.getpid(), ticks)
    assert mine is not None
    assert (mine.pid, mine.started) == (os.getpid(), start_time(os.getpid()))
    assert agent_above(os.getpid(), ticks + 500) is None
    assert agent_above(2**22 + 12345, None) is None
    shell = subprocess.Popen(["/bin/sh", "-c", "echo; read x; :"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert shell.stdout is not None
        shell.stdout.readline()
        found = agent_above(shell.pid, None)
        assert found is not None
        assert found.pid == os.getpid()
    finally:
        shell.kill()
        shell.communicate()


def _sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["sleep", "60"])


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the system has no pidfds")
async def test_the_end_of_a_process_is_told_once_and_without_looking() -> None:
    process = _sleeper()
    started, ends = start_time(process.pid), asyncio.Event()
    assert started is not None
    descriptors = len(os.listdir("/proc/self/fd"))
    assert Exits().watch(process.pid, started - 50, ends.set) is None
    stop = Exits().watch(process.pid, started, ends.set)
    assert stop is not None
    process.kill()
    await asyncio.wait_for(ends.wait(), PATIENCE)
    process.wait()
    stop()
    assert Exits().watch(process.pid, started, ends.set) is None
    assert len(os.listdir("/proc/self/fd")) == descriptors
