"""Lines of a session log of Claude Code: JSON objects, one a line, of versions 1 and 2. No I/O.

There is no description of the format by its makers; fields that are not known are passed over. Subagents are logged in the
same file (`isSidechain`), or in files of their own with their parent's session id: what they do is the agent's work.
"""

import re
from typing import Any

from stintd.sources.agents import ID_LIMIT, plain_path, touched_files
from stintd.sources.logrecord import Calls, LogNote, branch_of, instant, text_of

MACHINES = (
    "<local-command-", "<bash-stdout", "<bash-stderr", "<task-notification", "<system-reminder", "<teammate-message",
    "<agent-notification", "Caveat: ", "This session is being continued from a previous conversation",
)  # fmt: skip
"""How texts begin that stand where a person's would, and are none."""
INTERRUPTED = "[Request interrupted by user"
OVER = frozenset({"turn_duration", "stop_hook_summary"})
WORKING = frozenset({"bash_progress", "agent_progress", "mcp_progress", "powershell_progress"})
TAKEN = frozenset({"dequeue", "remove", "popAll"})
MADE_UP = "<synthetic>"
"""The model of what the program itself says in the agent's place."""


class ClaudeLog:
    """Reads one file. `name` is its session unless its lines say otherwise; `is_subagent`: nobody speaks in it."""

    agent = "claude-code"

    def __init__(self, name: str, is_subagent: bool, now_us: int) -> None:
        self._session, self._is_subagent, self._now_us = name, is_subagent, now_us
        self._folder = self._branch = self._entry = ""
        self._calls = Calls()
        self._is_program: bool | None = None  # whether a program feeds this session, where no line says so

    def note(self, record: dict[str, Any]) -> LogNote | None:
        """What a line says; None for what is no act, or cannot be placed."""
        kind = text_of(record, "type")
        self._learn(record, kind)
        at_us = instant(record.get("timestamp"), self._now_us)
        if at_us is None or not self._folder:
            return None
        if kind == "user":
            return self._user(record, at_us)
        if kind == "assistant":
            return self._assistant(record, at_us)
        if kind == "queue-operation":
            return self._queue(record, at_us)
        return self._system(record, at_us, kind)

    def _learn(self, record: dict[str, Any], kind: str) -> None:
        self._folder = plain_path(record.get("cwd")) or self._folder
        self._branch = branch_of(text_of(record, "gitBranch")) if "gitBranch" in record else self._branch
        self._entry = text_of(record, "entrypoint") or self._entry
        self._session = re.sub(r"[^!-~]", "?", text_of(record, "sessionId"))[:ID_LIMIT] or self._session
        if self._is_program is None and kind in ("user", "queue-operation"):
            self._is_program = kind == "queue-operation"  # what is piped in is queued before anything is said

    def _is_typed(self, record: dict[str, Any]) -> bool:
        """Whether somebody sits before this session. Where nothing says so, no program was seen to feed it."""
        if self._is_subagent or "sdk" in (text_of(record, "promptSource"), text_of(record, "turnOrigin")):
            return False
        if self._entry:
            return not self._entry.startswith("sdk") and "action" not in self._entry
        return not self._is_program

    def _note(self, at_us: int, what: str, **more: Any) -> LogNote:
        return LogNote(at_us, what, self._session, self._folder, self._branch, **more)

    def _user(self, record: dict[str, Any], at_us: int) -> LogNote | None:
        blocks = _blocks(record)
        results = [block for block in blocks if block.get("type") == "tool_result"]
        if results:
            paths = [path for block in results for path in self._calls.take(text_of(block, "tool_use_id"))]
            return self._note(at_us, "work", paths=tuple(paths))
        said = next((text for block in blocks if (text := text_of(block, "text").lstrip())), "")
        if said.startswith(INTERRUPTED):
            return self._note(at_us, "stop")
        has_picture = any(block.get("type") not in ("text", None) for block in blocks)
        if _is_machines(record, said) or not (said or has_picture):
            return None
        if self._is_subagent or record.get("isSidechain"):
            return self._note(at_us, "work")
        return self._note(at_us, "prompt", is_person=self._is_typed(record))

    def _assistant(self, record: dict[str, Any], at_us: int) -> LogNote | None:
        message = record.get("message")
        if record.get("isApiErrorMessage") or (isinstance(message, dict) and message.get("model") == MADE_UP):
            return None
        calls = [block for block in _blocks(record) if block.get("type") == "tool_use"]
        found: list[str] = []
        for call in calls:
            paths = touched_files({"tool_name": call.get("name"), "tool_input": call.get("input")}, "", self._folder)
            found += paths
            self._calls.keep(text_of(call, "id"), tuple(paths))
        is_aside = self._is_subagent or bool(record.get("isSidechain"))
        return self._note(at_us, "work", paths=tuple(found), is_last=not calls and not is_aside)

    def _queue(self, record: dict[str, Any], at_us: int) -> LogNote | None:
        """A prompt typed while a turn runs. What a program pipes in is queued too, and is no person's."""
        said, is_typed = text_of(record, "content").lstrip(), self._is_typed(record)
        if record.get("operation") == "enqueue" and said and is_typed and not said.startswith(MACHINES):
            return self._note(at_us, "queued", is_person=True)
        if record.get("operation") in TAKEN and is_typed:
            return self._note(at_us, "taken")
        return None

    def _system(self, record: dict[str, Any], at_us: int, kind: str) -> LogNote | None:
        if kind == "system" and text_of(record, "subtype") in OVER and not self._is_subagent:
            return self._note(at_us, "stop")
        data = record.get("data")
        if kind == "progress" and isinstance(data, dict) and text_of(data, "type") in WORKING:
            return self._note(at_us, "work")
        return None


def _blocks(record: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a message; a plain text is one part."""
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []


def _is_machines(record: dict[str, Any], said: str) -> bool:
    """Whether a line that looks like a prompt was written by the program."""
    origin = record.get("origin")
    if isinstance(origin, dict) and text_of(origin, "kind") not in ("", "human"):
        return True
    marks = ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly", "toolUseResult")
    return any(record.get(mark) for mark in marks) or said.startswith(MACHINES)
