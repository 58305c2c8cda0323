"""Who keeps hours here."""

from stintd.client.ask import Ask, given, paged, reader
from stintd.protocol.types import Page, User


def list_(*, limit: int | None = None, cursor: str | None = None) -> Ask[Page[User]]:
    """Everybody."""
    return Ask("GET", "/api/users", paged(User), query=given(locals()))


def me() -> Ask[User]:
    """The owner."""
    return Ask("GET", "/api/users/me", reader(User))
