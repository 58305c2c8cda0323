"""What a hook of an AI agent tells: the shim's line and the host's own message, to an act in a session. No I/O.

    v1 <TAB> agent-HOST <TAB> pid <TAB> folder <TAB> event <TAB> name=value …
    {the host's JSON, unchanged}

Hosts run each other's hooks (an editor that reads another's settings), so who speaks is seen from the message and not
from the file the hook was installed into, and the same event may come twice. Of a message only ids, folders, names of
tools and paths are looked at; a prompt's words go nowhere.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from stintd.domain.model import AgentSignal, BeatSignal
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.sources.hookline import unescape

HOSTS = ("claude-code", "codex", "gemini", "copilot", "cursor", "windsurf", "opencode")
PREFIX = "agent-"
LARGEST = 4 * 1024 * 1024
"""Bytes of a message. Those of tools hold what was written or read: 1.6 KB as a rule, sometimes a whole file twice."""
EVENTS = {
    "sessionstart": "session_start", "session.created": "session_start",
    "userpromptsubmit": "prompt", "userpromptsubmitted": "prompt", "beforeagent": "prompt", "beforesubmitprompt": "prompt",
    "pre_user_prompt": "prompt", "message.updated": "prompt",
    "posttooluse": "tool", "aftertool": "tool", "afterfileedit": "tool", "post_write_code": "tool",
    "post_run_command": "tool", "tool.execute.after": "tool", "file.edited": "tool",
    "stop": "turn_end", "agentstop": "turn_end", "afteragent": "turn_end", "post_cascade_response": "turn_end",
    "session.idle": "turn_end",
    "sessionend": "session_end", "session.deleted": "session_end",
}  # fmt: skip
"""Events of all hosts, in lower case, and what each is. A stop ends a turn and never a session."""
GOING_ON = frozenset({"clear", "resume"})
"""Ends after which the same process goes on."""
BY_HAND = frozenset(
    {"prompt_input_exit", "logout", "exit", "user_exit", "user_close", "window_close", "close", "archive", "delete"}
)
"""Ends that a person brought about; others may be a kill, a crash or a closed lid."""
EDITORS = frozenset({"cursor", "windsurf", "vscode"})
SESSION_KEYS = ("conversation_id", "session_id", "sessionId", "trajectory_id", "thread_id", "sessionID")
PATH_KEYS = (
    "file_path", "filePath", "notebook_path", "absolute_path", "target_file", "path", "filename", "file",
)  # fmt: skip
READING = re.compile(
    r"(?!.*(?:write|edit|replace))(?:notebook_?)?(?:read|view|glob|grep|ls|list|search|fetch|find|open|cat|web)", re.IGNORECASE
)
PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$", re.MULTILINE)
PATHS_AN_ACT = 20
PATH_LIMIT, ID_LIMIT = 1024, 200
SAME = timedelta(seconds=1)


@frozen
class AgentLine:
    """The shim's line. `named`: what it saw of the agent: parent, tty, started, ci, entry, editor."""

    host: str
    folder: str
    event: str
    fields: dict[str, str]


@frozen
class SessionProcess:
    """The live process a session belongs to. None: it cannot be told whether a person sits before it."""

    pid: int
    started: float
    is_headless: bool | None = None


FindProcess = Callable[[int, int | None], SessionProcess | None]
"""The agent above a hook's parent process, which began so many ticks after the boot (None: unknown); None: it is gone."""


def is_agent_file(name: str) -> bool:
    """Whether a spool file is an agent's, by its name."""
    return name.startswith(PREFIX)


def read_message(raw: bytes) -> tuple[AgentLine, dict[str, Any]]:
    """The two parts of a file; `invalid` says what is wrong with it. One that is still being written is cut short."""
    first, _, rest = raw.partition(b"\n")
    line = _parse_line(first.decode("utf-8", "surrogateescape"))
    try:
        payload = json.loads(rest)
    except (ValueError, RecursionError) as error:
        raise Invalid("the agent's message is no JSON, or cut short", "the disk may have been full") from error
    if not isinstance(payload, dict):
        raise Invalid("the agent's message is no JSON object", "it was written by something else")
    return line, payload


def _parse_line(text: str) -> AgentLine:
    fields = text.split("\t")
    if fields[0] != "v1" or len(fields) < 5 or not fields[1].startswith(PREFIX):
        raise Invalid("not a line of a stintd hook", "it was written by something else, or by a newer stintd")
    host = fields[1].removeprefix(PREFIX)
    if host not in HOSTS:
        raise Invalid(f"unknown agent {host[:40]!r}", "a newer stintd may know it")
    named = {name: value for name, _, value in (field.partition("=") for field in fields[5:])}
    return AgentLine(host, unescape(fields[3]), fields[4], named)


def signals_of(line: AgentLine, payload: dict[str, Any], time: datetime, find: FindProcess) -> list[AgentSignal]:
    """The acts a message tells, at `time`; none for an event that is no act. `invalid` when it lacks what an act needs."""
    event, kind = _event(line, payload)
    agent = _speaker(line, payload)
    if payload.get("agent_id") and kind != "tool":
        kind = "tool"  # a subagent's life is its parent's work
    folder = _folder(line, payload, agent)
    paths = touched_files(payload, event, folder) if kind == "tool" else []
    if not folder and not paths:
        raise Invalid(f"{agent}'s message names no folder", "it cannot be told what project it was for")
    process = find(_number(line.fields.get("parent")) or 0, _number(line.fields.get("started")))
    reason = _text(payload, "source") if kind == "session_start" else _text(payload, "reason")
    if kind == "session_end" and reason in GOING_ON:
        kind = "turn_end"
    session = _session(payload, agent, line, process)
    actor = "agent" if kind in ("tool", "turn_end") or _is_headless(line, agent, process) else "human"
    if kind == "session_end" and reason not in BY_HAND:
        actor = "agent"
    beats = (
        BeatSignal(time, kind, "agent", actor, path, session=session, pid=process.pid if process else None)
        for path in paths or [folder or os.path.dirname(paths[0])]
    )
    return [AgentSignal(beat, agent, reason, process.started if process else None, folder) for beat in beats]


def _event(line: AgentLine, payload: dict[str, Any]) -> tuple[str, str]:
    """The event by the host's name for it, and the kind of act. What the message says goes before what was installed."""
    for said in (_text(payload, "hook_event_name", "hookEventName", "agent_action_name", "type"), line.event):
        if said.lower() in EVENTS:
            return said, EVENTS[said.lower()]
    raise Invalid(f"unknown event {line.event[:40]!r} of {line.host}", "a newer stintd may know it")


def _speaker(line: AgentLine, payload: dict[str, Any]) -> str:
    if "cursor_version" in payload:
        return "cursor"
    if "agent_action_name" in payload:
        return "windsurf"
    if "hookEventName" in payload:
        return "vscode"
    return line.host


def _session(payload: dict[str, Any], agent: str, line: AgentLine, process: SessionProcess | None) -> str:
    """The host's own id, else one of its process: a session without a name is what its process does."""
    named = re.sub(r"[^!-~]", "?", _text(payload, *SESSION_KEYS))[:ID_LIMIT]
    return named or f"{agent}:{process.pid if process else line.fields.get('parent', '')}:{line.fields.get('started', '')}"


def _folder(line: AgentLine, payload: dict[str, Any], agent: str) -> str:
    """Where the session works. Hooks are not run there by every host, so the shim's own folder counts only for hosts
    that say so: Windsurf (whose prompts name none) and opencode, whose plugin writes it there."""
    roots = payload.get("workspace_roots") or payload.get("workspaceRoots")
    inner = payload.get("tool_info")
    said = [payload.get("cwd"), roots[0] if isinstance(roots, list) and roots else None]
    said += [inner.get("cwd") if isinstance(inner, dict) else None, payload.get("directory")]
    said += [line.folder] if agent in ("windsurf", "opencode") else []
    return next((path for path in map(plain_path, said) if path), "")


def plain_path(path: object) -> str:
    """An absolute path that a file may have; "" for anything else."""
    if not isinstance(path, str) or "\0" in path or len(path) > PATH_LIMIT:
        return ""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return ""
    path = path.removeprefix("file://")
    return os.path.normpath(path) if path.startswith("/") or re.match("[A-Za-z]:[/\\\\]", path) else ""


def touched_files(payload: dict[str, Any], event: str, folder: str) -> list[str]:
    """The files a tool wrote, absolute, each once. What it only read says nothing of the project it worked for."""
    tool = _text(payload, "tool_name", "toolName", "tool")
    if READING.match(tool.rpartition("__")[2]):
        return []
    found: dict[str, None] = {}
    for said in _candidate_paths(payload, event):
        path = plain_path(said if os.path.isabs(said) or "://" in said or not folder else os.path.join(folder, said))
        if path:
            found[path] = None
    return list(found)[:PATHS_AN_ACT]


def _candidate_paths(payload: dict[str, Any], event: str) -> Iterator[str]:
    for holder in (payload.get("tool_input"), payload.get("toolArgs"), payload.get("tool_info"), payload):
        if isinstance(holder, str):
            yield from PATCHED.findall(holder)
            holder = _object(holder)
        if not isinstance(holder, dict):
            continue
        keys = PATH_KEYS if holder is not payload or event.lower() in ("afterfileedit", "file.edited") else ()
        yield from (holder[key] for key in keys if isinstance(holder.get(key), str) and holder[key])
        if holder is not payload:
            yield from (path for text in _patch_texts(holder.values()) for path in PATCHED.findall(text))


def _patch_texts(values: Any) -> Iterator[str]:
    """Texts that may be a patch: those of the tool's input, and of lists in it."""
    for value in values:
        if isinstance(value, str) and "*** " in value:
            yield value
        elif isinstance(value, list):
            yield from _patch_texts(value)


def _object(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_headless(line: AgentLine, agent: str, process: SessionProcess | None) -> bool:
    """Whether nobody sits before this session: built by a machine, driven by a program, or without a terminal."""
    entry = line.fields.get("entry", "")
    if line.fields.get("ci", "") not in ("", "0", "false") or entry.startswith("sdk"):
        return True
    if process is not None and process.is_headless is not None:
        return process.is_headless
    if agent in EDITORS or line.fields.get("editor") or entry not in ("", "cli"):
        return False
    return line.fields.get("tty") == "0"


def _text(payload: dict[str, Any], *keys: str) -> str:
    return next((value for key in keys if isinstance(value := payload.get(key), str) and value), "")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


class Doubles:
    """Knows an act that was told before: by another host's hook, or by the same one read from two places.

    The same session, kind and place within a second. Two acts of a person or agent that are so alike make no
    difference to any rule.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str | None, str, str | None], datetime] = {}

    def is_double(self, beat: BeatSignal) -> bool:
        """Whether this act was told before; notes it otherwise. To be asked in the order of time."""
        key = (beat.session, beat.kind, beat.path)
        before = self._last.get(key)
        if before is not None and abs(beat.time - before) <= SAME:
            return True
        self._last[key] = beat.time
        if len(self._last) > 1000:
            self._last = {known: at for known, at in self._last.items() if abs(beat.time - at) <= SAME}
        return False
