"""API keys for loopback TCP."""

from stintd.client.request import Request, page_reader, reader, wire_fields
from stintd.protocol.types import Key, MadeKey, Page


def list_(*, status: str | None = None) -> Request[Page[Key]]:
    """Your keys; with `status` all, also revoked ones."""
    return Request("GET", "/api/keys", page_reader(Key), query=wire_fields(locals()))


def create(
    scope: str,
    *,
    name: str | None = None,
    client_id: str | None = None,
    client_name: str | None = None,
    project_id: str | None = None,
    project_name: str | None = None,
) -> Request[MadeKey]:
    """Create a key with the scope `read`, `write` or `full`, limited to one client or project if you name one.

    Its `key` is shown only this once. So the request is never sent again automatically: a second answer would not contain it.
    """
    return Request("POST", "/api/keys", reader(MadeKey), body=wire_fields(locals()))


def revoke(key_id: str) -> Request[Key]:
    """Revoke a key; it stops working at once."""
    return Request("DELETE", "/api/keys", reader(Key), body={"id": key_id}, is_repeatable=True)
