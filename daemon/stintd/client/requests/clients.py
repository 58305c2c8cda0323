"""Clients, to whom hours are billed."""

from stintd.client.request import Request, new_key, page_reader, reader, route, wire_fields
from stintd.protocol.types import Client, Page

ONE = "/api/clients/{}"


def list_(
    *, status: str | None = None, search: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Request[Page[Client]]:
    """Clients sorted by name; only active ones unless `status` is archived or all."""
    return Request("GET", "/api/clients", page_reader(Client), query=wire_fields(locals()))


def get(client_id: str) -> Request[Client]:
    """One client."""
    return Request("GET", route(ONE, client_id), reader(Client))


def create(name: str, *, idempotency_key: str | None = None) -> Request[Client]:
    """Create a client."""
    return Request("POST", "/api/clients", reader(Client), body={"name": name}, key=new_key(idempotency_key))


def update(
    client_id: str, *, name: str | None = None, archived: bool | None = None, revision: int | None = None
) -> Request[Client]:
    """Change a client."""
    body = wire_fields({"name": name, "archived": archived, "revision": revision})
    return Request("PATCH", route(ONE, client_id), reader(Client), body=body)


def delete(client_id: str, *, revision: int | None = None) -> Request[Client]:
    """Delete a client."""
    return Request("DELETE", route(ONE, client_id), reader(Client), revision=revision)
