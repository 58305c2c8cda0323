"""Billing systems that misbehave on demand: stateful, written from the documents, over a carrier or over real HTTP.

A fault is drawn for each request: before storing (nothing happened) or after (it did, and nobody was told).
"""

import asyncio
import json
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import urlsplit

from stintd.ports import Failure, HttpRequest, HttpResponse

Answer = tuple[int, Any]
FAULTS = (
    "down", "500", "500 after", "timeout after", "cut after", "short after", "429", "429 with retry", "html after", "text after",
    "odd json after",
)  # fmt: skip
"""`cut`: nothing of the answer arrived, `short`: half of it did. `text`: it says that its JSON is something else."""


@dataclass
class Fake:
    """What every fake has: a key, a ledger by remote id, and how it misbehaves. `fault()` names the next fault or "".

    `remote` is a mapping that it knows, `options` what its account needs, `variants` the settings under which the whole
    contract runs: whatever the service's documents leave open. `can_lock`: it tells beforehand which days are closed (`locks`).
    `head`: what the answer being made says in headers. `is_faulty`: it misbehaved last.
    """

    remote: ClassVar[Mapping[str, str]] = {}
    options: ClassVar[Mapping[str, str]] = {}
    variants: ClassVar[Mapping[str, Mapping[str, Any]]] = {"": {}}
    can_lock: ClassVar[bool] = False

    key: str = "k-secret"
    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)
    fault: Callable[[HttpRequest], str] = lambda request: ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: Callable[[dict[str, Any]], bool] = lambda entry: False
    locks: Callable[[dict[str, Any]], bool] = lambda entry: False
    made: int = 0
    head: dict[str, str] = field(default_factory=dict)
    is_faulty: bool = False
    is_hanging: bool = False
    hangs: int = 0
    lock: Any = field(default_factory=threading.RLock)

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        """As a `ports.Carrier`; with `is_hanging` it stores what it takes and is never heard of again."""
        answer = self.answer(request)
        if self.is_hanging and self.writes(request) and isinstance(answer, HttpResponse) and answer.status < 300:
            self.hangs += 1
            await asyncio.Event().wait()
        return answer

    def writes(self, request: HttpRequest) -> bool:
        """Whether a request is to change something."""
        return request.method != "GET"

    def answer(self, request: HttpRequest) -> HttpResponse | Failure:
        with self.lock:
            fault = self.fault(request)
            self.is_faulty = bool(fault)
            self.asked.append((request.method, urlsplit(request.url).path))
            if fault == "down":
                return Failure("unreachable", "no connection: refused")
            if fault == "500":
                return json_answer(500, {"error": "broken"})
            if fault == "401":
                return json_answer(401, {"error": "unauthorized"})
            if fault.startswith("429"):
                return json_answer(429, {"error": "slow down"}, {"retry-after": "1"} if "with" in fault else {})
            self.head = {}
            return _spoilt(fault, json_answer(*self._route(request), self.head))

    def _route(self, request: HttpRequest) -> Answer:
        raise NotImplementedError

    def sheet(self) -> list[tuple[int | str, int, str]]:
        """What it holds: the start in seconds since the epoch (where it knows days only: the day), the length in seconds and
        the description, in order."""
        raise NotImplementedError

    def shown_seconds(self, seconds: int) -> int:
        """What the length of an entry that was sent looks like there."""
        return seconds

    def new_id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"


def _spoilt(fault: str, answer: HttpResponse) -> HttpResponse | Failure:
    """An answer that something happened to on its way."""
    if fault == "500 after":
        return json_answer(500, {"error": "broken"})
    if fault == "timeout after":
        return Failure("timeout", "no answer within 30 s")
    if fault == "cut after":
        return Failure("dropped", "the connection ended before an answer")
    if fault == "short after":
        return replace(answer, body=answer.body[: len(answer.body) // 2], is_cut=True)
    if fault == "html after":
        return HttpResponse(200, {"content-type": "text/html"}, b"<html>sign in</html>")
    if fault == "text after":
        return replace(answer, headers={**answer.headers, "content-type": "text/plain"})
    if fault == "odd json after":
        return json_answer(answer.status, ["?"]) if answer.status < 300 else answer
    return answer


def json_answer(status: int, told: Any, headers: dict[str, str] | None = None) -> HttpResponse:
    """A JSON answer; bytes as they are."""
    body = b"" if status == 204 else told if isinstance(told, bytes) else json.dumps(told).encode()
    return HttpResponse(status, {"content-type": "application/json", **(headers or {})}, body)


def stretch(start: str, end: str, description: str) -> tuple[int, int, str]:
    """A line of a sheet, from instants in RFC 3339."""
    lo, hi = (int(datetime.fromisoformat(one).timestamp()) for one in (start, end))
    return lo, hi - lo, description


def unreliable(rng: random.Random, share: float = 0.4) -> Callable[[HttpRequest], str]:
    """Misbehaves that often, at random."""
    return lambda request: rng.choice(FAULTS) if rng.random() < share else ""


class Served:
    """A fake over real HTTP on a loopback port; faults that are no answer close the connection."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = fake.answer(HttpRequest(self.command, self.path, dict(self.headers), body))
                if isinstance(answer, Failure):
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _any

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
