"""Limits how many requests a minute a key may make, in windows that begin with a request.

Every answer has headers that describe the window. It is measured by the monotonic clock, because a jump of the wall clock must
lock nobody out; only the instant in `X-RateLimit-Reset` is wall time.
"""

import math
from collections.abc import Callable

from stintd.clock import Clock
from stintd.errors import RateLimited

WINDOW_SECONDS = 60.0


class Quota:
    """The window of one key."""

    __slots__ = ("_ends", "_used")

    def __init__(self) -> None:
        self._used, self._ends = 0, 0.0

    def take(self, limit: int, now: float) -> None:
        """Count a request, or refuse it (`rate_limited`) with the seconds to wait."""
        if now >= self._ends:
            self._used, self._ends = 0, now + WINDOW_SECONDS
        if self._used >= limit:
            wait = max(1, math.ceil(self._ends - now))
            text = f"this key has made {limit} requests in this minute, which is its limit"
            raise RateLimited(text, f"wait {wait} s, or raise the setting http.rate_limit", {"retryAfter": wait})
        self._used += 1

    def requests_left(self, limit: int, now: float) -> int:
        """Requests left in this window."""
        return max(0, limit - (self._used if now < self._ends else 0))

    def seconds_left(self, now: float) -> float:
        """Seconds until the window ends."""
        return max(0.0, self._ends - now)


class Quotas:
    """The windows of all keys."""

    def __init__(self, clock: Clock, limit: Callable[[], int]) -> None:
        self._clock, self._limit = clock, limit
        self._by_key: dict[str, Quota] = {}

    def take(self, key_id: str) -> None:
        """Count a request of this key, or refuse it."""
        self._by_key.setdefault(key_id, Quota()).take(self._limit(), self._clock.monotonic())

    def headers(self, key_id: str) -> dict[str, str]:
        """The headers that describe the window in an answer."""
        quota, limit, now = self._by_key.setdefault(key_id, Quota()), self._limit(), self._clock.monotonic()
        reset = math.ceil(self._clock.now().timestamp() + quota.seconds_left(now))
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(quota.requests_left(limit, now)),
            "X-RateLimit-Reset": str(reset),
        }
