"""Copies of heartbeats for a real ActivityWatch server, and for a WakaTime-compatible one, which a second stintd is."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import Daemon
from tests.support.peers import environment, needs_aw_server

NOW = datetime.now(UTC)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def code(tmp_path):
    return repos.make(tmp_path / "code" / "acme", is_live=True).path.parent


@pytest.fixture
def sender(tmp_path, code):
    """A daemon that gathers for half a second instead of a minute."""
    patch = "import stintd.engine.delivery.emitter as e; e.GATHER = 0.3"
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text(patch)
    one = Daemon(tmp_path / "sender", [code])
    one.environment["PYTHONPATH"] = f"{tmp_path / 'patch'}:{one.environment['PYTHONPATH']}"
    with one:
        yield one


def tell(daemon, code, *seconds, file="main.py", actor="human"):
    """Heartbeats so many seconds from now."""
    beats = [
        {
            "path": str(code / "acme" / file),
            "kind": "edit",
            "source": "editor",
            "actor": actor,
            "sessionId": None,
            "time": (NOW + timedelta(seconds=second)).isoformat().replace("+00:00", "Z"),
        }
        for second in seconds
    ]
    assert daemon.client.post("/api/heartbeats", beats)["rejected"] == []


def ask(url, method="GET", body=None):
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.load(answer)


@pytest.fixture
def activitywatch(tmp_path):
    """ActivityWatch's own server on a free port."""
    port, home = free_port(), tmp_path / "aw"
    env = environment(home, XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"))
    command = [sys.executable, "-c", "from aw_server.main import main; main()", "--port", str(port)]
    server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}/api/0"

    def is_up():
        try:
            return ask(f"{base}/info")
        except OSError:
            return None

    poll_until(is_up, "ActivityWatch answers")
    yield base
    server.terminate()
    server.wait(PATIENCE)


def _answered(url, nothing):
    """What the server says; nothing where it answers with an error, as aw-server 0.12 was seen to on a busy machine."""
    try:
        return ask(url)
    except urllib.error.HTTPError:
        return nothing


def told(base):
    """By bucket, the file of each event and its seconds, the earliest first."""
    found = {}
    for bucket in _answered(f"{base}/buckets/", {}):
        events = sorted(_answered(f"{base}/buckets/{bucket}/events?limit=-1", []), key=lambda one: one["timestamp"])
        found[bucket.partition("_")[0]] = [(os.path.basename(one["data"]["file"]), round(one["duration"])) for one in events]
    return found


@needs_aw_server
def test_an_activitywatch_server_holds_what_the_heartbeats_say(sender, code, activitywatch):
    sender.stint("config", "set", "emit.activitywatch", activitywatch.removesuffix("/api/0"))
    poll_until(lambda: cursor(sender), "it has begun")
    begin(sender, NOW - timedelta(hours=2))
    tell(sender, code, -3600, -3540, -3480)
    tell(sender, code, -3420, file="lib.rs")
    tell(sender, code, -3500, -3440, file="gen.py", actor="agent")
    expected = {"stintd-editor": [("main.py", 180), ("lib.rs", 60)], "stintd-agents": [("gen.py", 120)]}
    poll_until(lambda: told(activitywatch) == expected, "it holds the same")
    tell(sender, code, -3600, -3540)
    tell(sender, code, -3510, file="late.py")
    late = [("main.py", 90), ("late.py", 30), ("main.py", 60), ("lib.rs", 60)]
    poll_until(lambda: told(activitywatch).get("stintd-editor") == late, "what came late is put in its place")
    sender.restart()
    tell(sender, code, -3000, file="lib.rs")
    poll_until(lambda: told(activitywatch)["stintd-editor"] == [*late[:3], ("lib.rs", 480)], "and goes on after a restart")


def cursor(daemon):
    with sqlite3.connect(daemon.layout.database) as conn:
        return dict(conn.execute("SELECT name, value FROM cursor WHERE name LIKE 'emit.%'").fetchall())


def begin(daemon, at):
    """As if it had been wanted since then."""
    daemon.stop()
    us = str(int(at.timestamp() * 1e6))
    with sqlite3.connect(daemon.layout.database) as conn:
        conn.execute("UPDATE cursor SET value = ? WHERE name LIKE 'emit.%' AND name NOT LIKE '%.to'", (us,))
    daemon.start()


def test_a_wakatime_server_gets_every_heartbeat_once_also_after_it_was_down(tmp_path, sender, code):
    port = free_port()
    receiver = Daemon(tmp_path / "receiver", [])
    config = Path(receiver.layout.config)
    config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
    with receiver:
        key = receiver.stint("keys", "create", "--scope", "write", "--json").json["key"]
        secret = tmp_path / "key"
        secret.write_text(key + "\n")
        secret.chmod(0o600)
        sender.stint("config", "set", "emit.wakatime_key_file", str(secret))
        sender.stint("config", "set", "emit.wakatime", f"http://127.0.0.1:{port}/api/v1")
        poll_until(lambda: cursor(sender), "it has begun")
        begin(sender, NOW - timedelta(hours=2))
        tell(sender, code, *range(-3600, -3000, 10))
        poll_until(lambda: len(received(receiver)) == 60, "they arrived")
    tell(sender, code, -2900, -3700)
    poll_until(lambda: "emit_failed" in sender.stint("status", "--json").out, "the status says so")
    with receiver:
        sender.restart()
        poll_until(lambda: len(received(receiver)) == 62, "what was held back arrived, and nothing twice")
        assert {row["project"] for row in received(receiver)} == {"acme"}
        assert key not in sender.output()


def received(daemon):
    return list(daemon.client.every("/api/heartbeats", source="editor"))


def test_stintd_does_not_tell_itself(sender):
    url = json.loads(Path(sender.layout.http_json).read_text())["url"]
    sender.stint("config", "set", "emit.wakatime", f"{url.replace('127.0.0.1', 'localhost')}/api/v1")
    poll_until(lambda: "names stintd itself" in sender.stint("status").out, "the status says so")
    assert cursor(sender) == {}
