"""HTTP by hand over the control socket."""

import pytest

from stintd import paths
from stintd.client.control import Control, query_text
from stintd.client.transport import DaemonDown
from stintd.errors import Conflict, Internal, Unavailable
from tests.support.control import stream


def test_nobody_listening_is_a_daemon_that_is_down(isolated_home):
    with pytest.raises(DaemonDown) as caught:
        Control().get("/api/health")
    assert "stint up" in caught.value.hint


def test_a_chunked_answer_is_put_together(control):
    control.answers["GET", "/x"] = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n3;x=y\r\n 1}\r\n0\r\n\r\n'
    assert Control().get("/x") == {"a": 1}


def test_an_answer_without_a_body_is_nothing(control):
    control.answers["DELETE", "/x"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert Control().delete("/x") is None


def test_an_error_answer_becomes_our_error_with_its_hint(control):
    control.answers["POST", "/x"] = (
        409,
        {"error": "atlas is running", "code": "CONFLICT", "details": {"hint": "stop it", "timer": {"id": "1"}}},
    )
    with pytest.raises(Conflict, match="atlas is running") as caught:
        Control().post("/x", {"a": 1})
    assert caught.value.hint == "stop it"
    assert caught.value.details == {"timer": {"id": "1"}}


@pytest.mark.parametrize(
    "raw",
    [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{", b"HTTP/1.1 200 OK\r\n\r\nnot json",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"],
)  # fmt: skip
def test_a_broken_answer_is_told_and_never_hangs(control, raw):
    control.answers["GET", "/x"] = raw
    with pytest.raises((Unavailable, Internal)):
        Control().get("/x")


def test_a_stream_gives_each_change_with_its_id_and_skips_comments(control):
    control.answers["GET", "/api/events"] = stream(
        "retry: 2000\n\n: hi\n", '\nid: 7\nevent: heartbeat\ndata: {"a": 1}\n\nid: 8\n', 'event: x\ndata: {"b":2}\n', "\n"
    )
    assert list(Control().changes("6")) == [("7", "heartbeat", {"a": 1}), ("8", "x", {"b": 2})]
    assert control.requests[0]["headers"]["last-event-id"] == "6"


def test_every_page_is_read(control):
    control.answers["GET", "/x"] = lambda request: (
        {"data": [3], "nextCursor": None} if request["query"].get("cursor") else {"data": [1, 2], "nextCursor": "c+/="}
    )
    assert list(Control().every("/x", project="a b")) == [1, 2, 3]
    assert control.requests[1]["query"] == {"limit": "500", "project": "a b", "cursor": "c+/="}


def test_query_fields_are_encoded_and_missing_ones_left_out():
    assert query_text({"from_": "2026-11-20", "to": None, "by": ["a", "b&"]}) == "?from=2026-11-20&by=a%2Cb%26"


def test_a_socket_that_is_a_file_is_told(isolated_home):
    paths.ensure_folders(paths.home_layout())
    with open(paths.control_socket(), "w"):
        pass
    with pytest.raises(Unavailable):
        Control().get("/x")
