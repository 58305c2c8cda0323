"""Billing systems that misbehave on demand: stateful, written from the documents, over a carrier or over real HTTP.

A fault is drawn for each request: before storing (nothing happened) or after (it did, and nobody was told).
"""

import asyncio
import json
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stintd.ports import Failure, Request, Response

Answer = tuple[int, Any]
FAULTS = ("down", "500", "500 after", "timeout after", "cut after", "429", "429 with retry", "html after", "odd json after")


@dataclass
class Fake:
    """What every fake has: a key, a ledger by remote id, and how it misbehaves. `fault()` names the next fault or ""."""

    key: str = "k-secret"
    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)
    fault: Callable[[Request], str] = lambda request: ""
    asked: list[tuple[str, str]] = field(default_factory=list)
    refuses: Callable[[dict[str, Any]], bool] = lambda entry: False
    made: int = 0
    is_hanging: bool = False
    hangs: int = 0
    lock: Any = field(default_factory=threading.RLock)

    async def send(self, request: Request) -> Response | Failure:
        """As a `ports.Carrier`; with `is_hanging` it stores and is never heard of again."""
        answer = self.answer(request)
        if self.is_hanging:
            self.hangs += 1
            await asyncio.Event().wait()
        return answer

    def answer(self, request: Request) -> Response | Failure:
        with self.lock:
            fault = self.fault(request)
            self.asked.append((request.method, urlsplit(request.url).path))
            if fault == "down":
                return Failure("unreachable", "no connection: refused")
            if fault == "500":
                return _json(500, {"error": "broken"})
            if fault.startswith("429"):
                return _json(429, {"error": "slow down"}, {"retry-after": "1"} if "with" in fault else {})
            status, told = self._routed(request)
            if fault == "500 after":
                return _json(500, {"error": "broken"})
            if fault == "timeout after":
                return Failure("timeout", "no answer within 30 s")
            if fault == "cut after":
                return Failure("dropped", "the connection ended before an answer")
            if fault == "html after":
                return Response(200, {"content-type": "text/html"}, b"<html>sign in</html>")
            if fault == "odd json after":
                return _json(status, ["?"] if status < 300 else told)
            return _json(status, told)

    def _routed(self, request: Request) -> Answer:
        raise NotImplementedError

    def new_id(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"


def _json(status: int, told: Any, headers: dict[str, str] | None = None) -> Response:
    return Response(status, {"content-type": "application/json", **(headers or {})}, json.dumps(told).encode())


@dataclass
class ClockMeFake(Fake):
    """`honours_key`, `can_list`: what its document leaves open."""

    honours_key: bool = True
    can_list: bool = True
    has_tools: bool = True
    keys: dict[str, str] = field(default_factory=dict)

    def _routed(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"error": "Invalid API key"}
        place = urlsplit(request.url)
        body = json.loads(request.body) if request.body else {}
        if place.path == "/api/projects":
            return 200, [{"id": "p1", "name": "Atlas"}]
        if place.path == "/api/mcp":
            return self._tool(body)
        if place.path == "/api/entries":
            return (
                self._create(body)
                if request.method == "POST"
                else self._list({k: v[0] for k, v in parse_qs(place.query).items()})
            )
        return self._one(request.method, place.path.rpartition("/")[2], body)

    def _create(self, body: dict[str, Any]) -> Answer:
        key = body.pop("idempotencyKey", None)
        if self.refuses(body):
            return 422, {"error": "this entry is not wanted"}
        if self.honours_key and key in self.keys:
            return 200, self.ledger.get(self.keys[key], {"id": self.keys[key]})
        new = self.new_id("e")
        self.ledger[new] = {"id": new, **body}
        self.keys[str(key)] = new
        return 201, self.ledger[new]

    def _list(self, query: dict[str, Any]) -> Answer:
        if not self.can_list:
            return 404, {"error": "no such path"}
        return 200, {"data": [one for one in self.ledger.values() if one["projectId"] == query["projectId"]]}

    def _tool(self, call: dict[str, Any]) -> Answer:
        if not self.has_tools:
            return 404, {"error": "no such path"}
        found = [one for one in self.ledger.values() if one["projectId"] == call["params"]["arguments"]["projectId"]]
        return 200, {"jsonrpc": "2.0", "id": 1, "result": {"structuredContent": {"entries": found}}}

    def _one(self, method: str, name: str, body: dict[str, Any]) -> Answer:
        if name not in self.ledger:
            return 404, {"error": "no such entry"}
        if method == "DELETE":
            return 200, self.ledger.pop(name)
        if self.refuses(body):
            return 422, {"error": "this entry is not wanted"}
        self.ledger[name] |= body
        return 200, self.ledger[name]

    def sheet(self) -> list[tuple[str, str, str]]:
        return sorted((one["startTime"], one["endTime"], one["description"]) for one in self.ledger.values())


@dataclass
class TimeTaggerFake(Fake):
    """As the real server does: the key is the record, the later `mt` wins, hidden is gone."""

    def _routed(self, request: Request) -> Answer:
        if request.headers.get("authtoken") != self.key:
            return 401, {"error": "unauthorized"}
        if request.method == "GET":
            return 200, {"settings": []}
        accepted, failed, errors = [], [], []
        for record in json.loads(request.body):
            if self.refuses(record):
                failed.append(record["key"])
                errors.append("not wanted")
                continue
            known = self.ledger.get(record["key"])
            if known is None or record["mt"] >= known["mt"]:
                self.ledger[record["key"]] = record
            accepted.append(record["key"])
        return 200, {"accepted": accepted, "failed": failed, "errors": errors}

    def sheet(self) -> list[tuple[int, int, str]]:
        seen = [one for one in self.ledger.values() if not one["ds"].startswith("HIDDEN")]
        return sorted((one["t1"], one["t2"], one["ds"].removeprefix("#p1 ")) for one in seen)


@dataclass
class ReceiverFake(Fake):
    """A receiver of the owner's own."""

    def _routed(self, request: Request) -> Answer:
        told = json.loads(request.body)
        if told["action"] == "deleted":
            self.ledger.pop(told["id"], None)
        elif told["action"] != "check":
            if self.refuses(told["entry"]):
                return 422, {"error": "not wanted"}
            self.ledger[told["id"]] = told["entry"]
        return 200, {}

    def sheet(self) -> list[tuple[str, str, str]]:
        return sorted((one["start"], one["end"], one["description"]) for one in self.ledger.values())


FAKES: dict[str, type[Any]] = {"clockme": ClockMeFake, "timetagger": TimeTaggerFake, "webhook": ReceiverFake}


def unreliable(rng: random.Random, share: float = 0.4) -> Callable[[Request], str]:
    """Misbehaves that often, at random."""
    return lambda request: rng.choice(FAULTS) if rng.random() < share else ""


class Served:
    """A fake over real HTTP on a loopback port; faults that are no answer close the connection."""

    def __init__(self, fake: Fake) -> None:
        self.fake = fake

        class Handler(BaseHTTPRequestHandler):
            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = fake.answer(Request(self.command, self.path, dict(self.headers), body))
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
