"""What billing systems hold and are to hold, for people: targets, what would be sent, and sums beside the sheet's."""

import json
from typing import Any

from stintd.domain.billing import amendment
from stintd.domain.billing.delivery import PARKED, PENDING, SENDING
from stintd.domain.billing.rounding import Rounding
from stintd.domain.billing.target import Abilities
from stintd.domain.model import to_us
from stintd.engine.delivery.plan import Planned
from stintd.engine.rows import Row, select
from stintd.engine.view import Reading, View
from stintd.engine.wire import instant
from stintd.errors import NotFound
from stintd.store import deliveries

LONGEST_LIST = 1000


def listing(view: View, planned: dict[str, Planned]) -> dict[str, Any]:
    """The connected targets and how it goes with each."""
    known = deliveries.targets(view.conn)
    return {"data": [_target(view, one, known.get(name)) for name, one in sorted(planned.items())], "nextCursor": None}


def _target(view: View, one: Planned, state: Row | None) -> dict[str, Any]:
    target, counts = one.target, deliveries.counts(view.conn, one.target.name)
    budget = target.calls_per_hour or one.able.calls_per_hour
    is_this_hour = state is not None and 0 <= to_us(view.now) - state["window_us"] < 3_600_000_000
    return {
        "name": target.name, "kind": target.kind, "baseUrl": target.base_url or None, "deliver": target.deliver,
        "from": target.since.isoformat() if target.since else None, "state": _state(state),
        "trouble": state["trouble"] or None if state else None,
        "counts": {name: counts.get(name, 0) for name in (*PENDING, "held", "delivered", "parked", "dropped")},
        "live": target.live, "callsPerHour": budget,
        "callsLeft": max(0, budget - state["used"]) if state is not None and is_this_hour else budget,
        "needs": list(one.able.needs), "map": [_rule(rule) for rule in target.rules],
    }  # fmt: skip


def _rule(rule: Any) -> dict[str, Any]:
    told = {"project": rule.project, "task": rule.task, "client": rule.client, "tag": rule.tag, "billable": rule.billable,
            "rounding": rounding_shown(rule.rounding) if rule.rounding is not None else None}  # fmt: skip
    return {**{name: value for name, value in told.items() if value is not None}, "remote": dict(rule.remote)}


def _length(seconds: int) -> str:
    """As a setting has it."""
    return "" if not seconds else f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def rounding_shown(rule: Rounding) -> dict[str, Any]:
    """A rounding as settings have it."""
    told = {"mode": rule.mode, "minutes": rule.minutes, "per": rule.per, "minimum": _length(rule.minimum)}
    return {name: value for name, value in told.items() if value}


def _state(state: Row | None) -> str:
    if state is None:
        return "connecting"
    return "stopped" if state["stopped"] else "failing" if state["failures"] else "well"


def outlook(view: Reading, planned: dict[str, Planned], target: str | None = None, limit: int = LONGEST_LIST) -> dict[str, Any]:
    """What would be sent now, to the letter, and what is kept back, and why: the first ones, with how many there are."""
    if target is not None and target not in planned:
        raise NotFound(f"no target is called {target[:40]}", "`stint targets` lists them")
    names = [name for name in planned if target in (None, name)]
    open_ = f"FROM delivery WHERE target IN ({', '.join('?' * len(names)) or 'NULL'}) AND {_OPEN}"
    counted = select(view.conn, f"SELECT count(*) AS n, coalesce(sum({_KEPT}), 0) AS kept {open_}", names)[0]
    sql = f"SELECT * {open_} ORDER BY target, {_KEPT}, day, seq LIMIT ?"
    items = [line(row, planned[row["target"]].able) for row in select(view.conn, sql, (*names, limit))]
    return {"targets": names, "ready": counted["n"] - counted["kept"], "kept": counted["kept"], "items": items}


_OPEN = "state IN ('waiting', 'sending', 'changed', 'withdrawn', 'parked')"
_KEPT = "(state = 'parked' OR hold <> '')"


def action(row: Row, able: Abilities) -> str:
    """What is done: as asked, or, where the target cannot, anew or by a correction."""
    delivery = deliveries.from_row(row)
    way = amendment.way_of(able, delivery) if delivery.state != SENDING else ""
    return way if way in (amendment.REPLACE, amendment.CORRECT) else delivery.verb


def remedy_of(row: Row) -> str | None:
    """What a person can do, with the ids that it takes."""
    text = row["remedy"] or ""
    for before, found in (("retry ID", row["id"]), ("drop ID", row["id"]), ("edit ID", (row["entry_id"] or "").replace("-", ""))):
        text = text.replace(before, f"{before[:-2]}{found[-6:]}")
    return text or None


def line(row: Row, able: Abilities) -> dict[str, Any]:
    """One delivery with what it says."""
    told = json.loads(row["wanted"] or row["held"] or "{}")
    return {
        "id": row["id"], "target": row["target"], "entryId": row["entry_id"], "action": action(row, able), "state": row["state"],
        "day": row["day"], "start": instant(told["start"] * 1_000_000) if told else None, "seconds": told.get("seconds", 0),
        "deliveredSeconds": json.loads(row["held"])["seconds"] if row["held"] else 0, "project": told.get("project") or None,
        "task": told.get("task") or None, "description": told.get("description", ""), "billable": told.get("billable", False),
        "tags": told.get("tags", []), "remote": told.get("remote", {}), "remoteId": row["remote_id"] or None,
        "reason": row["hold"] or row["error"] or None,
        "remedy": remedy_of(row) if row["hold"] or row["state"] == PARKED else None,
    }  # fmt: skip
