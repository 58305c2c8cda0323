"""Sends copies of heartbeats to another time tracker's server: each at least once, in rounds, without delaying other work. A
cursor holds the instant up to which everything was sent. It moves on after a receiver has answered, and moves back when a
late heartbeat is stored, in the same transaction: then that stretch is sent again, and the receiver recognises what it has.
Nothing wakes up while nothing happens. All on the loop's thread.
"""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta
from sqlite3 import Connection
from typing import Any

from stintd.domain.emitting import OutgoingBeat, first_open_us
from stintd.domain.model import Heartbeat, to_us
from stintd.engine.delivery import emitted
from stintd.engine.delivery.retry import Retry, parse_retry_after
from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.engine.supervisor import Supervisor
from stintd.engine.view import View
from stintd.ports import Failure, HttpResponse
from stintd.store import cursors, heartbeats

PREFIX = "emit."
GATHER = 60.0
"""Seconds between the first heartbeat and the round that sends it: by then noise rules are applied and late hooks have come."""
REFUSED_TRIES = 5
"""Tries of a stretch that a receiver rejects as wrong; then it is skipped, because sending it again will not help."""
log = logging.getLogger(__name__)
Deliver = Callable[[Sequence[OutgoingBeat], int], Awaitable[HttpResponse | Failure | None]]
"""Sends heartbeats in order, with the current time; None if the receiver has them all, else what went wrong."""


class Emitter:
    """One receiver at `address`. `deliver` knows the format it takes."""

    def __init__(self, engine: Engine, name: str, address: str, deliver: Deliver, retry: Retry | None = None) -> None:
        self._engine, self._name, self._address, self._deliver = engine, name, address, deliver
        self._retry = retry or Retry(initial=timedelta(seconds=15), longest=timedelta(hours=1))
        self._wake = asyncio.Event()
        self._failures = 0
        self._earliest_us: float = math.inf  # the earliest heartbeat that came since this round began to read

    def note_admitted(self, beats: Sequence[Heartbeat]) -> None:
        """Note heartbeats that were accepted, late ones included. Called before the step that stores them is done."""
        earliest = min(to_us(beat.time) for beat in beats)
        self._earliest_us = min(self._earliest_us, earliest)
        self._engine.write(lambda step: _rewind_cursor(step, self._name, earliest), soon=False)
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; a new receiver gets heartbeats from now on."""
        now_us = to_us(self._engine.clock.now())
        await self._engine.run(lambda step: _start_cursor(step, self._name, self._address, now_us), "daemon")
        while True:
            left = "more"
            while left == "more":
                left = await self._send_stretch()
            await self._wait(is_open=left == "open")
            await self._engine.clock.sleep(GATHER)

    async def _wait(self, is_open: bool) -> None:
        """Wait until a heartbeat is accepted or, while a length is not known, until the silence after it is over."""
        clock, idle = self._engine.clock, self._engine.policy.idle_timeout.total_seconds()
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        waits += [asyncio.ensure_future(clock.sleep(idle))] if is_open else []
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _send_stretch(self) -> str:
        """Send a stretch; whether there is "more", or something still "open"."""
        self._wake.clear()
        self._earliest_us = math.inf
        now_us = to_us(self._engine.clock.now())
        beats, end_us, lo_us = await self._load_stretch(now_us)
        trouble = await self._deliver(beats, now_us) if beats else None
        if trouble is not None and not await self._wait_after_failure(trouble):
            return "more"
        self._note_success(trouble is None)
        idle_us = self._engine.policy.idle_timeout // timedelta(microseconds=1)
        open_us = first_open_us(beats, idle_us, now_us)
        done_us = end_us if open_us is None else min(end_us, open_us)
        if self._earliest_us < done_us:  # it lies in the stretch just sent, and the cursor was never beyond it: send it again
            return "more"
        if done_us > lo_us:
            self._engine.write(lambda step: _advance_cursor(step, self._name, lo_us, done_us), soon=False)
            await self._engine.run(lambda step: None, "daemon")
        return "more" if end_us < now_us else "open" if open_us is not None else ""

    async def _load_stretch(self, now_us: int) -> tuple[list[OutgoingBeat], int, int]:
        """What to send next, with the end and the start of that stretch."""
        engine = self._engine

        def read_stretch(conn: Connection) -> tuple[list[OutgoingBeat], int, int]:
            lo_us = int(cursors.get(conn, PREFIX + self._name) or now_us)
            return (*emitted.load_outgoing_beats(View(conn, engine.clock.now(), engine.policy), lo_us, now_us), lo_us)

        return await engine.read(read_stretch)

    async def _wait_after_failure(self, trouble: HttpResponse | Failure) -> bool:
        """Wait before the next try; True if this stretch is skipped instead."""
        self._failures += 1
        text = trouble.text if isinstance(trouble, Failure) else f"it answered {trouble.status}"
        if isinstance(trouble, HttpResponse) and trouble.status in (400, 413, 422) and self._failures >= REFUSED_TRIES:
            log.warning("heartbeats for %s are passed over: %s", self._name, text)
            return True
        self._engine.health.raise_warning(
            "emit_failed",
            f"heartbeats do not reach {self._name}: {text}",
            "check the [emit] settings; sending is retried automatically",
            subject=self._name,
        )
        now = self._engine.clock.now()
        retry_after = parse_retry_after(trouble.headers.get("retry-after"), now) if isinstance(trouble, HttpResponse) else None
        await self._engine.clock.sleep(self._retry.pause(self._failures, retry_after, random.random).total_seconds())
        return False

    def _note_success(self, is_taken: bool) -> None:
        self._failures = 0
        if is_taken:
            self._engine.health.clear("emit_failed", self._name)


class Emitters:
    """The receivers that the settings name now. `makers`: by name, how heartbeats are delivered to an address."""

    def __init__(
        self,
        engine: Engine,
        supervisor: Supervisor,
        makers: Mapping[str, Callable[[str], Deliver]],
        addresses: Callable[[], Mapping[str, str | None]],
        own: Callable[[], Collection[str]],
    ) -> None:
        """`addresses` says by name where the settings want copies sent, `own` where this daemon itself listens."""
        self._engine, self._supervisor, self._makers = engine, supervisor, makers
        self._addresses, self._own_addresses = addresses, own
        self._running: dict[str, tuple[str, Emitter, asyncio.Task[None]]] = {}

    def note_admitted(self, beats: Sequence[Heartbeat]) -> None:
        """Note heartbeats that were accepted."""
        for _, emitter, _ in self._running.values():
            emitter.note_admitted(beats)

    def apply_settings(self) -> None:
        """Send to the addresses of the settings and to no others; never to this daemon itself, which has everything."""
        addresses, own = self._addresses(), self._own_addresses()
        for name, make in self._makers.items():
            address = addresses.get(name)
            is_own = address is not None and "/".join(address.split("/")[:3]) in own
            address = None if is_own else address
            known = self._running.get(name)
            if known is not None and known[0] != address:
                known[2].cancel()
                del self._running[name]
            if address is None:
                self._engine.write(lambda step, gone=name: _drop_cursors(step, gone), soon=False)  # type: ignore[misc]
                self._engine.health.clear("emit_failed", name)
                if is_own:
                    text = f"emit.{name} names stintd itself"
                    self._engine.health.raise_warning("emit_failed", text, "name the other server", subject=name)
            elif name not in self._running:
                emitter = Emitter(self._engine, name, address, make(address))
                self._running[name] = (address, emitter, self._supervisor.start(f"emit {name}", emitter.run))


def _drop_cursors(step: Step, name: str) -> None:
    """Stop sending to a receiver; if it is set again, sending begins from that moment."""
    for ending in ("", ".from", ".to"):
        cursors.drop(step.conn, PREFIX + name + ending)


def _start_cursor(step: Step, name: str, address: str, us: int) -> None:
    """Send nothing from before the receiver was set."""
    if cursors.get(step.conn, PREFIX + name + ".to") != address:
        cursors.put(step.conn, {PREFIX + name: str(us), PREFIX + name + ".from": str(us), PREFIX + name + ".to": address})


def _rewind_cursor(step: Step, name: str, us: int) -> None:
    """Move the cursor back for a heartbeat from before what was sent. Everything from the silence before it on is sent again,
    because it may end or divide an event that began long before. The cursor never moves to before the receiver was set.
    """
    cursor, first_cursor = cursors.get(step.conn, PREFIX + name), cursors.get(step.conn, PREFIX + name + ".from")
    if cursor is not None and us < int(cursor):
        idle_us = step.policy.idle_timeout // timedelta(microseconds=1)
        first_us = min(us, heartbeats.island(step.conn, us, us, idle_us)[0])
        cursors.put(step.conn, {PREFIX + name: str(max(first_us, int(first_cursor or us)))})


def _advance_cursor(step: Step, name: str, from_us: int, us: int) -> None:
    """Move the cursor forward to here, unless a late heartbeat came meanwhile."""
    if cursors.get(step.conn, PREFIX + name) == str(from_us):
        cursors.put(step.conn, {PREFIX + name: str(us)})
