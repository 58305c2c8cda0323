"""The desktop asks once when a timer was paused by itself, and nobody waits for a desktop."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from tests.support import poll_until
from tests.support.daemon import Daemon


def began():
    return (datetime.now(UTC) - timedelta(hours=5)).isoformat().replace("+00:00", "Z")


def program(folder, text):
    """A `notify-send` that goes before any other."""
    folder.mkdir()
    script = folder / "notify-send"
    script.write_text(f"#!/bin/sh\n{text}\n")
    script.chmod(0o700)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def paused(daemon):
    """Start one five hours ago, of which nothing is known since: it is paused after four."""
    name = "<b>beta</b>\x1b[5m"
    daemon.client.post("/api/timer/start", {"projectName": name, "autoCreate": True, "at": began()})
    return poll_until(
        lambda: [one for one in daemon.client.get("/api/status")["warnings"] if one["code"] == "paused"], "it pauses"
    )


def test_the_desktop_asks_once_with_the_commands_that_answer(tmp_path):
    told = tmp_path / "told"
    environment = program(tmp_path / "bin", f'printf "%s\\n" "$@" >> {told}')
    with Daemon(tmp_path / "home", environment=environment) as daemon:
        paused(daemon)
        poll_until(lambda: told.exists() and "assign" in told.read_text(), "the desktop asks")
        text = told.read_text()
        assert (text.count("paused automatically at"), text.count("stint return keep")) == (1, 1)
        assert ("<b>" not in text, "&lt;b&gt;beta" in text, "\x1b" not in text) == (True, True, True)
        daemon.stint("return", "drop")
        assert told.read_text() == text


@pytest.mark.parametrize("text", ["exec sleep 600", "exit 1"])
def test_a_desktop_that_hangs_or_is_none_keeps_nobody_waiting(tmp_path, text):
    with Daemon(tmp_path / "home", environment=program(tmp_path / "bin", text)) as daemon:
        paused(daemon)
        assert daemon.stint("return", "split", "-10m").out.startswith("<b>beta")
        assert [entry["state"] for entry in daemon.entries()] == ["running"]
        assert daemon.stop() == 0


def test_whoever_wants_no_notification_gets_none(tmp_path):
    told = tmp_path / "told"
    environment = program(tmp_path / "bin", f"echo asked >> {told}")
    with Daemon(tmp_path / "home", config="[timer]\nnotify = false\n", environment=environment) as daemon:
        paused(daemon)
        daemon.stint("return", "keep")
        assert daemon.entries()[0]["state"] == "running"
        assert not told.exists()
