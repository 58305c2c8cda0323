"""Where hours can go at each target, as it last told: rows of `delivery_place`."""

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
    """A place; `gone_us`: since when the target tells of it no more."""

    key: str
    name: str
    client: str
    gone_us: int | None = None

    @property
    def remote(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.key)
        return found


def key_of(remote: Mapping[str, str]) -> str:
    """The same for the same ids."""
    return json.dumps(dict(sorted(remote.items())), ensure_ascii=False)


def list_places(conn: Connection, target: str) -> list[StoredPlace]:
    """All of a target, by name."""
    sql = "SELECT remote, name, client, gone_us FROM delivery_place WHERE target = ? ORDER BY name, remote"
    return [StoredPlace(row["remote"], row["name"], row["client"], row["gone_us"]) for row in select(conn, sql, (target,))]


def put(conn: Connection, now: datetime, target: str, places: Iterable[StoredPlace]) -> None:
    """What a target told just now; what it told before and tells no more is kept as gone."""
    now_us = to_us(now)
    conn.execute("UPDATE delivery_place SET gone_us = ? WHERE target = ? AND gone_us IS NULL", (now_us, target))
    for place in places:
        add(conn, target, place)
    deliveries.set_target(conn, target, {"listed_us": now_us})


def add(conn: Connection, target: str, place: StoredPlace) -> None:
    """One that is there."""
    conn.execute(
        "INSERT INTO delivery_place (target, remote, name, client) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (target, remote) DO UPDATE SET name = excluded.name, client = excluded.client, gone_us = NULL",
        (target, place.key, place.name, place.client),
    )


def forget(conn: Connection, target: str) -> None:
    """The target is gone."""
    conn.execute("DELETE FROM delivery_place WHERE target = ?", (target,))
