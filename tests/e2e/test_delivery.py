"""Approved hours of a real daemon at a billing system over real HTTP: each once, whatever is killed and however it answers."""

import random
import threading

import pytest

from stintd.errors import StintdError
from tests.support import poll_until
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served, stretch, unreliable
from tests.support.daemon import Daemon

SECRET = "ck_live_7f3a-very-secret"
CONFIG = """
[targets.clockme]
kind = "clockme"
base_url = "{url}"
api_key_file = "{file}"
from = 2021-01-01
deliver = "{deliver}"
settle = "0s"
retry_initial = "0.1s"
retry_max = "1s"
calls_per_hour = 100000
[[targets.clockme.map]]
project = "acme"
remote = {{ project_id = "p1" }}
"""


@pytest.fixture
def served():
    server = Served(ClockMeFake(key=SECRET))
    yield server
    server.close()


def work(number):
    return {
        "projectName": "acme",
        "autoCreate": True,
        "description": f"n{number}",
        "durationMinutes": 25,
        "startTime": f"2021-03-{1 + number // 40:02}T{number % 40 // 2:02}:{number % 2 * 30:02}:00Z",
        "idempotencyKey": f"k{number}",
    }


def daemon_of(home, served, file, deliver="auto"):
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    return Daemon(home, config=CONFIG.format(url=served.url, file=file, deliver=deliver))


def sheet(daemon):
    return sorted(stretch(entry["start"], entry["end"], entry["description"]) for entry in daemon.entries())


class Storm:
    """Enters, edits and deletes at random through the API, each until it is answered, and kills the daemon in between."""

    def __init__(self, daemon, fake, seed):
        self.daemon, self.fake, self.rng, self.known, self.made = daemon, fake, random.Random(seed), [], 0
        self.pause = threading.Event()

    def ask(self, call):
        for _ in range(5):
            try:
                return call()
            except (StintdError, OSError):
                self.daemon.kill()
                self.daemon.start()
        raise AssertionError("the daemon takes nothing")

    def act(self):
        client, what = self.daemon.client, self.rng.random()
        if what < 0.6 or not self.known:
            self.known.append(self.ask(lambda: client.post("/api/entries", work(self.made)))["id"])
            self.made += 1
        elif what < 0.85:
            path = f"/api/entries/{self.rng.choice(self.known)}"
            self.ask(lambda: client.patch(path, {"description": f"x{self.rng.randrange(1000)}"}))
        else:
            path = f"/api/entries/{self.known.pop(self.rng.randrange(len(self.known)))}"
            client.delete(path)

    def run(self, number, kills):
        self.fake.fault = unreliable(self.rng, 0.3)
        marks = {number * (n + 1) // (kills + 1) for n in range(kills)}
        while self.made < number:
            self.act()
            self.pause.wait(self.rng.random() * 0.05)
            if self.made in marks:
                marks.discard(self.made)
                self.daemon.kill()
                self.daemon.start()
        self.fake.fault = lambda request: ""


def settled(daemon, fake):
    for one in daemon.client.every("/api/outbox", state="parked"):
        daemon.client.post(f"/api/outbox/{one['id']}/retry")
    return fake.sheet() == sheet(daemon)


@pytest.mark.parametrize(("number", "kills"), [(40, 3), pytest.param(300, 25, marks=pytest.mark.slow)])
def test_the_ledger_ends_equal_to_the_sheet_whatever_is_killed(tmp_path, served, number, kills):
    with daemon_of(tmp_path / "home", served, tmp_path / "key") as daemon:
        storm = Storm(daemon, served.fake, 11)
        storm.run(number, kills)
        poll_until(lambda: settled(daemon, served.fake), "everything arrives")
        print(f"{number} entries, {kills} kills, {len(served.fake.asked)} requests, {len(served.fake.ledger)} there in the end")
        assert len(served.fake.ledger) == len(storm.known)


def test_from_connecting_to_the_sheet_with_the_installed_commands(tmp_path, served):
    home = tmp_path / "home"
    with Daemon(home) as daemon:
        daemon.client.post("/api/entries", {**work(1), "startTime": "2026-01-05T09:00:00Z"})
        wrong = daemon.stint("connect", "clockme", "--url", served.url, "--key-from", "-", stdin="wrong\n", check=False)
        assert (wrong.code, "not accepted" in wrong.err) == (1, True)
        assert daemon.stint("targets").out.startswith("no billing targets")
        unknown = daemon.stint("connect", "clockmee", check=False)
        assert (unknown.code, "there is no kind of target clockmee" in unknown.err) == (1, True)
        shown = daemon.stint(
            "connect", "clockme", "--url", served.url, "--key-from", "-", "--from", "2026-01-01", stdin=SECRET + "\n"
        )
        assert "connected clockme" in shown.out
        assert "project_id=p1" in shown.out
        assert "nothing is sent before you approve it" in shown.out
        again = daemon.stint(
            "connect", "clockme", "--url", served.url, "--deliver", "auto", "--key-from", "-", stdin=SECRET + "\n"
        )
        assert "is sent automatically, without your approval" in again.out
        assert "clockme, auto" in daemon.stint("targets").out
        daemon.stint("connect", "clockme", "--url", served.url, "--deliver", "approved", "--key-from", "-", stdin=SECRET + "\n")
        told = daemon.stint("sync", "--dry-run").out
        assert "acme is not mapped: `stint targets map clockme --project 'acme' project_id=ID`" in told
        assert "acme" in daemon.stint("targets", "match", "clockme").out
        assert "not at a terminal" not in daemon.stint("targets", "match", "clockme", "--yes").out
        made = daemon.stint("targets", "match", "clockme", "--create", "--yes").out
        assert "1 mapped, 0 left" in made
        assert list(served.fake.projects.values()) == ["Atlas", "acme"]
        assert "acme" in daemon.stint("targets", "places", "clockme").out
        daemon.stint("targets", "map", "clockme", "--project", "acme", "project_id=p1")
        told = daemon.stint("outbox").out
        assert "2026-01-05  0.42  acme  n1  waiting" in told
        assert "not approved: `stint approve 2026-01-05`" in told
        daemon.stint("approve", "2026-01-05")
        told = daemon.stint("sync", "--dry-run").out
        assert "1 would be sent" in told
        assert "0.42  acme" in told
        assert served.fake.ledger == {}
        daemon.stint("sync")
        poll_until(lambda: len(served.fake.ledger) == 1, "it arrives")
        poll_until(lambda: daemon.entries()[0]["deliveries"][0]["state"] == "delivered", "its state is known")
        assert daemon.entries()[0]["deliveries"] == [{"target": "clockme", "state": "delivered", "remoteId": "e2"}]
        asked = daemon.stint("timesheet", "2026-01-05", "--as", "clockme").out
        assert [line.split()[-3:] for line in asked.splitlines() if line.startswith("acme")] == [["0.42", "0.42", "0.42"]]
        daemon.stint("targets", "remove", "clockme")
        assert daemon.stint("targets").out.startswith("no billing targets")
    texts = [path for path in home.rglob("*") if path.is_file() and path.parent.name != "secrets"]
    assert [path.name for path in texts if SECRET.encode() in path.read_bytes()] == []


@pytest.mark.smoke
def test_a_key_that_expired_is_told_of_and_connecting_again_sends_what_waited(tmp_path, served):
    with Daemon(tmp_path / "home") as daemon:
        daemon.stint("connect", "clockme", "--url", served.url, "--key-from", "-", "--from", "2026-01-01", stdin=SECRET + "\n")
        daemon.stint("targets", "map", "clockme", "--project", "acme", "project_id=p1")
        served.fake.key = "renewed"
        daemon.client.post("/api/entries", {**work(1), "startTime": "2026-01-05T09:00:00Z"})
        daemon.stint("approve", "2026-01-05")
        daemon.stint("sync")
        poll_until(lambda: "nothing is sent to clockme" in daemon.stint("status").out, "it is told")
        assert "stint connect clockme" in daemon.stint("status").out
        assert served.fake.ledger == {}
        daemon.stint("connect", "clockme", "--url", served.url, "--key-from", "-", stdin="renewed\n")
        poll_until(lambda: len(served.fake.ledger) == 1, "it arrives")
        poll_until(lambda: "nothing is sent" not in daemon.stint("status").out, "it is told no more")
