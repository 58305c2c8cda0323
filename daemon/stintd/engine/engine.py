"""The single consumer. Signals, heartbeats and commands enter one queue; each step is one transaction; listeners are notified
after the commit.

Threads: everything here runs on the event loop's thread except `_transact`, which the database runs in its writer
thread. No other code writes.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any, TypeVar

from stintd.clock import Clock
from stintd.domain.model import Heartbeat
from stintd.domain.policy import Policy
from stintd.engine import outbox
from stintd.engine.health import Health
from stintd.engine.hub import Hub, LoggedEvent
from stintd.engine.listeners import Listeners
from stintd.engine.sheet.derive import drop_unrecorded, ingest, touch_open_ranges
from stintd.engine.sheet.settle import settle
from stintd.engine.sheet_state import SheetState
from stintd.engine.step import DryRun, Step
from stintd.errors import Internal, StintdError, Unavailable
from stintd.store import changes, cursors, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from stintd.store.scope import ReadLimit

T = TypeVar("T")
Planner = Callable[[Step], Exception | None]
log = logging.getLogger(__name__)

DULL_DELAY = 20.0
"""Seconds until heartbeats like the last ones reach SQLite when no request needs them; the journal has them at once."""
NOTABLE_DELAY = 0.02
PENDING_LIMIT = 2000
SYNC_DELAY = 1.0
RETRY_DELAY = 5.0
"""Seconds between attempts while the database cannot be written and no command waits."""
COMMANDS_A_STEP = 64
LAST_TRIES = 3
"""How many steps may fail at the stop; after that the rest is left to the journal and the sources."""
BACKLOG_LIMIT = 20_000


@dataclass(slots=True)
class _Command:
    """A change made in its own savepoint. `future` is None when nobody waits for it (a source's write)."""

    fn: Callable[[Step], Any]
    who: str
    future: "asyncio.Future[Any] | None" = None


@dataclass(slots=True)
class _Queue:
    """What one step does, in this order: `writes` of sources, heartbeats, then the commands of people."""

    beats: list[Heartbeat] = field(default_factory=list)
    writes: list[_Command] = field(default_factory=list)
    commands: list[_Command] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.beats or self.writes or self.commands)


@dataclass(slots=True)
class _StepResult:
    answers: list[tuple[_Command, Any, Exception | None]]
    changes: list[LoggedEvent]
    trouble: str = ""
    unplanned: Exception | None = None
    outgoing: set[str] = field(default_factory=set)


class Engine:
    """Owns the queue and the live end of the sheet."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        clock: Clock,
        policy: Policy,
        health: Health,
        hub: Hub,
        state: SheetState,
    ) -> None:
        self.database, self.journal, self.clock, self.policy = database, journal, clock, policy
        self.health, self.hub, self.state = health, hub, state
        self._work = _Queue()
        self._wake = asyncio.Event()
        self._due: float | None = None
        self._is_troubled = False
        self._rest_until = 0.0  # monotonic: a step that failed is not tried at once again because a silence is over
        self._is_writing = False  # a step that no caller waits for is on its way to the disk
        self._task: asyncio.Task[None] | None = None
        self._sync_due: asyncio.TimerHandle | None = None
        self._on_commit = Listeners[[]]()
        self.on_admitted = Listeners[[Sequence[Heartbeat]]]()
        self.on_outgoing = Listeners[[set[str]]]()
        self._unplanned = ""
        self._planner: Planner | None = None
        self._is_sending = False
        self._last_key: object = None
        self._last_time: datetime | None = None
        self.is_stopping = False

    # ------------------------------------------------------------------ callers

    async def start(self) -> None:
        """Read back what the journal holds, settle the live end of the sheet, begin to consume."""
        self._work.beats.extend(self.journal.replay())
        self._work.writes.append(_Command(lambda step: touch_open_ranges(step), "daemon"))
        await self._step()
        self._task = asyncio.create_task(self._consume(), name="engine")

    async def stop(self) -> None:
        """Finish the work that was begun, and refuse new work."""
        self.is_stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        tries = LAST_TRIES
        while not self._work.is_empty and tries:
            tries -= not await self._step()
        if self._sync_due is not None:
            self._sync_due.cancel()
        self.journal.sync()

    def call_after_commit(self, call: Callable[[], None]) -> None:
        """Call this on the loop's thread after every step."""
        self._on_commit.subscribe(call)

    def set_policy(self, policy: Policy) -> None:
        """Derive by these settings from the next step on."""
        self.policy = policy
        self.state.forget_places()

    def set_planner(self, planner: Planner | None) -> None:
        """From now on compare changed entries in every step with what billing systems are to hold; None: none is connected."""
        self._planner = planner

    @property
    def is_sending(self) -> bool:
        """Whether a program outside receives changes at once."""
        return self._is_sending

    def note_sending(self) -> None:
        """A program outside receives changes at once: from now on a power failure must not undo a step."""
        self._is_sending = True

    async def run(self, fn: Callable[[Step], T], who: str = "owner") -> T:
        """Run a command in a step; returns after its commit. A StintdError rolls back this command alone."""
        if self.is_stopping:
            raise Unavailable("the daemon is stopping", "start it again with `stint up`")
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._work.commands.append(_Command(fn, who, future))
        self._schedule_step(0.0)
        return await future

    async def read(self, fn: Callable[[Connection], T], limit: ReadLimit | None = None) -> T:
        """Run a query beside the writer. It sees the effect of every earlier answer, including heartbeats that were not derived
        yet; while the database cannot be written it sees what is stored, and a warning says so. With `limit` it sees nothing
        beyond it.
        """
        if self._work.beats or self._work.writes or self._is_writing or self._is_due():
            try:
                await self.run(lambda step: None)
            except StintdError:
                if self.is_stopping:
                    raise
        return await self.database.read(fn, limit)

    def write(self, fn: Callable[[Step], None], *, soon: bool = True) -> None:
        """Make a source's change in the next step, before any command; nobody waits for it."""
        self._work.writes.append(_Command(fn, "daemon"))
        self._schedule_step(NOTABLE_DELAY if soon else DULL_DELAY)

    def plan_soon(self) -> None:
        """Compare the rest with what billing systems are to hold, in a separate step: no read waits for it."""
        self._schedule_step(NOTABLE_DELAY)

    def admit(self, beats: list[Heartbeat]) -> None:
        """Accept heartbeats that were checked and are new: they are in the journal when this returns."""
        if not beats:
            return
        if len(self._work.beats) >= BACKLOG_LIMIT:
            raise Unavailable("too many heartbeats wait to be stored", "send them again in a few seconds")
        self.journal.append(beats)
        if self._sync_due is None:
            self._sync_due = asyncio.get_running_loop().call_later(SYNC_DELAY, self._sync)
        self._work.beats.extend(beats)
        dull = all(self._is_dull(beat) for beat in beats) and len(self._work.beats) < PENDING_LIMIT
        self._schedule_step(DULL_DELAY if dull else NOTABLE_DELAY)
        self.on_admitted.tell(beats)

    @property
    def lag(self) -> int:
        """Heartbeats that are in the journal and not yet in SQLite."""
        return len(self._work.beats)

    # ------------------------------------------------------------------ the consumer

    def _is_dull(self, beat: Heartbeat) -> bool:
        """Whether a heartbeat repeats the last one: it changes nothing that anybody waits for."""
        context = beat.context
        key = (context.repo_path, context.folder, context.project, context.branch, context.actor, context.session)
        is_near = self._last_time is not None and abs(beat.time - self._last_time) < self.policy.idle_timeout
        is_dull = key == self._last_key and is_near and context.kind in ("edit", "read", "tool")
        self._last_key, self._last_time = key, beat.time
        return is_dull

    def _sync(self) -> None:
        self._sync_due = None
        if not self.is_stopping:
            asyncio.get_running_loop().run_in_executor(None, self.journal.sync).add_done_callback(self._note_sync)

    def _note_sync(self, done: "asyncio.Future[None]") -> None:
        """The journal was flushed, or the disk refused, and heartbeats would be lost in a power failure: flushing is tried
        again.
        """
        failure = None if done.cancelled() else done.exception()
        if failure is None:
            self.health.clear("journal")
        elif not self.is_stopping:
            text = failure.message if isinstance(failure, StintdError) else str(failure)
            hint = failure.hint if isinstance(failure, StintdError) else "see `stint doctor`"
            self.health.raise_warning("journal", text, hint, severity="error")
            self._sync_due = self._sync_due or asyncio.get_running_loop().call_later(RETRY_DELAY, self._sync)

    def _schedule_step(self, delay: float) -> None:
        now = self.clock.monotonic()
        if self._due is None or now + delay < self._due:
            self._due = now + delay
            self._wake.set()
        elif self._due <= now:  # overdue: do not rely on the sleeper that was to wake us
            self._wake.set()

    def _is_due(self) -> bool:
        deadline = self.state.next_deadline
        return deadline is not None and deadline <= self.clock.now()

    def _pause(self) -> float | None:
        """Seconds until the next step is due; None: nothing is."""
        waits = []
        if self._due is not None:
            waits.append(self._due - self.clock.monotonic())
        if self.state.next_deadline is not None:
            silence = (self.state.next_deadline - self.clock.now()) / timedelta(seconds=1) + 0.001
            waits.append(max(silence, self._rest_until - self.clock.monotonic()))
        return max(0.0, min(waits)) if waits else None

    async def _consume(self) -> None:
        while True:
            pause = self._pause()
            if pause is None or pause > 0:
                await self._wait(pause)
                continue
            await self._step()

    async def _wait(self, pause: float | None) -> None:
        """Until woken or `pause` is over, on the injected clock."""
        if pause is None:
            await self._wake.wait()
        else:
            tasks = [asyncio.ensure_future(self.clock.sleep(pause)), asyncio.ensure_future(self._wake.wait())]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
        self._wake.clear()

    async def _step(self) -> bool:
        """Write what waits; True if it was committed."""
        self._due = None
        work = self._take_work()
        if self._work.commands:
            self._schedule_step(0.0)
        try:
            # Heartbeats too: the journal forgets them once they are stored, and the disk must have them before it does.
            is_durable = bool(work.commands or work.writes or work.beats) or self._is_sending
            # A silence that ends a timer counts as well: the state forgets it before it is committed.
            self._is_writing = bool(work.beats or work.writes) or self._is_due()
            outcome = await self.database.write(lambda conn: self._transact(conn, work), durable=is_durable)
        except Exception as error:
            await self._keep_for_retry(work, error)
            return False
        finally:
            self._is_writing = False
        self._note_written()
        self._report_underived(outcome.trouble)
        self._report_unplanned(outcome.unplanned)
        if work.beats:
            self.journal.retire(work.beats)
        for command, answer, failure in outcome.answers:
            _answer(command, answer, failure)
        self.hub.publish(outcome.changes)
        if outcome.outgoing:
            self.on_outgoing.tell(outcome.outgoing)
        self._on_commit.tell()
        return True

    def _take_work(self) -> _Queue:
        """The work of the next step; the rest stays queued in `self._work`."""
        work = self._work
        batch = _Queue(work.beats, work.writes, work.commands[:COMMANDS_A_STEP])
        self._work = _Queue(commands=work.commands[COMMANDS_A_STEP:])
        return batch

    async def _keep_for_retry(self, work: _Queue, error: Exception) -> None:
        """The transaction did not commit. Commands fail with it; evidence stays queued (and in the journal) and is tried
        again.
        """
        failure = error if isinstance(error, StintdError) else Internal(f"the step failed: {error}")
        if not isinstance(error, StintdError):
            log.exception("a step failed")
        self.state.forget()
        for command in work.commands:
            _answer(command, None, failure)
        self._work.beats[:0] = work.beats
        self._work.writes[:0] = work.writes
        self._is_troubled = True
        self._try_later()
        self.health.raise_warning(
            "storage",
            f"the database cannot be written: {failure.message if isinstance(failure, StintdError) else error}",
            failure.hint or "see `stint doctor`; evidence is kept in the journal meanwhile",
            severity="error",
        )

    def _note_written(self) -> None:
        """A step was written. A nearly full disk may accept a small step and refuse the next one, so one success does not clear
        the warning.
        """
        self._rest_until = 0.0
        if self._is_troubled and not self.database.has_room():
            self._try_later()
        elif self._is_troubled:
            self._is_troubled = False
            self.health.clear("storage")

    def _report_underived(self, trouble: str) -> None:
        """Evidence is stored but the sheet does not show it: a defect of stintd. Once that is fixed, a rebuild adds the
        evidence.
        """
        if trouble:
            self._rest_until = self.clock.monotonic() + RETRY_DELAY
            self.health.raise_warning(
                "underived",
                f"evidence is stored that the timesheet does not show ({trouble})",
                "please report it with the log; after the next update `stint rebuild` adds it",
                severity="error",
            )

    def _report_unplanned(self, failure: Exception | None) -> None:
        """Changed entries are marked and compared again in every step: nothing is lost, and the warning ends when that
        succeeds.
        """
        trouble = f"{type(failure).__name__}: {failure}" if failure is not None else ""
        is_new, self._unplanned = trouble != self._unplanned, trouble
        if failure is None:
            self.health.clear("delivery_unplanned")
            return
        if is_new:
            log.error("an entry cannot be compared with what is to be delivered", exc_info=failure)
        self.health.raise_warning(
            "delivery_unplanned",
            f"an entry cannot be prepared for billing systems ({trouble}); the others are delivered",
            "please report it with the log; the entry waits and is sent after the update",
            severity="error",
        )

    def _try_later(self) -> None:
        if all(write.fn is not _recover for write in self._work.writes):
            self._work.writes.append(_Command(_recover, "daemon"))
        self._rest_until = self.clock.monotonic() + RETRY_DELAY
        self._schedule_step(RETRY_DELAY)

    # ------------------------------------------------------------------ in the writer thread

    def _transact(self, conn: Connection, work: _Queue) -> _StepResult:
        now = self.clock.now()
        outcome = _StepResult([], [])
        for write in work.writes:
            self._run_command(conn, now, write, outcome)
        if work.beats or self._is_due():
            self._store_evidence(conn, now, work.beats, outcome)
        for command in work.commands:
            self._run_command(conn, now, command, outcome)
        if self._planner is not None:
            self._run_planner(conn, now, self._planner, outcome)
        return outcome

    def _run_planner(self, conn: Connection, now: datetime, planner: Planner, outcome: _StepResult) -> None:
        """Turn changed entries into deliveries, in the same transaction. A defect there stops no command: the marks of the
        changed entries stay.
        """
        self._run_command(conn, now, _Command(planner, "daemon"), outcome)
        _, wrong, failure = outcome.answers.pop()
        outcome.unplanned = failure or wrong

    def _store_evidence(self, conn: Connection, now: datetime, beats: list[Heartbeat], outcome: _StepResult) -> None:
        """Store heartbeats and derive what they change. A defect in deriving keeps the evidence and stops no command."""
        self._run_command(conn, now, _Command(lambda step: ingest(step, beats), "daemon"), outcome)
        _, _, failure = outcome.answers.pop()
        if failure is not None:
            log.error("evidence could not be derived", exc_info=failure)
            outcome.trouble = f"{type(failure).__name__}: {failure}"
            heartbeats.add(conn, drop_unrecorded(conn, beats))

    def _log_changes(self, conn: Connection, step: Step, outcome: _StepResult) -> None:
        logged = [changes.append(conn, step.now, kind, payload) for kind, payload in step.changes]
        outcome.changes += [LoggedEvent(event.seq, event.kind, event.payload) for event in logged]
        outcome.outgoing |= step.outgoing
        if logged:
            outcome.outgoing |= outbox.queue_deliveries(conn, step.now, logged, step.policy)

    def _run_command(self, conn: Connection, now: datetime, command: _Command, outcome: _StepResult) -> None:
        """Run one command so that its failure undoes it alone; a failure of SQLite gives up the whole step."""
        step = Step(conn, now, self.policy, self.state, command.who)
        conn.execute("SAVEPOINT command")
        try:
            answer = command.fn(step)
            settle(step)
            self._log_changes(conn, step, outcome)
        except Exception as error:
            if _is_storage_trouble(error):
                raise
            conn.execute("ROLLBACK TO command")
            conn.execute("RELEASE command")
            self.state.forget()
            if isinstance(error, DryRun):
                outcome.answers.append((command, error.answer, None))
            else:
                outcome.answers.append((command, None, error))
        else:
            conn.execute("RELEASE command")
            outcome.answers.append((command, answer, None))


def _recover(step: Step) -> None:
    """After a failed step: make a real write, which proves that writing works again, and look at what is open once more, because
    the failed step may have counted it as done.
    """
    cursors.set_meta(step.conn, "alive", step.now.isoformat())
    touch_open_ranges(step)


def _is_storage_trouble(error: Exception) -> bool:
    """Whether SQLite itself failed (full, locked, damaged), and not only one command."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError


def _answer(command: _Command, answer: Any, failure: Exception | None) -> None:
    """Answer the caller; a failure that nobody waits for goes to the log."""
    if command.future is None:
        if failure is not None:
            log.error("a source's change was refused", exc_info=failure)
    elif not command.future.done():
        if failure is None:
            command.future.set_result(answer)
        else:
            command.future.set_exception(failure)
