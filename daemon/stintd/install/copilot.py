"""Copilot CLI: our own file in its folder of hooks. With capitalised event names it sends the same messages as other agents."""

import os

from stintd.install.agenthost import JsonHost
from stintd.install.agentsettings import Home

EVENTS = ("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd")


def _place(home: Home) -> str:
    top = home.environ.get("COPILOT_HOME") or os.path.join(home.user, ".copilot")
    return os.path.join(top, "hooks", "stintd.json")


def _entry(command: str, event: str) -> object:
    return {"type": "command", "bash": command, "timeoutSec": 10}


HOST = JsonHost("copilot", "Copilot CLI", EVENTS, _place, _entry, first='{\n  "version": 1\n}\n', is_own=True)
