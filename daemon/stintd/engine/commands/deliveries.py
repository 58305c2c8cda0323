"""What becomes of a delivery: it arrived, it failed, a person wants it again or not at all."""

import json
from datetime import timedelta
from typing import Any

from stintd.domain.model import from_us, to_us
from stintd.engine.delivery import attempt as delivering
from stintd.engine.delivery.retry import Retry
from stintd.engine.outbox import TARGET, target_of
from stintd.engine.queries import outbox as queries
from stintd.engine.rows import Row, first
from stintd.engine.step import Step
from stintd.errors import Conflict, NotFound
from stintd.frozen import frozen
from stintd.store import outbox

GONE = 410


@frozen
class Attempt:
    """How one attempt went. `pause`: until the receiver is tried again, None when it took it."""

    seq: int
    status: int | None
    error: str = ""
    pause: timedelta | None = None


def settle(step: Step, webhook_id: str, attempt: Attempt, retry: Retry) -> None:
    """Write down an attempt. A webhook or a delivery that a person took away meanwhile stays away."""
    webhook = first(step.conn, "SELECT * FROM webhook WHERE id = ?", (webhook_id,))
    if webhook is None:
        return
    if attempt.pause is None:
        outbox.delivered(step.conn, attempt.seq, step.now, attempt.status or 0)
        _rest(step, webhook_id, 0, None, None)
        return
    outbox.tried(step.conn, attempt.seq, step.now, attempt.status, attempt.error, step.now + attempt.pause)
    failures, failing_us = webhook["failures"] + 1, webhook["failing_us"] or to_us(step.now)
    _rest(step, webhook_id, failures, failing_us, to_us(step.now + attempt.pause))
    if attempt.status == GONE:
        switch_off(step, webhook_id, "its receiver says that it is gone for good (410)")
    else:
        _give_up(step, webhook_id, attempt.seq, retry, retry.is_over(from_us(failing_us), failures, step.now))


def _rest(step: Step, webhook_id: str, failures: int, failing_us: int | None, rest_us: int | None) -> None:
    step.conn.execute(
        "UPDATE webhook SET failures = ?, failing_us = ?, rest_us = ? WHERE id = ?", (failures, failing_us, rest_us, webhook_id)
    )


def _give_up(step: Step, webhook_id: str, seq: int, retry: Retry, is_down: bool) -> None:
    """Park what failed for too long: this delivery, and when its receiver took nothing else either, all that are as old."""
    if is_down:
        outbox.park_all(step.conn, target_of(webhook_id), "the receiver takes nothing", step.now - retry.give_up)
    row = first(step.conn, "SELECT attempts, first_try_us FROM outbox WHERE seq = ? AND attempts > 0", (seq,))
    if row is not None and retry.is_over(from_us(row["first_try_us"]), row["attempts"], step.now):
        outbox.park(step.conn, seq)


def switch_off(step: Step, webhook_id: str, why: str) -> None:
    """Send there no more; what waits is parked."""
    step.conn.execute(
        "UPDATE webhook SET enabled = 0, trouble = ?, revision = revision + 1, updated_us = ? WHERE id = ?",
        (why, to_us(step.now), webhook_id),
    )
    park_waiting(step, webhook_id)


def park_waiting(step: Step, webhook_id: str) -> None:
    """The webhook was switched off: what waits is kept for a person."""
    outbox.park_all(step.conn, target_of(webhook_id), "the webhook was switched off", step.now)
    step.outgoing.add(target_of(webhook_id))


# ---------------------------------------------------------------- people


def retry_now(step: Step, delivery_id: str) -> dict[str, Any]:
    """Try again now, whatever became of it: the same delivery, with the same id."""
    entry = delivering.row_of(step, delivery_id)
    if entry is not None:
        return queries.shown(delivering.retry_now(step, entry))
    row = queries.row_of(step, delivery_id)
    _check_target(step, row)
    outbox.revive(step.conn, row["seq"], step.now)
    _wake(step, row["target"])
    return queries.shown(queries.row_of(step, row["id"]))


def drop(step: Step, delivery_id: str) -> dict[str, Any]:
    """Deliver it no more; once more changes nothing."""
    entry = delivering.row_of(step, delivery_id)
    if entry is not None:
        return queries.shown(delivering.drop(step, entry))
    row = queries.row_of(step, delivery_id)
    if row["state"] == outbox.DELIVERED:
        raise Conflict("it was delivered already", "what has arrived cannot be taken back")
    if row["state"] != outbox.DROPPED:
        outbox.drop(step.conn, row["seq"], step.now)
        step.outgoing.add(row["target"])
    return queries.shown(queries.row_of(step, row["id"]))


def redeliver(step: Step, webhook_id: str, delivery_id: str | None = None) -> dict[str, Any]:
    """Deliver one again with the same id, or everything that is parked; how many."""
    target = target_of(webhook_id)
    if delivery_id is None:
        _check_target(step, {"target": target})
        count = outbox.revive_parked(step.conn, target, step.now)
        _wake(step, target)
        return {"redelivered": count}
    row = queries.row_of(step, delivery_id)
    if row["target"] != target:
        raise NotFound(f"this webhook has no delivery {delivery_id[:40]}", "GET its deliveries to see them")
    retry_now(step, row["id"])
    return {"redelivered": 1}


def _check_target(step: Step, row: Row) -> None:
    webhook_id = row["target"].removeprefix(TARGET)
    webhook = first(step.conn, "SELECT enabled FROM webhook WHERE id = ?", (webhook_id,))
    if webhook is None:
        raise NotFound("there is no such webhook", "`stint webhooks` lists them")
    if not webhook["enabled"]:
        raise Conflict("the webhook is switched off", "switch it on first: `stint webhooks edit ID --on`")


def _wake(step: Step, target: str) -> None:
    """Send at once: a person says that the receiver is well again. Should it not be, it has another day."""
    _rest(step, target.removeprefix(TARGET), 0, None, None)
    step.outgoing.add(target)


def events_text(events: tuple[str, ...]) -> str:
    """Events as they are stored."""
    return json.dumps(list(events))
