"""A real engine on a real database with a clock to advance; heartbeats go in through the gate as they do in the daemon."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

from stintd.domain.model import BeatSignal
from stintd.domain.noise.filter import NoiseFilter
from stintd.domain.policy import Policy
from stintd.engine import checkout_rows
from stintd.engine.checkouts import Places
from stintd.engine.engine import Engine
from stintd.engine.health import Health
from stintd.engine.hub import Hub
from stintd.engine.intake.intake import Gate
from stintd.engine.rows import Row, select
from stintd.engine.sheet_state import SheetState
from stintd.store import cursors, heartbeats
from stintd.store.database import Database
from stintd.store.journal import Journal
from tests.support.clock import FakeClock

SHEET = """
SELECT e.actor, p.name AS project, e.task, e.start_us, e.end_us, e.state, e.description, e.hands_on_us, e.supervised_us,
e.branch, e.is_confirmed, e.pinned, e.origin FROM entry e LEFT JOIN project p ON p.id = e.project_id
ORDER BY e.start_us, e.actor, p.name
"""


class Running:
    """An engine with its surroundings."""

    def __init__(self, engine: Engine, gate: Gate, clock: FakeClock, places: Places) -> None:
        self.engine, self.gate, self.clock, self.places = engine, gate, clock, places

    async def sheet(self) -> list[Row]:
        """What the timesheet says, ids aside."""
        return await self.engine.read(lambda conn: select(conn, SHEET))

    async def rows(self, sql: str, *arguments: object) -> list[Row]:
        return await self.engine.read(lambda conn: select(conn, sql, arguments))

    def tell(self, *signals: BeatSignal) -> tuple[int, int, list[tuple[int, str]]]:
        return self.gate.beat(signals)


def beat(at: datetime, project: str = "acme", kind: str = "edit", **more: object) -> BeatSignal:
    """A heartbeat of an editor."""
    return BeatSignal(at, kind, str(more.pop("source", "editor")), project=project, **more)  # type: ignore[arg-type]


def every(start: datetime, minutes: float, step: float = 1.0, **more: object) -> Sequence[BeatSignal]:
    """Heartbeats every `step` minutes for so many minutes, both ends included."""
    return [beat(start + timedelta(minutes=step * n), **more) for n in range(int(minutes / step) + 1)]  # type: ignore[arg-type]


@asynccontextmanager
async def running(folder: Path, clock: FakeClock | None = None, policy: Policy | None = None) -> AsyncIterator[Running]:
    """An engine on the database in `folder`, stopped at the end of the block."""
    clock, policy = clock or FakeClock(), policy or Policy()
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(folder / "stintd.db", clock, folder / "backups")
    database.open()
    (folder / "journal").mkdir(exist_ok=True)
    identity = database.write_now(lambda conn: cursors.ensure_identity(conn, clock.now()))
    state, places = SheetState(policy.zone, *identity), Places()
    engine = Engine(database, Journal(folder / "journal"), clock, policy, Health(clock.now), Hub(), state)
    database.read_now(lambda conn: checkout_rows.load(conn, places))
    gate = Gate(engine, places, NoiseFilter(policy), clock, identity[1],
                lambda beats: database.read_now(lambda conn: heartbeats.are_known(conn, beats)))  # fmt: skip
    await engine.start()
    try:
        yield Running(engine, gate, clock, places)
    finally:
        gate.stop()
        await engine.stop()
        database.close()
