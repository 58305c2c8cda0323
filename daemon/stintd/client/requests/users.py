"""The people of the workspace."""

from stintd.client.request import Ask, Clear, given, new_key, paged, reader, route
from stintd.protocol.types import Page, User

ONE = "/api/users/{}"


def list_(
    *, role: str | None = None, status: str | None = None, search: str | None = None, limit: int | None = None,
    cursor: str | None = None,
) -> Ask[Page[User]]:  # fmt: skip
    """People by name: the owner, and whom they invited."""
    return Ask("GET", "/api/users", paged(User), query=given(locals()))


def me() -> Ask[User]:
    """The owner."""
    return Ask("GET", "/api/users/me", reader(User))


def get(user_id: str) -> Ask[User]:
    """One person."""
    return Ask("GET", route(ONE, user_id), reader(User))


def create(
    name: str, *, email: str | None = None, role: str | None = None, idempotency_key: str | None = None
) -> Ask[User]:  # fmt: skip
    """Invite a person; `role` is standard or manager."""
    return Ask("POST", "/api/users", reader(User), body=given(locals()), key=new_key(idempotency_key))


def update(
    user_id: str, *, name: str | None = None, email: str | Clear | None = None, role: str | None = None,
    status: str | None = None, revision: int | None = None,
) -> Ask[User]:  # fmt: skip
    """Change a person; `status` active says that they accepted the invitation."""
    return Ask("PATCH", route(ONE, user_id), reader(User), body=given(locals(), "user_id"))


def delete(user_id: str, *, revision: int | None = None) -> Ask[User]:
    """Remove a person."""
    return Ask("DELETE", route(ONE, user_id), reader(User), revision=revision)
