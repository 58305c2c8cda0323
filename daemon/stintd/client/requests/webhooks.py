"""Webhooks: who is told of changes, and what became of it."""

from collections.abc import Iterable

from stintd.client.request import Ask, given, new_key, paged, reader, route
from stintd.protocol.types import Delivery, MadeWebhook, Page, Redelivered, TestedWebhook, Webhook

ONE = "/api/webhooks/{}"


def list_(*, limit: int | None = None, cursor: str | None = None) -> Ask[Page[Webhook]]:
    """Webhooks, the first made first."""
    return Ask("GET", "/api/webhooks", paged(Webhook), query=given(locals()))


def get(webhook_id: str) -> Ask[Webhook]:
    """One webhook."""
    return Ask("GET", route(ONE, webhook_id), reader(Webhook))


def create(
    url: str, events: Iterable[str], *, secret: str | None = None, allow_private: bool | None = None,
    idempotency_key: str | None = None,
) -> Ask[MadeWebhook]:  # fmt: skip
    """Have changes sent to a URL: events such as `time_entry.stopped`. Without `secret` the daemon makes one and shows it
    this once. `allow_private` permits http and addresses of this machine and network.
    """
    body = given({**locals(), "events": list(events)})
    return Ask("POST", "/api/webhooks", reader(MadeWebhook), body=body, key=new_key(idempotency_key))


def update(
    webhook_id: str, *, url: str | None = None, events: Iterable[str] | None = None, allow_private: bool | None = None,
    enabled: bool | None = None, revision: int | None = None,
) -> Ask[Webhook]:  # fmt: skip
    """Change a webhook, or switch it off and on."""
    values = {**locals(), "events": None if events is None else list(events)}
    return Ask("PATCH", route(ONE, webhook_id), reader(Webhook), body=given(values, "webhook_id"))


def delete(webhook_id: str, *, revision: int | None = None) -> Ask[Webhook]:
    """Delete a webhook, and what waits for it."""
    return Ask("DELETE", route(ONE, webhook_id), reader(Webhook), revision=revision)


def test(webhook_id: str) -> Ask[TestedWebhook]:
    """Send a test now, and say how it went."""
    return Ask("POST", route(ONE + "/test", webhook_id), reader(TestedWebhook))


def deliveries(
    webhook_id: str, *, state: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Ask[Page[Delivery]]:
    """What was and is to be delivered, the newest first; `state` is waiting, delivered, parked, dropped, open or all."""
    query = given(locals(), "webhook_id")
    return Ask("GET", route(ONE + "/deliveries", webhook_id), paged(Delivery), query=query)


def redeliver(webhook_id: str, *, delivery_id: str | None = None) -> Ask[Redelivered]:
    """Deliver again: one message, or all that are parked."""
    return Ask("POST", route(ONE + "/redeliver", webhook_id), reader(Redelivered), body=given({"delivery_id": delivery_id}))


def rotate(webhook_id: str) -> Ask[MadeWebhook]:
    """A new secret, shown this once; the old one stays valid for a day."""
    return Ask("POST", route(ONE + "/rotate", webhook_id), reader(MadeWebhook))
