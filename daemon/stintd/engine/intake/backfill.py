"""`stint backfill`: imports past hours from the git and agent logs on disk, one import at a time. Loop thread.

A process of its own reads agents' logs, and a thread reads git's. This module finds out where their acts belong, a few hundred
at a time so that nobody waits, and passes them to one step, which stores them or, for a preview, undoes everything it did.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from stintd.domain.model import BACKFILLED, AgentSignal, CheckoutFacts, Context, GitSignal, to_us
from stintd.engine.checkouts import Places
from stintd.engine.commands import backfill, entries
from stintd.engine.engine import Engine
from stintd.engine.intake.intake import Intake
from stintd.engine.period import period, zone_of
from stintd.engine.queries import evidence
from stintd.engine.step import Step
from stintd.errors import Conflict, Invalid
from stintd.ports import AgentLogActs, LogReader, Recall
from stintd.store import heartbeats
from stintd.store.ids import new_id

AT_ONCE = 500
LINKS_LIMIT = 2000
"""The most folders that are checked for symbolic links; further folders are used as the logs name them."""


RECENT_US = 90 * 86_400 * 1_000_000
"""How far back commits are read if no period is named: as long as git keeps a reflog."""
_COUNTS = ("repositories", "acts", "files", "lines", "unreadableLines")


class Backfill:
    """One per daemon. `progress` is `{files, bytes, file, read}` while logs or repositories are read, else None. `on_done` is
    called after each import, because an import leaves much memory behind that is never needed again."""

    def __init__(
        self, engine: Engine, intake: Intake, places: Places, reader: LogReader, recall: Recall, on_done: Callable[[], None]
    ) -> None:
        self._engine, self._intake, self._places, self._reader, self._recall = engine, intake, places, reader, recall
        self.progress: dict[str, int] | None = None
        self._on_done = on_done

    async def import_past(
        self, source: str, since: date | datetime | None, until: date | datetime | None, is_dry: bool, who: str
    ) -> dict[str, Any]:
        """Read what `source` (`git`, `agents`, `all`) knows about a period, and store it, or only show it if `is_dry`. Without a
        period: everything in agents' logs and reflogs, and the commits of the last 90 days."""
        if self.progress is not None:
            raise Conflict("an import of past hours is already running", "wait until it is done, then try again")
        self.progress = dict.fromkeys(("files", "bytes", "file", "read"), 0)
        try:
            now = self._engine.clock.now()
            span = period(since, until, zone_of(self._engine.policy.zone), now)
            bounds = span.lo_us if since is not None else None, min(span.hi_us, to_us(now))
            return await self._collect(source, bounds, is_dry, who)
        finally:
            self.progress = None
            self._on_done()

    async def undo(self, who: str) -> dict[str, Any]:
        """Undo the latest import."""

        def run(step: Step) -> dict[str, Any]:
            edit_id = backfill.find_last_edit(step)
            changed = entries.undo_edit(step, edit_id)
            return {"edit": evidence.edit(evidence.find_edit(step, edit_id)), "entries": len(changed)}

        return await self._engine.run(run, who)

    async def _collect(self, source: str, bounds: tuple[int | None, int], is_dry: bool, who: str) -> dict[str, Any]:
        batch = backfill.Import(new_id(self._engine.clock.now()), source, [])
        report: dict[str, Any] = {"source": source, "troubles": [], "unwanted": 0, **dict.fromkeys(_COUNTS, 0)}
        if source in ("git", "all"):
            await self._collect_git(batch, report, *bounds)
        if source in ("agents", "all"):
            await self._collect_agents(batch, report, *bounds)
        answer = await self._engine.run(lambda step: backfill.add(step, batch, is_dry), who)
        return {**report, **answer}

    async def _collect_git(self, batch: backfill.Import, report: dict[str, Any], lo_us: int | None, hi_us: int) -> None:
        """Add the git acts of every known repository to the batch."""
        by_repo: dict[str, list[CheckoutFacts]] = {}
        for checkout in sorted(self._places.checkouts(), key=lambda place: (place.facts.kind != "main", place.path)):
            by_repo.setdefault(checkout.facts.common_dir, []).append(checkout.facts)
        began_us = await self._engine.read(heartbeats.began_us)
        now_us = to_us(self._engine.clock.now())
        for number, checkouts in enumerate(by_repo.values()):
            self._show_progress({"files": len(by_repo), "file": number, "bytes": len(by_repo), "read": number})
            owner = frozenset(email.lower() for email in self._engine.policy.owner_emails)
            lo = now_us - RECENT_US if lo_us is None else lo_us
            past = await asyncio.to_thread(self._recall, checkouts, owner, lo, hi_us, now_us if began_us is None else began_us)
            self._place_git_acts(batch, report, past.acts)
            report["troubles"] += [{"path": checkouts[0].path, "why": why} for why in past.troubles]
            report["repositories"] += 1

    def _place_git_acts(self, batch: backfill.Import, report: dict[str, Any], acts: Sequence[GitSignal]) -> None:
        beats, refused = self._intake.past_git_beats(acts, BACKFILLED + batch.id)
        batch.beats.extend(beats)
        report["unwanted"] += refused
        report["acts"] += len(acts)
        for act in acts:
            checkout = self._places.checkout(act.checkout)
            if act.kind == "commit" and act.new and checkout is not None and not self._intake.is_excluded(act.checkout):
                batch.commits.append((checkout.repo, act))

    async def _collect_agents(self, batch: backfill.Import, report: dict[str, Any], lo_us: int | None, hi_us: int) -> None:
        """Add the acts in agents' session logs to the batch."""
        logs = await self._reader.read(lo_us or 0, hi_us, to_us(self._engine.clock.now()), self._show_progress)
        if logs.is_full:
            raise Invalid("the logs hold more than one import can take", "import a shorter period: --from and --to")
        report["unwanted"] += await self._place_agent_acts(batch, logs)
        report |= {"files": logs.files, "lines": logs.lines, "unreadableLines": logs.unreadable}
        report["troubles"] += logs.troubles

    def _show_progress(self, progress: dict[str, int]) -> None:
        if self.progress is not None:
            self.progress |= progress

    async def _place_agent_acts(self, batch: backfill.Import, logs: AgentLogActs) -> int:
        """Add the acts to the batch as heartbeats; returns how many may not be recorded."""
        real = await self._real_paths(logs.acts)
        contexts: dict[Context, Context] = {}  # nearly all are one of a few: ten times less memory
        unwanted = 0
        for start in range(0, len(logs.acts), AT_ONCE):
            beats, refused = self._intake.past_agent_beats(logs.acts[start : start + AT_ONCE], BACKFILLED + batch.id, real)
            batch.beats.extend(replace(beat, context=contexts.setdefault(beat.context, beat.context)) for beat in beats)
            unwanted += refused
            await asyncio.sleep(0)
        batch.agents.update({signal.beat.session or "": signal.agent for signal in logs.acts})
        return unwanted

    async def _real_paths(self, acts: list[AgentSignal]) -> Mapping[str, str]:
        """The real paths of those that lead through symbolic links, by the paths in the logs."""
        paths = {act.beat.path or "" for act in acts} | {act.folder for act in acts}
        folders = sorted(
            {os.path.dirname(path) for path in paths} | {path for path in paths if "." not in os.path.basename(path)}
        )
        real = await self._intake.links.follow(folders[:LINKS_LIMIT])
        return {path: self._real_path(path, real) for path in paths} if real else {}

    @staticmethod
    def _real_path(path: str, real: Mapping[str, str]) -> str:
        folder, name = os.path.split(path)
        return real.get(path) or (os.path.join(real[folder], name) if folder in real else path)
