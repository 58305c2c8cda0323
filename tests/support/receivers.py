"""Receivers of webhooks: a carrier that answers what a test tells it, and a real HTTP server that behaves badly on demand."""

import asyncio
import contextlib
import json
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from stintd.ports import Failure, HttpRequest, HttpResponse

Reaction = HttpResponse | Failure | Callable[[HttpRequest], "HttpResponse | Failure"]
OK = HttpResponse(204, {}, b"")


class Receivers:
    """A `ports.Carrier` without a network. `answers[url]` is what a receiver answers from now on; a list is worked off and
    its last entry stays."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {}
        self.got: list[HttpRequest] = []
        self.hanging: dict[str, asyncio.Event] = {}

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        self.got.append(request)
        if request.url in self.hanging:
            await self.hanging[request.url].wait()
        answer = self.answers.get(request.url, OK)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return answer(request) if callable(answer) else answer

    def bodies(self, url: str = "") -> list[dict[str, Any]]:
        """What was sent to one of them, or to all, in order."""
        return [json.loads(one.body) for one in self.got if not url or one.url == url]


@dataclass
class Got:
    """One request as a real receiver saw it."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers.get("x-stint-delivery", "")


@dataclass
class Ledger:
    """What a receiver has stored, whatever it answered."""

    got: list[Got] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, one: Got) -> int:
        """How many there are of this id, with this one."""
        with self.lock:
            self.got.append(one)
            return sum(other.id == one.id for other in self.got)

    def ids(self) -> list[str]:
        """Each id once, in the order of its first arrival."""
        with self.lock:
            return list(dict.fromkeys(one.id for one in self.got))


Behaviour = Callable[["Handler", Got, int], None]


class Handler(socketserver.StreamRequestHandler):
    """Reads one request, stores it, and does what the server's behaviour says."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the other side was killed
            self._handle()

    def _handle(self) -> None:
        first = self.rfile.readline().decode("latin-1")
        if not first:
            return
        headers = {}
        while line := self.rfile.readline().decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length") or 0))
        server: Any = self.server
        got = Got(first.split(" ")[1], headers, body)
        server.receiver.behaviour(self, got, server.receiver.ledger.keep(got))

    def answer(self, status: int, *headers: str, body: bytes = b"") -> None:
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        self.wfile.write((head + "".join(f"{one}\r\n" for one in headers) + "\r\n").encode() + body)


class Receiver:
    """A real server on a loopback port, in threads. `behaviour(handler, got, times)` answers; `times` counts this id."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.behaviour: Behaviour = behaviour or (lambda handler, got, times: handler.answer(204))
        self.ledger = Ledger()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.receiver = self
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, block_on_close, request_queue_size = True, True, False, 128
    receiver: Receiver
