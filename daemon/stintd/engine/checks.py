"""Checks what API clients send before any of it is stored."""

import os
from datetime import datetime, timedelta

from stintd.errors import Invalid

EARLIEST = datetime.fromisoformat("1990-01-01T00:00:00+00:00")
"""Git did not exist before this, so no evidence can be older."""


def check_time(time: datetime, now: datetime, max_future: timedelta) -> None:
    """Refuse (`invalid`) an instant that cannot be one of work: in the future, or before `EARLIEST`."""
    if time > now + max_future:
        raise Invalid(f"time {time.isoformat()} is in the future", "check the sender's clock, or leave time out to mean now")
    if time < EARLIEST:
        raise Invalid(f"time {time.isoformat()} is before 1990", "send the time in RFC 3339, like 2026-11-20T10:30:00Z")


def unique_id() -> str:
    """An id for a heartbeat that came without id and time: it duplicates no other, whatever it contains (DETAILS, Duplicates)."""
    return "~" + os.urandom(12).hex()
