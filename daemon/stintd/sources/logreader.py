"""The daemon's end of `logworker`: asks it for the acts in agents' logs, and hears how far it is. Event loop's thread."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import stintd
from stintd.domain.model import AgentSignal, BeatSignal, from_us
from stintd.errors import Unavailable
from stintd.ports import Logged
from stintd.sources import logs

LINE_LIMIT = 4 * 1024 * 1024
SILENCE = 120.0
"""Seconds without a word after which the worker is taken for stuck, on a dead network disk for instance."""
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")


class LogReader:
    """See `ports.LogReader`. `environment`: where the owner's agents keep their logs is read from it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def read(self, lo_us: int, hi_us: int, now_us: int, told: Callable[[dict[str, int]], None]) -> Logged:
        """See `ports.LogReader`."""
        asked = {"places": logs.homes(dict(self._environment)), "lo_us": lo_us, "hi_us": hi_us, "now_us": now_us}
        process = await self._start()
        assert process.stdin is not None
        found: list[AgentSignal] = []
        texts: dict[str, str] = {}  # most are the same few
        files = 0
        try:
            process.stdin.write(json.dumps(asked).encode() + b"\n")
            while True:
                said = await _said(process)
                found += [
                    _signal(act[0], *(texts.setdefault(text, text) for text in act[1:-1]), act[-1])
                    for act in said.get("acts", ())
                ]
                files = said.get("files", files)
                if said.get("isDone"):
                    return Logged(found, files, said["lines"], said["unreadable"], said["troubles"], said["isFull"])
                told({name: said[name] for name in ("files", "bytes", "file", "read") if name in said})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Unavailable(f"the logs cannot be read: {error}", "try a shorter period; see the daemon's log") from error
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
            await process.wait()

    async def _start(self) -> Process:
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env["PYTHONPATH"] = os.path.dirname(os.path.dirname(stintd.__file__))
        return await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-s", "-m", "stintd.sources.logworker", env=env, cwd=os.sep, limit=LINE_LIMIT,
            stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=True,
        )  # fmt: skip


async def _said(process: Process) -> dict[str, Any]:
    """The worker's next word."""
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), SILENCE)
    except TimeoutError:
        raise ValueError("the disk does not answer") from None
    if not line:
        raise ValueError("the process that reads them ended")
    said: dict[str, Any] = json.loads(line)
    return said


def _signal(
    time_us: int, kind: str, actor: str, path: str, branch: str, session: str, agent: str, folder: str, identity: str
) -> AgentSignal:  # fmt: skip
    beat = BeatSignal(
        from_us(time_us), kind, "agent", actor, path, branch=branch or None, session=session, origin_id=identity
    )  # fmt: skip
    return AgentSignal(beat, agent, folder=folder)
