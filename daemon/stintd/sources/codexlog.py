"""Lines of a rollout of Codex: `{timestamp, type, payload}`, one a line. No I/O.

Rollouts from before the middle of 2025 have no times on their lines and tell nothing. A fork begins with a copy of its
parent's lines, written anew within a moment: they are passed over.
"""

import re
from typing import Any

from stintd.sources.agents import ID_LIMIT, plain_path, touched_files
from stintd.sources.logrecord import SECOND, Calls, LogNote, branch_of, instant, text_of

MACHINES = ("<", "# AGENTS.md")
"""How texts begin that the program adds in the person's name."""
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


class CodexLog:
    """Reads one file. `name` is its session unless its first line says otherwise."""

    agent = "codex"

    def __init__(self, name: str, is_subagent: bool, now_us: int) -> None:
        self._session, self._is_subagent, self._now_us = name, is_subagent, now_us
        self._folder = self._branch = ""
        self._is_begun, self._copied_until_us = False, 0
        self._calls = Calls()

    def note(self, record: dict[str, Any]) -> LogNote | None:
        """What a line says; None for what is no act, or cannot be placed."""
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

    def _begin(self, payload: dict[str, Any], at_us: int) -> None:
        """The first line; a later one was copied from the parent of a fork."""
        if self._is_begun:
            return
        self._is_begun = True
        self._session = re.sub(r"[^!-~]", "?", text_of(payload, "id"))[:ID_LIMIT] or self._session
        self._folder = plain_path(payload.get("cwd"))
        git, source, by = payload.get("git"), payload.get("source"), text_of(payload, "originator")
        self._branch = branch_of(text_of(git, "branch")) if isinstance(git, dict) else ""
        self._is_subagent |= isinstance(source, dict) or source in PROGRAMS or "exec" in by or "sdk" in by
        if payload.get("forked_from_id"):
            self._copied_until_us = at_us + COPIED_US

    def _note(self, at_us: int, what: str, **more: Any) -> LogNote:
        return LogNote(at_us, what, self._session, self._folder, self._branch, **more)

    def _prompt(self, at_us: int, said: str) -> LogNote | None:
        if not said.strip() or said.lstrip().startswith(MACHINES):
            return None
        return self._note(at_us, "prompt", is_person=not self._is_subagent)

    def _event(self, payload: dict[str, Any], at_us: int, what: str) -> LogNote | None:
        if what == "user_message":
            is_plain = text_of(payload, "kind") in ("", "plain")
            said = text_of(payload, "message") or ("image" if payload.get("images") else "")
            return self._prompt(at_us, said) if is_plain else None
        if what in STOPS:
            return self._note(at_us, "stop")
        changes = payload.get("changes")
        paths = [plain_path(path) for path in changes] if what.startswith("patch_apply") and isinstance(changes, dict) else []
        return self._note(at_us, "work", paths=tuple(filter(None, paths))) if what in WORKING else None

    def _item(self, payload: dict[str, Any], at_us: int, what: str) -> LogNote | None:
        if what == "message" and payload.get("role") == "user":
            content = payload.get("content")
            parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
            return self._prompt(at_us, next((text for part in parts if (text := text_of(part, "text"))), ""))
        if what in OUTPUTS:
            return self._note(at_us, "work", paths=self._calls.take(text_of(payload, "call_id")))
        if what in CALLS:
            return self._tool_call(payload, at_us)
        is_answer = what == "message" and payload.get("role") == "assistant"
        return self._note(at_us, "work", is_last=is_answer) if is_answer or what == "reasoning" else None

    def _tool_call(self, payload: dict[str, Any], at_us: int) -> LogNote:
        given = payload.get("arguments") or payload.get("input") or payload.get("action")
        found = touched_files({"tool_name": payload.get("name"), "tool_input": given}, "", self._folder)
        self._calls.keep(text_of(payload, "call_id"), tuple(found))
        return self._note(at_us, "work", paths=tuple(found))
