"""API keys as clients send them: as a bearer token, as `X-API-Key`, or as Basic (WakaTime's clients do that)."""

import base64
import binascii
import contextlib
from collections.abc import Mapping
from urllib.parse import parse_qsl

FIELDS = 50


def read_keys(headers: Mapping[str, str], query: str = "") -> tuple[str, ...]:
    """The texts that may be the key, the likeliest first; empty if no credential was sent. `query` is only given for routes whose
    clients send the key there.
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
    """The candidates in a Basic credential: the whole text (WakaTime), the user name (curl -u KEY:) and the password."""
    try:
        plain = base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return []
    user, _, password = plain.partition(":")
    return [plain, user, password]
