"""The outbox: deliveries to billing systems and webhooks."""

from stintd.client.request import Request, page_reader, reader, route, wire_fields
from stintd.protocol.types import Delivery, Page

ONE = "/api/outbox/{}"


def list_(
    *, state: str | None = None, target: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Request[Page[Delivery]]:
    """Deliveries that wait or were given up, the oldest first; `state` is open, all, or one state."""
    return Request("GET", "/api/outbox", page_reader(Delivery), query=wire_fields(locals()))


def retry(delivery_id: str) -> Request[Delivery]:
    """Try a delivery again now, instead of after its pause."""
    return Request("POST", route(ONE + "/retry", delivery_id), reader(Delivery), body={})


def drop(delivery_id: str) -> Request[Delivery]:
    """Drop a delivery: never deliver it."""
    return Request("POST", route(ONE + "/drop", delivery_id), reader(Delivery), body={})
