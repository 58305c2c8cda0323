"""The people in the workspace."""

from stintd.client.request import Clear, Request, new_key, page_reader, reader, route, wire_fields
from stintd.protocol.types import Page, User

ONE = "/api/users/{}"


def list_(
    *,
    role: str | None = None,
    status: str | None = None,
    search: str | None = None,
    limit: int | None = None,
    cursor: str | None = None,
) -> Request[Page[User]]:
    """People sorted by name: you, and those you invited."""
    return Request("GET", "/api/users", page_reader(User), query=wire_fields(locals()))


def me() -> Request[User]:
    """You, the user of this daemon."""
    return Request("GET", "/api/users/me", reader(User))


def get(user_id: str) -> Request[User]:
    """One person."""
    return Request("GET", route(ONE, user_id), reader(User))


def create(name: str, *, email: str | None = None, role: str | None = None, idempotency_key: str | None = None) -> Request[User]:
    """Invite a person; `role` is standard or manager."""
    return Request("POST", "/api/users", reader(User), body=wire_fields(locals()), key=new_key(idempotency_key))


def update(
    user_id: str,
    *,
    name: str | None = None,
    email: str | Clear | None = None,
    role: str | None = None,
    status: str | None = None,
    revision: int | None = None,
) -> Request[User]:
    """Change a person; `status` active means that they accepted the invitation."""
    return Request("PATCH", route(ONE, user_id), reader(User), body=wire_fields(locals(), "user_id"))


def delete(user_id: str, *, revision: int | None = None) -> Request[User]:
    """Remove a person."""
    return Request("DELETE", route(ONE, user_id), reader(User), revision=revision)
