"""Several daemons for one home, odd things where the socket belongs, signals, and a daemon started from a git hook."""

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stintd.client.transport import send
from stintd.errors import Unavailable
from tests.support import poll_until, repos

SOON = 60.0
"""Seconds to end in: a service manager kills after 90."""

IN_THE_WAY = 5
STARTS = 20


@pytest.fixture
def daemon(make_daemon):
    return make_daemon()


def refused(daemon):
    """What a daemon that does not start says: (exit code, its two lines)."""
    process = daemon.launch()
    poll_until(lambda: process.poll() is not None, "stintd ends")
    lines = (daemon.home / "daemon.out").read_text().splitlines()
    assert not any("Traceback" in line for line in lines), lines
    return process.returncode, lines[-2:]


def paused(process):
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


# ---------------------------------------------------------------- one daemon a home


def test_of_many_daemons_started_at_once_exactly_one_serves(daemon):
    command = [sys.executable, "-m", "stintd.cli.run"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    starts = [subprocess.Popen(command, env=daemon.environment, stdin=subprocess.DEVNULL, **pipes) for _ in range(STARTS)]
    try:
        poll_until(lambda: sum(one.poll() is not None for one in starts) == STARTS - 1, "all but one end")
        ended = [one for one in starts if one.poll() is not None]
        told = [one.stderr.read() for one in ended]
        assert [one.returncode for one in ended] == [IN_THE_WAY] * (STARTS - 1), told
        assert all(text.startswith("stintd: another stintd already runs for this home\n") for text in told), told
        winner = next(one for one in starts if one.poll() is None)
        poll_until(lambda: Path(daemon.layout.http_json).exists(), "the one says who it is")
        assert daemon.client.get("/api/health")["version"]
        assert f'"pid": {winner.pid}' in Path(daemon.layout.http_json).read_text()
    finally:
        for one in starts:
            one.kill()
            one.wait()


def test_a_second_daemon_does_not_take_the_first_ones_socket(daemon, make_daemon):
    daemon.start()
    before = os.stat(daemon.layout.socket).st_ino
    second = make_daemon()  # the same home
    code, lines = refused(second)
    assert code == IN_THE_WAY
    assert "stint down" in lines[1]
    assert os.stat(daemon.layout.socket).st_ino == before
    assert daemon.client.get("/api/health")["ready"]


def test_two_runtime_folders_of_one_database_do_not_both_serve_it(make_daemon, tmp_path):
    def in_session(name):
        (tmp_path / name).mkdir(mode=0o700)
        shared = {"XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CONFIG_HOME": str(tmp_path / "config")}
        return make_daemon(name, environment={"STINTD_HOME": "", "XDG_RUNTIME_DIR": str(tmp_path / name), **shared})

    first, second = in_session("one"), in_session("two")
    assert first.layout.database == second.layout.database
    assert first.layout.socket != second.layout.socket
    with first:
        code, lines = refused(second)
        assert code == IN_THE_WAY
        assert "another stintd already runs" in lines[0]
        assert first.client.get("/api/health")["ready"]


def a_link(path):
    path.symlink_to("elsewhere")


def a_closed_folder(path):
    path.mkdir()


@pytest.mark.parametrize("make", [a_link, a_closed_folder])
@pytest.mark.parametrize("name", ["lock", "log_file"])
def test_what_is_in_the_way_of_a_file_of_ours_is_said_in_two_lines(daemon, make, name):
    path = Path(getattr(daemon.layout, name))
    if (make, name) == (a_link, "log_file"):
        path = Path(daemon.layout.database + ".lock")  # a log may be a link; this lock may not
    make(path)
    code, lines = refused(daemon)
    assert code == 1
    assert str(path) in lines[0]
    assert len(lines) == 2


# ---------------------------------------------------------------- where the socket belongs


def test_the_socket_of_a_killed_daemon_is_replaced(daemon):
    daemon.start()
    daemon.kill()
    assert stat.S_ISSOCK(os.lstat(daemon.layout.socket).st_mode)
    with daemon:
        assert daemon.stint("status").code == 0


def a_file(path):
    path.write_text("mine")


def a_folder(path):
    path.mkdir()


def a_symlink(path):
    (path.parent / "elsewhere").write_text("mine")
    path.symlink_to("elsewhere")


def a_dangling_symlink(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize("obstacle", [a_file, a_folder, a_symlink, a_dangling_symlink])
def test_what_is_not_a_socket_is_left_alone_and_said(daemon, obstacle):
    path = Path(daemon.layout.socket)
    obstacle(path)
    before = os.lstat(path)
    code, lines = refused(daemon)
    assert code == IN_THE_WAY
    assert "where the control socket belongs" in lines[0]
    assert str(path) in lines[0]
    after = os.lstat(path)
    assert (after.st_ino, after.st_mode, after.st_size) == (before.st_ino, before.st_mode, before.st_size)
    assert daemon.stint("status", check=False).code in (1, 4)


def test_a_start_in_the_background_says_what_is_in_the_way_of_the_socket(daemon):
    a_file(Path(daemon.layout.socket))
    told = daemon.stint("up", check=False)
    assert told.code == 1
    assert "where the control socket belongs" in told.err


def test_a_socket_on_which_another_program_answers_is_not_taken(daemon):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
        other.bind(daemon.layout.socket)
        other.listen()
        code, lines = refused(daemon)
        assert code == IN_THE_WAY
        assert "another program listens on" in lines[0]
        assert os.path.exists(daemon.layout.socket)


def test_a_home_too_deep_for_a_socket_serves_and_is_found_by_every_client(make_daemon, tmp_path):
    depth = 150 - len(str(tmp_path / "run" / "control.sock")) - 1
    daemon = make_daemon("d" * max(depth, 20))
    natural = os.path.join(daemon.layout.run, "control.sock")
    assert len(natural) >= 150
    with daemon:
        assert daemon.layout.socket.startswith("/tmp/stintd-")
        assert stat.S_IMODE(os.stat(os.path.dirname(daemon.layout.socket)).st_mode) == 0o700
        assert daemon.stint("start", "acme", "--create").code == 0
        asked = [sys.executable, "-c", "from stintd.client.control import Control; print(Control().get('/api/health')['ready'])"]
        assert subprocess.run(asked, env=daemon.environment, capture_output=True, text=True, check=True).stdout == "True\n"
        assert daemon.stint("status", "--json").json["timers"][0]["projectName"] == "acme"
        assert daemon.stint("stop").code == 0
    assert not os.path.exists(daemon.layout.socket)
    os.rmdir(os.path.dirname(daemon.layout.socket))


# ---------------------------------------------------------------- signals


def test_sigterm_ends_the_daemon_soon_and_open_timers_go_on(daemon):
    daemon.start()
    timer = daemon.client.post("/api/timer/start", {"projectName": "acme", "autoCreate": True})["timer"]
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < SOON
    with daemon:
        assert [one["id"] for one in daemon.client.get("/api/timer/current")["timers"]] == [timer["id"]]


def test_sigterm_ends_the_daemon_though_somebody_listens_and_somebody_dawdles(daemon):
    daemon.start()
    channels = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
    requests = [b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET /api/health HTTP/1.1\r\nHost:", b""]
    for channel, request in zip(channels, requests, strict=True):
        channel.connect(daemon.layout.socket)
        channel.sendall(request)
    assert channels[0].recv(100)
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < SOON
    for channel in channels:
        channel.close()


def test_a_stopped_process_answers_again_when_it_continues_and_counts_on(daemon):
    process = daemon.start().process
    timer = daemon.client.post("/api/timer/start", {"projectName": "acme", "autoCreate": True})["timer"]
    process.send_signal(signal.SIGSTOP)
    poll_until(lambda: paused(process), "it stands")
    with pytest.raises(Unavailable, match="does not answer"):
        send(daemon.layout.socket, "GET", "/api/health", timeout=0.5)
    process.send_signal(signal.SIGCONT)
    poll_until(lambda: daemon.client.get("/api/health")["ready"], "it answers again")
    assert daemon.client.get("/api/timer/current")["timer"]["id"] == timer["id"]
    assert daemon.client.post("/api/timer/stop", {})["entry"]["id"] == timer["id"]


# ---------------------------------------------------------------- from a git hook


def test_a_daemon_started_inside_a_git_hook_looks_at_the_repositories_it_watches(make_daemon, tmp_path):
    code = tmp_path / "code"
    watched, other = repos.init(code / "watched", is_live=True), repos.init(tmp_path / "other", is_live=True)
    for repo in (watched, other):
        repo.commit("first")
    hooked = {
        "GIT_DIR": str(other.path / ".git"),
        "GIT_WORK_TREE": str(other.path),
        "GIT_INDEX_FILE": str(other.path / ".git/index"),
        "GIT_PREFIX": "",
        "GIT_EXEC_PATH": "/nowhere",
    }
    daemon = make_daemon(folders=[code], environment=hooked)
    with daemon:
        poll_until(lambda: [one["path"] for one in checkouts(daemon)] == [str(watched.path)], "the watched one is found")
        other.commit("not for it")
        watched.commit("for it")
        poll_until(lambda: daemon.client.get("/api/heartbeats")["data"], "the commit is noticed")
        beats = daemon.client.get("/api/heartbeats")["data"]
        assert {beat["path"] for beat in beats if beat["kind"] == "commit"} <= {str(watched.path)}, beats


def checkouts(daemon):
    return [checkout for repo in daemon.client.every("/api/repos") for checkout in repo["checkouts"]]
