"""Reads what a hook of an AI agent wrote (the shim's line, then the host's own message) as an act in a session. No I/O.

    v1 <TAB> agent-HOST <TAB> pid <TAB> folder <TAB> event <TAB> name=value …
    {the host's JSON, unchanged}

Hosts run each other's hooks (an editor that reads another's settings). So the message decides which host it is, not the
file the hook was installed into, and the same event may arrive twice. Of a message only ids, folders, names of tools and
paths are read; the words of a prompt are not kept anywhere.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Literal

from stintd.domain.model import Actor, AgentSignal, BeatSignal
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject, value_at
from stintd.sources.hookline import unescape

AgentActKind = Literal["session_start", "prompt", "tool", "turn_end", "session_end"]
HOSTS = ("claude-code", "codex", "gemini", "copilot", "cursor", "windsurf", "opencode")
PREFIX = "agent-"
LARGEST = 4 * 1024 * 1024
"""Bytes of a message. A message of a tool holds what was written or read: usually 1.6 KB, sometimes a whole file twice."""
EVENTS: dict[str, AgentActKind] = {
    "sessionstart": "session_start", "session.created": "session_start",
    "userpromptsubmit": "prompt", "userpromptsubmitted": "prompt", "beforeagent": "prompt", "beforesubmitprompt": "prompt",
    "pre_user_prompt": "prompt", "message.updated": "prompt",
    "posttooluse": "tool", "aftertool": "tool", "afterfileedit": "tool", "post_write_code": "tool",
    "post_run_command": "tool", "tool.execute.after": "tool", "file.edited": "tool",
    "stop": "turn_end", "agentstop": "turn_end", "afteragent": "turn_end", "post_cascade_response": "turn_end",
    "session.idle": "turn_end",
    "sessionend": "session_end", "session.deleted": "session_end",
}  # fmt: skip
"""The events of all hosts, in lower case, and the act each one is. A stop ends a turn, never a session."""
GOING_ON = frozenset({"clear", "resume"})
"""Reasons for an end after which the same process goes on."""
BY_HAND = frozenset(
    {"prompt_input_exit", "logout", "exit", "user_exit", "user_close", "window_close", "close", "archive", "delete"}
)
"""Reasons that mean that a person ended the session; others may be a kill, a crash or a closed lid."""
EDITORS = frozenset({"cursor", "windsurf", "vscode"})
SESSION_KEYS = ("conversation_id", "session_id", "sessionId", "trajectory_id", "thread_id", "sessionID")
PATH_KEYS = ("file_path", "filePath", "notebook_path", "absolute_path", "target_file", "path", "filename", "file")
READING = re.compile(
    r"(?!.*(?:write|edit|replace))(?:notebook_?)?(?:read|view|glob|grep|ls|list|search|fetch|find|open|cat|web)", re.IGNORECASE
)
PATCHED = re.compile(r"^\*\*\* (?:(?:Add|Update|Delete) File|Move to): (.+)$", re.MULTILINE)
PATHS_AN_ACT = 20
"""Most paths that one act is recorded for."""
PATH_LIMIT, ID_LIMIT = 1024, 200
SAME = timedelta(seconds=1)
"""Two equal acts this close are one that arrived twice."""


@frozen
class AgentLine:
    """The shim's line. `fields`: what the shim saw of the agent: parent, tty, started, ci, entry, editor."""

    host: str
    folder: str
    event: str
    fields: dict[str, str]


@frozen
class SessionProcess:
    """The live process a session belongs to. `is_headless` None: nobody knows whether a person sits in front of it."""

    pid: int
    started: float
    is_headless: bool | None = None


FindProcess = Callable[[int, int | None], SessionProcess | None]
"""Finds the agent above a hook's parent process, which started so many ticks after the boot (None: unknown). Returns None
when that process is gone."""


def is_agent_file(name: str) -> bool:
    """Whether the name of a spool file says that an agent's hook wrote it."""
    return name.startswith(PREFIX)


def read_message(raw: bytes) -> tuple[AgentLine, JsonObject]:
    """The two parts of a file. Raises `invalid`, which says what is wrong; a file that is still being written is cut
    short."""
    first, _, rest = raw.partition(b"\n")
    line = _parse_line(first.decode("utf-8", "surrogateescape"))
    try:
        payload: Json = json.loads(rest)
    except (ValueError, RecursionError) as error:
        raise Invalid("the agent's message is not JSON, or is cut short", "the disk may have been full") from error
    if not isinstance(payload, dict):
        raise Invalid("the agent's message is not a JSON object", "another program wrote it")
    return line, payload


def _parse_line(text: str) -> AgentLine:
    columns = text.split("\t")
    if columns[0] != "v1" or len(columns) < 5 or not columns[1].startswith(PREFIX):
        raise Invalid("not a line of a stintd hook", "another program wrote it, or a newer stintd")
    host = columns[1].removeprefix(PREFIX)
    if host not in HOSTS:
        raise Invalid(f"unknown agent {host[:40]!r}", "a newer stintd may know it")
    fields = {name: value for name, _, value in (column.partition("=") for column in columns[5:])}
    return AgentLine(host, unescape(columns[3]), columns[4], fields)


def signals_of(line: AgentLine, payload: JsonObject, time: datetime, find: FindProcess) -> list[AgentSignal]:
    """The acts that a message reports, at `time`; none for an event that is not an act. Raises `invalid` when the
    message lacks what an act needs."""
    event, kind = _event(line, payload)
    kind, reason = _act(kind, payload)
    agent = _speaker(line, payload)
    folder = _folder(line, payload, agent)
    paths = touched_files(payload, event, folder) if kind == "tool" else []
    if not folder and not paths:
        folder = plain_path(line.folder)
    if not folder and not paths:
        raise Invalid(f"{agent}'s message names no folder", "so its project cannot be determined")
    process = find(_number(line.fields.get("parent")) or 0, _number(line.fields.get("started")))
    session, pid = _session(payload, agent, line, process), process.pid if process else None
    actor = _actor(kind, reason, _is_headless(line, agent, process))
    beats = (
        BeatSignal(time, kind, "agent", actor, path, session=session, pid=pid)
        for path in paths or [folder or os.path.dirname(paths[0])]
    )
    return [AgentSignal(beat, agent, reason, process.started if process else None, folder) for beat in beats]


def _event(line: AgentLine, payload: JsonObject) -> tuple[str, AgentActKind]:
    """(the host's name of the event, the kind of act). The message counts before what the hook was installed for."""
    for name in (_text(payload, "hook_event_name", "hookEventName", "agent_action_name", "type"), line.event):
        if name.lower() in EVENTS:
            return name, EVENTS[name.lower()]
    raise Invalid(f"unknown event {line.event[:40]!r} of {line.host}", "a newer stintd may know it")


def _act(kind: AgentActKind, payload: JsonObject) -> tuple[AgentActKind, str]:
    """(what the event is as an act, why the session started or ended)."""
    if payload.get("agent_id"):
        kind = "tool"  # the life of a subagent is work of its parent
    reason = _text(payload, "source" if kind == "session_start" else "reason")
    return "turn_end" if kind == "session_end" and reason in GOING_ON else kind, reason


def _actor(kind: AgentActKind, reason: str, is_headless: bool) -> Actor:
    """Who acted: a person starts, prompts and may end a session that has a person in front of it; the rest is the agent's."""
    is_by_agent = kind in ("tool", "turn_end") or is_headless or (kind == "session_end" and reason not in BY_HAND)
    return "agent" if is_by_agent else "human"


def _speaker(line: AgentLine, payload: JsonObject) -> str:
    """The host that wrote the message, by fields that only this host has."""
    if "cursor_version" in payload:
        return "cursor"
    if "agent_action_name" in payload:
        return "windsurf"
    if "hookEventName" in payload:
        return "vscode"
    return line.host


def _session(payload: JsonObject, agent: str, line: AgentLine, process: SessionProcess | None) -> str:
    """The host's own id of the session. Without one, all acts of the agent's process are one session."""
    session_id = re.sub(r"[^!-~]", "?", _text(payload, *SESSION_KEYS))[:ID_LIMIT]
    pid = process.pid if process else line.fields.get("parent", "")
    return session_id or f"{agent}:{pid}:{line.fields.get('started', '')}"


def _folder(line: AgentLine, payload: JsonObject, agent: str) -> str:
    """Where the session works, as the message says. Not every host runs hooks there. So the shim's own folder counts only for
    hosts that are known to: Windsurf (whose prompts name no folder) and opencode, whose plugin writes it there. For others it
    serves where a message names nothing at all, like that of a resumed session."""
    roots = payload.get("workspace_roots") or payload.get("workspaceRoots")
    candidates = [
        payload.get("cwd"),
        roots[0] if isinstance(roots, list) and roots else None,
        value_at(payload, "tool_info", "cwd"),
        payload.get("directory"),
    ]
    candidates += [line.folder] if agent in ("windsurf", "opencode") else []
    return next((path for path in map(plain_path, candidates) if path), "")


def plain_path(path: Json) -> str:
    """An absolute path that a file may have; "" for anything else."""
    if not isinstance(path, str) or "\0" in path or len(path) > PATH_LIMIT:
        return ""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return ""
    path = path.removeprefix("file://")
    return os.path.normpath(path) if path.startswith("/") or re.match("[A-Za-z]:[/\\\\]", path) else ""


def touched_files(payload: JsonObject, event: str, folder: str) -> list[str]:
    """The files that a tool wrote, absolute, each once. Files it only read do not say which project it worked for."""
    tool = _text(payload, "tool_name", "toolName", "tool")
    if READING.match(tool.rpartition("__")[2]):
        return []
    paths: dict[str, None] = {}
    for name in _candidate_paths(payload, event):
        path = plain_path(name if os.path.isabs(name) or "://" in name or not folder else os.path.join(folder, name))
        if path:
            paths[path] = None
    return list(paths)[:PATHS_AN_ACT]


def _candidate_paths(payload: JsonObject, event: str) -> Iterator[str]:
    """What the tool's input, and for some events the message itself, names as a file."""
    for holder in (payload.get("tool_input"), payload.get("toolArgs"), payload.get("tool_info"), payload):
        if isinstance(holder, str):
            yield from PATCHED.findall(holder)
            holder = _parse(holder)
        if not isinstance(holder, dict):
            continue
        keys = PATH_KEYS if holder is not payload or event.lower() in ("afterfileedit", "file.edited") else ()
        yield from (path for key in keys if isinstance(path := holder.get(key), str) and path)
        if holder is not payload:
            yield from (path for text in _patch_texts(holder.values()) for path in PATCHED.findall(text))


def _patch_texts(values: Iterable[Json]) -> Iterator[str]:
    """The texts that may be a patch: those of the tool's input, and of lists in it."""
    for value in values:
        if isinstance(value, str) and "*** " in value:
            yield value
        elif isinstance(value, list):
            yield from _patch_texts(value)


def _parse(text: str) -> Json:
    """The value of a JSON text; None for anything else."""
    try:
        value: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def _is_headless(line: AgentLine, agent: str, process: SessionProcess | None) -> bool:
    """Whether no person sits in front of this session: a build machine or a program runs it, or it has no terminal."""
    entry = line.fields.get("entry", "")
    if line.fields.get("ci", "") not in ("", "0", "false") or entry.startswith("sdk"):
        return True
    if process is not None and process.is_headless is not None:
        return process.is_headless
    if agent in EDITORS or line.fields.get("editor") or entry not in ("", "cli"):
        return False
    return line.fields.get("tty") == "0"


def _text(payload: JsonObject, *keys: str) -> str:
    """The first of these fields that is a text and not empty; "" where none is."""
    return next((value for key in keys if isinstance(value := payload.get(key), str) and value), "")


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


class Doubles:
    """Recognises an act that was reported before: by another host's hook, or by the same hook read from two places.

    Equal means: the same session, kind and place within a second. Two acts of a person or agent that are so alike make
    no difference to any rule.
    """

    def __init__(self) -> None:
        self._last: dict[tuple[str | None, str, str | None], datetime] = {}

    def is_double(self, beat: BeatSignal) -> bool:
        """Whether this act was reported before; if not, it is remembered. Call it in the order of time."""
        key = (beat.session, beat.kind, beat.path)
        earlier = self._last.get(key)
        if earlier is not None and abs(beat.time - earlier) <= SAME:
            return True
        self._last[key] = beat.time
        if len(self._last) > 1000:
            self._last = {other: time for other, time in self._last.items() if abs(beat.time - time) <= SAME}
        return False
