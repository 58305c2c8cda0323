"""The session logs that agents leave on disk: which files there are, and the acts in them. Reads only; blocking.

Everything in a log is hostile: only ordinary files of ours are opened, never through a link inside the agent's folder,
never waiting for a pipe; a line that is too long, no UTF-8, no JSON object, or about nothing we know is passed over and
counted. Nothing of a conversation leaves this module. It runs in a process of its own (`logworker`), because logs are
large and parsing them is slow.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from stintd.frozen import frozen
from stintd.sources.claudelog import ClaudeLog
from stintd.sources.codexlog import CodexLog
from stintd.sources.logrecord import AgentAct, LogNote, acts

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of a line; pasted pictures make the longest."""
FILE_LIMIT = 2 * 1024**3
FILES_LIMIT = 20_000
NOTES_LIMIT = 2_000_000
"""Notes of one file: a hundred megabytes make about a hundred thousand."""


@frozen
class LogFile:
    """A log: of which agent, and whether a subagent wrote it."""

    agent: str
    path: str
    size: int
    modified: float
    is_subagent: bool = False

    @property
    def name(self) -> str:
        """What its session is called unless it says so itself."""
        return os.path.basename(self.path).removesuffix(".jsonl")


@dataclass(slots=True)
class LogContents:
    """What became of a file's lines. `trouble`: why it was not read to its end, "" where it was."""

    acts: list[AgentAct] = field(default_factory=list)
    lines: int = 0
    unreadable: int = 0
    trouble: str = ""


READERS: dict[str, Callable[[str, bool, int], ClaudeLog | CodexLog]] = {"claude-code": ClaudeLog, "codex": CodexLog}


def homes(environment: dict[str, str]) -> list[tuple[str, str]]:
    """Agents and the folders they keep their logs in."""
    home = environment.get("HOME", "")
    claude = [one for one in environment.get("CLAUDE_CONFIG_DIR", "").split(",") if one]
    claude = claude or [os.path.join(home, ".claude"), os.path.join(home, ".config", "claude")]
    codex = environment.get("CODEX_HOME") or os.path.join(home, ".codex")
    found = [("claude-code", os.path.join(one, "projects")) for one in claude]
    return [*found, ("codex", os.path.join(codex, "sessions")), ("codex", os.path.join(codex, "archived_sessions"))]


def find(places: list[tuple[str, str]], since: float) -> list[LogFile]:
    """The logs that were written since then, the oldest first: of a session that was copied into another the first counts."""
    found: dict[tuple[int, int], LogFile] = {}
    for agent, folder in places:
        for entry in _files(folder, 3 if agent == "codex" else 4):
            is_log = entry.name.endswith(".jsonl") and (agent != "codex" or entry.name.startswith("rollout-"))
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if is_log and stat.S_ISREG(status.st_mode) and status.st_mtime >= since:
                is_aside = agent != "codex" and _is_subagents(entry.path)
                known = LogFile(agent, entry.path, status.st_size, status.st_mtime, is_aside)
                found.setdefault((status.st_dev, status.st_ino), known)
    return sorted(found.values(), key=lambda log: (log.modified, log.path))[-FILES_LIMIT:]


def _is_subagents(path: str) -> bool:
    folder, name = os.path.split(path)
    return name.startswith("agent-") or os.path.basename(folder) == "subagents"


def _files(folder: str, depth: int) -> Iterator[os.DirEntry[str]]:
    """The files below a folder; links inside are not followed."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _files(entry.path, depth - 1)
        else:
            yield entry


def read(
    log: LogFile, now_us: int, told: Callable[[int], None] = lambda size: None, line_limit: int = LINE_LIMIT
) -> LogContents:  # fmt: skip
    """The acts of one log, as it is now. `told` hears how many bytes were read more."""
    out = LogContents()
    reader = READERS[log.agent](log.name, log.is_subagent, now_us)
    notes: list[LogNote] = []
    try:
        for line in _lines(log.path, told, line_limit):
            out.lines += 1
            record = _record(line)
            if record is None:
                out.unreadable += 1
            elif (note := reader.note(record)) is not None:
                notes.append(note)
                if len(notes) > NOTES_LIMIT:
                    out.trouble = "it holds more than can be read at once"
                    break
    except OSError as error:
        out.trouble = error.strerror or type(error).__name__
    out.acts.extend(acts(log.agent, notes, now_us))
    return out


def _record(line: bytes | None) -> dict[str, Any] | None:
    """One line's object; None for anything else. Of a line that was still being written the rest comes another time."""
    if line is None:
        return None
    try:
        record = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError):
        return None
    return record if isinstance(record, dict) else None


def _lines(path: str, told: Callable[[int], None], limit: int) -> Iterator[bytes | None]:
    """The lines that are not blank; None for one that is too long. OSError for what is no ordinary file of ours."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_LIMIT:
            raise OSError(0, "it is no ordinary file, or too large")
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise OSError(0, "it belongs to somebody else")
        left = status.st_size
        while left > 0 and (line := file.readline(limit + 1)):
            size = len(line)
            rest = line
            while len(line) > limit and not rest.endswith(b"\n") and (rest := file.readline(limit)):
                size += len(rest)
            left -= size
            told(size)
            if len(line) > limit:
                yield None
            elif line.strip():
                yield line
