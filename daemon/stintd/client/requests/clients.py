"""Clients: whom hours are billed to."""

from stintd.client.request import Ask, given, new_key, paged, reader, route
from stintd.protocol.types import Client, Page

ONE = "/api/clients/{}"


def list_(
    *, status: str | None = None, search: str | None = None, limit: int | None = None, cursor: str | None = None
) -> Ask[Page[Client]]:
    """Clients by name; active ones unless `status` is archived or all."""
    return Ask("GET", "/api/clients", paged(Client), query=given(locals()))


def get(client_id: str) -> Ask[Client]:
    """One client."""
    return Ask("GET", route(ONE, client_id), reader(Client))


def create(name: str, *, idempotency_key: str | None = None) -> Ask[Client]:
    """A new client."""
    return Ask("POST", "/api/clients", reader(Client), body={"name": name}, key=new_key(idempotency_key))


def update(client_id: str, *, name: str | None = None, archived: bool | None = None, revision: int | None = None) -> Ask[Client]:
    """Change a client."""
    body = given({"name": name, "archived": archived, "revision": revision})
    return Ask("PATCH", route(ONE, client_id), reader(Client), body=body)


def delete(client_id: str, *, revision: int | None = None) -> Ask[Client]:
    """Delete a client."""
    return Ask("DELETE", route(ONE, client_id), reader(Client), revision=revision)
