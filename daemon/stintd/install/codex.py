"""Codex CLI: its `hooks.json`, or its `config.toml` if the user keeps hooks there (Codex warns when one folder has both).

Codex runs a hook only after its user has trusted it, and identifies it by its place in the list: ours goes to the end. It
runs commands with the user's own shell.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from stintd.errors import Conflict, StintdError
from stintd.frozen import frozen
from stintd.install.agenthost import FIX_HINT, JsonHost, is_ours
from stintd.install.agentsettings import Home, SettingsText, plan_install, plan_uninstall, recall, state_of
from stintd.install.agentshim import call, users_shell
from stintd.install.change import Plan, read_text

EVENTS = ("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd")
NOTE = "start codex and trust the new hooks with /hooks; it does not run them before that"
BEGIN, END = "# stintd: begin; `stint hooks uninstall codex` takes this out", "# stintd: end"


def _folder(home: Home) -> str:
    return home.environ.get("CODEX_HOME") or os.path.join(home.user, ".codex")


def _place(home: Home) -> str:
    return os.path.join(_folder(home), "hooks.json")


def _entry(command: str, event: str) -> object:
    return {"hooks": [{"type": "command", "command": command, "timeout": 10}]}


@frozen
class TomlText:
    """Our calls as one marked block at the end of the text."""

    calls: Mapping[str, str]
    is_own: bool = False

    def insert(self, raw: bytes | None) -> bytes:
        text = _decode(raw or b"")
        newline = "\r\n" if "\r\n" in text else "\n"
        lines = [BEGIN]
        for event, command in self.calls.items():
            lines += [f"[[hooks.{event}]]", f"[[hooks.{event}.hooks]]", 'type = "command"', f"command = {_quote(command)}"]
            lines += ["timeout = 10"]
        gap = "" if not text or text.endswith("\n") else newline
        return (text + gap + newline.join([*lines, END]) + newline).encode()

    def strip(self, raw: bytes) -> bytes:
        text = _decode(raw)
        _tables(text)
        stripped = re.sub(rf"^{re.escape(BEGIN)}\r?\n.*?^{re.escape(END)}\r?\n?", "", text, flags=re.MULTILINE | re.DOTALL)
        return stripped.encode()

    def missing(self, raw: bytes) -> list[str]:
        hooks = _tables(_decode(raw))
        return [event for event, command in self.calls.items() if _entry(command, event) not in hooks.get(event, [])]

    def is_bare(self, raw: bytes) -> bool:
        return not raw.strip()


def _tables(text: str) -> dict[str, Any]:
    """The hooks in a TOML text, by event."""
    try:
        hooks = tomllib.loads(text).get("hooks", {})
    except tomllib.TOMLDecodeError as error:
        raise Conflict(f"it is not valid TOML: {error}", FIX_HINT) from error
    if not isinstance(hooks, dict):
        raise Conflict("`hooks` in it is not a table", FIX_HINT)
    return {event: items for event, items in hooks.items() if isinstance(items, list)}


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Conflict("it is not UTF-8", FIX_HINT) from error


def _quote(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@frozen
class CodexHost:
    """Installs into whichever of the two files is in use. `name` and `title` as in every host."""

    name: str = "codex"
    title: str = "Codex CLI"

    def install(self, home: Home) -> Plan:
        path, text = self._chosen_file(home)
        return plan_install(home, self.name, path, text, NOTE)

    def uninstall(self, home: Home) -> Plan:
        path, text = self._chosen_file(home)
        return plan_uninstall(home, self.name, path, text)

    def state(self, home: Home) -> tuple[str, str]:
        path, text = self._chosen_file(home)
        return path, state_of(home, path, text)

    def _chosen_file(self, home: Home) -> tuple[str, SettingsText]:
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
    """Whether the user keeps hooks of their own in this file; what Codex records about trust is not a hook."""
    try:
        hooks = _tables(_decode(read_text(os.path.realpath(path)) or b""))
    except StintdError:
        return False
    return any(not is_ours(item) for items in hooks.values() for item in items)


HOST = CodexHost()
