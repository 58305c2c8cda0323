"""The core of a daemon, built as the daemon builds it, on a real database with a clock to advance. Without sources: tests tell
the intake themselves.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stintd import settings
from stintd.app import compose
from stintd.app.parts import Core
from stintd.domain.model import BeatSignal
from stintd.domain.policy import Policy
from stintd.engine.rows import Row, select
from stintd.paths import Layout
from tests.support.clock import FakeClock

SHEET = """
SELECT e.actor, p.name AS project, e.task, e.start_us, e.end_us, e.state, e.description, e.hands_on_us, e.supervised_us,
e.branch, e.is_confirmed, e.pinned, e.origin FROM entry e LEFT JOIN project p ON p.id = e.project_id
ORDER BY e.start_us, e.actor, p.name
"""


class Running:
    """An engine with its surroundings."""

    def __init__(self, core: Core, clock: FakeClock) -> None:
        self.core, self.clock = core, clock
        self.engine, self.intake, self.places = core.engine, core.intake, core.places

    async def sheet(self) -> list[Row]:
        """What the timesheet says, ids aside."""
        return await self.engine.read(lambda conn: select(conn, SHEET))

    async def rows(self, sql: str, *arguments: object) -> list[Row]:
        return await self.engine.read(lambda conn: select(conn, sql, arguments))

    def tell(self, *signals: BeatSignal) -> tuple[int, int, list[tuple[int, str]]]:
        return self.intake.take_beats(signals)


def beat(at: datetime, project: str = "acme", kind: str = "edit", **more: object) -> BeatSignal:
    """A heartbeat of an editor."""
    return BeatSignal(at, kind, str(more.pop("source", "editor")), project=project, **more)  # type: ignore[arg-type]


def every(start: datetime, minutes: float, step: float = 1.0, **more: object) -> Sequence[BeatSignal]:
    """Heartbeats every `step` minutes for so many minutes, both ends included."""
    return [beat(start + timedelta(minutes=step * n), **more) for n in range(int(minutes / step) + 1)]  # type: ignore[arg-type]


def settings_of(policy: Policy, **values: Any) -> settings.Settings:
    """The settings of a home without settings files, with this policy and what else is named."""
    chosen, _ = settings.load_files("", "", {}, policy.zone)
    return replace(chosen, policy=policy, **values)


def layout_of(folder: Path) -> Layout:
    """Where everything of the home `folder` is; what the daemon's start would make is made."""
    for name in ("journal", "run"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return Layout(str(folder), str(folder), str(folder / "run"), str(folder / "log"))


@asynccontextmanager
async def running(folder: Path, clock: FakeClock | None = None, policy: Policy | None = None) -> AsyncIterator[Running]:
    """An engine on the database in `folder`, stopped at the end of the block."""
    clock = clock or FakeClock()
    core = compose.core(settings_of(policy or Policy()), layout_of(folder), clock, {}, lambda before: before)
    await core.engine.start()
    try:
        yield Running(core, clock)
    finally:
        core.intake.stop()
        core.recording.stop()
        await core.engine.stop()
        core.database.close()
