"""Keys as callers present them: a bearer token, `X-API-Key`, or Basic as WakaTime's clients send it."""

import base64
import binascii
import contextlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

FIELDS = 50


def read_keys(headers: Mapping[str, str], query: str = "") -> tuple[str, ...]:
    """What may be a key, the likeliest first; nothing when no credential was sent. `query` is looked into only for the
    routes of clients that send it there.
    """
    keys = []
    scheme, _, rest = headers.get("Authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer":
        keys += [rest.strip(), *_basic(rest.strip())]
    elif scheme.lower() == "basic":
        keys += _basic(rest.strip())
    if "X-API-Key" in headers:
        keys.append(headers["X-API-Key"].strip())
    with contextlib.suppress(ValueError):
        keys += [value for name, value in parse_qsl(query, max_num_fields=FIELDS) if name == "api_key"]
    return tuple(key for key in keys if key)


def _basic(text: str) -> list[str]:
    """The key is the whole text (WakaTime), the user's name (curl -u KEY:) or the password."""
    try:
        plain = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return []
    user, _, password = plain.partition(":")
    return [plain, user, password]
