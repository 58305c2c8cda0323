"""Rounding: of sums, once, and never more than one unit away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.billing.rounding import MODES, NONE, Rounding, grains, round_length, shares

LENGTHS = st.lists(st.integers(0, 12 * 3600), max_size=20)


@pytest.mark.parametrize(("mode", "seconds", "expected"), [
    ("none", 361, 361), ("nearest", 179, 0), ("nearest", 180, 360), ("nearest", 539, 360), ("nearest", 540, 720),
    ("up", 1, 360), ("up", 360, 360), ("down", 719, 360), ("down", 359, 0), ("up", 0, 0),
])  # fmt: skip
def test_to_six_minutes(mode, seconds, expected):
    assert round_length(seconds, Rounding(mode, 6)) == expected


def test_a_minimum_lifts_work_and_makes_none_out_of_nothing():
    assert round_length(10, Rounding(minimum=900)) == 900
    assert round_length(0, Rounding(minimum=900)) == 0


def test_twenty_scraps_are_twenty_minutes_and_not_twenty_times_six():
    assert sum(shares([60] * 20, Rounding("up", 6))) == 24 * 60
    assert sum(shares([60] * 20, Rounding("up", 6, per="entry"))) == 120 * 60


def test_the_longest_carries_the_difference():
    assert shares([600, 1200, 1200], Rounding("up", 60)) == [600, 1800, 1200]
    assert shares([600, 650], Rounding("down", 60)) == [0, 0]


@given(LENGTHS, st.sampled_from(MODES), st.sampled_from([1, 5, 6, 10, 15, 30, 60]))
def test_shares_make_the_rounded_sum_and_none_is_negative(lengths, mode, minutes):
    rule = Rounding(mode, minutes)
    found = shares(lengths, rule)
    assert sum(found) == round_length(sum(lengths), rule)
    assert all(one >= 0 for one in found)
    assert abs(sum(found) - sum(lengths)) < minutes * 60
    assert shares(lengths, rule) == found
    if mode == NONE:
        assert found == lengths


@given(LENGTHS, st.sampled_from([1, 36, 60]))
def test_grains_make_the_sum_rounded_once_and_none_is_more_than_one_away(lengths, grain):
    found = grains(lengths, grain)
    assert all(one % grain == 0 and abs(one - length) < grain for one, length in zip(found, lengths, strict=True))
    assert abs(2 * (sum(found) - sum(lengths))) <= grain


def test_the_largest_rests_are_lifted_to_a_whole_minute():
    assert grains([90, 100, 50], 60) == [60, 120, 60]
    assert grains([20], 60) == [0]
    assert grains([30, 30], 60) == [60, 0]
