"""The noise filter: turns signals into heartbeats, leaves out what machines do, and makes one git act of all that git does to
files.

A decision needs hindsight: that a git checkout rewrote a file is known only after the write. So a file signal is
*provisional* for two seconds, and while git holds its lock. `feed` returns it as provisional at once, and as a heartbeat when
it is certain. The filter is a state machine in bounded memory that receives every instant; one per daemon, on one thread.
"""

from collections import Counter, deque
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from stintd.domain.kinds import REWRITING, BeatKind
from stintd.domain.model import EPOCH, Actor, BeatSource, FileSignal, GitSignal, LockSignal, ProcessSignal, Witness
from stintd.domain.noise.burst import Burst, Bursts
from stintd.domain.noise.filename import is_excluded, noise_of_name
from stintd.domain.noise.gitact import Act, Acts
from stintd.domain.noise.rhythm import Rhythms
from stintd.domain.pattern import is_within
from stintd.domain.policy import Policy
from stintd.frozen import frozen

__all__ = ["BeatDraft", "FilterOutput", "NoiseFilter"]

HOLD = timedelta(seconds=2)
COMMIT_HOLD = timedelta(seconds=1)
"""How long a commit from the reflog waits for its hook, which git runs right after it wrote the line."""
LOCK_LIMIT = timedelta(seconds=45)
"""A lock held longer is from a git that crashed, or from a commit whose message is being written: it delays nothing."""
LOCK_ECHO = timedelta(seconds=1)
"""How long after a lock the reflog may still say what the lock was for, and how close the locks of one operation are."""
BEFORE_ACT = timedelta(seconds=2)
AFTER_ACT = timedelta(seconds=1)
"""Where no lock was seen: how long before its reflog line git may have written files, and how long after it a file may be
noticed."""
NOTICED_LATE = timedelta(milliseconds=250)
"""How much later than it was taken a lock may be noticed; files found by a sweep have their exact times."""
AGENT_SLACK = timedelta(seconds=2)
EDITOR_WINDOW = timedelta(seconds=10)
PLACES_LIMIT = 2048
AGENTS_LIMIT = 512
WINDOWS_LIMIT = 64


@frozen
class BeatDraft:
    """A heartbeat before it has a repository. `id` is "" unless the act has an id of its own (a commit). `checkout` and
    `entity` are as in the signal; for a git act `entity` is the new commit.
    """

    time: datetime
    checkout: str
    kind: BeatKind
    source: BeatSource
    actor: Actor = "human"
    witness: Witness = ""
    entity: str = ""
    branch: str | None = None
    subject: str = ""
    id: str = ""


@frozen
class FilterOutput:
    """The heartbeats that are certain now (in order of time), and new ones that may still prove to be noise."""

    heartbeats: tuple[BeatDraft, ...] = ()
    provisional: tuple[BeatDraft, ...] = ()


@dataclass(slots=True)
class _GitLock:
    """Git's lock in a checkout. `since`: the start of the first of several locks close together."""

    start: datetime
    since: datetime
    end: datetime | None = None
    kind: str = ""
    is_reported: bool = False

    def holds(self, now: datetime) -> bool:
        return self.end is None and now < self.start + LOCK_LIMIT


@dataclass(slots=True)
class _HeldFile:
    draft: BeatDraft
    due: datetime
    lock: _GitLock | None = None
    is_gone: bool = False


@dataclass(slots=True)
class _CheckoutState:
    """What is remembered of one checkout. `rewritten`: the stretches in which git wrote its files. `searched_count`: how many
    files were held when a search last found no burst. `arrived`: when a file last came from elsewhere.
    """

    bursts: Bursts
    held: dict[str, _HeldFile] = field(default_factory=dict)
    lock: _GitLock | None = None
    rewritten: deque[tuple[datetime, datetime]] = field(default_factory=lambda: deque(maxlen=WINDOWS_LIMIT))
    acts: Acts = field(default_factory=Acts)
    edited: dict[str, datetime] = field(default_factory=dict)
    last: datetime = EPOCH
    searched_count: int = 0
    arrived: datetime = EPOCH


@dataclass(slots=True)
class _Agent:
    name: str
    folder: str
    since: datetime
    until: datetime | None = None


class NoiseFilter:
    """`dropped` counts the signals that were left out, by reason. `bursts`: the last bursts of writes, for people who ask.
    `spoken_for`: the processes (pid, start) of agents whose hooks report their work.
    """

    def __init__(self, policy: Policy, exclude: Iterable[str] = (), spoken_for: Container[tuple[int, float]] = ()) -> None:
        self.policy = policy
        self.exclude = tuple(exclude)
        self.dropped: Counter[str] = Counter()
        self.bursts: deque[Burst] = deque(maxlen=50)
        self.spoken_for = spoken_for
        self._places: dict[str, _CheckoutState] = {}
        self._busy: dict[str, _CheckoutState] = {}  # those that may hold something: a daemon with 1,000 repositories asks often
        self._agents: dict[tuple[int, float, str], _Agent] = {}
        self._rhythms = Rhythms()

    # ------------------------------------------------------------------ in

    def feed(self, signal: FileSignal | GitSignal | LockSignal | ProcessSignal, now: datetime) -> FilterOutput:
        """Take one signal. `now` is the time of its arrival; its own time may be long ago."""
        match signal:
            case FileSignal():
                return self._feed_file(signal, now)
            case GitSignal():
                return self._feed_git(signal, now)
            case LockSignal():
                self._note_lock(signal, now)
            case ProcessSignal():
                self._feed_process(signal)
        return FilterOutput()

    def note_editor(self, checkout: str, path: str, time: datetime) -> None:
        """An editor reports that it wrote this file: it is a person's edit, whatever it looks like from outside."""
        edited = self._place(checkout, time).edited
        edited[path] = time
        while len(edited) > self.policy.burst_files:
            del edited[next(iter(edited))]

    def release(self, now: datetime) -> FilterOutput:
        """The heartbeats that have become certain by `now`."""
        out: list[BeatDraft] = []
        for checkout, place in list(self._busy.items()):
            if place.held:
                self._drop_bursts(checkout, place)
                out += self._settle_files(place, now)
            out += [self._draft_of_act(act) for act in place.acts.due(now)]
            if not place.held and place.acts.next_due() is None:
                del self._busy[checkout]
        return FilterOutput(tuple(sorted(out, key=lambda draft: draft.time)))

    def next_deadline(self) -> datetime | None:
        """When to call `release` next; None while nothing is held."""
        due = [self._due_time(held) for place in self._busy.values() for held in place.held.values()]
        due += [at for place in self._busy.values() if (at := place.acts.next_due()) is not None]
        return min(due, default=None)

    def provisional_drafts(self) -> tuple[BeatDraft, ...]:
        """The drafts that are still provisional."""
        files = (held.draft for place in self._busy.values() for held in place.held.values())
        acts = (self._draft_of_act(act) for place in self._busy.values() for act in place.acts.waiting_acts())
        return (*files, *acts)

    def is_holding_acts(self) -> bool:
        """Whether git acts are held: a cursor stored now would skip them if the daemon died."""
        return any(place.acts.next_due() is not None for place in self._busy.values())

    # ------------------------------------------------------------------ files

    def _feed_file(self, signal: FileSignal, now: datetime) -> FilterOutput:
        why = self._noise_reason(signal) or ("future" if signal.time > now + self.policy.max_future else "")
        if why:
            self.dropped[why] += 1
            return FilterOutput()
        place = self._busy_place(signal.checkout, now)
        if self._is_arrival(place, signal):
            self.dropped["arrived"] += 1
            return FilterOutput()
        is_known = signal.path not in place.held and self._rhythms.has_seen(signal.checkout, signal.path, signal.time)
        why = "known write" if is_known else self._machine_reason(place, signal)
        if why:
            self.dropped[why] += 1
            return FilterOutput()
        if signal.path in place.held:
            return FilterOutput()
        draft = self._draft(signal)
        lock = place.lock if place.lock and _is_under(place.lock, signal.time) else None
        place.held[signal.path] = _HeldFile(draft, now + HOLD, lock, signal.is_gone)
        if len(place.held) > max(self.policy.burst_files, 2 * place.searched_count):
            self._drop_bursts(signal.checkout, place)
        return FilterOutput((), (draft,)) if signal.path in place.held else FilterOutput()

    def _is_arrival(self, place: _CheckoutState, signal: FileSignal) -> bool:
        """Whether a file came from elsewhere, was only a temporary one, or went in the moment in which others came: a sync
        deletes and moves files too. By itself a deletion counts, because nothing says whose it is."""
        if signal.is_gone:
            held = place.held.get(signal.path)
            is_temporary = signal.has_arrived or (held is not None and not held.is_gone)
            if is_temporary:
                place.held.pop(signal.path, None)
            return is_temporary or abs(signal.time - place.arrived) <= HOLD
        if signal.has_arrived:
            place.arrived = max(place.arrived, signal.time)
            for path, held in list(place.held.items()):
                if path == signal.path or (held.is_gone and abs(held.draft.time - signal.time) <= HOLD):
                    del place.held[path]
                    self.dropped["arrived"] += 1
        return signal.has_arrived

    def _noise_reason(self, signal: FileSignal) -> str:
        if signal.is_ignored:
            return "ignored"
        if self.exclude and is_excluded(f"{signal.checkout}/{signal.path}", self.exclude):
            return "excluded"
        return noise_of_name(signal.path)

    def _machine_reason(self, place: _CheckoutState, signal: FileSignal) -> str:
        """Why a write is a machine's, as far as is known when it arrives; "" when it may be a person's."""
        if any(start - NOTICED_LATE <= signal.time <= end for start, end in place.rewritten):
            return "git"
        if place.lock and place.lock.kind in REWRITING and _is_under(place.lock, signal.time):
            return "git"
        if place.bursts.swallows(signal.time):
            return "burst"
        edited = place.edited.get(signal.path)
        is_edited = edited is not None and abs(signal.time - edited) <= EDITOR_WINDOW
        verdict = self._rhythms.note_write(signal.checkout, signal.path, signal.time, signal.size)
        return "" if is_edited else verdict

    def _draft(self, signal: FileSignal) -> BeatDraft:
        if self._agent_in(signal.checkout, signal.time):
            return BeatDraft(signal.time, signal.checkout, "edit", "watch", "agent", "agent", signal.path)
        return BeatDraft(signal.time, signal.checkout, "edit", "watch", "human", "", signal.path)

    def _drop_bursts(self, checkout: str, place: _CheckoutState) -> None:
        """Drop held files that are part of a burst."""
        times = [(h.draft.time, path) for path, h in place.held.items() if path not in place.edited]
        for burst, paths in place.bursts.find(checkout, sorted(times)):
            self.bursts.append(burst)
            self.dropped["burst"] += len(paths)
            for path in paths:
                del place.held[path]
        # Search again when twice as many are held: a sweep after downtime brings thousands of files that are no burst.
        place.searched_count = len(place.held) if len(place.held) > self.policy.burst_files else 0

    def _due_time(self, held: _HeldFile) -> datetime:
        if held.lock is None:
            return held.due
        return max(held.due, held.lock.end + LOCK_ECHO if held.lock.end else held.lock.start + LOCK_LIMIT)

    def _settle_files(self, place: _CheckoutState, now: datetime) -> list[BeatDraft]:
        """The drafts of the files that are certain. Files written under a lock that led to no act (a stash popped, a file
        restored, a merge with conflicts) are one edit. Files written under the lock of a commit are the owner's, who saved
        them just before.
        """
        ready = sorted((h for h in place.held.values() if self._due_time(h) <= now), key=lambda held: held.draft.time)
        out = []
        for held in ready:
            del place.held[held.draft.entity]
            lock = held.lock
            if lock is not None and lock.kind != "commit" and lock.end is not None:
                if lock.is_reported:
                    self.dropped["git"] += 1
                    continue
                lock.is_reported = True
            by_agent = self._agent_in(held.draft.checkout, held.draft.time)
            out.append(replace(held.draft, actor="agent" if by_agent else "human", witness="agent" if by_agent else ""))
        return out

    # ------------------------------------------------------------------ git

    def _note_lock(self, signal: LockSignal, now: datetime) -> None:
        place = self._place(signal.checkout, now)
        earlier = place.lock
        if not signal.is_held:
            if earlier is not None and earlier.end is None:
                earlier.end = max(signal.time, earlier.start)
                if earlier.kind in REWRITING:
                    self._drop_rewritten(place, earlier.since, earlier.end + AFTER_ACT)
            return
        if earlier is not None and earlier.holds(now):
            return
        is_same = earlier is not None and earlier.end is not None and signal.time - earlier.end <= LOCK_ECHO
        lock = _GitLock(signal.time, earlier.since if earlier and is_same else signal.time)
        place.lock = lock
        for held in place.held.values():
            if held.draft.time > signal.time and held.lock is None:
                held.lock = lock

    def _feed_git(self, signal: GitSignal, now: datetime) -> FilterOutput:
        place = self._busy_place(signal.checkout, now)
        if signal.time > now + self.policy.max_future:
            self.dropped["future"] += 1
            return FilterOutput()
        self._explain_files(place, signal)
        if signal.kind == "reset":
            if signal.is_step:
                place.acts.note_step(signal)
            return FilterOutput()
        is_logged_commit = signal.kind == "commit" and signal.origin == "reflog"
        act = place.acts.add(signal, now, now + (COMMIT_HOLD if is_logged_commit else HOLD))
        if act is None or act.is_foreign:
            self.dropped["known act" if act is None else "not the owner's"] += 1
            return FilterOutput()
        certain = list(place.acts.due(now))
        return FilterOutput(tuple(map(self._draft_of_act, certain)), () if act in certain else (self._draft_of_act(act),))

    def _explain_files(self, place: _CheckoutState, signal: GitSignal) -> None:
        """Note what the lock was for, and drop the files that git wrote in this act."""
        lock = place.lock
        until = lock.end if lock and lock.end else signal.time
        is_of_lock = lock is not None and lock.since - LOCK_ECHO <= signal.time <= until + LOCK_ECHO
        if lock is not None and is_of_lock and (lock.kind not in REWRITING or signal.kind in REWRITING):
            lock.kind = signal.kind
        if signal.kind in REWRITING:
            start = lock.since if lock is not None and is_of_lock else signal.time - BEFORE_ACT
            self._drop_rewritten(place, start, max(until, signal.time) + AFTER_ACT)

    def _drop_rewritten(self, place: _CheckoutState, start: datetime, end: datetime) -> None:
        """Drop the files that changed between these instants: git wrote them, and they are part of its act."""
        place.rewritten.append((start, end))
        for path, held in list(place.held.items()):
            if start - NOTICED_LATE <= held.draft.time <= end:
                del place.held[path]
                self.dropped["git"] += 1

    def _draft_of_act(self, act: Act) -> BeatDraft:
        signal = act.signal
        witness: Witness = signal.witness or ("agent" if self._agent_in(signal.checkout, signal.time) else "")
        kind: BeatKind = cast("BeatKind", signal.kind)  # a reset never comes here
        identity = f"git:commit:{signal.new}" if signal.kind == "commit" and signal.new else ""
        return BeatDraft(
            signal.time,
            signal.checkout,
            kind,
            "git",
            "agent" if witness == "agent" else "human",
            witness,
            signal.new,
            signal.branch,
            signal.subject,
            identity,
        )

    # ------------------------------------------------------------------ agents and memory

    def _feed_process(self, signal: ProcessSignal) -> None:
        key = signal.pid, signal.started, signal.folder
        if signal.is_alive:
            is_new = not any(known[:2] == key[:2] for known in self._agents) and signal.started > 0
            since = datetime.fromtimestamp(signal.started, UTC) if is_new else signal.time
            self._agents[key] = _Agent(signal.name, signal.folder, since)
        elif key in self._agents:
            self._agents[key].until = signal.time
        while len(self._agents) > AGENTS_LIMIT:
            ended = [key for key, agent in self._agents.items() if agent.until is not None]
            del self._agents[ended[0] if ended else next(iter(self._agents))]

    def _agent_in(self, checkout: str, time: datetime) -> bool:
        """Whether a known agent worked inside this checkout, and not in a deeper one. An agent whose hooks report its turns is
        not guessed about (nor is the wrapper that started it): between its turns the person edits in the same place.
        """
        spoken_for = {(known.name, known.folder) for key, known in self._agents.items() if key[:2] in self.spoken_for}
        for agent in self._agents.values():
            if (agent.name, agent.folder) in spoken_for:
                continue
            is_then = agent.since - AGENT_SLACK <= time <= (agent.until or time) + AGENT_SLACK
            if is_then and is_within(agent.folder, checkout):
                deeper = (other for other in self._places if len(other) > len(checkout) and is_within(other, checkout))
                if not any(is_within(agent.folder, other) for other in deeper):
                    return True
        return False

    def _place(self, checkout: str, now: datetime) -> _CheckoutState:
        place = self._places.get(checkout)
        if place is None:
            if len(self._places) >= PLACES_LIMIT:
                self._forget_idle()
            place = self._places[checkout] = _CheckoutState(Bursts(self.policy.burst_files, self.policy.burst_window))
        place.last = max(place.last, now)
        return place

    def _busy_place(self, checkout: str, now: datetime) -> _CheckoutState:
        """The state of a checkout that will hold something."""
        place = self._busy[checkout] = self._place(checkout, now)
        return place

    def _forget_idle(self) -> None:
        """Make room: forget the idle checkouts that have been quiet for longest, up to half of the limit."""
        idle = [path for path, place in self._places.items() if not place.held and place.acts.next_due() is None]
        for path in sorted(idle, key=lambda path: self._places[path].last)[: PLACES_LIMIT // 2]:
            del self._places[path]


def _is_under(lock: _GitLock, time: datetime) -> bool:
    """Whether something written at that time was written while the lock was held."""
    return lock.start <= time and (lock.end is None or time <= lock.end)
