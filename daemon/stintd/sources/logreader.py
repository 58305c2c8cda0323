"""The daemon's side of `logworker`: asks it for the acts in agents' logs and receives its progress. Event loop's thread."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable, Mapping
from contextlib import suppress

import stintd
from stintd.domain.model import AgentSignal, BeatSignal, from_us
from stintd.errors import Unavailable
from stintd.jsonvalue import Json, JsonObject, objects_at, text_of, value_at
from stintd.ports import AgentLogActs
from stintd.sources import logs

LINE_LIMIT = 4 * 1024 * 1024
SILENCE = 120.0
"""Seconds without a line after which the worker counts as stuck, for instance on a dead network disk."""
ENVIRONMENT_NAMES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")


class AgentLogReader:
    """See `ports.LogReader`. `environment`: tells where the agents of this user keep their logs."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    async def read(self, lo_us: int, hi_us: int, now_us: int, progress: Callable[[dict[str, int]], None]) -> AgentLogActs:
        """See `ports.LogReader`."""
        question = {"places": logs.log_folders(dict(self._environment)), "lo_us": lo_us, "hi_us": hi_us, "now_us": now_us}
        process = await self._start()
        assert process.stdin is not None
        acts: list[AgentSignal] = []
        texts: dict[str, str] = {}  # most are the same few
        files = 0
        try:
            process.stdin.write(json.dumps(question).encode() + b"\n")
            while True:
                message = await _next_message(process)
                batch = message.get("acts")
                acts += [_signal(act, texts) for act in batch] if isinstance(batch, list) else []
                files = _number(message, "files", files)
                if message.get("isDone"):
                    return _result(acts, files, message)
                progress({name: _number(message, name) for name in ("files", "bytes", "file", "read") if name in message})
        except (OSError, ValueError) as error:
            raise Unavailable(f"the logs cannot be read: {error}", "try a shorter period; see the daemon's log") from error
        finally:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
            await process.wait()

    async def _start(self) -> Process:
        env = {name: os.environ[name] for name in ENVIRONMENT_NAMES if name in os.environ}
        env["PYTHONPATH"] = os.path.dirname(os.path.dirname(stintd.__file__))
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-s", "-m", "stintd.sources.logworker"),
            env=env,
            cwd=os.sep,
            limit=LINE_LIMIT,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,
        )


async def _next_message(process: Process) -> JsonObject:
    """The worker's next line; `ValueError` when none comes."""
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), SILENCE)
    except TimeoutError:
        raise ValueError("the disk does not answer") from None
    if not line:
        raise ValueError("the process that reads them ended")
    message: Json = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("the process that reads them wrote something else")
    return message


def _result(acts: list[AgentSignal], files: int, message: JsonObject) -> AgentLogActs:
    """What the worker's last line sums up."""
    troubles = [{name: text_of(value) for name, value in trouble.items()} for trouble in objects_at(message, "troubles")]
    is_full = value_at(message, "isFull") is True
    return AgentLogActs(acts, files, _number(message, "lines"), _number(message, "unreadable"), troubles, is_full)


def _number(message: JsonObject, name: str, default: int | None = None) -> int:
    value = message.get(name, default)
    if not isinstance(value, int):
        raise ValueError(f"the process that reads them gave no number as {name}")
    return value


def _signal(act: Json, texts: dict[str, str]) -> AgentSignal:
    """An act as the worker writes it. `texts`: those seen before, so that equal ones are kept once."""
    if not isinstance(act, list) or len(act) != 9 or not isinstance(act[0], int):
        raise ValueError("the process that reads them wrote an act that cannot be understood")
    fields = [text_of(value) for value in act[1:]]
    kind, actor, path, branch, session, agent, folder = (texts.setdefault(text, text) for text in fields[:-1])
    time, origin_id = from_us(act[0]), fields[-1]
    beat = BeatSignal(time, kind, "agent", actor, path, branch=branch or None, session=session, origin_id=origin_id)
    return AgentSignal(beat, agent, folder=folder)
