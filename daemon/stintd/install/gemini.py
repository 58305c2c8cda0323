"""Gemini CLI: `hooks` in its user settings, nested like Claude Code's, lengths in milliseconds, comments allowed."""

import os

from stintd.install.agenthost import JsonHost
from stintd.install.agentsettings import Home

EVENTS = ("SessionStart", "BeforeAgent", "AfterTool", "AfterAgent", "SessionEnd")


def _place(home: Home) -> str:
    return os.path.join(home.user, ".gemini", "settings.json")


def _entry(command: str, event: str) -> object:
    return {"matcher": "*", "hooks": [{"name": "stintd", "type": "command", "command": command, "timeout": 10_000}]}


HOST = JsonHost("gemini", "Gemini CLI", EVENTS, _place, _entry, comments=True)
