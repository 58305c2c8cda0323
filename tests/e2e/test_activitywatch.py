"""ActivityWatch's real client against a real daemon, whose owner switches the port on and off while it runs."""

import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import Daemon, running
from tests.support.peers import environment, needs_aw_client

WATCHER = """
import sys
from datetime import datetime, timedelta, timezone
from aw_client import ActivityWatchClient
from aw_core.models import Event

port, file, is_queued = int(sys.argv[1]), sys.argv[2], sys.argv[3] == "queued"
client = ActivityWatchClient("aw-watcher-test", host="127.0.0.1", port=port)
bucket = f"{client.client_name}_{client.client_hostname}"
now = datetime.now(timezone.utc) - timedelta(minutes=20)
print(client.get_info()["version"])
if is_queued:
    with client:
        client.create_bucket(bucket, event_type="app.editor.activity", queued=True)
        for number in range(12):
            event = Event(timestamp=now + timedelta(seconds=30 * number), data={"file": file, "project": "x", "language": "y"})
            client.heartbeat(bucket, event, pulsetime=60, queued=True, commit_interval=60)
        import time
        while client.request_queue._persistqueue.qsize():
            time.sleep(0.05)
else:
    client.create_bucket(bucket, event_type="app.editor.activity")
    client.create_bucket(bucket, event_type="app.editor.activity")
    for number in range(12):
        event = Event(timestamp=now + timedelta(seconds=30 * number), data={"file": file, "project": "x", "language": "y"})
        client.heartbeat(bucket, event, pulsetime=60)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def watch(port: int, file: Path, home: Path, how: str = "direct") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WATCHER, str(port), str(file), how],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/0/info", timeout=PATIENCE) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@needs_aw_client
def test_the_real_client_is_heard_directly_and_through_its_queue(tmp_path):
    repo, port = repos.make(tmp_path / "code" / "acme", is_live=True), free_port()
    with running(tmp_path / "home", tmp_path / "code", config=f"[activitywatch]\nenabled = true\nport = {port}\n") as daemon:
        for how in ("direct", "queued"):
            done = watch(port, repo.path / f"{how}.py", tmp_path / "ada", how)
            assert done.returncode == 0, done.stderr
            assert "stintd" in done.stdout
        rows = list(daemon.client.every("/api/heartbeats", source="editor"))
        assert {(row["project"], row["client"], row["kind"], row["branch"]) for row in rows} == {("acme", "test", "read", "main")}
        assert sum(row["entity"] == "direct.py" for row in rows) == 12
        assert sum(row["entity"] == "queued.py" for row in rows) >= 6
        [entry] = daemon.entries(actor="human")
        assert entry["durationSeconds"] >= 330
        daemon.restart()
        assert watch(port, repo.path / "later.py", tmp_path / "ada").returncode == 0


def test_the_port_follows_the_settings_while_the_daemon_runs(tmp_path):
    port, other = free_port(), free_port()
    with Daemon(tmp_path / "home") as daemon:
        assert not answers(port), "off unless its owner wants it"
        daemon.stint("config", "set", "activitywatch.port", str(port))
        daemon.stint("config", "set", "activitywatch.enabled", "true")
        poll_until(lambda: answers(port), "the port is open")
        daemon.stint("config", "set", "activitywatch.port", str(other))
        poll_until(lambda: answers(other) and not answers(port), "it moved")
        daemon.stint("config", "set", "activitywatch.enabled", "false")
        poll_until(lambda: not answers(other), "it is closed")
