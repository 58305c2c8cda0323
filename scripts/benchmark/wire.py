"""Heartbeats over HTTP on one keep-alive connection, beside ActivityWatch's Python server in the same run."""

import json
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmark import peer, process
from benchmark.home import Home, run_daemon
from benchmark.row import Result, Rows, Skipped

SECONDS = 2.0
ROUNDS = 3
START = datetime.now(UTC) - timedelta(days=2)


class Caller:
    """One keep-alive connection that reads each answer before the next request; connects again when closed on it."""

    def __init__(self, connect: Callable[[], socket.socket], host: str = "localhost", key: str = "") -> None:
        self._connect = connect
        self._channel = connect()
        self._fixed = f"Host: {host}\r\nContent-Type: application/json\r\n" + (f"X-API-Key: {key}\r\n" if key else "")

    def post(self, path: str, body: bytes) -> int:
        head = f"POST {path} HTTP/1.1\r\n{self._fixed}Content-Length: {len(body)}\r\n\r\n"
        self._channel.sendall(head.encode() + body)
        return self._answer()

    def _answer(self) -> int:
        data = b""
        while b"\r\n\r\n" not in data:
            block = self._channel.recv(65536)
            if not block:
                raise ConnectionError("closed")
            data += block
        head, _, rest = data.partition(b"\r\n\r\n")
        lowered = head.lower()
        length = int(lowered.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in lowered else 0
        while len(rest) < length:
            rest += self._channel.recv(65536)
        if b"connection: close" in lowered:
            self._channel.close()
            self._channel = self._connect()
        return int(head.split()[1])


def unix(path: str) -> Callable[[], socket.socket]:
    def connect() -> socket.socket:
        channel = socket.socket(socket.AF_UNIX)
        channel.connect(path)
        return channel

    return connect


def tcp(port: int) -> Callable[[], socket.socket]:
    return lambda: socket.create_connection(("127.0.0.1", port))


def loopback_caller(daemon: Home) -> Caller:
    """A caller with a key on the loopback port, which is what ActivityWatch's server is compared with."""
    url = daemon.read_address()["url"]
    daemon.key = daemon.key or daemon.post("/api/keys", {"scope": "write", "name": "bench"})["key"]
    port = int(url.rpartition(":")[2])
    return Caller(tcp(port), f"127.0.0.1:{port}", daemon.key)


def beat(number: int) -> dict[str, str]:
    time_ = START + timedelta(seconds=number * 2)
    entity = f"src/module_{number // 10 % 300}.py"
    return {
        "id": f"bench-{number}",
        "time": time_.isoformat().replace("+00:00", "Z"),
        "project": f"project-{number // 2000 % 5}",
        "branch": "main",
        "kind": "edit",
        "source": "editor",
        "entity": entity,
    }


def rate(caller: Caller, path: str, bodies: Callable[[int], bytes], pid: int, first: int) -> tuple[float, float, int]:
    """Requests a second, seconds of server CPU a request, and the number after the last."""
    cpu, number = process.cpu_seconds(pid), first
    began = time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        status = caller.post(path, bodies(number))
        if status >= 300:
            raise SystemExit(f"POST {path} answered {status}")
        number += 1
    spent = time.perf_counter() - began
    count = number - first
    return count / spent, (process.cpu_seconds(pid) - cpu) / count, number


def heartbeats() -> Rows:
    with tempfile.TemporaryDirectory() as folder, run_daemon(Home(Path(folder) / "stint")) as daemon:
        with peer.activitywatch(Path(folder) / "aw") as server:
            if server is None:
                yield Skipped("heartbeat over HTTP beside ActivityWatch", "pip install aw-server 'peewee<4' does not work here")
                rounds = [_measure_ours(daemon, number) for number in range(ROUNDS)]
                yield Result("heartbeat over HTTP, one at a time", statistics.median(r[0] for r in rounds), "a second")
            else:
                yield from _compare_with_peer(daemon, *server)
        yield from _measure_single_beats(daemon)


def _measure_ours(daemon: Home, round_: int, caller: Caller | None = None) -> tuple[float, float]:
    caller = caller or Caller(unix(daemon.socket))
    got = rate(caller, "/api/heartbeats", lambda n: json.dumps(beat(n)).encode(), daemon.pid, round_ * 1_000_000)
    return got[0], got[1]


def _bulk(daemon: Home, round_: int, size: int = 25) -> float:
    caller = Caller(unix(daemon.socket))

    def body(number: int) -> bytes:
        return json.dumps([beat(number * size + k) for k in range(size)]).encode()

    return rate(caller, "/api/heartbeats", body, daemon.pid, 100_000 + round_ * 100_000)[1] / size


def _measure_theirs(pid: int, port: int) -> tuple[float, float]:
    caller = Caller(tcp(port))
    bucket = json.dumps({"client": "bench", "type": "app.editor.activity", "hostname": "bench"}).encode()
    caller.post("/api/0/buckets/bench", bucket)

    def body(number: int) -> bytes:
        heartbeat = beat(number)
        data = {"file": heartbeat["entity"], "project": heartbeat["project"], "language": "python", "branch": "main"}
        return json.dumps({"timestamp": heartbeat["time"], "duration": 0, "data": data}).encode()

    got = rate(caller, "/api/0/buckets/bench/heartbeat?pulsetime=60", body, pid, 0)
    return got[0], got[1]


def _compare_with_peer(daemon: Home, pid: int, port: int) -> Rows:
    ours, theirs, bulk, keyed = [], [], [], []
    for round_ in range(ROUNDS):
        theirs.append(_measure_theirs(pid, port))
        ours.append(_measure_ours(daemon, round_))
        keyed.append(_measure_ours(daemon, ROUNDS + round_, loopback_caller(daemon)))
        bulk.append(_bulk(daemon, round_))
    speed_keyed = statistics.median(a[0] / b[0] for a, b in zip(keyed, theirs, strict=True))
    cpu_keyed = statistics.median(b[1] / a[1] for a, b in zip(keyed, theirs, strict=True))
    speed = statistics.median(a[0] / b[0] for a, b in zip(ours, theirs, strict=True))
    cpu = statistics.median(b[1] / a[1] for a, b in zip(ours, theirs, strict=True))
    each = statistics.median(b[1] / a for a, b in zip(bulk, theirs, strict=True))
    note = f"{ours[-1][0]:,.0f}/s against {theirs[-1][0]:,.0f}/s"
    yield Result("single heartbeats: requests a second against ActivityWatch", speed, "×", at_least=15, note=note)
    yield Result("single heartbeats: ActivityWatch's CPU against ours", cpu, "×", at_least=15)
    note = f"{keyed[-1][0]:,.0f}/s"
    yield Result("the same with a key on the loopback port: requests a second", speed_keyed, "×", at_least=15, note=note)
    yield Result("the same with a key on the loopback port: CPU", cpu_keyed, "×", at_least=15)
    yield Result("bulk of 25: ActivityWatch's CPU a heartbeat against ours", each, "×", at_least=40)


def _measure_single_beats(daemon: Home) -> Rows:
    """Latency at twenty a second, as an editor in use sends them."""
    caller, waits = Caller(unix(daemon.socket)), []
    for number in range(300):
        began = time.perf_counter()
        caller.post("/api/heartbeats", json.dumps(beat(9_000_000 + number)).encode())
        waits.append((time.perf_counter() - began) * 1000)
        time.sleep(max(0.0, 0.05 - waits[-1] / 1000))  # noqa: TID251
    waits.sort()
    yield Result("single heartbeat at 20 a second, p99", waits[int(len(waits) * 0.99)], "ms", at_most=2)


def stored_bytes() -> Rows:
    with tempfile.TemporaryDirectory() as folder, run_daemon(Home(Path(folder))) as daemon:
        caller = Caller(unix(daemon.socket))
        before = process.written_bytes(daemon.pid)
        for number in range(10_000):
            caller.post("/api/heartbeats", json.dumps(beat(number)).encode())
        daemon.get("/api/status")
        written = (process.written_bytes(daemon.pid) - before) / 10_000
        yield Result("written bytes a heartbeat (10,000 single posts, all files)", written, "bytes", at_most=100)
        small = daemon.stored_bytes()
        for number in range(400):
            caller.post("/api/heartbeats", json.dumps([beat(10_000 + number * 500 + k) for k in range(500)]).encode())
        daemon.get("/api/status")
        stored = (daemon.stored_bytes() - small) / 200_000
        yield Result("stored bytes a heartbeat (200,000 more, entries included)", stored, "bytes", at_most=40)
