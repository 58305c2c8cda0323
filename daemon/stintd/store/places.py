"""Where hours can go at each target, as the target last listed it: rows of `delivery_place`."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from sqlite3 import Connection

from stintd.domain.model import to_us
from stintd.frozen import frozen
from stintd.store import deliveries
from stintd.store.rowio import select


@frozen
class StoredPlace:
    """A place at a target; `gone_us`: since when the target no longer lists it."""

    key: str
    name: str
    client: str
    gone_us: int | None = None

    @property
    def remote(self) -> dict[str, str]:
        ids: dict[str, str] = json.loads(self.key)
        return ids


def key_of(remote: Mapping[str, str]) -> str:
    """A text that is the same for the same ids."""
    return json.dumps(dict(sorted(remote.items())), ensure_ascii=False)


def list_places(conn: Connection, target: str) -> list[StoredPlace]:
    """All places of a target, by name."""
    sql = "SELECT remote, name, client, gone_us FROM delivery_place WHERE target = ? ORDER BY name, remote"
    return [StoredPlace(row["remote"], row["name"], row["client"], row["gone_us"]) for row in select(conn, sql, (target,))]


def put(conn: Connection, now: datetime, target: str, places: Iterable[StoredPlace]) -> None:
    """Store what a target listed just now; what it listed before and no longer lists is marked as gone."""
    now_us = to_us(now)
    conn.execute("UPDATE delivery_place SET gone_us = ? WHERE target = ? AND gone_us IS NULL", (now_us, target))
    for place in places:
        add(conn, target, place)
    deliveries.set_target(conn, target, {"listed_us": now_us})


def add(conn: Connection, target: str, place: StoredPlace) -> None:
    """Store one place that the target has."""
    conn.execute(
        "INSERT INTO delivery_place (target, remote, name, client) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (target, remote) DO UPDATE SET name = excluded.name, client = excluded.client, gone_us = NULL",
        (target, place.key, place.name, place.client),
    )


def forget(conn: Connection, target: str) -> None:
    """Delete the places of a target that is gone."""
    conn.execute("DELETE FROM delivery_place WHERE target = ?", (target,))
