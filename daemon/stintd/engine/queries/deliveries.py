"""What billing systems hold and are to hold, for people: targets, what would be sent, and sums beside those of the sheet."""

import json
from collections.abc import Mapping

from stintd.domain.billing import amendment
from stintd.domain.billing.delivery import PARKED, PENDING, SENDING
from stintd.domain.billing.rounding import Rounding
from stintd.domain.billing.target import Abilities, TargetRule, fold
from stintd.domain.model import to_us
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.resolver import names_of_projects
from stintd.engine.view import Reader, View
from stintd.engine.wire import instant
from stintd.engine.wire_types import Action, OutlookJson, OutlooksJson, PageJson, TargetJson, TargetRuleJson, TargetState
from stintd.errors import NotFound
from stintd.store import deliveries
from stintd.store.row_types import DeliveryRow, TargetRow
from stintd.store.rowio import fetch_all

LONGEST_LIST = 1000


def listing(view: View, planned: dict[str, TargetLink]) -> PageJson[TargetJson]:
    """The connected targets and the state of each."""
    states, unknown = deliveries.targets(view.conn), unknown_projects(view, planned)
    data = [_target_json(view, link, states.get(name), unknown[name]) for name, link in sorted(planned.items())]
    return {"data": data, "nextCursor": None}


def unknown_projects(view: View, planned: Mapping[str, TargetLink]) -> dict[str, list[str]]:
    """By target, what its rules name as a project although there is none: such a rule takes nothing, and nobody would see it."""
    known = {fold(name) for names in names_of_projects(view.conn).values() for name in names} if planned else set()
    named = {name: dict.fromkeys(rule.project for rule in link.target.rules if rule.project) for name, link in planned.items()}
    return {name: [project for project in projects if fold(project) not in known] for name, projects in named.items()}


def _target_json(view: View, link: TargetLink, state: TargetRow | None, unknown: list[str]) -> TargetJson:
    target, counts = link.target, deliveries.counts(view.conn, link.target.name)
    budget = target.calls_per_hour or link.able.calls_per_hour
    is_this_hour = state is not None and 0 <= to_us(view.now) - state["window_us"] < 3_600_000_000
    return {
        "name": target.name,
        "kind": target.kind,
        "baseUrl": target.base_url or None,
        "deliver": target.deliver,
        "from": target.since.isoformat() if target.since else None,
        "state": _state(state),
        "trouble": state["trouble"] or None if state else None,
        "counts": {name: counts.get(name, 0) for name in (*PENDING, "held", "delivered", "parked", "dropped")},
        "live": target.live,
        "callsPerHour": budget,
        "callsLeft": max(0, budget - state["used"]) if state is not None and is_this_hour else budget,
        "needs": list(link.able.needs),
        "map": [_rule_json(rule) for rule in target.rules],
        "unknownProjects": unknown,
    }


def _rule_json(rule: TargetRule) -> TargetRuleJson:
    settings: TargetRuleJson = {"remote": dict(rule.remote)}
    if rule.project is not None:
        settings["project"] = rule.project
    if rule.task is not None:
        settings["task"] = rule.task
    if rule.client is not None:
        settings["client"] = rule.client
    if rule.tag is not None:
        settings["tag"] = rule.tag
    if rule.billable is not None:
        settings["billable"] = rule.billable
    if rule.rounding is not None:
        settings["rounding"] = rounding_json(rule.rounding)
    return settings


def _length_text(seconds: int) -> str:
    """A length as the settings write it."""
    return "" if not seconds else f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"


def rounding_json(rule: Rounding) -> dict[str, object]:
    """A rounding as the settings write it."""
    settings = {"mode": rule.mode, "minutes": rule.minutes, "per": rule.per, "minimum": _length_text(rule.minimum)}
    return {name: value for name, value in settings.items() if value}


def _state(state: TargetRow | None) -> TargetState:
    if state is None:
        return "connecting"
    return "stopped" if state["stopped"] else "failing" if state["failures"] else "well"


def outlook(view: Reader, planned: dict[str, TargetLink], target: str | None = None, limit: int = LONGEST_LIST) -> OutlooksJson:
    """Exactly what would be sent now, and what is held back and why: the first ones, with their number."""
    if target is not None and target not in planned:
        raise NotFound(f"no target is called {target[:40]}", "`stint targets` lists them")
    names = [name for name in planned if target in (None, name)]
    open_deliveries = f"FROM delivery WHERE target IN ({', '.join('?' * len(names)) or 'NULL'}) AND {_OPEN}"
    number, held_count = view.conn.execute(f"SELECT count(*), coalesce(sum({_HELD_BACK}), 0) {open_deliveries}", names).fetchone()
    sql = f"SELECT * {open_deliveries} ORDER BY target, {_HELD_BACK}, day, seq LIMIT ?"
    items = [outlook_json(row, planned[row["target"]].able) for row in fetch_all(view.conn, DeliveryRow, sql, (*names, limit))]
    return {"targets": names, "ready": number - held_count, "kept": held_count, "items": items}


_OPEN = "state IN ('waiting', 'sending', 'changed', 'withdrawn', 'parked')"
_HELD_BACK = "(state = 'parked' OR hold <> '')"


def action(row: DeliveryRow, able: Abilities) -> Action:
    """What will be done: the change itself or, if the target cannot change entries, a new entry or a correction."""
    delivery = deliveries.from_row(row)
    way = amendment.way_of(able, delivery) if delivery.state != SENDING else ""
    if way == amendment.REPLACE:
        return "replace"
    return "correct" if way == amendment.CORRECT else delivery.verb


def remedy_of(remedy: str, delivery_id: str, entry_id: str | None) -> str | None:
    """The commands that a person can run, with the ids they take."""
    for verb, id_ in (("retry", delivery_id), ("drop", delivery_id), ("edit", (entry_id or "").replace("-", ""))):
        remedy = remedy.replace(f"{verb} ID", f"{verb} {id_[-6:]}")
    return remedy or None


def outlook_json(row: DeliveryRow, able: Abilities) -> OutlookJson:
    """One delivery with its content."""
    content = json.loads(row["wanted"] or row["held"] or "{}")
    return {
        "id": row["id"],
        "target": row["target"],
        "entryId": row["entry_id"],
        "action": action(row, able),
        "state": row["state"],
        "day": row["day"],
        "start": instant(content["start"] * 1_000_000) if content else None,
        "seconds": content.get("seconds", 0),
        "deliveredSeconds": json.loads(row["held"])["seconds"] if row["held"] else 0,
        "project": content.get("project") or None,
        "task": content.get("task") or None,
        "description": content.get("description", ""),
        "billable": content.get("billable", False),
        "tags": content.get("tags", []),
        "remote": content.get("remote", {}),
        "remoteId": row["remote_id"] or None,
        "reason": row["hold"] or row["error"] or None,
        "remedy": remedy_of(row["remedy"], row["id"], row["entry_id"]) if row["hold"] or row["state"] == PARKED else None,
    }
