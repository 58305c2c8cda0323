"""Finds known agent programs at work in watched checkouts, so that changes there are not taken for a person's.

Only looked for when files change, at most every few seconds, and only processes not seen before are looked into: a
look at all processes of a machine costs more than everything else the daemon does. A process is its pid and its start
time; a pid alone is handed out again.
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
"""Agents that are a script in a package: what runs is `node`, and the path says who it is."""
INTERPRETERS = re.compile(r"(?:node|nodejs|bun|deno|python[0-9.]*|ruby|uv|uvx|pipx|npx|npm)(?:\.exe)?")
SHELLS = frozenset({"sh", "bash", "dash", "zsh", "fish", "ksh", "busybox", "env", "timeout", "nice", "sudo"})
"""What may stand between an agent and the hook it runs, and ends with the hook."""
BY_ITSELF = {
    "claude": {"-p", "--print"}, "codex": {"exec", "e"}, "gemini": {"-p", "--prompt"}, "copilot": {"-p", "--prompt"},
    "opencode": {"run"}, "cursor-agent": {"-p", "--print"},
}  # fmt: skip
"""Words on an agent's command line that say that nobody sits before it."""
WITH_AN_EDITOR = {"codex": {"app-server"}, "opencode": {"serve", "acp"}}
WRAPPERS = 4
"""How many processes may stand between."""
PAUSE = 5.0  # seconds between looks
FORGET = 600.0  # seconds after which what was no agent is looked into again, in case its pid was handed on
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
    for said in (_plain(name), program):
        if said in AGENTS:
            return said
    if not (INTERPRETERS.fullmatch(program) or INTERPRETERS.fullmatch(name)):
        return None
    for argument in arguments[1:8]:
        for package, agent in PACKAGES.items():
            if f"/{package}/" in argument.replace("\\", "/"):
                return agent
        if not argument.startswith("-"):
            said = _plain(argument)
            return said if said in AGENTS else None
    return None


def _plain(path: str) -> str:
    """The last part of a path in lower case, without what scripts and programs end in."""
    last = path.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return re.sub(r"\.(?:exe|cmd|js|mjs|cjs|py|ts)$", "", last)


def is_alive(pid: int, started: float) -> bool:
    """Whether the process of this pid still is the one that started then."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1.0
    except psutil.Error:
        return False


def start_time(pid: int) -> float | None:
    """When a process began (seconds since the epoch), None when there is none or it is not ours to see."""
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def agent_above(parent: int, ticks: int | None) -> agents.SessionProcess | None:
    """The agent whose hook has this parent process; None when it is gone, or another has its number.

    `ticks`: when the parent began, as the kernel counts it. Shells that stand between are passed over, because they end
    with the hook.
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
    """Whether an agent's command line says that nobody (True) or an editor (False) is before it; None: it does not say."""
    agent = agent_name(name, arguments)
    words = {word.partition("=")[0] for word in arguments[1:9]}
    if agent is None:
        return None
    if words & WITH_AN_EDITOR.get(agent, set()):
        return False
    return True if words & BY_ITSELF.get(agent, set()) else None


class Exits:
    """Tells when processes end, without looking: through pidfds where the kernel has them. Event loop's thread."""

    def watch(self, pid: int, started: float, call: Callable[[], None]) -> Callable[[], None] | None:
        """Call once this process has ended; answers how to stop that, None where it has to be looked for."""
        open_pidfd = getattr(os, "pidfd_open", None)
        if open_pidfd is None:
            return None
        try:
            descriptor = open_pidfd(pid)
        except OSError:
            return None
        if not is_alive(pid, started):  # asked after opening: from now on the number cannot be handed on unnoticed
            os.close(descriptor)
            return None
        loop = asyncio.get_running_loop()

        def stop() -> None:
            if loop.remove_reader(descriptor):
                os.close(descriptor)

        def ended() -> None:
            stop()
            call()

        loop.add_reader(descriptor, ended)
        return stop


class ProcessWatch:
    """A source that looks only when asked. `holder` gives the watched checkout of a folder, or None."""

    name = "process"

    def __init__(self, clock: Clock, holder: Callable[[str], str | None]) -> None:
        self._clock, self._holder = clock, holder
        self._asked = asyncio.Event()
        self._looked_at = -PAUSE
        self._others: dict[int, float] = {}  # pid of what is no agent → when to look again; the scanning thread's
        self._alive: dict[int, AgentProcess] = {}
        self._seen = clock.now()  # when they were

    def ask(self) -> None:
        """Files changed: somebody is at work."""
        self._asked.set()

    def agents(self) -> list[AgentProcess]:
        """Those known to be alive at the last look."""
        return list(self._alive.values())

    async def run(self, sink: Sink) -> None:
        """Look when asked, at most every few seconds, until cancelled."""
        while True:
            await self._asked.wait()
            pause = self._looked_at + PAUSE - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
            self._asked.clear()
            self._looked_at, began = self._clock.monotonic(), self._clock.now()
            self._report(await asyncio.to_thread(self.scan, self._looked_at), began, sink)

    def scan(self, now: float) -> dict[int, AgentProcess]:
        """The agents alive now in watched checkouts, by pid. Blocking; one caller at a time."""
        found: dict[int, AgentProcess] = {}
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
                found[pid] = agent
        return found

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

    def _report(self, found: dict[int, AgentProcess], now: datetime, sink: Sink) -> None:
        """`now`: when the look began. Nobody looks while nothing changes: an agent that is gone at the look after a silence
        ended in that silence, and the change that ended it is not the agent's.
        """
        ended = min(now, self._seen + timedelta(seconds=PAUSE))
        for pid, agent in self._alive.items():
            if found.get(pid) != agent:
                sink(ProcessSignal(ended, pid, agent.started, agent.name, agent.folder, False))
        for pid, agent in found.items():
            if self._alive.get(pid) != agent:
                sink(ProcessSignal(now, pid, agent.started, agent.name, agent.folder, True))
        self._alive, self._seen = found, now
