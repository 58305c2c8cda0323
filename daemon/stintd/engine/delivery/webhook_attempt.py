"""The outcome of one delivery to a webhook: delivered, failed, or parked. Writer thread only."""

from datetime import timedelta

from stintd.domain.model import from_us, to_us
from stintd.engine.delivery.retry import Retry
from stintd.engine.outbox import target_of
from stintd.engine.step import Step
from stintd.frozen import frozen
from stintd.store import outbox
from stintd.store.row_types import OutboxRow, WebhookRow
from stintd.store.rowio import fetch_one

GONE = 410


@frozen
class Attempt:
    """The outcome of one attempt. `pause`: time until the receiver is tried again, None if it accepted the delivery."""

    seq: int
    status: int | None
    error: str = ""
    pause: timedelta | None = None


def settle(step: Step, webhook_id: str, attempt: Attempt, retry: Retry) -> None:
    """Record an attempt. A webhook or a delivery that a person deleted meanwhile stays deleted."""
    webhook = fetch_one(step.conn, WebhookRow, "SELECT * FROM webhook WHERE id = ?", (webhook_id,))
    if webhook is None:
        return
    if attempt.pause is None:
        outbox.note_delivery(step.conn, attempt.seq, step.now, attempt.status or 0)
        set_rest(step, webhook_id, 0, None, None)
        return
    outbox.note_failure(step.conn, attempt.seq, step.now, attempt.status, attempt.error, step.now + attempt.pause)
    failures, failing_us = webhook["failures"] + 1, webhook["failing_us"] or to_us(step.now)
    set_rest(step, webhook_id, failures, failing_us, to_us(step.now + attempt.pause))
    if attempt.status == GONE:
        switch_off(step, webhook_id, "its receiver answered that it is permanently gone (410)")
    else:
        _give_up(step, webhook_id, attempt.seq, retry, retry.is_over(from_us(failing_us), failures, step.now))


def set_rest(step: Step, webhook_id: str, failures: int, failing_us: int | None, rest_us: int | None) -> None:
    step.conn.execute(
        "UPDATE webhook SET failures = ?, failing_us = ?, rest_us = ? WHERE id = ?", (failures, failing_us, rest_us, webhook_id)
    )


def _give_up(step: Step, webhook_id: str, seq: int, retry: Retry, is_down: bool) -> None:
    """Park what failed for too long: this delivery, and if its receiver accepted nothing else either, all as old as it."""
    if is_down:
        outbox.park_all(step.conn, target_of(webhook_id), "the receiver accepts nothing", step.now - retry.give_up)
    row = fetch_one(step.conn, OutboxRow, "SELECT attempts, first_try_us FROM outbox WHERE seq = ? AND attempts > 0", (seq,))
    if (
        row is not None
        and row["first_try_us"] is not None
        and retry.is_over(from_us(row["first_try_us"]), row["attempts"], step.now)
    ):
        outbox.park(step.conn, seq)


def switch_off(step: Step, webhook_id: str, why: str) -> None:
    """Switch the webhook off; what waits is parked."""
    step.conn.execute(
        "UPDATE webhook SET enabled = 0, trouble = ?, revision = revision + 1, updated_us = ? WHERE id = ?",
        (why, to_us(step.now), webhook_id),
    )
    park_waiting(step, webhook_id)


def park_waiting(step: Step, webhook_id: str) -> None:
    """Park what waits for a webhook that was switched off: a person decides about it."""
    outbox.park_all(step.conn, target_of(webhook_id), "the webhook was switched off", step.now)
    step.outgoing.add(target_of(webhook_id))
