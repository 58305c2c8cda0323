"""Takes in signals: finds where each belongs, applies the noise rules, and produces heartbeats, rows and warnings.

Runs on the event loop's thread and never blocks. When a call returns, heartbeats are in the journal. Rows follow in the
engine's next step, in one transaction with the cursors of their sources.
"""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import cast

from stintd.domain import privacy
from stintd.domain.kinds import BeatKind
from stintd.domain.mapping.projectfile import FILE_NAMES
from stintd.domain.model import (
    AbsenceSignal,
    Actor,
    AgentSignal,
    BeatSignal,
    BlindSignal,
    CheckoutFacts,
    CheckoutSignal,
    Context,
    FileSignal,
    GitSignal,
    Heartbeat,
    LockSignal,
    ProcessSignal,
    RepoId,
    RescanSignal,
    ScreenSignal,
    Signal,
    TroubleSignal,
)
from stintd.domain.noise.filename import is_excluded
from stintd.domain.noise.filter import BeatDraft, NoiseFilter
from stintd.engine.checkouts import Checkout, Place, Places
from stintd.engine.engine import Engine
from stintd.engine.intake import normalise
from stintd.engine.intake.agentsessions import AgentSessions
from stintd.engine.intake.branches import Branches
from stintd.engine.intake.repositories import Repositories
from stintd.engine.listeners import Listeners
from stintd.engine.sheet import checkout_rows
from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.store import absences, cursors
from stintd.store.ids import content_id

RECHECK = 0.25
"""Seconds between checks whether held acts were released; acts are held for two seconds."""


@frozen
class ProvisionalTimer:
    """Work that the noise rules have not released yet: shown as a provisional timer, and stored nowhere."""

    context: Context
    time: datetime


class Intake:
    """One per daemon. `are_known` says for each heartbeat whether it is stored; `is_off`, whether recording was off at an
    instant; `on_screen` takes the signals of the screen lock. All three are required: without one of them stintd would record
    what it must not, or record it twice. The `on_…` listeners are called on this thread."""

    def __init__(
        self,
        engine: Engine,
        places: Places,
        noise: NoiseFilter,
        agents: AgentSessions,
        device: str,
        repositories: Repositories,
        *,
        are_known: Callable[[Sequence[Heartbeat]], list[bool]],
        is_off: Callable[[datetime], bool],
        on_screen: Callable[[ScreenSignal], None],
    ) -> None:
        self.agents, self.links = agents, normalise.Links(places)
        self._engine, self._places, self._noise, self._device = engine, places, noise, device
        self._clock = engine.clock
        self._repositories = repositories
        self._are_known, self._is_off, self._on_screen = are_known, is_off, on_screen
        self._branches = Branches()
        self._read_to: dict[str, str] = {}
        self._release_task: asyncio.Task[None] | None = None
        self._wakes_at = self._clock.now()
        self.provisional_timers: dict[str, ProvisionalTimer] = {}
        self.last_at: dict[str, datetime] = {}
        self.on_rescan = Listeners[[str | None]]()
        self.on_provisional_timer = Listeners[[ProvisionalTimer]]()
        self.on_work = Listeners[[str]]()
        self.on_checkout = Listeners[[CheckoutFacts, str]]()

    def tell(self, signal: Signal) -> None:
        """Take one signal of a source."""
        self.take([signal], {})

    def take(self, signals: Sequence[Signal], read_to: Mapping[str, str]) -> None:
        """Take signals in order, and the cursors to store together with their results."""
        beats: list[Heartbeat] = []
        here = [signal.facts for signal in signals if isinstance(signal, CheckoutSignal) and not signal.is_gone]
        repos = self._repositories.assign(here, self._clock.now()) if here else {}
        for signal in signals:
            if isinstance(signal, CheckoutSignal):
                self._note_checkout(signal, None if signal.is_gone else repos[signal.facts.path])
            else:
                beats += self._take_signal(signal)
        self._admit(beats)
        self._read_to.update((name, at) for name, at in read_to.items() if not self.is_excluded(name.partition(":")[2]))
        self._keep_cursors()
        self._schedule_release()

    def exclude(self, patterns: Sequence[str]) -> None:
        """Record nothing of these folders and files (absolute patterns)."""
        self._noise.exclude = tuple(patterns)

    def is_excluded(self, path: str) -> bool:
        """Whether nothing that happens there is recorded."""
        return bool(self._noise.exclude) and is_excluded(path, self._noise.exclude)

    async def wait_until_settled(self) -> None:
        """Wait until everything taken so far is stored, including what the noise rules hold."""
        while self._noise.is_holding_acts():
            await self._clock.sleep(RECHECK)
        await self._engine.run(lambda step: None, "daemon")

    def _keep_cursors(self) -> None:
        """Store how far sources were read, but not while one of their acts is held, because a crash would then skip that act."""
        if self._read_to and not self._noise.is_holding_acts():
            read_to, self._read_to = self._read_to, {}
            self._engine.write(lambda step: cursors.put(step.conn, read_to))

    def certain_until(self) -> datetime:
        """The instant before which everything reported is in the journal or known to be noise; what is held came later."""
        return min((draft.time for draft in self._noise.provisional_drafts()), default=self._clock.now())

    def take_beats(self, signals: Sequence[BeatSignal], is_timed: bool = True) -> tuple[int, int, list[tuple[int, str]]]:
        """Take heartbeats that an API client reports. Returns how many are new, how many were known, and which were refused, by
        index, with the reason."""
        now, beats, refused = self._clock.now(), [], []
        for index, signal in enumerate(signals):
            try:
                beats.append(self._heartbeat_of(signal, self._locate(signal), now, is_timed))
            except Invalid as error:
                refused.append((index, f"{error.message}: {error.hint}" if error.hint else error.message))
        allowed = [self._hide_names(beat) for beat in beats if not self._is_unwanted(beat)]
        new_beats = self._drop_known(allowed)
        self._engine.admit(new_beats)
        return len(new_beats), len(allowed) - len(new_beats), refused

    def _is_unwanted(self, beat: Heartbeat) -> bool:
        """Whether recording was off then, or the owner excluded the place."""
        if self._is_off(beat.time):
            return True
        place = beat.context.repo_path or beat.context.folder
        return bool(place) and self.is_excluded(f"{place}/{beat.entity}")

    def past_agent_beats(
        self, signals: Sequence[AgentSignal], batch: str, real: Mapping[str, str]
    ) -> tuple[list[Heartbeat], int]:
        """The heartbeats of imported acts, for the import `batch`; this stores none of them. Also how many may not be recorded:
        the owner had excluded the place, recording was off, or they are not acts. `real`: paths without links."""
        beats: list[Heartbeat] = []
        now, limit = self._clock.now(), self._engine.policy.max_future
        for signal in signals:
            path = signal.beat.path or ""
            session = self.agents.first_id(signal.beat.session)
            report = replace(signal.beat, client=batch, path=real.get(path, path), session=session)
            report, place = self._locate_in_session(report, real.get(signal.folder, signal.folder))
            if place is not None:
                report = self._add_branch(report, place)
            try:
                beat = normalise.heartbeat(report, place, self._device, now, limit)
            except Invalid:
                continue
            if not self._is_unwanted(beat):
                beats.append(self._hide_names(beat))
        return beats, len(signals) - len(beats)

    def past_git_beats(self, signals: Sequence[GitSignal], batch: str) -> tuple[list[Heartbeat], int]:
        """The same for git acts. They get the ids that they would have if they had been noticed live."""
        beats: list[Heartbeat] = []
        for signal in signals:
            actor: Actor = "agent" if signal.witness == "agent" else "human"
            kind = cast("BeatKind", signal.kind)  # a reset never comes here
            draft = BeatDraft(signal.time, signal.checkout, kind, "git", actor, signal.witness, signal.new, signal.branch)
            live = replace(self._draft_context(draft), branch=signal.branch)
            is_commit = signal.kind == "commit" and bool(signal.new)
            identity = f"git:commit:{signal.new}" if is_commit else content_id(signal.time, live, signal.new)
            beat = Heartbeat(identity, signal.time, replace(live, source_text=batch), signal.new)
            if not self._is_unwanted(beat):
                beats.append(self._hide_names(beat))
        return beats, len(signals) - len(beats)

    def _hide_names(self, beat: Heartbeat) -> Heartbeat:
        """The heartbeat without the names that the owner hides."""
        return privacy.heartbeat(beat, self._engine.policy, self._device)

    def hide_branch(self, place: Context) -> Context:
        """The context without the branch name, if the owner hides it."""
        return replace(place, branch=privacy.branch(place.branch, self._engine.policy, self._device))

    def has_activity_since(self, since: datetime) -> bool:
        """Whether an editor or a shell has reported a person's activity on this machine since then."""
        return any(self.last_at[name] >= since for name in ("editor", "shell") if name in self.last_at)

    def stop(self) -> None:
        """Release what the noise rules still hold, because it happened before the daemon stopped."""
        if self._release_task is not None:
            self._release_task.cancel()
        self._admit(self._heartbeats_of(self._noise.release(self._clock.now() + timedelta(minutes=1)).heartbeats))
        self._keep_cursors()

    # ------------------------------------------------------------------ one signal

    def _take_signal(self, signal: Signal) -> list[Heartbeat]:
        match signal:
            case FileSignal() | GitSignal() | LockSignal() | ProcessSignal():
                return self._take_filtered(signal)
            case BeatSignal():
                beat = self._heartbeat_of(signal, self._locate(signal), self._clock.now())
                return [] if self._is_unwanted(beat) else [self._hide_names(beat)]
            case AgentSignal():
                return self._take_agent(signal)
            case AbsenceSignal():
                self._engine.write(lambda step: checkout_rows.add_absence(step, signal.absence))
            case ScreenSignal():
                self._on_screen(signal)
            case BlindSignal():
                self._engine.write(lambda s: absences.add_blind(s.conn, signal.start, signal.end, signal.reason))
            case RescanSignal():
                self.on_rescan.tell(signal.checkout)
            case TroubleSignal():
                self._report_trouble(signal)
        return []

    def _heartbeat_of(self, signal: BeatSignal, place: Place | None, now: datetime, is_timed: bool = True) -> Heartbeat:
        """The heartbeat of what a sender reports; `invalid` when it cannot be one. `place`: where its path lies."""
        if place is not None:
            self.on_work.tell(signal.path or "")
            self._note_edit(signal, place)
            signal = self._add_branch(signal, place)
        self.last_at[signal.source] = now
        return normalise.heartbeat(signal, place, self._device, now, self._engine.policy.max_future, is_timed)

    def _locate(self, signal: BeatSignal) -> Place | None:
        """Where its path lies. Called once for each heartbeat; what follows receives the place."""
        return self._places.locate(signal.path) if signal.path else None

    def _take_agent(self, signal: AgentSignal) -> list[Heartbeat]:
        """An act in an agent's session. Its process need not be watched, because its hooks report when it works."""
        report, place = self._locate_in_session(self.agents.take(signal), signal.folder)
        beat = self._heartbeat_of(report, place, self._clock.now())
        if self._is_unwanted(beat):
            return []
        beat = self._hide_names(beat)
        self.agents.note(signal, report, beat.context)
        return [beat]

    def _locate_in_session(self, report: BeatSignal, folder: str) -> tuple[BeatSignal, Place | None]:
        """The report and the place it belongs to. A file in no known repository and below no root belongs to the folder that the
        session works in; otherwise each folder of an unwatched repository would become a project."""
        path, place = report.path or "", self._locate(report)
        is_inside = bool(folder) and path.startswith(folder.rstrip("/") + "/")
        if not is_inside or (place is not None and place.checkout is not None) or self._places.is_below_root(path):
            return report, place
        return replace(report, path=folder, entity=report.entity or path), self._places.locate(folder)

    def _add_branch(self, signal: BeatSignal, place: Place) -> BeatSignal:
        """The signal with the branch that was checked out at its time, if its sender named none: the signal may come late."""
        checkout = place.checkout
        if signal.branch or signal.source == "browser" or checkout is None or place.is_of_another:
            return signal
        return replace(signal, branch=self._branches.branch_at(checkout.path, signal.time, checkout.branch))

    def _note_edit(self, signal: BeatSignal, place: Place) -> None:
        """Tell the noise filter that an editor wrote this file, whatever it looks like to the watcher."""
        if signal.source != "editor" or signal.kind != "edit" or not place.entity:
            return
        if place.checkout is not None:
            self._noise.note_editor(place.checkout.path, place.entity, signal.time)
        elif place.folder is not None and self._places.is_plain(place.folder):
            self._noise.note_editor(place.folder, place.entity, signal.time)

    def _note_project_file(self, signal: FileSignal) -> None:
        """Read a project file that changed: what it says now also holds for the past."""
        if os.path.basename(signal.path) in FILE_NAMES:
            checkout = self._places.checkout(signal.checkout)
            if checkout is not None:
                self.on_checkout.tell(checkout.facts, os.path.dirname(os.path.join(signal.checkout, signal.path)))

    def _take_filtered(self, signal: FileSignal | GitSignal | LockSignal | ProcessSignal) -> list[Heartbeat]:
        now = self._clock.now()
        if isinstance(signal, GitSignal):
            self.last_at["git"] = now
            self._keep_commit(signal)
            if signal.origin == "reflog":
                self._branches.note_act(signal.checkout, signal.time, signal.branch)
        elif isinstance(signal, LockSignal) and signal.is_held:
            self._branches.note_lock(signal.checkout, signal.time)
        elif isinstance(signal, FileSignal):
            self.last_at["watch"] = now
            self._note_project_file(signal)
        output = self._noise.feed(signal, now)
        for draft in output.provisional:
            self._note_provisional_timer(draft)
        return self._heartbeats_of(output.heartbeats)

    def _heartbeats_of(self, drafts: Sequence[BeatDraft]) -> list[Heartbeat]:
        return [beat for draft in drafts if (beat := self._heartbeat_of_draft(draft)) is not None]

    def _heartbeat_of_draft(self, draft: BeatDraft) -> Heartbeat | None:
        """The heartbeat of a draft that passed the noise rules; None when recording is off, or off for this place."""
        if self._is_off(draft.time) or self.is_excluded(draft.checkout):
            return None
        context = self._draft_context(draft)
        identity = draft.id or content_id(draft.time, context, draft.entity)
        return self._hide_names(Heartbeat(identity, draft.time, context, draft.entity))

    def _draft_context(self, draft: BeatDraft) -> Context:
        """Where it happened. If the checkout was removed while its last acts were held, they still happened there."""
        act = Context(draft.source, draft.kind, draft.actor, device=self._device, witness=draft.witness)
        checkout = self._places.checkout(draft.checkout)
        if checkout is None:
            place = self._places.locate(draft.checkout)
            if place.checkout is None:
                return replace(act, folder=place.folder, branch=draft.branch)
            checkout = place.checkout
        branch = draft.branch or self._branches.branch_at(checkout.path, draft.time, checkout.branch)
        return replace(act, repo=checkout.repo, repo_path=checkout.path, branch=branch)

    def _note_provisional_timer(self, draft: BeatDraft) -> None:
        if self._is_off(draft.time) or self.is_excluded(draft.checkout):
            return
        timer = ProvisionalTimer(self.hide_branch(self._draft_context(draft)), draft.time)
        is_new = draft.checkout not in self.provisional_timers
        self.provisional_timers[draft.checkout] = timer
        if is_new:
            self.on_provisional_timer.tell(timer)

    def _keep_commit(self, signal: GitSignal) -> None:
        """Store a commit's subject for the entries that contain it, and hide the subjects of commits that a rebase folded into
        others, unless nothing is recorded then or there."""
        if self._is_off(signal.time) or self.is_excluded(signal.checkout):
            return
        checkout = self._places.locate(signal.checkout).checkout
        if checkout is None:
            return
        repo = checkout.repo
        if signal.kind == "commit" and signal.new:
            self._engine.write(lambda step: checkout_rows.keep_commit(step, repo, signal))
        if signal.folded:
            self._engine.write(lambda step: checkout_rows.hide_folded(step, repo, signal.folded))

    def _report_trouble(self, signal: TroubleSignal) -> None:
        if signal.is_cleared:
            self._engine.health.clear(signal.code, signal.subject)
        else:
            self._engine.health.raise_warning(signal.code, signal.text, signal.hint, subject=signal.subject)

    # ------------------------------------------------------------------ checkouts

    def _note_checkout(self, signal: CheckoutSignal, repo: RepoId | None) -> None:
        """Learn what a checkout is now; `repo` is None for one that is gone."""
        facts = signal.facts
        if repo is None:
            if self._repositories.presence(facts) == "out of reach":
                return
            self._places.forget(facts.path)
            self._engine.write(lambda step: checkout_rows.mark_gone(step, facts.path))
            return
        earlier = self._places.checkout(facts.path)
        self._branches.note_start(facts.path, earlier.branch if earlier is not None and not earlier.is_gone else facts.branch)
        self._branches.note(facts.path, signal.time, facts.branch)
        self._places.learn(Checkout(facts.path, repo, facts))
        if not self.is_excluded(facts.path):
            self.on_checkout.tell(facts, facts.path)
            self._engine.write(lambda step: checkout_rows.keep_checkout(step, repo, facts))

    # ------------------------------------------------------------------ heartbeats on their way

    def _admit(self, beats: list[Heartbeat]) -> None:
        new_beats = self._drop_known(beats)
        for beat in new_beats:
            self.provisional_timers.pop(beat.context.repo_path or beat.context.folder or "", None)
        self._engine.admit(new_beats)

    def _drop_known(self, beats: list[Heartbeat]) -> list[Heartbeat]:
        """The heartbeats that are new: not earlier in this batch, not in the journal, and not stored."""
        if not beats:
            return []
        seen: set[tuple[str, datetime | None]] = set()
        unseen = []
        for beat in beats:
            mark = (beat.id, beat.time if beat.id.startswith("~") else None)
            if mark not in seen and not self._engine.journal.is_pending(beat):
                seen.add(mark)
                unseen.append(beat)
        return [beat for beat, is_known in zip(unseen, self._are_known(unseen), strict=True) if not is_known]

    def _schedule_release(self) -> None:
        """Plan to wake up when the noise rules can release something. A file that git's lock holds waits for long; what comes
        after it may be certain earlier."""
        deadline = self._noise.next_deadline()
        if deadline is None:
            return
        if self._release_task is not None and not self._release_task.done():
            if deadline >= self._wakes_at:
                return
            self._release_task.cancel()
        self._wakes_at = deadline
        self._release_task = asyncio.create_task(self._release())

    async def _release(self) -> None:
        while (deadline := self._noise.next_deadline()) is not None:
            self._wakes_at = deadline
            await self._clock.sleep(max(0.01, (deadline - self._clock.now()).total_seconds()))
            output = self._noise.release(self._clock.now())
            self._admit(self._heartbeats_of(output.heartbeats))
            self._keep_cursors()
        self.provisional_timers.clear()


__all__ = ["Intake", "ProvisionalTimer"]
