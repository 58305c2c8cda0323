"""The connected targets and their lanes. Loop thread.

Nothing here runs or wakes up while nothing waits. Each target has its own lane, so that one that is down delays no other.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from zoneinfo import ZoneInfo

from stintd.domain.billing.livetimer import BLOCKED
from stintd.domain.day import day_of
from stintd.domain.model import from_us
from stintd.engine.delivery import livetimer, plan
from stintd.engine.delivery.livetimer import LiveTimerView
from stintd.engine.delivery.plan import PREFIX, TargetLink
from stintd.engine.delivery.targetlane import LaneTools, TargetLane, TargetView
from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.engine.supervisor import Supervisor
from stintd.errors import StorageFull, Unavailable
from stintd.store import deliveries
from stintd.store.row_types import DifferingRow, TargetRow

LIVE = "live:"
"""Prefix of targets whose timer has to follow: nothing is left to compare for them."""
STOP_SECONDS = 1.0
WARN_AFTER = 3
"""Failures in a row after which a warning is raised."""
WARNING_CODES = ("delivery_parked", "delivery_stopped", "delivery_failing", "delivery_differs", "delivery_place", "delivery_live")


class BillingTargets:
    """One per daemon. The engine's steps name the targets that have something to look at."""

    def __init__(self, tools: LaneTools, supervisor: Supervisor) -> None:
        self.tools, self._supervisor = tools, supervisor
        self._engine: Engine = tools.engine
        self.planned: dict[str, TargetLink] = {}
        self._lanes: dict[str, TargetLane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_stopping = False
        self.is_connected = False

    async def _add_start_dates(self, planned: Mapping[str, TargetLink]) -> dict[str, TargetLink]:
        """If the settings do not say since when to deliver, it is since the day of connecting."""
        states = await self._engine.database.read(deliveries.targets)
        zone, now = ZoneInfo(self._engine.policy.zone), self._engine.clock.now()
        dated_links = {}
        for name, link in planned.items():
            at = from_us(states[name]["connected_us"]) if name in states else now
            since = link.target.since or day_of(at, zone)
            dated_links[name] = replace(link, target=replace(link.target, since=since))
        return dated_links

    async def connect(self, planned: Mapping[str, TargetLink]) -> None:
        """Use these targets from now on. Every entry that a changed rule could concern is compared again."""
        planned = await self._add_start_dates(planned)
        if planned == self.planned and self.is_connected:
            return
        self.is_connected = True
        for name in self.planned.keys() - planned.keys():
            self._clear_warnings(name)
        self.planned = dict(planned)
        self._engine.set_planner(partial(_plan, links=tuple(planned.values())) if planned else None)
        for name, lane in list(self._lanes.items()):
            if planned.get(name) != lane.planned:
                lane.stop()
        connect = partial(_connect, links=self.planned)
        if not planned and not await self._engine.database.read(deliveries.targets):
            return
        try:
            await self._engine.run(connect, "daemon")
        except (StorageFull, Unavailable):  # a database that only reads must not keep the daemon from starting
            self._engine.write(connect)

    def wake_lanes(self, targets: set[str]) -> None:
        """Look at these targets again; entries still to be compared are compared in the next step."""
        names = {target.removeprefix(PREFIX) for target in targets if target.startswith(PREFIX)} & self.planned.keys()
        timer_names = {target.removeprefix(LIVE) for target in targets if target.startswith(LIVE)} & self.planned.keys()
        if not (names | timer_names) or self._is_stopping:
            return
        self._engine.note_sending()
        if names:
            self._engine.plan_soon()
        names |= timer_names
        for name in names:
            lane = self._lanes.get(name)
            if lane is not None and not lane.is_stopping:
                lane.wake()
            else:
                self._start_lane(name)

    def _start_lane(self, name: str) -> None:
        lane = self._lanes[name] = TargetLane(self.tools, self.planned[name], self._report)
        self._tasks[name] = self._supervisor.start(f"target {name}", partial(self._run, lane))

    async def _run(self, lane: TargetLane) -> None:
        await lane.run()
        if self._lanes.get(lane.name) is lane:
            del self._lanes[lane.name], self._tasks[lane.name]

    async def stop(self) -> None:
        """Begin no further delivery, and give those under way a moment to finish."""
        self._is_stopping = True
        for lane in self._lanes.values():
            lane.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=STOP_SECONDS)

    def _clear_warnings(self, name: str) -> None:
        for code in WARNING_CODES:
            self._engine.health.clear(code, name)

    def _report_live_timer(self, name: str, live: LiveTimerView) -> None:
        row = live.row
        if row is None or row["state"] != BLOCKED or live.wanted is None:
            self._engine.health.clear("delivery_live", name)
            return
        text = f"the running timer was not started at {name}: {row['trouble']}"
        self._engine.health.raise_warning("delivery_live", text, row["remedy"], subject=name)

    def _report(self, name: str, view: TargetView) -> None:
        """Raise or clear the warnings of a target."""
        if view.state is None:
            self._clear_warnings(name)
            return
        self._report_stopped(name, view.state)
        self._report_failing(name, view.state)
        self._report_parked(name, view)
        self._report_differing(name, view.differing)
        self._report_live_timer(name, view.live)

    def _report_stopped(self, name: str, state: TargetRow) -> None:
        if not state["stopped"]:
            self._engine.health.clear("delivery_stopped", name)
            return
        self._engine.health.raise_warning(
            "delivery_stopped",
            f"nothing is sent to {name}: {state['trouble']}",
            f"`stint connect {name}` sets a new key, `stint sync {name}` tries the current one again; entries wait meanwhile",
            subject=name,
            severity="error",
        )

    def _report_failing(self, name: str, state: TargetRow) -> None:
        if state["failures"] < WARN_AFTER or state["stopped"]:
            self._engine.health.clear("delivery_failing", name)
            return
        self._engine.health.raise_warning(
            "delivery_failing",
            f"nothing could be delivered to {name} {_since_text(state['failing_us'])}: {state['trouble']}",
            f"nothing is lost; delivery is retried automatically, and `stint sync {name}` retries it now",
            subject=name,
        )

    def _report_parked(self, name: str, view: TargetView) -> None:
        if view.parked is None:
            self._engine.health.clear("delivery_parked", name)
            return
        number = (view.counts or {}).get("parked", 1)
        count = "one entry" if number == 1 else f"{number} entries"
        self._engine.health.raise_warning(
            "delivery_parked",
            f"{count} could not be delivered to {name}: {view.parked['error']}",
            view.parked["remedy"].replace("ID", view.parked["id"][-6:]) + "; `stint outbox` shows them",
            subject=name,
        )

    def _report_differing(self, name: str, row: DifferingRow | None) -> None:
        if row is None:
            self._engine.health.clear("delivery_differs", name)
            return
        count = "one entry" if row["number"] == 1 else f"{row['number']} entries"
        self._engine.health.raise_warning(
            "delivery_differs",
            f"{count} at {name} cannot be changed to match the timesheet: {row['hold']}",
            row["remedy"].replace("ID", row["id"][-6:]) + f"; `stint outbox --target {name}` shows them",
            subject=name,
        )


def _since_text(us: int | None) -> str:
    return f"since {from_us(us):%Y-%m-%d %H:%M} UTC" if us is not None else "for a while"


def _connect(step: Step, links: Mapping[str, TargetLink]) -> None:
    plan.connect(step.conn, step, links)


def _plan(step: Step, links: Sequence[TargetLink]) -> Exception | None:
    """Turn changed entries into deliveries, and wake the lanes whose timer is not what it should be."""
    failure = plan.plan(step, links)
    step.outgoing |= {LIVE + name for name in livetimer.find_due_targets(step, links)}
    return failure
