"""Finds known agent programs at work in watched checkouts, so that changes there do not count as a person's.

It looks only when files change, at most every few seconds, and reads only processes that it has not seen before: reading
all processes of a machine costs more than everything else the daemon does. A process is its pid and its start time, because
the system gives the same pid to another process later.
"""

import asyncio
import os
import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import psutil

from stintd.clock import Clock
from stintd.domain.model import ProcessSignal
from stintd.frozen import frozen
from stintd.ports import Sink
from stintd.sources import agents

AGENTS = frozenset({
    "claude", "codex", "gemini", "copilot", "cursor-agent", "windsurf", "opencode", "aider", "goose", "amp", "crush",
    "qwen", "droid", "auggie", "kiro-cli", "cline", "openhands", "plandex", "swe-agent", "mistral-vibe", "vibe",
    "junie", "kilocode",
})  # fmt: skip
PACKAGES = {
    "@anthropic-ai/claude-code": "claude", "@openai/codex": "codex", "@google/gemini-cli": "gemini",
    "opencode-ai": "opencode", "@github/copilot": "copilot", "@sourcegraph/amp": "amp",
    "@qwen-code/qwen-code": "qwen", "@augmentcode/auggie": "auggie",
}  # fmt: skip
"""Agents that are a script in a package: the program is `node`, and its path says which agent it is."""
INTERPRETERS = re.compile(r"(?:node|nodejs|bun|deno|python[0-9.]*|ruby|uv|uvx|pipx|npx|npm)(?:\.exe)?")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "fish", "ksh", "busybox", "env", "timeout", "nice", "sudo"})
"""Programs that may stand between an agent and the hook it runs, and that end with the hook."""
UNATTENDED = {
    "claude": {"-p", "--print"}, "codex": {"exec", "e"}, "gemini": {"-p", "--prompt"}, "copilot": {"-p", "--prompt"},
    "opencode": {"run"}, "cursor-agent": {"-p", "--print"},
}  # fmt: skip
"""Words on an agent's command line that say that no person sits in front of it."""
WITH_AN_EDITOR = {"codex": {"app-server"}, "opencode": {"serve", "acp"}}
WRAPPERS = 4
"""How many processes may stand between an agent and its hook."""
PAUSE = 5.0  # seconds between looks
FORGET = 600.0  # seconds after which a process that was not an agent is read again, in case another has its pid
YOUNG = 10.0  # the same for the first time: between fork and exec a process still looks like its parent


@frozen
class AgentProcess:
    """A live agent: `folder` is its working folder."""

    pid: int
    started: float
    name: str
    folder: str


def agent_name(name: str, arguments: Sequence[str]) -> str | None:
    """Which known agent a process is, by its name or by the script its interpreter runs; None for everything else."""
    program = _plain(arguments[0]) if arguments else ""
    for candidate in (_plain(name), program):
        if candidate in AGENTS:
            return candidate
    if not (INTERPRETERS.fullmatch(program) or INTERPRETERS.fullmatch(name)):
        return None
    for argument in arguments[1:8]:
        for package, agent in PACKAGES.items():
            if f"/{package}/" in argument.replace("\\", "/"):
                return agent
        if not argument.startswith("-"):
            script = _plain(argument)
            return script if script in AGENTS else None
    return None


def _plain(path: str) -> str:
    """The last part of a path in lower case, without the endings of scripts and programs."""
    last = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return re.sub(r"\.(?:exe|cmd|js|mjs|cjs|py|ts)$", "", last)


def is_alive(pid: int, started: float) -> bool:
    """Whether the process with this pid is still the one that started then."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return False


def start_time(pid: int) -> float | None:
    """When a process started (seconds since the epoch); None when there is none, or when we may not see it."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def agent_above(parent: int, ticks: int | None) -> agents.SessionProcess | None:
    """The agent whose hook has this parent process; None when that is gone, or another process has its number.

    `ticks`: when the parent started, as the kernel counts it. Shells in between are skipped, because they end with the
    hook.
    """
    try:
        process = psutil.Process(parent)
        if ticks is not None and abs(process.create_time() - _tick_time(ticks)) >= 1.0:
            return None
        for _ in range(WRAPPERS):
            above = process.parent() if _plain(process.name()) in SHELLS else None
            if above is None or above.pid <= 1:
                break
            process = above
        with process.oneshot():
            is_headless = detect_headless(process.name(), process.cmdline())
            return agents.SessionProcess(process.pid, process.create_time(), is_headless)
    except (psutil.Error, OSError):
        return None


def _tick_time(ticks: int) -> float:
    return psutil.boot_time() + ticks / os.sysconf("SC_CLK_TCK")


def detect_headless(name: str, arguments: Sequence[str]) -> bool | None:
    """Whether an agent's command line says that no person (True) or an editor (False) uses it; None: it does not say."""
    agent = agent_name(name, arguments)
    words = {word.partition("=")[0] for word in arguments[1:9]}
    if agent is None:
        return None
    if words & WITH_AN_EDITOR.get(agent, set()):
        return False
    return True if words & UNATTENDED.get(agent, set()) else None


class Exits:
    """Reports the end of processes without polling, through pidfds where the kernel has them. Event loop's thread."""

    def watch(self, pid: int, started: float, call: Callable[[], None]) -> Callable[[], None] | None:
        """Call `call` once this process has ended. Returns how to stop that; None where the caller must poll."""
        open_pidfd = getattr(os, "pidfd_open", None)
        if open_pidfd is None:
            return None
        try:
            descriptor = open_pidfd(pid)
        except OSError:
            return None
        if not is_alive(pid, started):  # checked after opening: from now on the number cannot go to another process unnoticed
            os.close(descriptor)
            return None
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if loop.remove_reader(descriptor):
                os.close(descriptor)

        def finish() -> None:
            stop()
            call()

        loop.add_reader(descriptor, finish)
        return stop


class ProcessWatch:
    """A source that looks only when asked. `holder` returns the watched checkout of a folder, or None."""

    name = "process"

    def __init__(self, clock: Clock, holder: Callable[[str], str | None]) -> None:
        self._clock, self._holder = clock, holder
        self._wake = asyncio.Event()
        self._looked_at = -PAUSE
        self._others: dict[int, float] = {}  # pid of no agent → when to read it again; the scanning thread's
        self._alive: dict[int, AgentProcess] = {}
        self._seen = clock.now()  # when they were last seen alive

    def ask(self) -> None:
        """Look soon: files changed, so somebody is at work."""
        self._wake.set()

    def agents(self) -> list[AgentProcess]:
        """The agents that were alive at the last look."""
        return list(self._alive.values())

    async def run(self, sink: Sink) -> None:
        """Look when asked, at most every few seconds, until cancelled."""
        while True:
            await self._wake.wait()
            pause = self._looked_at + PAUSE - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            self._wake.clear()
            self._looked_at, began = self._clock.monotonic(), self._clock.now()
            self._report(await asyncio.to_thread(self.scan, self._looked_at), began, sink)

    def scan(self, now: float) -> dict[int, AgentProcess]:
        """The agents alive now in watched checkouts, by pid. Blocking; one caller at a time."""
        alive: dict[int, AgentProcess] = {}
        pids = psutil.pids()
        for gone in set(self._others) - set(pids):
            del self._others[gone]
        for pid in pids:
            if self._others.get(pid, 0.0) > now:
                continue
            agent = self._look_into(pid)
            if agent is None:
                self._others[pid] = now + (FORGET if pid in self._others else YOUNG)
            elif self._holder(agent.folder) is not None:
                alive[pid] = agent
        return alive

    def _look_into(self, pid: int) -> AgentProcess | None:
        try:
            process = psutil.Process(pid)
            with process.oneshot():
                name = agent_name(process.name(), process.cmdline())
                if name is None or process.status() == psutil.STATUS_ZOMBIE:
                    return None
                return AgentProcess(pid, process.create_time(), name, os.path.realpath(process.cwd()))
        except (psutil.Error, OSError):
            return None

    def _report(self, alive: dict[int, AgentProcess], now: datetime, sink: Sink) -> None:
        """Report starts and ends. `now`: when the look began. Nobody looks while nothing changes. So an agent that is gone at
        the look after a silence ended in that silence, and the change that ended the silence is not the agent's.
        """
        ended = min(now, self._seen + timedelta(seconds=PAUSE))
        for pid, agent in self._alive.items():
            if alive.get(pid) != agent:
                sink(ProcessSignal(ended, pid, agent.started, agent.name, agent.folder, False))
        for pid, agent in alive.items():
            if self._alive.get(pid) != agent:
                sink(ProcessSignal(now, pid, agent.started, agent.name, agent.folder, True))
        self._alive, self._seen = alive, now
