"""The stream of changes of a real daemon, read by a reader that reconnects: no gap, no duplicate, whatever is killed; and
a reader that does not read slows nobody.
"""

import json
import socket
import threading
import time
from contextlib import suppress

import psutil
import pytest

from stintd.errors import StintdError
from tests.support import poll_until
from tests.support.daemon import Daemon

pytestmark = pytest.mark.smoke


class Reader(threading.Thread):
    """Reads the stream over the control socket and comes back after every break, as a browser's EventSource does."""

    def __init__(self, path: str) -> None:
        super().__init__(daemon=True)
        self.path, self.seen, self.last, self.is_over = path, [], "0", False

    def run(self) -> None:
        while not self.is_over:
            with suppress(OSError):
                self._read()
            time.sleep(0.02)  # noqa: TID251  between two tries to connect to a daemon that is being started

    def _read(self) -> None:
        with socket.socket(socket.AF_UNIX) as channel:
            channel.settimeout(1.0)
            channel.connect(self.path)
            head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {self.last}\r\n\r\n"
            channel.sendall(head.encode())
            rest = b""
            while not self.is_over:
                with suppress(TimeoutError):
                    block = channel.recv(65536)
                    if not block:
                        return
                    rest = self._take(rest + block)

    def _take(self, text: bytes) -> bytes:
        """Chunk borders lie between lines here, and sizes are lines without a colon: they are no fields."""
        *blocks, rest = text.split(b"\n\n")
        for block in blocks:
            pairs = (line.partition(b": ") for line in block.split(b"\n") if b": " in line)
            words = {name.decode(): value.rstrip(b"\r") for name, _, value in pairs}
            if "id" in words and "data" in words:
                self.last = words["id"].decode()
                self.seen.append((int(self.last), words["event"].decode(), json.loads(words["data"])))
        return rest


def test_no_change_is_missed_or_told_twice_across_kills_and_restarts(tmp_path):
    daemon = Daemon(tmp_path / "home").start()
    reader = Reader(daemon.layout.socket)
    reader.start()
    made = 0
    for end in ("kill", "stop", "kill"):
        for _ in range(40):
            daemon.client.post("/api/projects", {"name": f"p{made}"})
            made += 1
        getattr(daemon, end)()
        daemon.start()
    daemon.client.post("/api/projects", {"name": "last"})
    poll_until(lambda: reader.seen and reader.seen[-1][2].get("name") == "last", "the reader has everything")
    reader.is_over = True
    reader.join(5)
    daemon.stop()
    marks = [mark for mark, _, _ in reader.seen]
    assert marks == list(range(1, made + 2))
    assert [one["name"] for _, _, one in reader.seen] == [f"p{n}" for n in range(made)] + ["last"]


def test_a_reader_that_does_not_read_slows_nobody_and_gets_everything_later(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        process = psutil.Process(daemon.process.pid)
        slow = socket.socket(socket.AF_UNIX)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(daemon.layout.socket)
        slow.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 0\r\n\r\n")
        before = process.memory_info().rss
        count = 2500
        for number in range(count):
            daemon.client.post("/api/clients" if number % 2 else "/api/projects", {"name": f"n{number}"})
        grown = process.memory_info().rss - before
        slow.settimeout(10)
        found = b""
        while f'"n{count - 2}"'.encode() not in found:
            block = slow.recv(65536)
            assert block, "closed before everything was told"
            found += block
        slow.close()
    marks = [int(line[4:]) for line in found.split(b"\n") if line.startswith(b"id: ")]
    assert marks[1:] == list(range(1, len(marks)))
    assert grown < 20 * 2**20, f"{grown >> 20} MiB more"


def test_two_hundred_writers_on_both_listeners_each_sending_twice_are_kept_once(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        key = daemon.client.post("/api/keys", {"scope": "write"})["key"]
        port = int(json.loads(open(daemon.layout.http_json).read())["url"].rpartition(":")[2])  # noqa: SIM115
        failures: list[object] = []

        def write(number: int) -> None:
            start = f"2026-11-{1 + number // 20:02d}T{number % 20:02d}:00:00Z"
            body = {"projectName": "acme", "autoCreate": True, "startTime": start, "durationMinutes": 30}
            try:
                answers = [send(daemon, port if number % 2 else 0, key, body, f"k{number}") for _ in range(2)]
                if answers[0] != answers[1]:
                    failures.append(answers)
            except (OSError, StintdError, AssertionError) as error:
                failures.append(error)

        threads = [threading.Thread(target=write, args=(number,)) for number in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        entries = daemon.entries()
        assert len(entries) == 200
        assert sum(entry["durationSeconds"] for entry in entries) == 200 * 1800


def send(daemon: Daemon, port: int, key: str, body: dict, mark: str) -> dict:
    """POST an entry over the port, or over the control socket when it is 0; the answer."""
    channel = socket.create_connection(("127.0.0.1", port)) if port else socket.socket(socket.AF_UNIX)
    if not port:
        channel.connect(daemon.layout.socket)
    raw = json.dumps(body).encode()
    head = (
        f"POST /api/entries HTTP/1.1\r\nHost: localhost{f':{port}' if port else ''}\r\nContent-Type: application/json\r\n"
        f"X-API-Key: {key}\r\nIdempotency-Key: {mark}\r\nConnection: close\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    with channel:
        channel.settimeout(60)
        channel.sendall(head.encode() + raw)
        text = b""
        while block := channel.recv(65536):
            text += block
    assert text.startswith(b"HTTP/1.1 201"), text[:300]
    return json.loads(text.partition(b"\r\n\r\n")[2])
