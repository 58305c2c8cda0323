"""When a failed delivery is tried again: after doubling pauses with a little jitter, or after the pause the server asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from stintd.frozen import frozen

LONGEST_RETRY_AFTER = timedelta(hours=6)
"""A server may ask for a longer pause; after this one it is asked again."""
SPREAD = 0.25


@frozen
class Retry:
    """The pauses of one kind of target: the first, the longest, and after how long (and how many tries) it is parked."""

    initial: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=1)
    least_tries: int = 12
    """Least tries before anything is parked: a laptop that slept over the weekend has not really tried for a day."""

    def pause(self, failures: int, retry_after: timedelta | None, chance: Callable[[], float]) -> timedelta:
        """The pause after this many failures in a row; `chance` gives a number from 0 to 1."""
        doubled = self.initial * 2.0 ** min(failures - 1, 32)
        spread = min(doubled, self.longest) * (1 - SPREAD + 2 * SPREAD * chance())
        return max(spread, min(retry_after, LONGEST_RETRY_AFTER)) if retry_after is not None else spread

    def is_over(self, since: datetime, tries: int, now: datetime) -> bool:
        """Whether it has failed long and often enough to be parked."""
        return tries >= self.least_tries and now - since >= self.give_up


def parse_retry_after(text: str | None, now: datetime) -> timedelta | None:
    """The pause a Retry-After header asks for, as seconds or a date; None if it cannot be read."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
