"""The headers that prove to a receiver that stintd sent a body: two forms, from the same secrets.

`X-Stint-Signature: sha256=HEX` is the HMAC-SHA256 of the raw body under the text of the secret, as ClockEye's receivers
check it; there is one such header, so it is of the newest secret. `webhook-signature` is the Standard Webhooks form over
`id.timestamp.body`, once for each secret that is valid, so that a receiver may change over when it likes.
"""

import base64
import binascii
import hashlib
import hmac
import os
from datetime import datetime

PREFIX = "whsec_"
KEY_BYTES = 32
LEAST_BYTES, MOST_BYTES = 24, 64
"""Lengths of a key in the Standard Webhooks form."""


def new_secret() -> str:
    """A fresh secret in the Standard Webhooks form."""
    return PREFIX + base64.b64encode(os.urandom(KEY_BYTES)).decode()


def secret_problem(secret: str) -> str:
    """Why a client's own secret cannot be used, "" if it can; completes "secret …". Never shows the secret."""
    if not secret.isascii() or not secret.isprintable() or " " in secret:
        return "must be plain characters without spaces"
    if secret.startswith(PREFIX):
        key = _decode(secret)
        if key is None or not LEAST_BYTES <= len(key) <= MOST_BYTES:
            return f"must be {PREFIX} and the base64 of {LEAST_BYTES} to {MOST_BYTES} bytes"
    elif not 16 <= len(secret) <= 256:
        return "must have 16 to 256 characters"
    return ""


def headers(secrets: list[str], delivery_id: str, event: str, now: datetime, body: bytes) -> dict[str, str]:
    """Every header that names and signs one attempt; `secrets` newest first. A later attempt has its own timestamp."""
    stamp = str(int(now.timestamp()))
    signed = f"{delivery_id}.{stamp}.".encode() + body
    standard = " ".join(f"v1,{base64.b64encode(_mac(_key(secret), signed)).decode()}" for secret in secrets)
    return {
        "Content-Type": "application/json",
        "X-Stint-Event": event,
        "X-Stint-Delivery": delivery_id,
        "X-Stint-Timestamp": stamp,
        "X-Stint-Signature": f"sha256={_mac(secrets[0].encode(), body).hex()}",
        "webhook-id": delivery_id,
        "webhook-timestamp": stamp,
        "webhook-signature": standard,
    }


def _mac(key: bytes, text: bytes) -> bytes:
    return hmac.new(key, text, hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    """The signing key of a secret: the decoded bytes of one that stintd made, the bytes themselves of a client's own."""
    return _decode(secret) or secret.encode()


def _decode(secret: str) -> bytes | None:
    if not secret.startswith(PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        return None
