"""Claude Code: `hooks` in its user settings, lists of matchers with lists of commands."""

import os

from stintd.install.agenthost import JsonHost
from stintd.install.agentsettings import Home

EVENTS = ("SessionStart", "UserPromptSubmit", "PostToolUse", "Stop", "SessionEnd")


def _place(home: Home) -> str:
    return os.path.join(home.environ.get("CLAUDE_CONFIG_DIR") or os.path.join(home.user, ".claude"), "settings.json")


def _entry(command: str, event: str) -> object:
    return {"matcher": "", "hooks": [{"type": "command", "command": command, "timeout": 10}]}


HOST = JsonHost("claude-code", "Claude Code", EVENTS, _place, _entry)
