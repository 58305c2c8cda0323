"""Webhooks and their deliveries."""

from collections.abc import Iterable

from stintd.client.request import Request, new_key, page_reader, reader, route, wire_fields
from stintd.protocol.types import Delivery, MadeWebhook, Page, Redelivered, TestedWebhook, Webhook

ONE = "/api/webhooks/{}"


def list_(*, limit: int | None = None, cursor: str | None = None) -> Request[Page[Webhook]]:
    """Webhooks, the oldest first."""
    return Request("GET", "/api/webhooks", page_reader(Webhook), query=wire_fields(locals()))


def get(webhook_id: str) -> Request[Webhook]:
    """One webhook."""
    return Request("GET", route(ONE, webhook_id), reader(Webhook))


def create(
    url: str,
    events: Iterable[str],
    *,
    secret: str | None = None,
    allow_private: bool | None = None,
    idempotency_key: str | None = None,
) -> Request[MadeWebhook]:
    """Send events such as `time_entry.stopped` to a URL. Without `secret`, the daemon creates one and shows it only this once.
    `allow_private` permits http, and addresses on this machine and in private networks.
    """
    body = wire_fields({**locals(), "events": list(events)})
    return Request("POST", "/api/webhooks", reader(MadeWebhook), body=body, key=new_key(idempotency_key))


def update(
    webhook_id: str,
    *,
    url: str | None = None,
    events: Iterable[str] | None = None,
    allow_private: bool | None = None,
    enabled: bool | None = None,
    revision: int | None = None,
) -> Request[Webhook]:
    """Change a webhook, or switch it off or on."""
    values = {**locals(), "events": None if events is None else list(events)}
    return Request("PATCH", route(ONE, webhook_id), reader(Webhook), body=wire_fields(values, "webhook_id"))


def delete(webhook_id: str, *, revision: int | None = None) -> Request[Webhook]:
    """Delete a webhook and the deliveries that wait for it."""
    return Request("DELETE", route(ONE, webhook_id), reader(Webhook), revision=revision)


def test(webhook_id: str) -> Request[TestedWebhook]:
    """Send a test event now. Returns the result."""
    return Request("POST", route(ONE + "/test", webhook_id), reader(TestedWebhook))


def deliveries(
    webhook_id: str, *, state: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Request[Page[Delivery]]:
    """Deliveries, the newest first; `state` is waiting, delivered, parked, dropped, open or all."""
    query = wire_fields(locals(), "webhook_id")
    return Request("GET", route(ONE + "/deliveries", webhook_id), page_reader(Delivery), query=query)


def redeliver(webhook_id: str, *, delivery_id: str | None = None) -> Request[Redelivered]:
    """Deliver again: one delivery, or all that are parked."""
    return Request(
        "POST", route(ONE + "/redeliver", webhook_id), reader(Redelivered), body=wire_fields({"delivery_id": delivery_id})
    )


def rotate(webhook_id: str) -> Request[MadeWebhook]:
    """Create a new secret, which is shown only this once. The old one stays valid for a day."""
    return Request("POST", route(ONE + "/rotate", webhook_id), reader(MadeWebhook))
