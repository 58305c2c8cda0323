"""The commands of ClockEye's document, as they stand there, run by a shell and curl against a real daemon: nothing but the
host, the keys and the placeholders of ids is replaced. What they answer is held against what the document says.
"""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import PATIENCE
from tests.support.daemon import Daemon
from tests.support.seeds import needs_curl

DOCUMENT = Path(__file__).parents[1] / "data" / "seeds" / "clockeye.txt"
TOLD = (
    "\n%{http_code} %header{content-type} | %header{x-ratelimit-limit} %header{x-ratelimit-remaining} %header{x-ratelimit-reset}"
)
ENTRY = {"id", "user_id", "project_id", "task_id", "description", "start_time", "end_time", "duration", "billable"}

pytestmark = needs_curl


def commands() -> list[str]:
    """The curl commands of the document, in order: a line that begins with curl, and those it goes on in."""
    found = re.findall(r"^curl(?:\\\n|'[^']*'|[^\n'])*", DOCUMENT.read_text(), re.MULTILINE)
    return [command.strip() for command in found]


PROJECTS, BEARER, DATES, START, STOP, WEBHOOK = commands()


@dataclass
class Answer:
    """What a command got."""

    status: int
    kind: str
    limits: list[str]
    body: Any


class Caller:
    """Somebody who follows the document, with one key."""

    def __init__(self, daemon: Daemon, scope: str) -> None:
        self.daemon = daemon
        self.url = json.loads(Path(daemon.layout.http_json).read_text())["url"]
        self.key = daemon.client.post("/api/keys", {"scope": scope, "name": scope})["key"]

    def run(self, command: str, **ids: str) -> Answer:
        placed = command.replace("https://api.clockeye.ai", self.url)
        for word, value in {"your-api-key": self.key, "your-access-token": self.key, **ids}.items():
            placed = placed.replace(word, value)
        (self.daemon.home / ".curlrc").write_text(f"silent\nshow-error\nwrite-out = {json.dumps(TOLD)}\n")
        done = subprocess.run(
            ["bash", "-c", placed],
            env={"PATH": os.environ["PATH"], "HOME": str(self.daemon.home)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, (placed, done.stderr)
        body, _, told = done.stdout.rpartition("\n")
        head, _, limits = told.partition(" | ")
        return Answer(int(head.split()[0]), head.split()[1], limits.split(), json.loads(body))


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path / "home", environment={"TZ": "UTC"}) as one:
        yield one


@pytest.fixture
def world(daemon):
    """A project with a task, time in January 2024 and at other times, and a timer that runs."""
    post = daemon.client.post
    project = post("/api/projects", {"name": "atlas", "clientName": "Acme"})["id"]
    task = post("/api/tasks", {"projectId": project, "name": "feature"})["id"]
    for day in ("2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01"):
        post("/api/entries", {"projectId": project, "start": f"{day}T10:00:00Z", "durationMinutes": 60, "description": day})
    running = post("/api/timer/start", {"projectName": "other", "autoCreate": True})["timer"]["id"]
    return {"proj_123": project, "task_456": task, "running": running}


def test_the_document_has_the_commands_that_are_run_here():
    assert [re.sub(r"(?s).*(?:ai/api|\"https://api.clockeye.ai/api)/([a-z/-]+).*", r"\1", one) for one in commands()] == [
        "projects",
        "time-entries",
        "time-entries",
        "time-entries/start",
        "time-entries/stop",
        "webhooks",
    ]
    assert len(commands()) == DOCUMENT.read_text().count("\ncurl ")


def test_lists_answer_with_a_key_or_a_bearer_token(daemon, world):
    reader = Caller(daemon, "read")
    projects = reader.run(PROJECTS)
    assert (projects.status, projects.kind) == (200, "application/json;")
    assert [one["name"] for one in projects.body["data"]] == ["atlas", "other"]
    every = reader.run(BEARER)
    assert (every.status, every.body["page"], every.body["per_page"], every.body["total"]) == (200, 1, 50, 5)
    assert all(set(one) == ENTRY for one in every.body["data"])
    january = reader.run(DATES)
    assert [one["description"] for one in january.body["data"]] == ["2024-01-31", "2024-01-01"]
    assert [one["duration"] for one in january.body["data"]] == [3600, 3600]
    limit, remaining, reset = projects.limits
    assert (int(limit), int(remaining), int(reset) >= 0) == (1000, 999, True)


def test_a_timer_is_started_and_stopped(daemon, world):
    ids = {word: value for word, value in world.items() if word != "running"}
    writer = Caller(daemon, "write")
    started = writer.run(START, **ids)
    assert started.status == 201
    assert started.body == started.body | {
        "project_id": ids["proj_123"],
        "task_id": ids["task_456"],
        "description": "Working on feature",
        "end_time": None,
        "duration": None,
        "billable": True,
    }
    assert daemon.client.get(f"/api/entries/{world['running']}")["state"] == "finished", "what ran was stopped first"
    assert [one["id"] for one in daemon.client.get("/api/timer/current")["timers"]] == [started.body["id"]]
    stopped = writer.run(STOP)
    assert stopped.status == 200
    assert {**stopped.body, "end_time": None, "duration": None} == started.body
    assert stopped.body["end_time"] >= stopped.body["start_time"]
    assert stopped.body["duration"] >= 0
    assert daemon.client.get("/api/timer/current")["timers"] == []
    nothing = writer.run(STOP)
    assert (nothing.status, nothing.body["code"]) == (404, "NOT_FOUND")


def test_a_webhook_is_created(daemon):
    made = Caller(daemon, "full").run(WEBHOOK)
    assert made.status == 201
    assert made.body["url"] == "https://your-server.com/webhooks/clockeye"
    assert made.body["events"] == ["time_entry.created", "time_entry.stopped"]
    assert made.body["secret"], "it is shown this once: the receiver checks signatures with it"
    (listed,) = daemon.client.get("/api/webhooks")["data"]
    assert (listed["id"], "secret" in listed) == (made.body["id"], False)
    refused = Caller(daemon, "write").run(WEBHOOK)
    assert (refused.status, refused.body["code"]) == (403, "FORBIDDEN")


def test_errors_have_the_documents_shape(daemon):
    reader = Caller(daemon, "read")
    for wrong in (reader.run(START), reader.run(STOP)):
        assert (wrong.status, wrong.body["code"]) == (403, "FORBIDDEN")
        assert set(wrong.body) == {"error", "code", "details"}
    writer = Caller(daemon, "write")
    unknown = writer.run(START)
    assert (unknown.status, unknown.body["code"]) == (404, "NOT_FOUND")
    assert isinstance(unknown.body["error"], str)
    assert isinstance(unknown.body["details"], dict)
    reader.key = "your-api-key"
    refused = reader.run(PROJECTS)
    assert (refused.status, refused.body["code"]) == (401, "AUTH")
