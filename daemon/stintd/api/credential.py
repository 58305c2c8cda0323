"""Keys as callers present them: a bearer token, `X-API-Key`, or Basic as WakaTime's clients send it."""

import base64
import binascii
from collections.abc import Mapping


def presented(headers: Mapping[str, str]) -> tuple[str, ...]:
    """What may be a key, the likeliest first; nothing when no credential was sent."""
    found = []
    scheme, _, rest = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        found.append(rest.strip())
    elif scheme.lower() == "basic":
        found += _basic(rest.strip())
    if "X-API-Key" in headers:
        found.append(headers["X-API-Key"].strip())
    return tuple(key for key in found if key)


def _basic(text: str) -> list[str]:
    """The key is the whole text (WakaTime), the user's name (curl -u KEY:) or the password."""
    try:
        plain = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return []
    user, _, password = plain.partition(":")
    return [plain, user, password]
