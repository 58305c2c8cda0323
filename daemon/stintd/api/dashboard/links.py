"""One-time links that sign a browser in; in memory only."""

import hmac
import secrets
from datetime import timedelta

from stintd.engine.apikeys import digest_of

LINK_LASTS = timedelta(minutes=5)
LINKS = 16
"""How many unopened links are kept; the oldest makes room for a new one."""


class Links:
    """Links that were created and not opened yet: their hashes, and when each expires by the daemon's monotonic clock."""

    def __init__(self) -> None:
        self._open: dict[str, float] = {}

    def make(self, now: float) -> str:
        """Create a link; its token."""
        while len(self._open) >= LINKS:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(32)
        self._open[digest_of(token)] = now + LINK_LASTS.total_seconds()
        return token

    def take(self, token: str, now: float) -> bool:
        """Use a link up: whether the token is that of an unopened link, which is then removed."""
        digest_of_token, match = digest_of(token), None
        for digest, until in self._open.items():
            if hmac.compare_digest(digest, digest_of_token) and now < until:
                match = digest
        if match is None:
            return False
        del self._open[match]
        return True

    def drop(self) -> None:
        """Invalidate every unopened link."""
        self._open.clear()
