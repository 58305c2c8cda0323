"""How many requests a key may make: so many a minute, in windows that begin with a request.

Every answer tells how the window stands. The clock is monotonic, because a wall clock that jumps must not lock out
anybody; only the instant in `X-RateLimit-Reset` is wall time.
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
            text = f"this key may make {limit} requests a minute"
            raise RateLimited(text, f"wait {wait} s, or raise http.rate_limit", {"retryAfter": wait})
        self._used += 1

    def left(self, limit: int, now: float) -> int:
        """Requests left in this window."""
        return max(0, limit - (self._used if now < self._ends else 0))

    def seconds_left(self, now: float) -> float:
        """Seconds until the window ends."""
        return max(0.0, self._ends - now)


class Quotas:
    """The windows of all keys."""

    def __init__(self, clock: Clock, limit: Callable[[], int]) -> None:
        self._clock, self._limit = clock, limit
        self._of: dict[str, Quota] = {}

    def take(self, key_id: str) -> None:
        """Count a request of this key, or refuse it."""
        self._of.setdefault(key_id, Quota()).take(self._limit(), self._clock.monotonic())

    def headers(self, key_id: str) -> dict[str, str]:
        """How the window stands, for an answer."""
        quota, limit, now = self._of.setdefault(key_id, Quota()), self._limit(), self._clock.monotonic()
        reset = math.ceil(self._clock.now().timestamp() + quota.seconds_left(now))
        return {
            "X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(quota.left(limit, now)),
            "X-RateLimit-Reset": str(reset),
        }  # fmt: skip
