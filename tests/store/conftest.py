"""A database on a real disk, and heartbeats to put into it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stintd.store.database import Database, memory
from tests.support.clock import FakeClock

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def database(folder: Path, clock: FakeClock) -> Iterator[Database]:
    database = Database(folder / "stintd.db", clock, busy_timeout=0.2)
    database.open()
    yield database
    database.close()


@pytest.fixture
def conn():
    conn = memory()
    yield conn
    conn.close()
