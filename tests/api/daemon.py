"""A daemon as its clients see it: the parts are built as the daemon builds them, with an injected clock and without sources, on a
real database and journal and a real Unix socket.
"""

import asyncio
import json
import os
import socket
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp

from stintd import settings
from stintd.app import compose
from stintd.app.parts import SourceAccess
from stintd.domain.model import CheckoutFacts, CheckoutSignal
from stintd.domain.policy import Policy
from stintd.engine.delivery.connect import TargetSettings
from stintd.engine.upkeep.calendars import CalendarSettings
from stintd.engine.upkeep.doctor import Watches
from tests.api import contract
from tests.support.clock import FakeClock
from tests.support.engine import layout_of, settings_of
from tests.support.receivers import Receivers


class Daemon:
    """The parts of a daemon but its sources. Billing systems are kept in `tables` instead of the settings and are asked through
    `billing`, calendars are those of `chosen_calendars`."""

    def __init__(self, folder: Path, clock: FakeClock | None = None, policy: Policy | None = None) -> None:
        self.folder, self.clock, self.policy = folder, clock or FakeClock(), policy or Policy()
        self.billing: Any = None
        self.carrier = Receivers()
        self.chosen_calendars = CalendarSettings()
        self.tables: dict[str, Any] = {}
        self.aside: list[tuple[str, bytes, str]] = []
        self.port: int | None = None

    async def start(self) -> None:
        chosen = settings_of(self.policy, folders=("/code",))
        environment = {"HOME": str(self.folder / "home"), "KEY": "k-secret"}
        core = compose.core(chosen, layout_of(self.folder), self.clock, environment, self._settings)
        delivery = compose.delivery(
            core,
            self.carrier,
            lambda: (),
            TargetSettings(lambda: self.tables, settings.read_target, self._keep_target, self._take_over),
            billing=lambda: self.billing or self.carrier,
            chance=lambda: 0.5,
        )
        upkeep = compose.upkeep(
            core, delivery, lambda: Watches(1, 100, 400), lambda: (), lambda: self.policy.zone, lambda: self.chosen_calendars
        )
        noticed = SourceAccess(lambda: (), lambda name, text, why: self.aside.append((name, text, why)))
        ports = compose.ports(core, delivery, upkeep, noticed)
        self.core, self.delivery, self.upkeep, self.http = core, delivery, upkeep, ports.http
        self.facade, self.surface, self.loopback = ports.facade, ports.surface, ports.loopback
        self.engine, self.intake, self.places, self.database = core.engine, core.intake, core.places, core.database
        self.device, self.supervisor = core.device, core.supervisor
        self.pusher, self.secrets, self.connecting = delivery.pusher, delivery.hook_secrets, delivery.connecting
        self.apikeys = upkeep.apikeys
        core.is_ready.set()
        await core.engine.start()
        await delivery.pusher.start()
        self.path = str(self.folder / "s")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        await self.http.listen(self.listener)

    def _settings(self, before: settings.Settings) -> settings.Settings:
        """What the files of the test's home say, but the policy, which is the test's own."""
        chosen = settings.load(dict(os.environ), self.policy.zone)
        return replace(chosen, policy=self.engine.policy, folders=("/code", *chosen.folders))

    def _keep_target(self, name: str, table: dict[str, Any] | None) -> None:
        self.tables.pop(name, None)
        if table:
            self.tables[name] = table

    async def _take_over(self) -> None:
        await self.connecting.apply_settings()

    def set_settings(self, **values: Any) -> None:
        """These are in force from now on, for those who ask each time."""
        self.core.live.value = replace(self.core.live.value, **values)

    def set_policy(self, **values: Any) -> None:
        self.engine.set_policy(replace(self.engine.policy, **values))

    async def open_loopback(self) -> int:
        """Listen on a loopback port as well; the port."""
        await self.loopback.open(0)
        self.port = int((self.loopback.url or "").rpartition(":")[2])
        return self.port

    def find_repository(self, path: str) -> None:
        """Make a repository known, as the tracker does that finds it."""
        facts = CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", f"root:{path}", branch="main", head="a" * 40)
        self.intake.tell(CheckoutSignal(self.clock.now(), facts))

    async def stop(self) -> None:
        await self.pusher.stop()
        await self.connecting.targets.stop()
        await self.supervisor.stop()
        await self.http.close()
        self.loopback.close()
        self.core.recording.stop()
        await self.engine.stop()
        self.database.close()
        self.listener.close()
        os.unlink(self.path)


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
            contract.check(self.daemon.http.table, method, path, r.status, r.headers["Content-Type"], found)
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


async def raw(path: str, text: bytes, seconds: float = 2.0, half_close: bool = False) -> bytes:
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
