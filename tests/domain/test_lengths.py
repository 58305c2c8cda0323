"""Lengths for people: one notation, and the command line's own function (it may not import the rules) writes the same."""

import pytest

from stintd.cli import text
from stintd.domain.lengths import exact_length, short_length


@pytest.mark.parametrize(("seconds", "short", "exact"), [
    (0, "0m", "0m"), (1, "1s", "1s"), (59, "59s", "59s"), (60, "1m", "1m"), (61, "1m", "1m 1s"), (450, "7m", "7m 30s"),
    (3599, "59m", "59m 59s"), (3600, "1h 00m", "1h 00m"), (3660, "1h 01m", "1h 01m"), (5430, "1h 30m", "1h 30m 30s"),
    (3630, "1h 00m", "1h 00m 30s"), (90_000, "25h 00m", "25h 00m"),
])  # fmt: skip
def test_a_length_is_written_in_hours_and_minutes(seconds, short, exact):
    assert (short_length(seconds), exact_length(seconds)) == (short, exact)


def test_the_command_line_writes_lengths_the_same_way():
    assert [text.length(seconds) for seconds in range(0, 8000, 7)] == [short_length(seconds) for seconds in range(0, 8000, 7)]
