"""Delivery to one target: one request at a time, the earliest due first. Loop thread.

Each attempt is recorded before it is sent; the result of an attempt without an answer is looked for at the target, or the attempt
is repeated if its connector allows it, before anything else is done with that entry. All state is in the database.
"""

import math
import random
from collections.abc import Callable
from dataclasses import field, replace
from datetime import timedelta
from functools import partial
from sqlite3 import Connection

from stintd.domain.billing import amendment
from stintd.domain.billing.delivery import SENDING
from stintd.domain.billing.target import Target
from stintd.domain.model import to_us
from stintd.engine.delivery import attempt, livetimer
from stintd.engine.delivery.attempt import HOUR_US, TargetAttempt, item_of
from stintd.engine.delivery.credentials import TargetKeys
from stintd.engine.delivery.lane import RECORD_RETRY, Act, Lane
from stintd.engine.delivery.livetimer import LiveTimerSteps, LiveTimerView
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.retry import Retry
from stintd.engine.engine import Engine
from stintd.engine.view import View
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.ports import BLIND, STOPPED, UNSENT, Connector, Outcome
from stintd.store import deliveries
from stintd.store.row_types import DeliveryRow, DifferingRow, TargetRow

LONGEST_WAIT = 600.0
"""The wall clock may be set: a wait for an instant checks again at least this often."""
MAKING = ("create", "correct")
UNKNOWN_PAUSE = timedelta(seconds=5)
"""Pause before the result is looked for: a server that did not answer may still be storing it."""


@frozen
class LaneTools:
    """The parts shared by every lane. `make` builds a target's connector with its secret."""

    engine: Engine
    keys: TargetKeys
    make: Callable[[Target, str], Connector]
    chance: Callable[[], float] = random.random


@frozen
class TargetView:
    """What the database holds: the state of the target, the next row to send, the last row that was parked."""

    state: TargetRow | None
    head: DeliveryRow | None = None
    parked: DeliveryRow | None = None
    counts: dict[str, int] | None = None
    live: LiveTimerView = field(default_factory=LiveTimerView)
    differing: DifferingRow | None = None


class TargetLane(Lane[TargetView]):
    """Runs until nothing is left to send. `on_look` receives the state read each time, for warnings."""

    def __init__(self, tools: LaneTools, planned: TargetLink, on_view: Callable[[str, TargetView], None]) -> None:
        super().__init__(tools.engine)
        self._tools, self.planned, self._on_view = tools, planned, on_view
        self._connector: Connector | None = None
        self._secret = ""
        self._timer_steps = LiveTimerSteps(planned, self._record, lambda: to_us(self._clock.now()))

    @property
    def name(self) -> str:
        return self.planned.target.name

    def _report(self, view: TargetView) -> None:
        self._on_view(self.name, view)

    def _next_act(self, view: TargetView) -> tuple[float, Act | None]:
        """A timer there before deliveries, which are about entries whose timers run no more."""
        state, live = view.state, view.live if view.live.duty else None
        if state is None or (view.head is None and live is None):
            return 0.0, None
        live_wait = self._wait(state, live.next_us) if live is not None else math.inf
        wait = self._wait(state, view.head["next_us"]) if view.head is not None else math.inf
        if live is not None and live_wait <= max(wait, 0.0):
            return min(live_wait, LONGEST_WAIT), partial(self._step_timer, state, live)
        assert view.head is not None
        return min(wait, LONGEST_WAIT), partial(self._deliver, state, view.head)

    def _load_view(self, conn: Connection) -> TargetView:
        state = deliveries.targets(conn).get(self.name)
        if state is None:
            return TargetView(None)
        counts = {
            "parked": deliveries.parked_count(conn, self.name)
        }  # otherwise all of them would be counted for each one that is sent
        parked = deliveries.latest_parked(conn, self.name) if counts.get("parked") else None
        engine = self._tools.engine
        live = livetimer.load_view(View(conn, engine.clock.now(), engine.policy), self.planned)
        differing = deliveries.find_differing(conn, self.name, amendment.BY_HAND)
        return TargetView(state, deliveries.head(conn, self.name), parked, counts, live, differing)

    def _wait(self, state: TargetRow, due_us: int) -> float:
        """Seconds until something may be sent: it is due, the target's pause is over, and the hour's budget allows it."""
        now_us = to_us(self._clock.now())
        until_us = max(due_us, state["rest_us"] or 0)
        window_us = state["window_us"]
        if 0 <= now_us - window_us < HOUR_US and state["used"] >= self.budget:
            until_us = max(until_us, window_us + HOUR_US)
        return float(max(0, until_us - now_us)) / 1e6

    @property
    def budget(self) -> int:
        """Requests an hour."""
        return self.planned.target.calls_per_hour or self.planned.able.calls_per_hour

    async def _deliver(self, state: TargetRow, head: DeliveryRow) -> None:
        connector = await self._get_connector(state)
        if connector is None:
            return
        is_open = head["state"] == SENDING
        row = head if is_open else await self._begin_attempt(head["seq"])
        if row is None:
            return
        before = connector.calls
        outcome = await (self._resolve_unanswered(connector, row) if is_open else self._attempt(connector, row))
        if outcome.kind == STOPPED:
            outcome = await self._check_new_secret(outcome)
        pause = self._pause_after(state["failures"] + 1, outcome)
        await self._record_attempt(TargetAttempt(row["seq"], outcome, pause, connector.calls - before, is_open))

    async def _step_timer(self, state: TargetRow, live: LiveTimerView) -> None:
        """Make one step of the timer there. Steps come before deliveries, which are about entries whose timers no longer run."""
        connector = await self._get_connector(state)
        if connector is None:
            return
        others = await self._tools.engine.database.read(partial(deliveries.remote_ids, target=self.name))
        before = connector.calls
        outcome = await self._timer_steps.act(connector, live, others)
        if outcome is not None and outcome.kind == STOPPED:
            outcome = await self._check_new_secret(outcome)
        pause = self._pause_after(state["failures"] + 1, outcome) if outcome is not None else timedelta()
        calls = connector.calls - before
        await self._record(lambda step: attempt.note_answer(step, self.name, outcome, pause, calls))

    async def _get_connector(self, state: TargetRow) -> Connector | None:
        """The connector with its secret; if the secret is not available, the target stops with a warning."""
        if self._connector is None:
            target = self.planned.target
            try:
                secret = await self._tools.keys.load_secret(target)
            except StintdError as error:
                text = f"{error.message} ({error.hint})" if error.hint else error.message
                await self._record(lambda step: attempt.note_failure(step, self.name, Outcome(STOPPED, text=text), timedelta()))
                return None
            self._connector, self._secret = self._tools.make(target, secret), secret
        return self._connector

    async def _check_new_secret(self, outcome: Outcome) -> Outcome:
        """Read refused credentials again. If they have changed by now, the new ones are tried before a warning is raised."""
        self._connector, refused_secret = None, self._secret
        try:
            secret = await self._tools.keys.load_secret(self.planned.target)
        except StintdError:
            return outcome
        return outcome if secret == refused_secret else replace(outcome, kind=UNSENT)

    async def _begin_attempt(self, seq: int) -> DeliveryRow | None:
        try:
            return await self._tools.engine.run(lambda step: attempt.begin(step, seq, self.planned.able), "daemon")
        except StintdError:
            await self._clock.sleep(RECORD_RETRY)
            return None

    async def _attempt(self, connector: Connector, row: DeliveryRow) -> Outcome:
        """Write at the target: create the entry (or its correction), change it, or remove it."""
        verb, item = deliveries.from_row(row).verb, item_of(row)
        if verb in MAKING:
            return await connector.create(item)
        return await (connector.update if verb == "update" else connector.delete)(row["remote_id"], item)

    async def _resolve_unanswered(self, connector: Connector, row: DeliveryRow) -> Outcome:
        """Resolve an attempt without an answer: changes and removals are repeated; an entry that may have been created is
        looked for.
        """
        if deliveries.from_row(row).verb not in MAKING:
            return await self._attempt(connector, row)
        able, item = self.planned.able, item_of(row)
        if able.can_look:
            others = await self._tools.engine.database.read(partial(deliveries.remote_ids, target=self.name))
            outcome = await connector.look(item, others)
            if outcome.kind != BLIND:
                return outcome
        return await connector.create(item) if able.client_id else Outcome(BLIND)

    def _pause_after(self, failures: int, outcome: Outcome) -> timedelta:
        target = self.planned.target
        pause = Retry(target.retry_initial, target.retry_max).pause(failures, None, self._tools.chance)
        asked_pause = outcome.pause if outcome.pause is not None else timedelta()
        return max(pause, asked_pause, timedelta() if outcome.kind == UNSENT else min(UNKNOWN_PAUSE, target.retry_initial))

    async def _record_attempt(self, target_attempt: TargetAttempt) -> None:
        target = self.planned.target
        retry = Retry(target.retry_initial, target.retry_max)
        await self._record(lambda step: attempt.settle(step, self.name, target_attempt, retry))
