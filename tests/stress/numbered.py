"""Three clients that send numbered commands to a real daemon and write down which of them were answered.

A command that was not answered is sent again, as it was, until it is: the way a hook, an editor or a person does. What
a client wrote down as answered must be in the database once, whatever happened to the daemon meanwhile.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from stintd.client.control import Control
from stintd.client.transport import send
from stintd.errors import StintdError
from stintd.protocol.errors import from_wire
from tests.support import poll_until

PAST = datetime(2021, 1, 4, tzinfo=UTC)
PROJECTS = ("alpha", "beta", "gamma")
PATIENCE = 60.0
LATER = ("unavailable", "storage_full")
"""What a client hears and sends again: nothing of it was stored."""


@dataclass
class Ledger:
    """What one client did. Written by its thread alone; read after it ended, or for a glance at how far it is."""

    name: str
    answered: dict[int, Any] = field(default_factory=dict)
    asked: int = -1
    refused: dict[str, int] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """Sends `tell(number)` for 0, 1, 2 … until stopped. `between` is called before each, to go slower."""

    def __init__(self, path: str, name: str, tell: Callable[["Client", int], Any], first: int = 0) -> None:
        super().__init__(name=name, daemon=True)
        self.control, self.ledger, self.first = Control(path), Ledger(name), first
        self._tell, self._stop_asked = tell, threading.Event()

    def run(self) -> None:
        number = self.first
        while not self._stop_asked.is_set():
            self.ledger.asked = number
            if self._until_answered(number):
                number += 1

    def _until_answered(self, number: int) -> bool:
        """Send it until it is answered; False when told to stop before that."""
        while not self._stop_asked.is_set():
            try:
                self.ledger.answered[number] = self._tell(self, number)
                return True
            except StintdError as error:
                self.ledger.refused[error.code] = self.ledger.refused.get(error.code, 0) + 1
                if error.code not in LATER:
                    self.ledger.odd.append(f"{self.name} {number}: {error.message} ({error.hint})")
                    return True
            except OSError as error:
                self.ledger.refused[type(error).__name__] = self.ledger.refused.get(type(error).__name__, 0) + 1
            poll_until(self._can_try, f"{self.name}: the daemon answers again")
        return False

    def _can_try(self) -> bool:
        if self._stop_asked.is_set():
            return True
        try:
            self.control.get("/api/health")
        except (StintdError, OSError):
            return False
        return True

    def post(self, route: str, body: Any, key: str = "") -> Any:
        """POST with the key in the header, as the other clients of the API send it."""
        headers = [("Idempotency-Key", key)] if key else []
        answer = send(self.control.path, "POST", route, json.dumps(body).encode(), headers)
        try:
            raw = answer.read()
            if answer.status >= 400:
                raise from_wire(answer.status, json.loads(raw))
            return json.loads(raw)
        finally:
            answer.close()

    def halt(self) -> None:
        self._stop_asked.set()
        self.join(PATIENCE)
        assert not self.is_alive(), f"{self.name} hangs at {self.ledger.asked}"


def tell_entry(client: Client, number: int) -> str:
    """Past work, a minute for each number."""
    start = PAST + timedelta(minutes=number)
    body = {
        "projectName": PROJECTS[number % 3],
        "startTime": start.isoformat(),
        "durationMinutes": 1,
        "description": f"entry {number}",
        "autoCreate": True,
    }
    return str(client.post("/api/entries", body, f"entry-{number}")["id"])


def tell_heartbeats(client: Client, number: int) -> list[str]:
    """Three heartbeats: with an id of their own, and known by what they say."""
    texts = [f"beat {number} {part}" for part in range(3)]
    time = (PAST + timedelta(days=400, seconds=7 * number)).isoformat()
    beats = [
        {"project": "alpha", "entity": texts[0], "id": f"id-{number}", "time": time},
        {"project": "beta", "entity": texts[1], "time": time},
        {"project": "gamma", "entity": texts[2], "id": f"other-{number}"},
    ]
    answer = client.control.post("/api/heartbeats", beats)
    assert answer["accepted"] + answer["duplicates"] == 3, answer
    return texts


def tell_timer(client: Client, number: int) -> tuple[str, str]:
    """Start a timer of another project than the one before; every third time stop instead."""
    if number % 3 == 2:
        entry = client.control.post("/api/timer/stop", {})["entry"]
        return ("stopped", entry["id"] if entry else "")
    body = {
        "projectName": PROJECTS[number % 3],
        "description": f"timer {number}",
        "autoCreate": True,
        "idempotencyKey": f"timer-{number}",
    }
    return ("started", client.control.post("/api/timer/start", body)["timer"]["id"])


CLIENTS = {"entries": tell_entry, "heartbeats": tell_heartbeats, "timer": tell_timer}


def three_clients(path: str, first: int = 0) -> list[Client]:
    """One of each kind, not started."""
    return [Client(path, name, tell, first) for name, tell in CLIENTS.items()]
