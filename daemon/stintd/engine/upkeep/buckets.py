"""Stores what ActivityWatch's watchers say about themselves, because a watcher names itself once and then runs for weeks."""

import json
from datetime import datetime, timedelta
from sqlite3 import Connection

from stintd.engine.engine import Engine
from stintd.engine.step import Step
from stintd.errors import Conflict
from stintd.store import cursors

PREFIX = "activitywatch.bucket."
BUCKETS_LIMIT = 100


def load_buckets(conn: Connection) -> dict[str, tuple[str, str]]:
    """Kind and client of each bucket, by its id."""
    rows = cursors.all_of(conn, PREFIX)
    return {name.removeprefix(PREFIX): tuple(json.loads(value)) for name, value in rows.items()}


class Buckets:
    """The buckets, and the last event each received. Loop thread only."""

    def __init__(self, engine: Engine, buckets: dict[str, tuple[str, str]]) -> None:
        self._engine, self._buckets = engine, buckets
        self._last: dict[str, tuple[str, datetime]] = {}

    def find(self, identity: str) -> tuple[str, str] | None:
        """Kind and client of a bucket."""
        return self._buckets.get(identity)

    async def add(self, identity: str, kind: str, client: str) -> bool:
        """Store a bucket; answers whether it is new. `conflict` if there are too many."""
        if identity in self._buckets:
            return False
        if len(self._buckets) >= BUCKETS_LIMIT:
            raise Conflict(
                f"there are {BUCKETS_LIMIT} buckets", "each watcher creates one bucket; find the program that creates so many"
            )
        value = json.dumps([kind, client])

        def store(step: Step) -> None:
            cursors.put(step.conn, {PREFIX + identity: value})

        await self._engine.run(store, "activitywatch")
        self._buckets[identity] = (kind, client)
        return True

    def is_repeat(self, identity: str, data: str, time: datetime, within: timedelta) -> bool:
        """Whether the same event came a moment ago: watchers send tens of equal events a second."""
        last = self._last.get(identity)
        if last is not None and last[0] == data and timedelta() <= time - last[1] < within:
            return True
        self._last[identity] = (data, time)
        return False
