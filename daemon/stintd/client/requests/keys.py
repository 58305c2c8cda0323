"""Keys of callers on loopback TCP."""

from stintd.client.request import Ask, given, paged, reader
from stintd.protocol.types import Key, MadeKey, Page


def list_(*, status: str | None = None) -> Ask[Page[Key]]:
    """The keys there are; revoked ones too when `status` is all."""
    return Ask("GET", "/api/keys", paged(Key), query=given(locals()))


def create(
    scope: str, *, name: str | None = None, client_id: str | None = None, client_name: str | None = None,
    project_id: str | None = None, project_name: str | None = None,
) -> Ask[MadeKey]:  # fmt: skip
    """A new key for reading, writing or everything (`read`, `write`, `full`), of one client or project where one is named.

    Its `key` is shown this once; so this is never sent twice by itself: the second answer would not have it.
    """
    return Ask("POST", "/api/keys", reader(MadeKey), body=given(locals()))


def revoke(key_id: str) -> Ask[Key]:
    """Take a key back; it opens nothing from now on."""
    return Ask("DELETE", "/api/keys", reader(Key), body={"id": key_id}, is_repeatable=True)
