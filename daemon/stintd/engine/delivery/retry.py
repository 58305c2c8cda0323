"""When something that could not be delivered is tried again: doubling pauses, spread a little, or what the server asked for."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from stintd.frozen import frozen

LONGEST_ASKED = timedelta(hours=6)
"""A server may ask for a longer pause; it is looked after that time whether it still means it."""
SPREAD = 0.25


@frozen
class Retry:
    """The pauses of one kind of target: the first, the longest, and after how long (and how many tries) it is parked."""

    initial: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    give_up: timedelta = timedelta(days=1)
    least_tries: int = 12
    """A laptop that slept over the weekend has not tried for a day: so many tries are made before anything is parked."""

    def pause(self, failures: int, asked: timedelta | None, chance: Callable[[], float]) -> timedelta:
        """The pause after so many failures in a row; `chance` gives a number from 0 to 1."""
        doubled = self.initial * 2.0 ** min(failures - 1, 32)
        spread = min(doubled, self.longest) * (1 - SPREAD + 2 * SPREAD * chance())
        return max(spread, min(asked, LONGEST_ASKED)) if asked is not None else spread

    def is_over(self, since: datetime, tries: int, now: datetime) -> bool:
        """Whether it has failed long and often enough to be given up."""
        return tries >= self.least_tries and now - since >= self.give_up


def asked_pause(text: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After says: seconds or a date; None when it says nothing we understand."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=UTC)) - now)
