"""When something is tried again, and when it is given up: tables around each limit."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.engine.delivery.retry import LONGEST_RETRY_AFTER, Retry, parse_retry_after

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize(("failures", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (10, 2560), (11, 3600), (10_000, 3600)])
def test_pauses_double_up_to_an_hour(failures, seconds):
    assert Retry().pause(failures, None, lambda: 0.5) == timedelta(seconds=seconds)


@given(st.integers(1, 100_000), st.floats(0, 1), st.none() | st.timedeltas(timedelta(), timedelta(days=1000)))
def test_no_pause_is_negative_or_longer_than_any_that_is_made(failures, chance, retry_after):
    pause = Retry().pause(failures, retry_after, lambda: chance)
    assert timedelta(seconds=3.75) <= pause <= max(LONGEST_RETRY_AFTER, timedelta(hours=1.25))
    assert retry_after is None or pause >= min(retry_after, LONGEST_RETRY_AFTER)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("0", 0),
        ("120", 120),
        ("9" * 400, 10**8),
        ("Fri, 20 Nov 2026 09:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 08:00:00 GMT", 0),
        ("Fri, 20 Nov 2026 09:02:00 -0000", 120),
        ("Fri, 99 Nov 2026 09:02:00 GMT", None),
    ],
)
def test_what_a_server_asks_for_is_understood_or_passed_over(text, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert parse_retry_after(text, NOW) == expected


@pytest.mark.parametrize(
    ("after", "tries", "is_over"),
    [(DAY, 12, True), (DAY - SECOND, 12, False), (DAY, 11, False), (3 * DAY, 2, False), (3 * DAY, 40, True)],
)
def test_it_is_given_up_after_a_day_and_enough_tries(after, tries, is_over):
    assert Retry().is_over(NOW, tries, NOW + after) is is_over
