"""Reads lines of a session log ("rollout") of Codex: `{timestamp, type, payload}`, one a line. No I/O.

The lines of rollouts from before the middle of 2025 have no times, so nothing is read from them. A fork begins with a copy of
its parent's lines, all written within a moment: they are skipped.
"""

import re

from stintd.jsonvalue import JsonObject, object_at, objects_at
from stintd.sources.agents import ID_LIMIT, plain_path, touched_files
from stintd.sources.logrecord import SECOND, Calls, LogNote, LogNoteKind, branch_of, instant, text_of

MACHINES = ("<", "# AGENTS.md")
"""How texts begin that the program adds in the name of the person."""
STOPS = frozenset({"task_complete", "turn_complete", "turn_aborted"})
WORKING = frozenset(
    {
        "agent_message", "agent_reasoning", "exec_command_begin", "exec_command_end", "patch_apply_begin", "patch_apply_end",
        "mcp_tool_call_begin", "mcp_tool_call_end", "web_search_begin", "web_search_end",
    }
)  # fmt: skip
CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})
OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
PROGRAMS = frozenset({"exec", "mcp"})
COPIED_US = 2 * SECOND
"""How long after the first line of a fork its lines count as copied."""


class CodexLog:
    """Reads one file. `name` is its session unless its first line says otherwise."""

    agent = "codex"

    def __init__(self, name: str, is_subagent: bool, now_us: int) -> None:
        self._session, self._is_subagent, self._now_us = name, is_subagent, now_us
        self._folder = self._branch = ""
        self._is_begun, self._copied_until_us = False, 0
        self._calls = Calls()

    def read(self, record: JsonObject) -> LogNote | None:
        """What a line reports; None for what is not an act, or has no time or folder."""
        payload, at_us = record.get("payload"), instant(record.get("timestamp"), self._now_us)
        if not isinstance(payload, dict) or at_us is None:
            return None
        kind, what = text_of(record, "type"), text_of(payload, "type")
        if kind == "session_meta":
            self._begin(payload, at_us)
        elif kind == "turn_context":
            self._folder = plain_path(payload.get("cwd")) or self._folder
        if not self._folder or at_us < self._copied_until_us:
            return None
        if kind == "event_msg":
            return self._event(payload, at_us, what)
        return self._item(payload, at_us, what) if kind == "response_item" else None

    def _begin(self, payload: JsonObject, at_us: int) -> None:
        """The first line; a later one was copied from the parent of a fork."""
        if self._is_begun:
            return
        self._is_begun = True
        self._session = re.sub(r"[^!-~]", "?", text_of(payload, "id"))[:ID_LIMIT] or self._session
        self._folder = plain_path(payload.get("cwd"))
        source, program = payload.get("source"), text_of(payload, "originator")
        self._branch = branch_of(text_of(object_at(payload, "git"), "branch"))
        self._is_subagent |= isinstance(source, dict) or source in PROGRAMS or "exec" in program or "sdk" in program
        if payload.get("forked_from_id"):
            self._copied_until_us = at_us + COPIED_US

    def _note(
        self, at_us: int, what: LogNoteKind, paths: tuple[str, ...] = (), is_person: bool = False, is_last: bool = False
    ) -> LogNote:
        return LogNote(at_us, what, self._session, self._folder, self._branch, paths, is_person, is_last)

    def _prompt(self, at_us: int, words: str) -> LogNote | None:
        if not words.strip() or words.lstrip().startswith(MACHINES):
            return None
        return self._note(at_us, "prompt", is_person=not self._is_subagent)

    def _event(self, payload: JsonObject, at_us: int, what: str) -> LogNote | None:
        if what == "user_message":
            is_plain = text_of(payload, "kind") in ("", "plain")
            words = text_of(payload, "message") or ("image" if payload.get("images") else "")
            return self._prompt(at_us, words) if is_plain else None
        if what in STOPS:
            return self._note(at_us, "stop")
        changes = payload.get("changes")
        paths = [plain_path(path) for path in changes] if what.startswith("patch_apply") and isinstance(changes, dict) else []
        return self._note(at_us, "work", paths=tuple(filter(None, paths))) if what in WORKING else None

    def _item(self, payload: JsonObject, at_us: int, what: str) -> LogNote | None:
        if what == "message" and payload.get("role") == "user":
            parts = objects_at(payload, "content")
            return self._prompt(at_us, next((text for part in parts if (text := text_of(part, "text"))), ""))
        if what in OUTPUTS:
            return self._note(at_us, "work", paths=self._calls.take(text_of(payload, "call_id")))
        if what in CALLS:
            return self._tool_call(payload, at_us)
        is_answer = what == "message" and payload.get("role") == "assistant"
        return self._note(at_us, "work", is_last=is_answer) if is_answer or what == "reasoning" else None

    def _tool_call(self, payload: JsonObject, at_us: int) -> LogNote:
        arguments = payload.get("arguments") or payload.get("input") or payload.get("action")
        paths = touched_files({"tool_name": payload.get("name"), "tool_input": arguments}, "", self._folder)
        self._calls.add(text_of(payload, "call_id"), tuple(paths))
        return self._note(at_us, "work", paths=tuple(paths))
