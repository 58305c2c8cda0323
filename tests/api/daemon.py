"""A daemon as the surface sees it: real engine, database and journal on disk, a real Unix socket, an injected clock."""

import asyncio
import json
import os
import socket
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp

from stintd import settings
from stintd.api.guard import Guard
from stintd.api.routes import TABLE
from stintd.api.server import Surface
from stintd.domain.model import BeatSignal
from stintd.domain.noise.filter import NoiseFilter
from stintd.domain.policy import Policy
from stintd.engine import checkout_rows
from stintd.engine.apikeys import ApiKeys, holders
from stintd.engine.checkouts import Places
from stintd.engine.delivery.connect import Book, Connecting
from stintd.engine.delivery.credentials import TargetKeys
from stintd.engine.delivery.targetlane import LaneTools
from stintd.engine.delivery.targets import Targets
from stintd.engine.delivery.webhook_secrets import HookSecrets
from stintd.engine.delivery.webhooklane import Tools
from stintd.engine.delivery.webhooks import Pusher
from stintd.engine.engine import Engine
from stintd.engine.health import Health
from stintd.engine.hub import Hub
from stintd.engine.intake.backfill import Backfill
from stintd.engine.intake.intake import Gate
from stintd.engine.intake.recording import Recording
from stintd.engine.sheet_state import SheetState
from stintd.engine.supervisor import Supervisor
from stintd.engine.upkeep.backups import Backups
from stintd.engine.upkeep.buckets import Buckets, kept
from stintd.engine.upkeep.calendars import Calendars, CalendarSettings
from stintd.engine.upkeep.doctor import Doctor, Watches
from stintd.engine.upkeep.purge import Purge
from stintd.engine.useragents import UserAgents
from stintd.ports import Login
from stintd.secret import SecretFolder
from stintd.sinks.registry import KINDS
from stintd.sources import calendars
from stintd.sources.history import recall
from stintd.sources.logreader import AgentLogReader
from stintd.store import cursors, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from tests.api import contract
from tests.support import PATIENCE
from tests.support.clock import FakeClock
from tests.support.receivers import Receivers


class Daemon:
    """What `api.control.Daemon` asks for, without sources."""

    version = "test"
    is_ready = True

    def __init__(self, folder: Path, clock: FakeClock | None = None, policy: Policy | None = None) -> None:
        self.folder, self.clock, self.policy = folder, clock or FakeClock(), policy or Policy()
        self.more: list[socket.socket] = []
        self.port: int | None = None
        self.billing: Any = None

    async def start(self) -> None:
        clock, policy = self.clock, self.policy
        self.database = Database(str(self.folder / "stintd.db"), clock, str(self.folder / "backups"))
        self.database.open()
        user, self.device, workspace = self.database.write_now(lambda conn: cursors.ensure_identity(conn, clock.now()))
        self.places = Places()
        self.places.roots = ("/code",)
        state = SheetState(policy.zone, user, self.device, workspace)
        journal = Journal(str(self.folder / "journal"))
        self.engine = Engine(self.database, journal, clock, policy, Health(clock.now), Hub(), state)
        self.database.read_now(lambda conn: checkout_rows.load(conn, self.places))
        known = lambda beats: self.database.read_now(lambda conn: heartbeats.are_known(conn, beats))  # noqa: E731
        self.gate = Gate(self.engine, self.places, NoiseFilter(policy), clock, self.device, known)
        self.recorder = Recording(self.engine, clock, self.device)
        self.gate.is_off = self.recorder.is_off
        self.backfill = Backfill(self.engine, self.gate, self.places, AgentLogReader({"HOME": str(self.folder / "home")}), recall)
        await self.engine.start()
        self.supervisor, self.carrier = Supervisor(clock, self.engine.health), Receivers()
        self.backups = Backups(self.engine, clock, self.supervisor, timedelta(), 7)
        self.purge = Purge(self.engine, self.backups, str(self.folder / "log"), str(self.folder / "spool" / "bad"),
                           str(self.folder / "calendars"))  # fmt: skip
        self.secrets = HookSecrets(SecretFolder(str(self.folder / "secrets")))
        self.pusher = Pusher(Tools(self.engine, self.secrets, self.carrier, chance=lambda: 0.5), self.supervisor)
        await self.pusher.start()
        self.chosen_calendars = CalendarSettings()
        folder = str(self.folder / "calendars")
        self.calendars = Calendars(self.engine, self.carrier, calendars.read, folder, lambda: self.chosen_calendars)
        self._connect()
        self.apikeys = ApiKeys(clock, self.engine.read, partial(self.engine.write, soon=False))
        self.apikeys.load(self.database.read_now(holders))
        self.useragents = UserAgents(clock, partial(self.engine.write, soon=False))
        self.aside = []
        self.buckets = Buckets(self.engine, self.database.read_now(kept))
        self.surface = Surface(self, TABLE)
        self.path = str(self.folder / "s")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        await self.surface.listen(self.listener)

    def _connect(self) -> None:
        """Billing systems, kept in a dict instead of the settings."""
        self.tables: dict[str, Any] = {}

        def make(target: Any, secret: str) -> Any:
            login = Login(target.base_url, secret, target.options, self.engine.policy.zone)
            return KINDS[target.kind].make(self.billing or self.carrier, self.clock, login)

        def keep(name: str, table: dict[str, Any] | None) -> None:
            self.tables = {**{one: kept for one, kept in self.tables.items() if one != name}, **({name: table} if table else {})}

        async def reload() -> None:
            await self.connecting.take_over()

        keys = TargetKeys(SecretFolder(str(self.folder / "secrets")), {"KEY": "k-secret"})
        targets = Targets(LaneTools(self.engine, keys, make, lambda: 0.5), self.supervisor)
        self.connecting = Connecting(targets, KINDS, Book(lambda: self.tables, settings.read_target, keep, reload))
        self.doctor = Doctor(
            self.engine, targets.tools, lambda: Watches(1, 100, 400), lambda: self.policy.zone, lambda: targets.planned
        )
        webhooks = self.engine.on_outgoing
        self.engine.on_outgoing = lambda names: (webhooks(names), targets.changed(names))

    async def open_loopback(self) -> int:
        """Listen on a loopback port as well; the port."""
        channel = socket.socket()
        channel.bind(("127.0.0.1", 0))
        self.more.append(channel)
        port = int(channel.getsockname()[1])
        await self.surface.listen(channel, Guard(port), needs_key=True)
        self.port = port
        return port

    async def stop(self) -> None:
        await self.pusher.stop()
        await self.connecting.targets.stop()
        await self.supervisor.stop()
        await self.surface.close()
        for channel in self.more:
            channel.close()
        self.recorder.stop()
        await self.engine.stop()
        self.database.close()
        self.listener.close()
        os.unlink(self.path)

    def beat(self, signals: list[BeatSignal]) -> tuple[int, int, list[tuple[int, str]]]:
        return self.gate.beat(signals)

    def set_aside(self, name: str, text: bytes, why: str) -> None:
        self.aside.append((name, text, why))

    def sources(self) -> list[dict[str, Any]]:
        return []

    def checkouts(self) -> dict[str, dict[str, Any]]:
        return {}

    def roots(self) -> list[dict[str, Any]]:
        return [{"path": path, "state": "watched", "repos": 0, "origin": "default"} for path in self.places.roots]

    async def add_root(self, path: str) -> dict[str, Any]:
        self.places.roots = (*self.places.roots, path)
        return self.roots()[-1]

    async def remove_root(self, path: str) -> dict[str, Any]:
        self.places.roots = tuple(root for root in self.places.roots if root != path)
        return {"path": path}

    def url(self) -> str | None:
        return None if self.port is None else f"http://127.0.0.1:{self.port}"

    def recording(self) -> dict[str, Any]:
        return self.recorder.shape()

    async def set_recording(self, is_on: bool, minutes: float | None) -> dict[str, Any]:
        await (self.recorder.switch_on() if is_on else self.recorder.switch_off(minutes))
        return self.recorder.shape()

    def settings(self) -> dict[str, Any]:
        return settings.nested(settings.load(dict(os.environ), self.policy.zone))

    async def change_settings(self, changes: dict[str, Any]) -> dict[str, Any]:
        settings.change_nested(changes)
        return self.settings()

    def set_policy(self, **values: Any) -> None:
        self.engine.policy = replace(self.engine.policy, **values)


@dataclass
class Answer:
    """Status, headers and parsed body."""

    status: int
    headers: Any
    body: Any


class Client:
    """Asks over the socket, and holds every answer against the schema of its route."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(daemon.path))

    async def close(self) -> None:
        await self._session.close()

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        heads = {"Content-Type": "application/json"} if data is not None else {}
        async with self._session.request(method, f"http://localhost{path}", data=data, headers=heads | (headers or {})) as r:
            raw = await r.read()
            is_json = r.headers["Content-Type"].startswith("application/json")
            found = json.loads(raw) if raw and is_json else raw.decode() if raw else None
            contract.check(self.daemon.surface.table, method, path, r.status, r.headers["Content-Type"], found)
            return Answer(r.status, r.headers, found)

    async def get(self, path: str, **query: Any) -> Any:
        """The body of a GET that must succeed."""
        pairs = "&".join(f"{name.rstrip('_')}={value}" for name, value in query.items())
        answer = await self.ask("GET", path + ("?" + pairs if pairs else ""))
        assert answer.status == 200, answer.body
        return answer.body

    async def post(self, path: str, body: Any = None, status: int | None = None) -> Any:
        """The body of a POST that must succeed."""
        answer = await self.ask("POST", path, {} if body is None else body)
        assert answer.status == status if status else answer.status < 300, answer.body
        return answer.body


async def raw(path: str, text: bytes, seconds: float = PATIENCE, half_close: bool = False) -> bytes:
    """Send bytes, read until the daemon closes or is silent for a while."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(text)
    if half_close:
        writer.write_eof()
    found = b""
    try:
        async with asyncio.timeout(seconds):
            while part := await reader.read(65536):
                found += part
                if b"\r\n\r\n" in found and b"Connection: close" not in found:
                    break
    except (TimeoutError, ConnectionError):
        pass
    writer.close()
    return found
