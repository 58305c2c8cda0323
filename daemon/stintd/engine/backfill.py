"""`stint backfill`: reading what was left on disk before anybody listened, one import at a time. Loop thread.

The reading is done by a process of its own; here its acts are placed, a few hundred at a time so that nobody waits, and
handed to one step, which stores them or, for a preview, undoes all it did.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from stintd.domain.model import BACKFILLED, AgentSignal, Context, Heartbeat, to_us
from stintd.engine import intake
from stintd.engine.commands import entries, recollection
from stintd.engine.engine import Engine
from stintd.engine.gate import Gate
from stintd.engine.period import period, zone_of
from stintd.engine.places import Places
from stintd.engine.queries import evidence
from stintd.engine.step import Step
from stintd.errors import Conflict, Invalid
from stintd.ports import Logged, LogReader
from stintd.store.ids import new_id

AT_ONCE = 500
LINKS_LIMIT = 2000
"""Folders that are looked at for symbolic links: more are taken as the logs name them."""


class Backfill:
    """One a daemon. `progress` is `{files, bytes, file, read}` while logs are read, None while nothing is. `on_done` is called
    after each: it leaves much behind that is never needed again."""

    def __init__(self, engine: Engine, gate: Gate, places: Places, reader: LogReader) -> None:
        self._engine, self._gate, self._places, self._reader = engine, gate, places, reader
        self.progress: dict[str, int] | None = None
        self.on_done: Callable[[], None] = lambda: None

    async def agents(
        self, since: date | datetime | None, until: date | datetime | None, is_dry: bool, who: str
    ) -> dict[str, Any]:  # fmt: skip
        """Read agents' session logs of a period (without one: all there are), and store or show what they tell."""
        if self.progress is not None:
            raise Conflict("a backfill is under way", "wait for its end: `stint backfill` shows how far it is")
        self.progress = {"files": 0, "bytes": 0, "file": 0, "read": 0}
        try:
            return await self._agents(since, until, is_dry, who)
        finally:
            self.progress = None
            self.on_done()

    async def undo(self, who: str) -> dict[str, Any]:
        """Take the latest import back."""

        def run(step: Step) -> dict[str, Any]:
            edit_id = recollection.last(step)
            changed = entries.take_back(step, edit_id)
            return {"edit": evidence.edit(evidence.edit_row(step, edit_id)), "entries": len(changed)}

        return await self._engine.run(run, who)

    async def _agents(
        self, since: date | datetime | None, until: date | datetime | None, is_dry: bool, who: str
    ) -> dict[str, Any]:  # fmt: skip
        now = self._engine.clock.now()
        span = period(since, until, zone_of(self._engine.policy.zone), now)
        logged = await self._reader.read(
            span.lo_us if since is not None else 0, min(span.hi_us, to_us(now)), to_us(now), self._told
        )
        if logged.is_full:
            raise Invalid("the logs hold more than one import takes", "import a shorter period: --from and --to")
        found, unwanted = await self._placed(logged, new_id(now))
        told = {
            "source": found.source, "files": logged.files, "lines": logged.lines, "unreadableLines": logged.unreadable,
            "troubles": logged.troubles, "unwanted": unwanted,
        }  # fmt: skip
        answer: dict[str, Any] = await self._engine.run(lambda step: recollection.add(step, found, is_dry), who)
        return {**told, **answer}

    def _told(self, progress: dict[str, int]) -> None:
        if self.progress is not None:
            self.progress |= progress

    async def _placed(self, logged: Logged, batch: str) -> tuple[recollection.Import, int]:
        """The acts as heartbeats, and how many may not be kept."""
        real = await self._without_links(logged.acts)
        beats: list[Heartbeat] = []
        contexts: dict[Context, Context] = {}  # nearly all are one of a few: ten times less memory
        unwanted = 0
        for start in range(0, len(logged.acts), AT_ONCE):
            kept, refused = self._gate.recollect(logged.acts[start : start + AT_ONCE], BACKFILLED + batch, real)
            beats += (replace(beat, context=contexts.setdefault(beat.context, beat.context)) for beat in kept)
            unwanted += refused
            await asyncio.sleep(0)
        agents = {signal.beat.session or "": signal.agent for signal in logged.acts}
        return recollection.Import(batch, "agents", beats, agents), unwanted

    async def _without_links(self, acts: list[AgentSignal]) -> Mapping[str, str]:
        """Paths that lead through links, by how the logs name them."""
        paths = {act.beat.path or "" for act in acts} | {act.folder for act in acts}
        folders = sorted(
            {os.path.dirname(path) for path in paths} | {path for path in paths if "." not in os.path.basename(path)}
        )
        real = await intake.without_links(self._places, folders[:LINKS_LIMIT])
        return {path: self._followed(path, real) for path in paths} if real else {}

    @staticmethod
    def _followed(path: str, real: Mapping[str, str]) -> str:
        folder, name = os.path.split(path)
        return real.get(path) or (os.path.join(real[folder], name) if folder in real else path)
