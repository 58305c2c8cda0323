"""One daemon per home, and a control socket that nobody loses."""

import os
import socket

import pytest

from stintd import instance
from stintd.errors import Conflict, Unavailable


def test_the_second_daemon_is_refused_and_the_lock_dies_with_the_first(tmp_path):
    path = str(tmp_path / "lock")
    first, second = instance.Lock(path), instance.Lock(path)
    first.acquire()
    with pytest.raises(Conflict, match="another stintd"):
        second.acquire()
    first.release()
    second.acquire()
    assert second.is_ours


def test_what_the_holder_noted_last_is_there_for_the_next_however_it_ended(tmp_path):
    path = str(tmp_path / "lock")
    first, second = instance.Lock(path), instance.Lock(path)
    first.acquire()
    assert first.last_note is None
    first.note(1_795_000_000.5)
    first.release()
    second.acquire()
    assert second.last_note == 1_795_000_000.5


def test_a_removed_lock_file_is_noticed(tmp_path):
    path = tmp_path / "lock"
    lock = instance.Lock(str(path))
    lock.acquire()
    path.unlink()
    assert not lock.is_ours


def test_a_stale_socket_is_replaced(tmp_path):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as stale:
        stale.bind(path)
    listener = instance.bind(path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    instance.unbind(listener, path)
    assert not os.path.exists(path)


def test_a_live_socket_is_never_taken(tmp_path):
    path = str(tmp_path / "s")
    listener = instance.bind(path)
    with pytest.raises(Conflict, match="another program listens"):
        instance.bind(path)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
    instance.unbind(listener, path)


@pytest.mark.parametrize("kind", ["file", "folder", "symlink"])
def test_what_is_no_socket_is_left_alone(tmp_path, kind):
    path = tmp_path / "s"
    if kind == "file":
        path.write_text("precious")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict, match="is where the control socket belongs"):
        instance.bind(str(path))
    assert os.path.lexists(path)


def test_a_missing_folder_is_an_error_that_says_what_to_do(tmp_path):
    with pytest.raises(Unavailable) as refusal:
        instance.bind(str(tmp_path / "none" / "s"))
    assert refusal.value.hint


def test_sockets_of_a_service_manager_are_only_taken_when_meant_for_this_process():
    environment = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "LISTEN_FDNAMES": "control"}
    assert instance.take_sockets(environment) == []
    assert environment == {}


def test_readiness_reaches_the_service_manager(tmp_path):
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        instance.notify_manager({"NOTIFY_SOCKET": path}, "READY=1")
        assert manager.recv(100) == b"READY=1"
    instance.notify_manager({}, "READY=1")
