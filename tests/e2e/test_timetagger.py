"""A real TimeTagger server as the judge: it holds the hours of the sheet, after edits, deletions and a kill."""

import base64
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from tests.support import PATIENCE, poll_until
from tests.support.daemon import Daemon
from tests.support.peers import PEERS

SITE = PEERS / "timetagger-site"
pytestmark = pytest.mark.skipif(
    not SITE.is_dir(), reason=f"TimeTagger is missing: pip install --target {SITE} timetagger==26.1.3"
)


class Server:
    """One on a loopback port, its data in a folder of the test's."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}/timetagger/api/v2"
        environment = {
            **os.environ,
            "PYTHONPATH": str(SITE),
            "TIMETAGGER_BIND": f"127.0.0.1:{port}",
            "TIMETAGGER_DATADIR": str(folder),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "timetagger"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        poll_until(self.log_in, "TimeTagger answers")

    def ask(self, method, path, body=None):
        headers = {"authtoken": self.token} if body is None else {}
        request = urllib.request.Request(self.base + path, method=method, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return json.load(answer)

    def log_in(self):
        asked = base64.b64encode(json.dumps({"method": "localhost"}).encode())
        try:
            self.token = self.ask("POST", "/bootstrap_authentication", asked)["token"]
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def seconds(self):
        """What it holds, by description."""
        found = self.ask("GET", "/records?timerange=1000000000-2000000000")["records"]
        return {one["ds"]: one["t2"] - one["t1"] for one in found if not one["ds"].startswith("HIDDEN")}


@pytest.fixture
def server(tmp_path):
    (tmp_path / "timetagger").mkdir()
    running = Server(tmp_path / "timetagger")
    yield running
    running.process.kill()
    running.process.wait()


def test_it_holds_what_the_report_says(tmp_path, server):
    with Daemon(tmp_path / "home") as daemon:
        shown = daemon.connect("timetagger", server.base, server.token, "--from", "2026-01-01", "--deliver", "auto")
        assert "connected timetagger" in shown.out
        daemon.stint("targets", "map", "timetagger", "--project", "acme", "tag=acme")
        ids = []
        for day in range(5, 10):
            body = {
                "projectName": "acme",
                "autoCreate": True,
                "startTime": f"2026-01-{day:02}T09:00:00Z",
                "durationMinutes": 60 + day,
                "description": f"day {day}",
            }
            ids.append(daemon.client.post("/api/entries", body)["id"])
        poll_until(lambda: len(server.seconds()) == 5, "all are there")
        daemon.kill()
        daemon.start()
        daemon.client.patch(f"/api/entries/{ids[0]}", {"end": "2026-01-05T11:00:00Z"})
        daemon.client.delete(f"/api/entries/{ids[1]}")
        poll_until(lambda: server.seconds().get("#acme day 5") == 7200 and len(server.seconds()) == 4, "edits follow")
        report = daemon.client.get("/api/reports", **{"from_": "2026-01-01", "to": "2026-01-31"})
        assert sum(server.seconds().values()) == report["totals"]["seconds"]
