"""Windsurf: its user hooks, flat lists of commands. It has no events for the start and end of a session."""

import os

from stintd.install.agenthost import JsonHost
from stintd.install.agentsettings import Home

EVENTS = ("pre_user_prompt", "post_write_code", "post_run_command", "post_cascade_response")


def _place(home: Home) -> str:
    return os.path.join(home.user, ".codeium", "windsurf", "hooks.json")


def _entry(command: str, event: str) -> object:
    return {"command": command, "show_output": False}


HOST = JsonHost("windsurf", "Windsurf", EVENTS, _place, _entry)
