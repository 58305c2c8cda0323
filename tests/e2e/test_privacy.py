"""The privacy switches with a real daemon and a real repository: what is hidden is in no file, no answer, and on no wire."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import poll_until, repos
from tests.support.daemon import Daemon
from tests.support.receivers import Receiver

HIDDEN = ("giraffefile", "lionbranch", "tigersubject")
SWITCHES = "[privacy]\nhide_file_names = true\nhide_branch_names = true\nhide_commit_subjects = true\nhide_project_names = true\n"


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.close()


def found(home: Path, *words: str) -> dict[str, list[str]]:
    """By file below the home, which of the words its bytes hold."""
    known = {}
    for path in home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            known[path.name] = [word for word in words if word.encode() in data]
    return {name: held for name, held in known.items() if held}


def until_next_second() -> None:
    begun = time.time()
    poll_until(lambda: int(time.time()) > begun + 0.1)


def work(daemon: Daemon, repo: repos.TestRepo) -> None:
    """Files, a branch, commits, an editor, a timer by hand: everything that has a name."""
    repo.git("checkout", "-q", "-b", "lionbranch")
    repo.commit("tigersubject of it", name="src/giraffefile.py")
    beat = {"path": str(repo.path / "src/giraffefile.py"), "kind": "edit", "source": "editor", "branch": "lionbranch-of-editor"}
    daemon.client.post("/api/heartbeats", [{**beat, "time": datetime.now(UTC).isoformat()}])
    poll_until(lambda: len(list(daemon.client.every("/api/heartbeats"))) >= 3, "everything has arrived")
    daemon.client.post("/api/timer/start", {"path": str(repo.path), "description": "by hand"})


def test_hidden_names_are_in_no_file_and_no_answer(tmp_path, receiver):
    code, home = tmp_path / "code", tmp_path / "home"
    repo = repos.init(code / "acme", is_live=True)
    repo.commit("first", name="first.txt")
    with Daemon(home, [code], config=SWITCHES) as daemon:
        events = ["time_entry.created", "time_entry.started", "time_entry.updated", "project.created"]
        daemon.client.post("/api/webhooks", {"url": receiver.url, "events": events, "allowPrivate": True})
        work(daemon, repo)
        daemon.stint("backup")
        assert found(home, *HIDDEN) == {}
        shown = "".join(
            json.dumps(daemon.client.get(route)) for route in ("/api/entries", "/api/heartbeats", "/api/repos", "/api/status")
        )
        assert [word for word in HIDDEN if word in shown] == []
        entry = poll_until(lambda: next((one for one in daemon.entries() if one["branch"] not in (None, "main")), None))
        assert entry["branch"].startswith("hidden-")
        assert {one["entity"] for one in daemon.client.every("/api/heartbeats") if one["kind"] == "edit"} <= {"src/", ""}
        status = Path(daemon.layout.status)
        poll_until(lambda: "project-" in status.read_text())
        line = status.read_text()
        assert "acme" not in line
        assert entry["projectName"] == "acme", "your own list knows it"
        poll_until(lambda: any(b"project-" in one.body for one in receiver.ledger.got))
        bodies = "".join(one.body.decode() for one in receiver.ledger.got)
        assert "project-" in bodies
        assert [word for word in (*HIDDEN, '"acme"') if word in bodies] == []


def test_switching_it_on_holds_from_then_on_and_says_so_of_nothing_before(tmp_path):
    code, home = tmp_path / "code", tmp_path / "home"
    repo = repos.init(code / "acme", is_live=True)
    repo.commit("first", name="first.txt")
    with Daemon(home, [code]) as daemon:
        repo.commit("seen subject", name="seen.py")
        poll_until(lambda: any("seen subject" in one["description"] for one in daemon.entries()))
        for name in ("hide_commit_subjects", "hide_branch_names", "hide_file_names"):
            daemon.stint("config", "set", f"privacy.{name}", "true")
        repo.git("checkout", "-q", "-b", "lionbranch")
        repo.commit("tigersubject", name="giraffefile.py")
        poll_until(lambda: any((one["branch"] or "").startswith("hidden-") for one in daemon.entries()))
        assert found(home, *HIDDEN) == {}
        assert any("seen subject" in one["description"] for one in daemon.entries())


def test_nothing_of_an_excluded_folder_or_a_pause_is_kept(tmp_path):
    code, home = tmp_path / "code", tmp_path / "home"
    out = repos.init(code / "private", is_live=True)
    out.commit("first", name="first.txt")
    watched = repos.init(code / "acme", is_live=True)
    watched.commit("first", name="first.txt")
    with Daemon(home, [code], config=f'exclude = ["{code}/private"]\n') as daemon:
        out.commit("tigersubject", name="giraffefile.py")
        out.git("checkout", "-q", "-b", "lionbranch")
        daemon.stint("off")
        until_next_second()  # the reflog knows whole seconds only
        watched.commit("tigersubject too", name="giraffefile.py")
        until_next_second()
        daemon.stint("on")
        until_next_second()
        watched.commit("afterwards", name="after.txt")
        poll_until(lambda: any("afterwards" in one["description"] for one in daemon.entries()))
        assert {one["projectName"] for one in daemon.entries()} == {"acme"}
        assert found(home, *HIDDEN) == {}
