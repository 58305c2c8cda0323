"""The state of an entry's delivery to a target: an attempt begins, has an outcome, is retried or dropped by a person."""

import json
from datetime import timedelta

from stintd.domain.billing import amendment
from stintd.domain.billing import delivery as rules
from stintd.domain.billing.amendment import Content
from stintd.domain.billing.delivery import CHANGED, PARKED, REMOVAL, SENDING, WAITING, WITHDRAWN
from stintd.domain.billing.target import Abilities
from stintd.domain.model import from_us, to_us
from stintd.engine.delivery.plan import PREFIX
from stintd.engine.delivery.retry import Retry
from stintd.engine.entry_texts import ALL_PINS
from stintd.engine.step import Step
from stintd.engine.view import Reader
from stintd.errors import Conflict
from stintd.frozen import frozen
from stintd.ports import BLIND, LOCKED, LOST, MISSING, REFUSED, STOPPED, TAKEN, UNKNOWN, Item, Outcome
from stintd.store import deliveries, mirrors, rowio
from stintd.store.row_types import DeliveryColumns, DeliveryRow, EntryRow, SqlValue, TargetRow
from stintd.store.rowio import fetch_all, fetch_one

HOUR_US = 3_600_000_000
STOPPED_PAUSE = timedelta(hours=6)
"""Pause before credentials that were refused are tried again automatically; a person who fixed them can retry at once."""
LOCKED_PAUSE = timedelta(days=1)
"""Pause before something locked at the target is tried again automatically: somebody may have opened the period."""
RESTING_AFTER = 3
"""After this many failures in a row the target, not the entry, counts as the cause."""


@frozen
class TargetAttempt:
    """An attempt: its row, its outcome, the pause of the target if it failed, the requests it took. `was_open`: an earlier
    attempt had no answer; that this one certainly changed nothing says nothing about the earlier one.
    """

    seq: int
    outcome: Outcome
    pause: timedelta
    calls: int
    was_open: bool = False


def item_of(row: DeliveryRow) -> Item:
    """The input of a connector for an attempt: what is to be there, what is to be removed, or the difference."""
    delivery = deliveries.from_row(row)
    delivery_id = row["id"]
    if delivery.verb == "correct":
        sent = None if delivery.sent == REMOVAL else json.loads(row["sent"] or "{}")
        content = amendment.correction(json.loads(row["held"] or "{}"), sent)
        number = row["remote_id"].count("\n") + 1
        delivery_id = deliveries.id_of(row["target"], row["entry_id"], row["part"], f"{row['generation']}.{number}")
    else:
        content = json.loads((row["held"] if delivery.verb == "delete" else row["sent"]) or "{}")
    return to_item(delivery_id, content)


def to_item(delivery_id: str, content: Content) -> Item:
    """A content in the form connectors take."""
    return Item(
        id=delivery_id,
        start=content["start"],
        end=content["end"],
        seconds=content["seconds"],
        day=content["day"],
        description=content["description"],
        billable=content["billable"],
        tags=tuple(content["tags"]),
        remote=content["remote"],
        project=content["project"],
        task=content["task"],
        client=content["client"],
        actor=content["actor"],
        pauses=tuple((lo, hi) for lo, hi in content["pauses"]),
    )


def begin(step: Step, seq: int, able: Abilities) -> DeliveryRow | None:
    """Record that an attempt is about to be made; None if there is nothing left to do, or nothing that can be done. From now
    on the entry no longer follows its evidence: what was handed over does not change.
    """
    row = deliveries.row_of_seq(step.conn, seq)
    if row is None or not _is_due(row, to_us(step.now)):
        return None
    delivery = deliveries.from_row(row)
    delivery = rules.retry(delivery) if delivery.state == PARKED else delivery
    way = amendment.way_of(able, delivery)
    if way in (amendment.SAME, amendment.STAY):
        _note_nothing_sent(step, row, delivery, way)
        return None
    sending = rules.begin(delivery, amendment.deletes_first(delivery, way), way == amendment.CORRECT)
    deliveries.update(
        step.conn,
        seq,
        {
            **deliveries.to_row(sending),
            "again_us": None,
            "attempts": row["attempts"] + 1,
            "first_try_us": row["first_try_us"] or to_us(step.now),
            "last_try_us": to_us(step.now),
        },
    )
    _pin_entry(step, row["entry_id"])
    return deliveries.row_of_seq(step.conn, seq)


def _note_nothing_sent(step: Step, row: DeliveryRow, delivery: rules.Delivery, way: str) -> None:
    """Record that there is nothing to send, or no way to send it and why."""
    if way == amendment.SAME:
        values: DeliveryColumns = {**deliveries.to_row(rules.record_same(delivery)), "finished_us": to_us(step.now)}
    else:
        hold = amendment.difference_of(delivery)
        values = {**deliveries.to_row(delivery), "hold": hold.reason, "remedy": hold.remedy}
    deliveries.update(step.conn, row["seq"], {**values, "again_us": None})


def _is_due(row: DeliveryRow, now_us: int) -> bool:
    if row["hold"]:
        return False
    if row["state"] == PARKED:
        return row["again_us"] is not None and row["again_us"] <= now_us
    return row["state"] in (WAITING, CHANGED, WITHDRAWN) and row["next_us"] <= now_us


def _pin_entry(step: Step, entry_id: str) -> None:
    entry = fetch_one(step.conn, EntryRow, "SELECT pinned FROM entry WHERE id = ?", (entry_id,))
    if entry is not None and entry["pinned"] != ALL_PINS:
        rowio.update(step.conn, "entry", entry_id, {"pinned": ALL_PINS})


def settle(step: Step, target: str, attempt: TargetAttempt, retry: Retry) -> None:
    """Record the outcome of an attempt. An entry that changed meanwhile still has something to send."""
    state = deliveries.targets(step.conn).get(target)
    row = deliveries.row_of_seq(step.conn, attempt.seq)
    if state is None or row is None or row["state"] != SENDING:
        return
    outcome = attempt.outcome
    _count_calls(step, state, attempt.calls)
    before = deliveries.from_row(row)
    after = _apply_outcome(before, attempt, _is_over(step, row, state, outcome, retry))
    values: DeliveryColumns = {
        **deliveries.to_row(after),
        "status": outcome.status,
        "error": _error_text(after, outcome),
        "next_us": to_us(step.now),
    }
    if after.state == PARKED:
        values["remedy"] = outcome.remedy or "`stint outbox retry ID`, or `stint outbox drop ID`"
    if outcome.kind == LOCKED:
        values["again_us"] = to_us(step.now + LOCKED_PAUSE)
    if outcome.kind in (TAKEN, MISSING):
        values |= {"attempts": 0, "first_try_us": None}
    elif after.state in rules.PENDING:
        values["next_us"] = to_us(step.now + attempt.pause)
    if before.held is not None and after.held is None:
        generation = row["generation"] + 1
        values |= {"generation": generation, "id": deliveries.id_of(target, row["entry_id"], row["part"], generation)}
    if after.state in (rules.DELIVERED, rules.GONE):
        values["finished_us"] = to_us(step.now)
    deliveries.update(step.conn, attempt.seq, values)
    _note_outcome(step, state, outcome, attempt.pause)


def _apply_outcome(before: rules.Delivery, attempt: TargetAttempt, is_over: bool) -> rules.Delivery:
    outcome = attempt.outcome
    if outcome.kind == TAKEN:
        return rules.record_taken(before, outcome.remote_id)
    if outcome.kind == MISSING:
        return rules.record_missing(before)
    if outcome.kind == REFUSED:
        return rules.record_refused(before)
    if outcome.kind == LOCKED:
        return rules.record_locked(before)
    if outcome.kind == LOST:
        return rules.record_lost(before)
    if outcome.kind == BLIND or (outcome.kind == UNKNOWN and is_over):
        return rules.give_up(before)
    return before if outcome.kind == UNKNOWN or attempt.was_open else rules.record_unsent(before)


def _is_over(step: Step, row: DeliveryRow, state: TargetRow, outcome: Outcome, retry: Retry) -> bool:
    """Whether this delivery failed for too long while its target accepted others: then the entry is the cause, and a person
    must look.
    """
    if outcome.kind != UNKNOWN or row["first_try_us"] is None:
        return False
    is_well = state["success_us"] is not None and state["success_us"] > row["first_try_us"]
    return is_well and retry.is_over(from_us(row["first_try_us"]), row["attempts"], step.now)


def _error_text(after: rules.Delivery, outcome: Outcome) -> str:
    if outcome.kind == BLIND:
        return "it is unknown whether it was stored: check there, then `retry` (if not) or `drop` (if so)"
    return "" if outcome.kind in (TAKEN, MISSING) else outcome.text


def _count_calls(step: Step, state: TargetRow, calls: int) -> None:
    """Count the requests of this hour."""
    now_us = to_us(step.now)
    is_fresh = not 0 <= now_us - state["window_us"] < HOUR_US
    values = {"window_us": now_us, "used": calls} if is_fresh else {"used": state["used"] + calls}
    deliveries.set_target(step.conn, state["name"], values)


def _note_outcome(step: Step, state: TargetRow, outcome: Outcome, pause: timedelta) -> None:
    """Update the state of the target as a whole."""
    now_us = to_us(step.now)
    if outcome.kind in (TAKEN, MISSING, REFUSED, LOCKED, LOST, BLIND):
        values: dict[str, SqlValue] = {"failures": 0, "failing_us": None, "rest_us": None, "stopped": 0, "trouble": ""}
        if outcome.pause is not None:
            values["rest_us"] = to_us(step.now + outcome.pause)  # accepted, but its quota is used up
        if outcome.kind == TAKEN:
            values["success_us"] = now_us
    elif outcome.kind == STOPPED:
        values = {"stopped": 1, "trouble": outcome.text, "rest_us": to_us(step.now + STOPPED_PAUSE)}
    else:
        failures = state["failures"] + 1
        is_all = outcome.kind != UNKNOWN or failures >= RESTING_AFTER or outcome.status is None
        values = {
            "failures": failures,
            "failing_us": state["failing_us"] or now_us,
            "trouble": outcome.text,
            "rest_us": to_us(step.now + pause) if is_all else None,
        }
    deliveries.set_target(step.conn, state["name"], values)


def count_calls(step: Step, target: str, calls: int) -> None:
    """Count requests to the target other than deliveries."""
    state = deliveries.targets(step.conn).get(target)
    if state is not None and calls:
        _count_calls(step, state, calls)


def note_answer(step: Step, target: str, outcome: Outcome | None, pause: timedelta, calls: int) -> None:
    """Record a request to the target other than a delivery; `outcome` says how it failed, None means that it succeeded."""
    state = deliveries.targets(step.conn).get(target)
    if state is not None:
        _count_calls(step, state, calls)
        _note_outcome(step, state, outcome or Outcome(TAKEN), pause)


def note_failure(step: Step, target: str, outcome: Outcome, pause: timedelta) -> None:
    """Record that the target could not even be asked (its secret is not available)."""
    state = deliveries.targets(step.conn).get(target)
    if state is not None:
        _note_outcome(step, state, outcome, pause)


# ---------------------------------------------------------------- people


def find_delivery(step: Reader, delivery_id: str) -> DeliveryRow | None:
    """The row of an id, or of a unique beginning of one; None if it is no delivery of an entry."""
    delivery = fetch_one(step.conn, DeliveryRow, "SELECT * FROM delivery WHERE id = ?", (delivery_id,))
    if delivery is not None or len(delivery_id) < 4:
        return delivery
    bounds = (delivery_id, delivery_id + "\U0010ffff")
    matches = fetch_all(step.conn, DeliveryRow, "SELECT * FROM delivery WHERE id >= ? AND id < ? LIMIT 2", bounds)
    if len(matches) > 1:
        raise Conflict(f"several deliveries begin with {delivery_id[:40]}", "use the whole id")
    return matches[0] if matches else None


def retry_now(step: Step, row: DeliveryRow) -> DeliveryRow:
    """Try it again, now."""
    after = rules.retry(deliveries.from_row(row))
    deliveries.update(
        step.conn,
        row["seq"],
        {
            **deliveries.to_row(after),
            "next_us": to_us(step.now),
            "attempts": 0,
            "first_try_us": None,
            "error": "",
            "again_us": None,
        },
    )
    wake(step, row["target"])
    delivery = deliveries.row_of_seq(step.conn, row["seq"])
    assert delivery is not None
    return delivery


def wake(step: Step, target: str) -> None:
    """Clear the failures of a target, because a person says that it works again."""
    deliveries.set_target(step.conn, target, {"failures": 0, "failing_us": None, "rest_us": None, "stopped": 0, "trouble": ""})
    step.outgoing.add(PREFIX + target)


def drop(step: Step, row: DeliveryRow) -> DeliveryRow:
    """Drop a delivery, until `retry` takes it up again."""
    if row["state"] == SENDING:
        raise Conflict("it is being sent now", "wait until it has arrived or failed")
    if row["state"] == rules.DELIVERED:
        raise Conflict("it has already been delivered", "delete or edit the entry: the target follows")
    after = rules.drop(deliveries.from_row(row))
    deliveries.update(step.conn, row["seq"], {**deliveries.to_row(after), "finished_us": to_us(step.now)})
    step.outgoing.add(PREFIX + row["target"])
    delivery = deliveries.row_of_seq(step.conn, row["seq"])
    assert delivery is not None
    return delivery


def sync(step: Step, target: str | None = None) -> list[str]:
    """Send now what waits, without the pause after its last change; answers the targets."""
    names = [name for name in deliveries.targets(step.conn) if target in (None, name)]
    for name in names:
        step.conn.execute(
            "UPDATE delivery SET next_us = ? WHERE target = ? AND hold = '' AND next_us > ?"
            " AND state IN ('waiting', 'sending', 'changed', 'withdrawn')",
            (to_us(step.now), name, to_us(step.now)),
        )
        mirrors.retry(step.conn, name)
        wake(step, name)
    return names
