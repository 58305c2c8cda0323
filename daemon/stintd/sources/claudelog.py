"""Reads lines of a session log of Claude Code: JSON objects, one a line, of versions 1 and 2. No I/O.

Its makers do not document the format; unknown fields are ignored. Subagents are logged in the same file (`isSidechain`), or
in files of their own with the session id of their parent: what they do is the agent's work.
"""

import re

from stintd.jsonvalue import JsonObject, object_at, objects_at, value_at
from stintd.sources.agents import ID_LIMIT, plain_path, touched_files
from stintd.sources.logrecord import Calls, LogNote, LogNoteKind, branch_of, instant, text_of

MACHINES = (
    "<local-command-", "<bash-stdout", "<bash-stderr", "<task-notification", "<system-reminder", "<teammate-message",
    "<agent-notification", "Caveat: ", "This session is being continued from a previous conversation",
)  # fmt: skip
"""How texts begin that stand in the place of a person's prompt and were written by a program."""
INTERRUPTED = "[Request interrupted by user"
TURN_ENDS = frozenset({"turn_duration", "stop_hook_summary"})
WORKING = frozenset({"bash_progress", "agent_progress", "mcp_progress", "powershell_progress"})
TAKEN = frozenset({"dequeue", "remove", "popAll"})
"""Operations on the queue of prompts that say that the agent took one up."""
SYNTHETIC_MODEL = "<synthetic>"
"""The model named in lines that the program itself writes in place of the agent."""


class ClaudeLog:
    """Reads one file. `name` is its session unless its lines say otherwise; `is_subagent`: no person speaks in it."""

    agent = "claude-code"

    def __init__(self, name: str, is_subagent: bool, now_us: int) -> None:
        self._session, self._is_subagent, self._now_us = name, is_subagent, now_us
        self._folder = self._branch = self._entry = ""
        self._calls = Calls()
        self._is_program: bool | None = None  # whether a program feeds this session, where no line says so

    def read(self, record: JsonObject) -> LogNote | None:
        """What a line reports; None for what is not an act, or has no time or folder."""
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

    def _learn(self, record: JsonObject, kind: str) -> None:
        self._folder = plain_path(record.get("cwd")) or self._folder
        self._branch = branch_of(text_of(record, "gitBranch")) if "gitBranch" in record else self._branch
        self._entry = text_of(record, "entrypoint") or self._entry
        self._session = re.sub(r"[^!-~]", "?", text_of(record, "sessionId"))[:ID_LIMIT] or self._session
        if self._is_program is None and kind in ("user", "queue-operation"):
            self._is_program = kind == "queue-operation"  # a program's input is queued before its first prompt

    def _is_typed(self, record: JsonObject) -> bool:
        """Whether a person sits in front of this session. Where no line says so: whether no program was seen to feed it."""
        if self._is_subagent or "sdk" in (text_of(record, "promptSource"), text_of(record, "turnOrigin")):
            return False
        if self._entry:
            return not self._entry.startswith("sdk") and "action" not in self._entry
        return not self._is_program

    def _note(
        self, at_us: int, what: LogNoteKind, paths: tuple[str, ...] = (), is_person: bool = False, is_last: bool = False
    ) -> LogNote:
        return LogNote(at_us, what, self._session, self._folder, self._branch, paths, is_person, is_last)

    def _user(self, record: JsonObject, at_us: int) -> LogNote | None:
        blocks = _blocks(record)
        results = [block for block in blocks if block.get("type") == "tool_result"]
        if results:
            paths = [path for block in results for path in self._calls.take(text_of(block, "tool_use_id"))]
            return self._note(at_us, "work", paths=tuple(paths))
        words = next((text for block in blocks if (text := text_of(block, "text").lstrip())), "")
        if words.startswith(INTERRUPTED):
            return self._note(at_us, "stop")
        has_picture = any(block.get("type") not in ("text", None) for block in blocks)
        if _is_by_program(record, words) or not (words or has_picture):
            return None
        if self._is_subagent or record.get("isSidechain"):
            return self._note(at_us, "work")
        return self._note(at_us, "prompt", is_person=self._is_typed(record))

    def _assistant(self, record: JsonObject, at_us: int) -> LogNote | None:
        if record.get("isApiErrorMessage") or value_at(record, "message", "model") == SYNTHETIC_MODEL:
            return None
        calls = [block for block in _blocks(record) if block.get("type") == "tool_use"]
        touched: list[str] = []
        for call in calls:
            paths = touched_files({"tool_name": call.get("name"), "tool_input": call.get("input")}, "", self._folder)
            touched += paths
            self._calls.add(text_of(call, "id"), tuple(paths))
        is_aside = self._is_subagent or bool(record.get("isSidechain"))
        return self._note(at_us, "work", paths=tuple(touched), is_last=not calls and not is_aside)

    def _queue(self, record: JsonObject, at_us: int) -> LogNote | None:
        """A prompt typed while a turn runs. A program's input is queued too, and is not a person's."""
        words, is_typed = text_of(record, "content").lstrip(), self._is_typed(record)
        if record.get("operation") == "enqueue" and words and is_typed and not words.startswith(MACHINES):
            return self._note(at_us, "queued", is_person=True)
        if record.get("operation") in TAKEN and is_typed:
            return self._note(at_us, "taken")
        return None

    def _system(self, record: JsonObject, at_us: int, kind: str) -> LogNote | None:
        if kind == "system" and text_of(record, "subtype") in TURN_ENDS and not self._is_subagent:
            return self._note(at_us, "stop")
        if kind == "progress" and text_of(object_at(record, "data"), "type") in WORKING:
            return self._note(at_us, "work")
        return None


def _blocks(record: JsonObject) -> list[JsonObject]:
    """The parts of a message; a plain text is one part."""
    content = value_at(record, "message", "content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return objects_at(content)


def _is_by_program(record: JsonObject, words: str) -> bool:
    """Whether a line that looks like a prompt was written by the program."""
    if text_of(object_at(record, "origin"), "kind") not in ("", "human"):
        return True
    marks = ("isMeta", "isCompactSummary", "isVisibleInTranscriptOnly", "toolUseResult")
    return any(record.get(mark) for mark in marks) or words.startswith(MACHINES)
