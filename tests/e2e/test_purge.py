"""Purged text is found in no file: a real daemon that heard of it in every way there is, and then was told to forget."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support import poll_until, repos
from tests.support.daemon import Daemon
from tests.support.receivers import Receiver

SECRET = ("zebraproject", "giraffefile", "lionbranch", "tigersubject", "pandatext", "okapitag", "llamatask", "gnusession",
          "dingoclient", "moosemessage")  # fmt: skip
DAY = "2026-03-10"


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.close()


def mentions(home: Path) -> dict[str, list[str]]:
    """By file below the home, the secret words that its bytes hold."""
    found = {}
    for path in sorted(one for one in home.rglob("*") if one.is_file() and not one.is_symlink()):
        data = path.read_bytes().lower()
        words = [word for word in SECRET if word.encode() in data]
        if words:
            found[str(path.relative_to(home))] = words
    return found


def hear(daemon: Daemon, repo: repos.TestRepo, receiver: Receiver) -> None:
    """Tell the daemon of the project through every door."""
    post = daemon.client.post
    post("/api/webhooks", {"url": receiver.url, "events": ["time_entry.created"], "allowPrivate": True})
    repo.git("checkout", "-q", "-b", "lionbranch")
    repo.commit("tigersubject of it", name="giraffefile.py")
    poll_until(lambda: any("tigersubject" in one["description"] for one in daemon.entries()), "the commit is an entry's text")
    entry = {
        "projectName": "zebraproject",
        "startTime": f"{DAY}T10:00:00Z",
        "endTime": f"{DAY}T11:00:00Z",
        "description": "pandatext",
        "tags": ["okapitag"],
        "taskName": "llamatask",
        "idempotencyKey": "k1",
    }
    made = post("/api/entries", entry)
    daemon.client.patch(f"/api/entries/{made['id']}", {"description": "pandatext again"})
    daemon.stint("clients", "add", "dingoclient")
    daemon.stint("projects", "edit", "zebraproject", "--client", "dingoclient")
    beats = [
        {
            "project": "zebraproject",
            "time": f"{DAY}T12:{n:02}:00Z",
            "entity": "giraffefile.py",
            "branch": "lionbranch",
            "sessionId": "gnusession",
            "source": "editor",
        }
        for n in range(0, 40, 5)
    ]
    post("/api/heartbeats", beats)
    post(
        "/api/entries",
        {"projectName": "keeper", "autoCreate": True, "startTime": f"{DAY}T14:00:00Z", "endTime": f"{DAY}T15:00:00Z"},
    )
    daemon.stint("backup")
    bad = Path(daemon.layout.spool) / "bad"
    (bad / "post-commit.1~1").write_text("moosemessage of zebraproject")
    Path(daemon.layout.database + ".damaged-20260101T000000").write_text("what was left of zebraproject")
    fetched = Path(daemon.layout.state, "calendars")
    fetched.mkdir(exist_ok=True)
    (fetched / "one.ics").write_text("SUMMARY:zebraproject planning")
    Path(daemon.layout.log, "stint-crash.txt").write_text("Traceback … zebraproject")


def test_purged_text_is_found_in_no_file(tmp_path, receiver):
    code, home = tmp_path / "code", tmp_path / "home"
    repo = repos.init(code / "zebraproject", is_live=True)
    repo.commit("first")
    daemon = Daemon(home, [code])
    daemon.arguments = ["--log", "debug"]
    with daemon:
        hear(daemon, repo, receiver)
        known = {word for words in mentions(home).values() for word in words}
        assert known == set(SECRET), "all of it was stored before"
        kept = daemon.client.get("/api/reports", from_=DAY, to=DAY, project="keeper")["totals"]["seconds"]
        dry = daemon.stint("purge", "zebraproject", "--dry-run").out
        assert "would be deleted" in dry
        assert "is still watched" in dry
        daemon.stint("purge", "zebraproject", "--exclude", "--yes")
        left = mentions(home)
        left.pop("daemon.out", None)  # what the test itself had the daemon print
        assert left == {"settings.toml": ["zebraproject"]}, "the owner's own word of what to leave out"
        assert daemon.client.get("/api/reports", from_=DAY, to=DAY)["totals"]["seconds"] == kept == 3600
        repo.commit("tigersubject later", name="giraffefile.py")
        repo.git("checkout", "-q", "-b", "lionbranch-2")
    (home / "daemon.out").unlink()
    daemon.arguments = []
    with daemon:
        assert [entry["projectName"] for entry in daemon.entries()] == ["keeper"]
    left = mentions(home)
    left.pop("log/stintd.log", None)  # says which folders it looks through, and is asked about below
    assert left == {"settings.toml": ["zebraproject"]}, "nothing of an excluded folder comes back, even after a restart"
    assert "tigersubject" not in Path(daemon.layout.log_file).read_text()


def test_a_watched_project_keeps_its_bare_place_and_goes_on_being_recorded(tmp_path):
    code, home = tmp_path / "code", tmp_path / "home"
    repo = repos.init(code / "acme", is_live=True)
    repo.commit("first")
    with Daemon(home, [code]) as daemon:
        repo.commit("tigersubject", name="giraffefile.py")
        poll_until(lambda: daemon.entries())
        answer = daemon.stint("purge", "acme", "--yes", "--json").json
        assert answer["stillWatched"] == [os.path.realpath(repo.path)]
        assert daemon.entries() == []
        assert mentions(home) == {}
        repo.commit("afterwards")
        poll_until(lambda: [one for one in daemon.entries() if one["description"] == "afterwards"])
        assert all("tigersubject" not in one["description"] for one in daemon.entries()), "what was purged stays gone"


def test_a_purged_period_is_found_in_no_file(tmp_path):
    home = tmp_path / "home"
    with Daemon(home) as daemon:
        for day, words in (("2026-03-10", "pandatext"), ("2026-03-12", "keptwords")):
            daemon.client.post(
                "/api/entries",
                {
                    "projectName": "keeper",
                    "autoCreate": True,
                    "startTime": f"{day}T10:00:00Z",
                    "endTime": f"{day}T11:00:00Z",
                    "description": words,
                },
            )
            daemon.client.post(
                "/api/heartbeats", [{"project": "keeper", "time": f"{day}T12:00:00Z", "entity": f"giraffefile-{day}"}]
            )
        bad = Path(daemon.layout.spool) / "bad"
        for day, name in ((10, "post-commit.1~1"), (12, "post-commit.2~1")):
            (bad / name).write_text("moosemessage" if day == 10 else "another")
            at = datetime(2026, 3, day, 12, tzinfo=UTC).timestamp()
            os.utime(bad / name, (at, at))
        daemon.stint("backup")
        daemon.stint("purge", "--from", "2026-03-09", "--to", "2026-03-11", "--yes")
        assert {word for words in mentions(home).values() for word in words} == {"giraffefile"}
        assert b"giraffefile-2026-03-10" not in Path(daemon.layout.database).read_bytes()
        assert [one["description"] for one in daemon.entries() if one["origin"] == "manual"] == ["keptwords"]
        assert [path.name for path in bad.iterdir()] == ["post-commit.2~1"]
        outcome = daemon.stint("purge", check=False)
        assert outcome.code == 1
        assert "what should be deleted" in outcome.err


def test_a_purge_asks_first_and_takes_no_other_word_for_yes(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        daemon.stint("add", "--create", "acme", "10m")
        refused = daemon.stint("purge", "acme", check=False, stdin="acme\n")
        assert refused.code == 1, "no terminal, no --yes"
        assert "--yes" in refused.err
        assert len(daemon.entries()) == 1


def test_readers_that_look_meanwhile_keep_nothing_of_it(tmp_path):
    home, is_over = tmp_path / "home", threading.Event()
    with Daemon(home) as daemon:
        at = datetime.now(UTC) - timedelta(days=3)
        for number in range(200):
            start = (at + timedelta(minutes=number)).isoformat()
            daemon.client.post(
                "/api/entries",
                {
                    "projectName": "zebraproject",
                    "autoCreate": True,
                    "durationMinutes": 1,
                    "startTime": start,
                    "description": "pandatext",
                },
            )

        def read() -> None:
            while not is_over.is_set():
                daemon.client.get("/api/entries", limit=500)

        readers = [threading.Thread(target=read, daemon=True) for _ in range(3)]
        for reader in readers:
            reader.start()
        daemon.stint("purge", "zebraproject", "--yes")
        is_over.set()
        for reader in readers:
            reader.join(20)
        assert mentions(home) == {}
