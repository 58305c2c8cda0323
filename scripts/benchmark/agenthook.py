"""What our hook costs an agent that calls it, against an empty sh script called by the same shell (`SHELL -c COMMAND`).

Messages of the size that hosts send for a prompt and after a tool; rounds interleaved, each row the median of the rounds'
own ratios. "Stopped" is a daemon that is really stopped (SIGSTOP).
"""

import contextlib
import json
import os
import random
import signal
import statistics
import tempfile
import time
from pathlib import Path

from benchmark.home import Home, run_daemon
from benchmark.row import Result, Rows
from stintd.install import agentshim

ROUNDS = 150
BAR = 1.5
EMPTY = "#!/bin/sh\nexit 0\n"


def agent_hooks() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "stint")
        with run_daemon(home) as daemon:
            yield _row(Path(folder), home.folder / "spool", "daemon up", 1_600, rest=0.02)
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                yield _row(Path(folder), home.folder / "spool", "stopped", 1_600)
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
        for size in (600, 1_600, 60_000):
            yield _row(Path(folder), home.folder / "spool", f"down, {size:,} bytes", size)
        yield _row(Path(folder), home.folder / "spool", "down, from the user's own bash", 1_600, shell="/bin/bash")
        yield _row(Path(folder), Path(folder) / "missing", "no spool", 1_600)


def _row(top: Path, spool: Path, what: str, size: int, rest: float = 0.002, shell: str = "/bin/sh") -> Result:
    form = "sh" if shell == "/bin/sh" else "any"
    calls = {
        "empty": _call_of(top / "empty" / agentshim.SHIM, EMPTY.encode(), form="csh"),
        "ours": _call_of(top / "ours" / agentshim.SHIM, agentshim.shim_text(str(spool)), form=form),
    }
    payload = {"session_id": "s", "cwd": str(top), "hook_event_name": "PostToolUse", "tool_name": "Bash", "text": "x" * size}
    message = json.dumps(payload).encode()
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for number in range(ROUNDS + 5):
        for name in random.sample(sorted(calls), len(calls)):
            spent = _call(shell, calls[name], message)
            time.sleep(rest)  # noqa: TID251
            if number >= 5:  # the first rounds fill caches
                took[name].append(spent)
    wall, cpu = (_ratio([pair[kind] for pair in took["ours"]], [pair[kind] for pair in took["empty"]]) for kind in (0, 1))
    ours, empty = (statistics.median(pair[0] for pair in took[name]) * 1000 for name in ("ours", "empty"))
    note = f"CPU {cpu:.2f} ×, {ours:.2f} ms against {empty:.2f} ms"
    return Result(f"agent hook against an empty script, {what}", wall, "×", at_most=BAR, note=note)


def _ratio(ours: list[float], empty: list[float]) -> float:
    return statistics.median(mine / other for mine, other in zip(ours, empty, strict=True))


def _call_of(path: Path, text: bytes, *, form: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)
    path.chmod(0o755)
    return agentshim.call(str(path), "claude-code", "PostToolUse", shell=form)


def _call(shell: str, command: str, message: bytes) -> tuple[float, float]:
    """Seconds until it ended, and of its own processor time (its child's, which nobody waits for, is not in it)."""
    reading, writing = os.pipe()
    before = time.perf_counter()
    pid = os.posix_spawn(
        shell,
        [shell, "-c", command],
        {"PATH": "/usr/bin:/bin"},
        file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0), (os.POSIX_SPAWN_CLOSE, writing)],
    )
    os.close(reading)
    with contextlib.suppress(BrokenPipeError):  # an empty script reads nothing
        os.write(writing, message)
    os.close(writing)
    _, _, used = os.wait4(pid, 0)
    return time.perf_counter() - before, used.ru_utime + used.ru_stime
