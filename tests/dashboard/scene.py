"""Days worth looking at: evidence of a person and an agent in several projects, posted to a daemon as hooks post it."""

from collections.abc import Iterator
from typing import Any

from stintd.client.control import Control

DAY = "2026-03-10"
EVIL = "<img src=x onerror=\"document.title='owned'\">"
ESCAPES = "feat/\x1b]0;owned\x07\x1b[31mred\u202egnp"


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def beats(start: str, end: str, project: str, day: str = DAY, every: int = 4, **more: Any) -> Iterator[dict[str, Any]]:
    """A heartbeat every few minutes."""
    files = ("src/app.py", "src/api/routes.py", "tests/test_api.py", "README.md")
    for number, minute in enumerate(range(_minutes(start), _minutes(end) + 1, every)):
        yield {
            "time": f"{day}T{minute // 60:02d}:{minute % 60:02d}:00Z",
            "project": project,
            "kind": "edit",
            "source": "editor",
            "entity": files[number % len(files)],
            **more,
        }


def post_beats(control: Control, *groups: Iterator[dict[str, Any]]) -> None:
    """Post all heartbeats of the groups."""
    answer = control.post("/api/heartbeats", [beat for group in groups for beat in group])
    assert answer["rejected"] == [], answer


def agent_turn(start: str, end: str, project: str, session: str = "s-1", day: str = DAY) -> Iterator[dict[str, Any]]:
    """A prompt, tool calls, the agent's stop."""
    common = {"project": project, "source": "agent", "sessionId": session}
    yield {**common, "time": f"{day}T{start}:00Z", "kind": "prompt", "actor": "human"}
    for minute in range(_minutes(start) + 1, _minutes(end), 2):
        yield {
            **common,
            "time": f"{day}T{minute // 60:02d}:{minute % 60:02d}:00Z",
            "kind": "tool",
            "actor": "agent",
            "entity": "src/app.py",
        }
    yield {**common, "time": f"{day}T{end}:00Z", "kind": "turn_end", "actor": "agent"}


def _commits(day: str) -> Iterator[dict[str, Any]]:
    for clock, project, branch, subject in (
        ("09:21", "atlas", "AT-214-import", "Read the header of the import"),
        ("10:12", "atlas", "AT-214-import", "Refuse rows without an account"),
        ("10:55", "borealis", "main", "Name the missing key"),
        ("12:27", "atlas", "AT-214-import", "Keep the order of the rows"),
        ("13:49", "cirrus", "CI-9-retry", "Try again after a timeout"),
        ("15:18", "docs", "main", "Add a guide to imports"),
        ("16:38", "atlas", "AT-220-export", "Export in the order of the sheet"),
    ):
        common = {"project": project, "branch": branch, "kind": "commit", "source": "git"}
        yield {**common, "time": f"{day}T{clock}:00Z", "entity": subject}


def busy(control: Control, day: str = DAY) -> None:
    """A full day: four projects, an agent, breaks, a lone commit."""
    post_beats(
        control,
        beats("08:42", "10:15", "atlas", day, branch="AT-214-import"),
        beats("10:16", "10:58", "borealis", day, branch="main"),
        [{"time": f"{day}T08:44:00Z", "project": "atlas", "kind": "checkout", "source": "git", "branch": "AT-214-import"}],
        beats("11:40", "12:31", "atlas", day, branch="AT-214-import"),
        agent_turn("13:20", "13:31", "cirrus", day=day),
        beats("13:33", "13:50", "cirrus", day, branch="CI-9-retry"),
        agent_turn("13:52", "14:40", "cirrus", "s-2", day),
        beats("14:02", "15:20", "docs", day, branch="main"),
        beats("15:24", "16:40", "atlas", day, branch="AT-220-export"),
        [{"time": f"{day}T15:23:00Z", "project": "atlas", "kind": "checkout", "source": "git", "branch": "AT-220-export"}],
        _commits(day),
    )
