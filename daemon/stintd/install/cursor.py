"""Cursor: its user hooks, flat lists of commands. It does not document which shell runs them."""

import os

from stintd.install.agenthost import JsonHost
from stintd.install.agentsettings import Home

EVENTS = ("sessionStart", "beforeSubmitPrompt", "afterFileEdit", "postToolUse", "stop", "sessionEnd")


def _place(home: Home) -> str:
    return os.path.join(home.user, ".cursor", "hooks.json")


def _entry(command: str, event: str) -> object:
    return {"command": command, "timeout": 10}


HOST = JsonHost("cursor", "Cursor", EVENTS, _place, _entry, first='{\n  "version": 1\n}\n', is_sourced=False)
