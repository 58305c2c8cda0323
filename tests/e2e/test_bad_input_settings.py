"""A broken config.toml: every problem at once, with its line and its remedy; a running daemon keeps what it had."""

from pathlib import Path

import pytest

from tests.support import poll_until

BROKEN = """[time]
idle_timeout = 15
min_visit = "a while"
idle_tiemout = "15m"

[timer]
concurrency = "both"

[watch]
folders = ["relative/folder"]
burst_files = nan_of_them
"""
BROKEN = BROKEN.replace("nan_of_them", "nan")
PROBLEMS = {2: "idle_timeout", 3: "min_visit", 4: "idle_tiemout", 7: "concurrency", 10: "watch.folders", 11: "burst_files"}


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def config(daemon):
    return Path(daemon.layout.config)


def test_every_problem_is_told_at_once_with_its_line_and_its_remedy(daemon):
    config(daemon).write_text(BROKEN)
    outcome = daemon.stint("config", "check", check=False)
    assert outcome.code == 1
    told = outcome.out + outcome.err
    for line, key in PROBLEMS.items():
        place = f"config.toml:{line}"
        assert place in told or f"line {line}" in told, (line, told)
        assert key in told, told
    assert "idle_timeout" in told.replace("idle_tiemout", ""), told
    assert '"15m"' in told, told


def test_a_daemon_does_not_start_on_broken_settings_and_says_all_that_is_wrong(daemon):
    config(daemon).write_text(BROKEN)
    process = daemon.launch()
    poll_until(lambda: process.poll() is not None, "stintd ends")
    told = (daemon.home / "daemon.out").read_text()
    assert process.returncode == 1
    assert "Traceback" not in told
    for line, key in PROBLEMS.items():
        assert f"config.toml:{line}" in told, told
        assert key in told, told
    up = daemon.stint("up", check=False)
    assert up.code == 1
    assert "config.toml" in up.err
    assert not Path(daemon.layout.database).exists()


@pytest.mark.parametrize("text", ["[time\nidle_timeout = ", 'idle_timeout = "15m"\n= 3\n', "\x00", "a = 1\na = 2\n"])
def test_what_is_no_toml_is_said_with_its_line(daemon, text):
    config(daemon).write_text(text)
    outcome = daemon.stint("config", "check", check=False)
    assert outcome.code == 1
    assert "config.toml:" in outcome.out + outcome.err
    assert "Traceback" not in outcome.err


def test_a_running_daemon_keeps_its_settings_when_the_file_breaks_and_says_so(daemon):
    with daemon:
        good = config(daemon).read_text()
        before = daemon.client.get("/api/settings")
        config(daemon).write_text(BROKEN)
        poll_until(lambda: "settings" in codes(daemon), "the warning")
        assert daemon.client.get("/api/settings") == before
        told = daemon.stint("status").out
        assert "config.toml" in told
        config(daemon).write_text(good + '[time]\nidle_timeout = "20m"\n')
        poll_until(lambda: "settings" not in codes(daemon), "the warning goes")
        poll_until(lambda: daemon.client.get("/api/settings")["time"]["idle_timeout"] == "20m", "what is right now holds")


def codes(daemon):
    return {warning["code"] for warning in daemon.client.get("/api/status")["warnings"]}
