"""A surface with something in it, on a loopback port behind a key, served by a thread of its own: for callers that block.

Its clock stands still, its ids are new each time; everything else is the same in every run.
"""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.api.daemon import Daemon
from tests.support import PATIENCE

DAY = "2026-11-19"


class Probe:
    """`url` and `key` of the surface; `known` ids by the name that parameters and fields have for them."""

    def __init__(self, daemon: Daemon, port: int) -> None:
        self.daemon, self.port, self.key = daemon, port, ""
        self.url = f"http://127.0.0.1:{port}"
        self.known: dict[str, list[str]] = {}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The body of an answer that must be a success; over the owner's socket."""
        connection = HTTPConnection("localhost")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(self.daemon.path)
        connection.request(method, path, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        assert answer.status < 300, (method, path, found)
        return found

    def fill(self) -> None:
        """Something of everything."""
        self.key = self.ask("POST", "/api/keys", {"scope": "full", "name": "probe"})["key"]
        client = self.ask("POST", "/api/clients", {"name": "Acme"})
        projects = [self.ask("POST", "/api/projects", {"name": f"project {n}", "clientId": client["id"]}) for n in range(4)]
        project = projects[0]
        tasks = [self.ask("POST", "/api/tasks", {"projectId": project["id"], "name": f"task {n}"}) for n in range(4)]
        entries = [self._entry(project["id"], hour) for hour in (1, 3, 5, 7, 9, 11, 13, 15)]
        people = [self.ask("POST", "/api/users", {"name": f"person {n}", "email": f"p{n}@example.com"}) for n in range(4)]
        mapping = self.ask("POST", "/api/mappings", {"path": "/code/x/**", "project": project["name"]})
        beats = [{"project": "project 1", "time": f"{DAY}T20:{minute:02d}:00Z"} for minute in range(0, 40, 2)]
        self.ask("POST", "/api/heartbeats", beats)
        gaps = self.ask("GET", f"/api/gaps?from={DAY}&to={DAY}")["data"]
        edits = self.ask("GET", "/api/edits")["data"]
        self.known = {
            "entry_id": [one["id"] for one in entries],
            "project_id": [one["id"] for one in projects],
            "task_id": [one["id"] for one in tasks],
            "client_id": [client["id"]],
            "gap_id": [one["id"] for one in gaps],
            "user_id": [one["id"] for one in people],
            "mapping_id": [mapping["id"]],
            "edit_id": [one["editId"] for one in edits],
        }

    def _entry(self, project_id: str, hour: int) -> Any:
        return self.ask(
            "POST",
            "/api/entries",
            {
                "projectId": project_id,
                "start": f"{DAY}T{hour:02d}:00:00Z",
                "durationMinutes": 60,
                "description": "work",
            },
        )


@contextmanager
def probing(folder: Path) -> Iterator[Probe]:
    """A filled surface; stopped afterwards."""
    started: list[Probe] = []
    ready = threading.Event()

    async def serve() -> None:
        daemon = Daemon(folder)
        await daemon.start()
        daemon.set_settings(rate_limit=10**9)
        started.append(Probe(daemon, await daemon.open_loopback()))
        done = started[0].done = asyncio.Event()  # type: ignore[attr-defined]
        started[0].loop = asyncio.get_running_loop()  # type: ignore[attr-defined]
        ready.set()
        await done.wait()
        await daemon.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE), "the surface did not start"
    probe = started[0]
    try:
        probe.fill()
        yield probe
    finally:
        probe.loop.call_soon_threadsafe(probe.done.set)  # type: ignore[attr-defined]
        thread.join(20)
