"""HTTP and event lines without a socket: whatever the network cuts, the same comes out, and what is broken says so."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.client.wire import BrokenAnswer, Events, Incoming, query_text, request_bytes
from stintd.errors import Invalid, Unavailable

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A:  b \r\n\r\nhello world"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n"
STREAM = b'retry: 10\r\n\r\n: hi\n\nid: 7\nevent: a\ndata: {"a":\ndata: 1}\n\nevent: b\ndata: {"b": "\xc3\xa9"}\n\nid: 8\nda'


def cut(raw: bytes, places: set[int]) -> list[bytes]:
    marks = sorted({0, *(place % (len(raw) + 1) for place in places), len(raw)})
    return [raw[lo:hi] for lo, hi in pairwise(marks)]


def read(parts: list[bytes]) -> tuple[Incoming, bytes]:
    incoming = Incoming()
    return incoming, b"".join(incoming.feed(part) for part in parts)


@pytest.mark.parametrize("raw", [PLAIN, CHUNKED], ids=["plain", "chunked"])
@given(st.sets(st.integers(0, 200), max_size=12))
def test_an_answer_is_the_same_however_it_is_cut(raw, places):
    incoming, body = read(cut(raw, places))
    assert (incoming.status, body, incoming.is_complete) == (200, b"hello world", True)


@pytest.mark.parametrize("raw", [PLAIN, CHUNKED], ids=["plain", "chunked"])
@given(st.data())
def test_an_answer_that_ends_too_early_is_broken_and_never_whole(raw, data):
    end = len(raw.removesuffix(b"\r\n")) - 3 if raw is CHUNKED else len(raw) - 1
    incoming, _ = read([part for part in [raw[: data.draw(st.integers(0, end))]] if part])
    assert not incoming.is_complete
    with pytest.raises(BrokenAnswer):
        incoming.feed(b"")


def test_an_answer_without_a_length_lasts_until_the_connection_ends():
    incoming, body = read([b"HTTP/1.1 200 OK\r\n\r\n", b"one", b"two"])
    assert (body, incoming.is_complete) == (b"onetwo", False)
    assert incoming.feed(b"") == b""
    assert incoming.is_complete


@pytest.mark.parametrize("raw", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"])
def test_an_answer_without_a_body_is_whole_at_once(raw):
    assert read([raw])[0].is_complete


@pytest.mark.parametrize(
    "raw",
    [b"SSH-2.0-x\r\n", b"\x16\x03\x01", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 20\xb2 x\r\n\r\n", b"HTTP/1.1 \r\n\r\n",
     b"HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 70000,
     b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 70000],
)  # fmt: skip
def test_what_is_no_http_is_told(raw):
    with pytest.raises(Unavailable, match="not stintd"):
        Incoming().feed(raw)


@given(st.sets(st.integers(0, 200), max_size=12))
def test_changes_are_the_same_however_the_stream_is_cut(places):
    events = Events()
    found = [change for part in cut(STREAM, places) for change in events.feed(part)]
    assert found == [("7", "a", {"a": 1}), (None, "b", {"b": "é"})]
    assert (events.last_id, events.retry) == ("7", 0.01)


def test_a_place_without_a_change_is_where_a_stream_is_resumed():
    events = Events()
    assert events.feed(b"id: 41\n\n") == []
    assert events.last_id == "41"


def test_a_resumed_stream_tells_nothing_twice():
    events = Events("7")
    events.feed(b"id: 8\nevent: half")
    events.begin()
    assert events.feed(b"id: 7\ndata: 1\n\nid: 8\ndata: 2\n\ndata: 3\n\nid: 8\ndata: 2\n\n") == [
        ("8", "message", 2),
        (None, "message", 3),
    ]


def test_a_change_that_is_no_json_is_told():
    with pytest.raises(Unavailable):
        Events().feed(b"data: {\n\n")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "kéy", "\0"])
def test_a_header_cannot_smuggle_another(value):
    with pytest.raises(Invalid):
        request_bytes("GET", "/x", headers=[("Authorization", value)])


def test_query_fields_are_encoded_as_the_daemon_reads_them():
    assert query_text({"from_": "a b", "x": True, "y": None, "z": ["1", "2"]}) == "?from=a%20b&x=true&z=1%2C2"
