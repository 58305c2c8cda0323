"""What waits to leave this machine: to billing systems and to webhooks."""

from stintd.client.request import Ask, given, paged, reader, route
from stintd.protocol.types import Delivery, Page

ONE = "/api/outbox/{}"


def list_(
    *, state: str | None = None, target: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Ask[Page[Delivery]]:
    """What waits or was given up, the oldest first; `state` is open, all, or one state."""
    return Ask("GET", "/api/outbox", paged(Delivery), query=given(locals()))


def retry(delivery_id: str) -> Ask[Delivery]:
    """Try it now, instead of after the pause."""
    return Ask("POST", route(ONE + "/retry", delivery_id), reader(Delivery), body={})


def drop(delivery_id: str) -> Ask[Delivery]:
    """Never deliver it."""
    return Ask("POST", route(ONE + "/drop", delivery_id), reader(Delivery), body={})
