"""A control socket that answers what a test tells it, and remembers what it was asked; and entries to answer with."""

import json
import socketserver
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from stintd import paths


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        first = self.rfile.readline().decode()
        method, target, _ = first.split(" ", 2)
        headers = {}
        while line := self.rfile.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        raw = self.rfile.read(int(headers.get("content-length") or 0))
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        request = {
            "method": method,
            "path": parts.path,
            "query": query,
            "headers": headers,
            "body": json.loads(raw) if raw else None,
        }
        if self.server.control.drip:
            self._drip(request)
            return
        with suppress(OSError):  # who asked may have given up
            self.wfile.write(self.server.control.answer(request))

    def _drip(self, request: dict[str, Any]) -> None:
        self.server.control.requests.append(request)
        head, drop, end = self.server.control.drip
        with suppress(OSError):
            self.wfile.write(head)
            while not end.wait(0.02):
                self.wfile.write(drop)


class FakeControl:
    """Answers by `(method, path)`: a value (200), `(status, value)`, raw bytes, or a function of the request.

    `drip`: instead, these bytes, then those again and again, until the event is set.
    """

    def __init__(self) -> None:
        paths.ensure_folders(paths.home_layout())
        self.answers: dict[tuple[str, str], Any] = {}
        self.requests: list[dict[str, Any]] = []
        self.drip: tuple[bytes, bytes, threading.Event] | None = None
        self._server = socketserver.ThreadingUnixStreamServer(paths.control_socket(), _Handler)
        self._server.control = self
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def answer(self, request: dict[str, Any]) -> bytes:
        self.requests.append(request)
        known = self.answers.get((request["method"], request["path"]))
        if known is None:
            known = (404, {"error": f"no {request['path']} here", "code": "NOT_FOUND", "details": {}})
        if callable(known):
            known = known(request)
        if isinstance(known, bytes):
            return known
        status, value = known if isinstance(known, tuple) else (200, known)
        return response(status, value)

    def asked(self, method: str, path: str) -> list[dict[str, Any]]:
        """The requests of one route."""
        return [one for one in self.requests if (one["method"], one["path"]) == (method, path)]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        Path(paths.control_socket()).unlink(missing_ok=True)


def response(status: int, value: Any) -> bytes:
    raw = json.dumps(value).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


def entry(start: str, end: str | None, project: str = "atlas", **more: Any) -> dict[str, Any]:
    """An Entry of the wire. Its id ends in its time, so that tests can name it."""
    from datetime import datetime

    lasts = (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() if end else 600
    shape = {
        "id": f"0193a1b2-0000-7000-8000-{int(datetime.fromisoformat(start).timestamp()):012x}",
        "projectId": project,
        "projectName": project,
        "clientId": None,
        "clientName": None,
        "taskId": None,
        "taskName": None,
        "description": "",
        "start": start,
        "end": end,
        "durationSeconds": int(lasts),
        "state": "finished" if end else "running",
        "actor": "human",
        "origin": "auto",
        "handsOnSeconds": int(lasts),
        "supervisedSeconds": 0,
        "billable": False,
        "tags": [],
        "pauses": [],
        "branch": "main",
        "repo": "atlas",
        "commits": [],
        "sessionId": None,
        "pinned": [],
        "locked": False,
        "approvedAt": None,
        "confirmed": True,
        "lastEvidenceAt": end,
        "revision": 3,
    }
    return {**shape, **more}


def report(rows: dict[str, int], group: str = "project", agent: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    """A report of these seconds by name."""
    agents = agent or {}
    shown = [
        {
            "key": name,
            "name": name,
            "seconds": seconds + agents.get(name, 0),
            "handsOnSeconds": seconds,
            "supervisedSeconds": 0,
            "agentSeconds": agents.get(name, 0),
            "billableSeconds": 0,
            "amount": None,
            "currency": None,
            "entries": 1,
        }
        for name, seconds in rows.items()
    ]
    sums = {
        field: sum(row[field] for row in shown)
        for field in ("seconds", "handsOnSeconds", "supervisedSeconds", "agentSeconds", "billableSeconds")
    }
    totals = {**sums, "amount": None, "currency": None, "entries": len(shown), "wallSeconds": sums["handsOnSeconds"]}
    return {
        "from": "2026-11-19T23:00:00Z",
        "to": "2026-11-20T23:00:00Z",
        "timezone": "UTC",
        "groupBy": group,
        "rows": shown,
        "totals": totals,
        **more,
    }


def page(*rows: Any) -> dict[str, Any]:
    return {"data": list(rows), "nextCursor": None}


def stream(*parts: str) -> bytes:
    """A server-sent stream in these chunks, which may cut anywhere."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part.encode()), part.encode()) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
