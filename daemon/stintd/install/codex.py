"""Codex CLI: its `hooks.json`, or its `config.toml` where the user keeps hooks there (it warns of both in one folder).

Codex runs a hook only after its user has trusted it, and knows it by its place in the list: ours goes to the end. It
gives commands to the user's own shell.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from stintd.errors import Conflict, StintdError
from stintd.frozen import frozen
from stintd.install.agenthost import MEND, JsonHost, is_ours
from stintd.install.agentsettings import Home, SettingsText, plan_install, plan_uninstall, recall, state_of
from stintd.install.agentshim import call, users_shell
from stintd.install.change import Plan, read_text

EVENTS = ("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd")
NOTE = "start codex and trust the new hooks with /hooks: it runs none before"
BEGIN, END = "# stintd: begin; `stint hooks uninstall codex` takes this out", "# stintd: end"


def _folder(home: Home) -> str:
    return home.environ.get("CODEX_HOME") or os.path.join(home.user, ".codex")


def _place(home: Home) -> str:
    return os.path.join(_folder(home), "hooks.json")


def _entry(command: str, event: str) -> object:
    return {"hooks": [{"type": "command", "command": command, "timeout": 10}]}


@frozen
class TomlText:
    """Calls as one marked block at the end of the text."""

    calls: Mapping[str, str]
    is_own: bool = False

    def insert(self, raw: bytes | None) -> bytes:
        text = _decoded(raw or b"")
        newline = "\r\n" if "\r\n" in text else "\n"
        lines = [BEGIN]
        for event, command in self.calls.items():
            lines += [f"[[hooks.{event}]]", f"[[hooks.{event}.hooks]]", 'type = "command"', f"command = {_quoted(command)}"]
            lines += ["timeout = 10"]
        gap = "" if not text or text.endswith("\n") else newline
        return (text + gap + newline.join([*lines, END]) + newline).encode()

    def strip(self, raw: bytes) -> bytes:
        text = _decoded(raw)
        _tables(text)
        stripped = re.sub(rf"^{re.escape(BEGIN)}\r?\n.*?^{re.escape(END)}\r?\n?", "", text, flags=re.MULTILINE | re.DOTALL)
        return stripped.encode()

    def missing(self, raw: bytes) -> list[str]:
        hooks = _tables(_decoded(raw))
        return [event for event, command in self.calls.items() if _entry(command, event) not in hooks.get(event, [])]

    def is_bare(self, raw: bytes) -> bool:
        return not raw.strip()


def _tables(text: str) -> dict[str, Any]:
    """The events in a TOML text with what is hooked to them."""
    try:
        hooks = tomllib.loads(text).get("hooks", {})
    except tomllib.TOMLDecodeError as error:
        raise Conflict(f"it is no TOML: {error}", MEND) from error
    if not isinstance(hooks, dict):
        raise Conflict("`hooks` in it is no table", MEND)
    return {event: items for event, items in hooks.items() if isinstance(items, list)}


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Conflict("it is not UTF-8", MEND) from error


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@frozen
class CodexHost:
    """The one of both files that is in use. `name` and `title` as in every host."""

    name: str = "codex"
    title: str = "Codex CLI"

    def install(self, home: Home) -> Plan:
        path, text = self._chosen(home)
        return plan_install(home, self.name, path, text, NOTE)

    def uninstall(self, home: Home) -> Plan:
        path, text = self._chosen(home)
        return plan_uninstall(home, self.name, path, text)

    def state(self, home: Home) -> tuple[str, str]:
        path, text = self._chosen(home)
        return path, state_of(home, path, text)

    def _chosen(self, home: Home) -> tuple[str, SettingsText]:
        toml, plain = (
            os.path.join(_folder(home), "config.toml"),
            JsonHost(self.name, self.title, EVENTS, _place, _entry, is_sourced=False),
        )
        known = recall(home).get(self.name)
        is_toml = known.path == toml if known is not None else _keeps_hooks(toml) and not os.path.exists(_place(home))
        if is_toml:
            return toml, TomlText({event: call(home.shim, self.name, event, shell=users_shell(home.environ)) for event in EVENTS})
        return _place(home), plain.text(home)


def _keeps_hooks(path: str) -> bool:
    """Whether the user keeps hooks of their own in this file; what Codex notes about trust there is none."""
    try:
        hooks = _tables(_decoded(read_text(os.path.realpath(path)) or b""))
    except StintdError:
        return False
    return any(not is_ours(item) for items in hooks.values() for item in items)


HOST = CodexHost()
