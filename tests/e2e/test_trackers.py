"""Issue trackers from the installed command: connected, mapped by the ticket, and followed through edits, over real HTTP."""

from datetime import datetime

import pytest

from tests.support import poll_until
from tests.support.billing import FAKES
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon

PLACES = {
    "gitlab": ("project=acme/atlas", "issue={task}"), "jira": ("issue={task}",), "jira-server": ("issue={task}",),
    "redmine": ("issue_id={task}", "activity_id=9", "cf_5=on site"), "tempo": ("issue_id=10001", "_Activity_=Dev"),
}  # fmt: skip
TASKS = {"gitlab": "1", "jira": "DEV-1", "jira-server": "DEV-1", "redmine": "#1", "tempo": "any"}


@pytest.fixture
def fakes():
    found = {kind: (FAKES[kind](), None) for kind in PLACES}
    found = {kind: (fake, Served(fake)) for kind, (fake, _) in found.items()}
    yield found
    for _, served in found.values():
        served.close()


def held(fake):
    """Minutes and words, by whatever the start is told."""
    return sorted((line[1] // 60, line[2]) for line in fake.sheet())


def entry(kind, hour, words):
    at = datetime(2026, 1, 5 + list(PLACES).index(kind), hour)
    return {
        "projectName": kind,
        "autoCreate": True,
        "startTime": f"{at.isoformat()}Z",
        "durationMinutes": 90,
        "description": words,
        "taskName": TASKS[kind],
    }


def test_hours_go_to_the_ticket_that_a_task_names_and_follow_what_is_edited(tmp_path, fakes):
    with Daemon(tmp_path / "home") as daemon:
        ids = {}
        for kind, (fake, served) in fakes.items():
            options = [word for name, value in fake.options.items() for word in ("--set", f"{name}={value}")]
            shown = daemon.connect(kind, served.url, fake.key, "--from", "2026-01-01", "--deliver", "auto", *options)
            assert f"connected {kind} as " in shown.out
            daemon.stint("targets", "map", kind, "--project", kind, *PLACES[kind])
            ids[kind] = [daemon.client.post("/api/entries", entry(kind, hour, f"at {hour}"))["id"] for hour in (9, 11)]
        for kind, (fake, _) in fakes.items():
            poll_until(lambda fake=fake: held(fake) == [(90, "at 11"), (90, "at 9")], f"{kind} has both")
            daemon.client.patch(f"/api/entries/{ids[kind][0]}", {"description": "better"})
            daemon.client.delete(f"/api/entries/{ids[kind][1]}")
        for kind, (fake, _) in fakes.items():
            poll_until(lambda fake=fake: held(fake) == [(90, "better")], f"{kind} follows")
        assert "parked" not in daemon.stint("outbox").out


def test_what_a_tracker_needs_is_said_before_anything_is_asked(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        refused = daemon.stint("connect", "jira", "--url", "http://127.0.0.1:1", "--key-from", "-", check=False, stdin="k\n")
        assert (refused.code, "jira needs its email" in refused.err) == (1, True)
        refused = daemon.stint("connect", "redmine", "--key-from", "-", check=False, stdin="k\n")
        assert (refused.code, "redmine needs its address" in refused.err, "--url" in refused.err) == (1, True, True)
        refused = daemon.stint("connect", "redmine", "--url", "http://127.0.0.1:1", "--key-from", "-", check=False, stdin="k\n")
        assert (refused.code, "redmine cannot be connected" in refused.err) == (1, True)
        assert "redmine" not in daemon.stint("targets").out
