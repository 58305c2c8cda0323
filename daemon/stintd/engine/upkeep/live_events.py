"""What the stream sends between commits: heartbeats as they come, work just noticed, warnings. None of it is in the change
log: a client that was disconnected asks for the status instead. Costs nothing while nobody listens; of a flood only the first
heartbeats are sent. Runs on the event loop's thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from sqlite3 import Connection
from typing import Any

from stintd.domain.model import Heartbeat, to_us
from stintd.engine import health, wire
from stintd.engine.engine import Engine
from stintd.engine.hub import LoggedEvent
from stintd.engine.intake.intake import ProvisionalTimer
from stintd.engine.queries.timers import timers
from stintd.engine.resolver import load_resolver
from stintd.engine.view import View
from stintd.errors import StintdError

DELAY = 0.1
"""Seconds for which heartbeats are gathered, so that saving many files costs one look at the database; by then the step that
gives a new place its project is usually over.
"""
FLOOD = 100
"""Most heartbeats sent from one gathering."""


class LiveEvents:
    """One per daemon; publishes to the engine's hub."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._beats: list[Heartbeat] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def note_heartbeats(self, beats: Sequence[Heartbeat]) -> None:
        """Note heartbeats that were admitted."""
        if not self._engine.hub.has_listeners:
            return
        if not self._beats:
            asyncio.get_running_loop().call_later(DELAY, self._publish_beats)
        self._beats.extend(beats[: FLOOD - len(self._beats)])

    def publish_provisional_timer(self, provisional: ProvisionalTimer) -> None:
        """Publish work that was noticed but not yet released by the noise rules, unless a timer shows it already."""

        def load_timers(conn: Connection) -> list[LoggedEvent]:
            engine = self._engine
            view = View(conn, engine.clock.now(), engine.policy, (), ((provisional.context, provisional.time),))
            return [LoggedEvent(0, "time_entry.started", timer) for timer in timers(view) if timer.get("provisional")]

        self._start_publishing(load_timers)

    def publish_warnings(self) -> None:
        """Publish all current warnings, because they changed."""
        if self._engine.hub.has_listeners:
            warnings = [health.warning_json(warning) for warning in self._engine.health.warnings()]
            self._engine.hub.publish([LoggedEvent(0, "health", {"warnings": warnings})])

    def _publish_beats(self) -> None:
        beats, self._beats = self._beats, []

        def load_beats(conn: Connection) -> list[LoggedEvent]:
            resolver = load_resolver(conn, self._engine.policy)
            return [LoggedEvent(0, "heartbeat", _beat_json(conn, beat, resolver.resolve(beat.context))) for beat in beats]

        self._start_publishing(load_beats)

    def _start_publishing(self, load: Callable[[Connection], list[LoggedEvent]]) -> None:
        """Query the database beside the writer, then publish the answer."""
        if self._engine.hub.has_listeners and not self._engine.is_stopping:
            task = asyncio.create_task(self._publish(load))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _publish(self, load: Callable[[Connection], list[LoggedEvent]]) -> None:
        with suppress(
            StintdError
        ):  # the database cannot be read: a warning says so already, and no client depends on these events
            self._engine.hub.publish(await self._engine.database.read(load))


def _beat_json(conn: Connection, beat: Heartbeat, assignment: Any) -> dict[str, Any]:
    return {**wire.beat(conn, to_us(beat.time), beat.entity, beat.context, assignment), "id": beat.id}
