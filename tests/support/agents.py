"""Agents as their hooks see them: what each host sends, and a process that calls the installed hooks as the host does.

The messages have the shape that the hosts' documentation gives; their words are made up.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from stintd.install.agentlist import HOSTS
from stintd.install.agentsettings import Home

AGENT = """\
import json, subprocess, sys
for line in sys.stdin:
    command, cwd, env, payload = json.loads(line)
    done = subprocess.run(["/bin/sh", "-c", command], cwd=cwd, env=env, input=payload.encode(errors="surrogateescape"),
                          capture_output=True)
    print(json.dumps([done.returncode, done.stdout.decode(), done.stderr.decode()]), flush=True)
"""


def commands(home: Home, name: str) -> dict[str, str]:
    """What the host runs at each event, read from its settings as the installer wrote them."""
    path = Path(HOSTS[name].state(home)[0])
    hooks = json.loads(path.read_text())["hooks"]
    inner = [(event, one) for event, items in hooks.items() for item in items for one in item.get("hooks", [item])]
    return {event: one.get("command") or one["bash"] for event, one in inner if "stintd-agent" in str(one)}


class Agent:
    """A running process that is called like an agent and calls its hooks: `say(event, payload)`. Kill it as you like."""

    def __init__(self, folder: Path, calls: dict[str, str], program: str = "claude", *arguments: str) -> None:
        script = folder / "bin" / program
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(AGENT)
        self._calls = calls
        self.process = subprocess.Popen(
            [sys.executable, str(script), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def say(self, event: str, payload: dict[str, Any] | str, cwd: Path, **environ: str) -> tuple[int, str, str]:
        """Call the hook of an event, with the message on its standard input."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        env = {"PATH": "/usr/bin:/bin", "CLAUDE_CODE_ENTRYPOINT": "cli", **environ}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([self._calls[event], str(cwd), env, text]) + "\n")
        self.process.stdin.flush()
        code, out, err = json.loads(self.process.stdout.readline())
        return code, out, err

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> "Agent":
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


def claude(event: str, session: str, cwd: Path | str, **more: Any) -> dict[str, Any]:
    """What Claude Code (and, with their own events, Codex, Gemini and Copilot) sends."""
    return {
        "session_id": session,
        "transcript_path": f"/home/ada/.claude/projects/x/{session}.jsonl",
        "cwd": str(cwd),
        "permission_mode": "default",
        "hook_event_name": event,
        **more,
    }


def edit_message(session: str, cwd: Path | str, path: Path | str, tool: str = "Edit", **more: Any) -> dict[str, Any]:
    """Claude Code's message after a tool wrote a file."""
    given = {"file_path": str(path), "old_string": "a", "new_string": "b"}
    said = {"filePath": str(path), "originalFile": "secret words\n" * 20}
    return claude(
        "PostToolUse", session, cwd, tool_name=tool, tool_input=given, tool_response=said, tool_use_id="toolu_1", **more
    )


def cursor(event: str, session: str, root: Path | str, **more: Any) -> dict[str, Any]:
    return {
        "conversation_id": session,
        "generation_id": "g1",
        "model": "m",
        "hook_event_name": event,
        "cursor_version": "3.7.1",
        "workspace_roots": [str(root)],
        "user_email": None,
        "transcript_path": None,
        **more,
    }


def windsurf(event: str, session: str, **tool: Any) -> dict[str, Any]:
    return {
        "agent_action_name": event,
        "trajectory_id": session,
        "execution_id": "e1",
        "model_name": "m",
        "timestamp": "2026-11-20T09:00:00Z",
        "tool_info": tool,
    }


def vscode(event: str, session: str, cwd: Path | str, **more: Any) -> dict[str, Any]:
    return {"sessionId": session, "hookEventName": event, "cwd": str(cwd), "timestamp": "2026-11-20T09:00:00.000Z", **more}
