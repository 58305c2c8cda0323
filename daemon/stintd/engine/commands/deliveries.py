"""Commands for webhook deliveries: send again, send now, or drop."""

import json

from stintd.engine.delivery import attempt as delivering
from stintd.engine.delivery.webhook_attempt import set_rest
from stintd.engine.outbox import TARGET, target_of
from stintd.engine.queries import outbox as queries
from stintd.engine.step import Step
from stintd.engine.wire_types import DeliveryJson, RedeliveredJson
from stintd.errors import Conflict, NotFound
from stintd.store import outbox
from stintd.store.row_types import WebhookRow
from stintd.store.rowio import fetch_one


def retry_now(step: Step, delivery_id: str) -> DeliveryJson:
    """Try again now, whatever its state: the same delivery, with the same id."""
    entry = delivering.find_delivery(step, delivery_id)
    if entry is not None:
        return queries.delivery_json(delivering.retry_now(step, entry))
    row = queries.find_delivery(step, delivery_id)
    _check_target(step, row["target"])
    outbox.revive(step.conn, row["seq"], step.now)
    _wake(step, row["target"])
    return queries.delivery_json(queries.find_delivery(step, row["id"]))


def drop(step: Step, delivery_id: str) -> DeliveryJson:
    """Drop a delivery; repeating it changes nothing."""
    entry = delivering.find_delivery(step, delivery_id)
    if entry is not None:
        return queries.delivery_json(delivering.drop(step, entry))
    row = queries.find_delivery(step, delivery_id)
    if row["state"] == outbox.DELIVERED:
        raise Conflict("it has already been delivered", "what has been delivered cannot be recalled")
    if row["state"] != outbox.DROPPED:
        outbox.drop(step.conn, row["seq"], step.now)
        step.outgoing.add(row["target"])
    return queries.delivery_json(queries.find_delivery(step, row["id"]))


def redeliver(step: Step, webhook_id: str, delivery_id: str | None = None) -> RedeliveredJson:
    """Deliver one again with the same id, or everything that is parked; answers how many."""
    target = target_of(webhook_id)
    if delivery_id is None:
        _check_target(step, target)
        count = outbox.revive_parked(step.conn, target, step.now)
        _wake(step, target)
        return {"redelivered": count}
    row = queries.find_delivery(step, delivery_id)
    if row["target"] != target:
        raise NotFound(f"this webhook has no delivery {delivery_id[:40]}", "`stint webhooks deliveries ID` lists them")
    retry_now(step, row["id"])
    return {"redelivered": 1}


def _check_target(step: Step, target: str) -> None:
    webhook_id = target.removeprefix(TARGET)
    webhook = fetch_one(step.conn, WebhookRow, "SELECT enabled FROM webhook WHERE id = ?", (webhook_id,))
    if webhook is None:
        raise NotFound("there is no such webhook", "`stint webhooks` lists them")
    if not webhook["enabled"]:
        raise Conflict("the webhook is switched off", "switch it on first: `stint webhooks edit ID --on`")


def _wake(step: Step, target: str) -> None:
    """Send at once, because a person says that the receiver works again. If it does not, the delivery is tried for another
    day.
    """
    set_rest(step, target.removeprefix(TARGET), 0, None, None)
    step.outgoing.add(target)


def events_text(events: tuple[str, ...]) -> str:
    """The stored text of a list of events."""
    return json.dumps(list(events))
