"""The session logs that agents leave on disk: which files there are, and the acts in them. Reads only; blocking.

Everything in a log is hostile. Only ordinary files of this user are opened, never through a link inside the agent's folder,
and never waiting for a pipe. A line that is too long, or is not UTF-8 or not a JSON object, is skipped and counted. Nothing
of a conversation leaves this module. It runs in a process of its own (`logworker`), because logs are large and parsing them
is slow.
"""

import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject
from stintd.sources.claudelog import ClaudeLog
from stintd.sources.codexlog import CodexLog
from stintd.sources.logrecord import AgentAct, LogNote, acts

LINE_LIMIT = 16 * 1024 * 1024
"""Bytes of a line; pasted pictures make the longest lines."""
FILE_LIMIT = 2 * 1024**3
FILES_LIMIT = 20_000
NOTES_LIMIT = 2_000_000
"""Notes of one file: a hundred megabytes make about a hundred thousand notes."""


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
        """The name of its session, unless its lines say otherwise."""
        return os.path.basename(self.path).removesuffix(".jsonl")


@dataclass(slots=True)
class LogContents:
    """What reading a file gave. `trouble`: why it was not read to its end; "" where it was."""

    acts: list[AgentAct] = field(default_factory=list)
    lines: int = 0
    unreadable: int = 0
    trouble: str = ""


READERS: dict[str, Callable[[str, bool, int], ClaudeLog | CodexLog]] = {"claude-code": ClaudeLog, "codex": CodexLog}


def log_folders(environment: dict[str, str]) -> list[tuple[str, str]]:
    """(agent, a folder it keeps logs in), for all agents."""
    home = environment.get("HOME", "")
    claude = [folder for folder in environment.get("CLAUDE_CONFIG_DIR", "").split(",") if folder]
    claude = claude or [os.path.join(home, ".claude"), os.path.join(home, ".config", "claude")]
    codex = environment.get("CODEX_HOME") or os.path.join(home, ".codex")
    projects = [("claude-code", os.path.join(folder, "projects")) for folder in claude]
    return [*projects, ("codex", os.path.join(codex, "sessions")), ("codex", os.path.join(codex, "archived_sessions"))]


def find(places: list[tuple[str, str]], since: float) -> list[LogFile]:
    """The logs written since then, the oldest first: of a session that was copied into another one, the first counts."""
    logs: dict[tuple[int, int], LogFile] = {}
    for agent, folder in places:
        for entry in _files(folder, 3 if agent == "codex" else 4):
            is_log = entry.name.endswith(".jsonl") and (agent != "codex" or entry.name.startswith("rollout-"))
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError:
                continue
            if is_log and stat.S_ISREG(status.st_mode) and status.st_mtime >= since:
                is_aside = agent != "codex" and _is_subagents(entry.path)
                log = LogFile(agent, entry.path, status.st_size, status.st_mtime, is_aside)
                logs.setdefault((status.st_dev, status.st_ino), log)
    return sorted(logs.values(), key=lambda log: (log.modified, log.path))[-FILES_LIMIT:]


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
    log: LogFile, now_us: int, progress: Callable[[int], None] = lambda size: None, line_limit: int = LINE_LIMIT
) -> LogContents:
    """The acts of one log, as it is now. `progress` is called with the number of bytes just read."""
    out = LogContents()
    reader = READERS[log.agent](log.name, log.is_subagent, now_us)
    notes: list[LogNote] = []
    try:
        for line in _lines(log.path, progress, line_limit):
            out.lines += 1
            record = _record(line)
            if record is None:
                out.unreadable += 1
            elif (note := reader.read(record)) is not None:
                notes.append(note)
                if len(notes) > NOTES_LIMIT:
                    out.trouble = "it holds more than can be read at once"
                    break
    except OSError as error:
        out.trouble = error.strerror or type(error).__name__
    out.acts.extend(acts(log.agent, notes, now_us))
    return out


def _record(line: bytes | None) -> "JsonObject | None":
    """The object of a line; None for anything else. A line that is still being written is read whole another time."""
    if line is None:
        return None
    try:
        record: Json = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError):
        return None
    return record if isinstance(record, dict) else None


def _lines(path: str, progress: Callable[[int], None], limit: int) -> Iterator[bytes | None]:
    """The lines that are not blank; None for one that is too long. OSError for what is not an ordinary file of this user."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    with open(os.open(path, flags), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > FILE_LIMIT:
            raise OSError(0, "it is not an ordinary file, or it is too large")
        if hasattr(os, "getuid") and status.st_uid != os.getuid():
            raise OSError(0, "it belongs to another user")
        left = status.st_size
        while left > 0 and (line := file.readline(limit + 1)):
            size = len(line)
            rest = line
            while len(line) > limit and not rest.endswith(b"\n") and (rest := file.readline(limit)):
                size += len(rest)
            left -= size
            progress(size)
            if len(line) > limit:
                yield None
            elif line.strip():
                yield line
