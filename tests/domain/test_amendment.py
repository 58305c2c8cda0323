"""An edit follows as well as a target can do, and what cannot follow says how much it differs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.billing.amendment import (
    CORRECT,
    DELETE,
    REPLACE,
    SAME,
    STAY,
    UPDATE,
    correction,
    explain_difference,
    way,
)
from stintd.domain.billing.target import Abilities

HELD = {"remote": {"id": "p1"}, "day": "2026-11-19", "seconds": 3600, "description": "work", "start": 0, "pauses": [],
        "billable": False, "tags": [], "task": ""}  # fmt: skip
NEITHER = Abilities(update=False, delete=False)
CORRECTS = Abilities(update=False, delete=False, corrects=True)


@pytest.mark.parametrize(("able", "change", "expected"), [
    (Abilities(), {"description": "x"}, UPDATE), (Abilities(), {"remote": {"id": "p2"}}, UPDATE),
    (Abilities(moves=False), {"remote": {"id": "p2"}}, REPLACE), (Abilities(moves=False), {"description": "x"}, UPDATE),
    (Abilities(redates=False), {"day": "2026-11-20"}, REPLACE), (Abilities(update=False), {"description": "x"}, REPLACE),
    (Abilities(update=False), {"tags": ["a"]}, SAME), (Abilities(update=False, tags=True), {"tags": ["a"]}, REPLACE),
    (Abilities(update=False), {"task": "other"}, SAME), (Abilities(update=False, day_based=True), {"start": 5}, SAME),
    (CORRECTS, {"seconds": 60}, CORRECT), (CORRECTS, {"day": "2026-11-20"}, CORRECT), (CORRECTS, {"description": "x"}, STAY),
    (NEITHER, {"seconds": 60}, STAY), (NEITHER, {"tags": ["a"]}, SAME),
])  # fmt: skip
def test_the_way_an_edit_follows(able, change, expected):
    assert way(able, HELD, {**HELD, **change}) == expected


@pytest.mark.parametrize(("able", "expected"), [(Abilities(), DELETE), (CORRECTS, CORRECT), (NEITHER, STAY)])
def test_the_way_a_deletion_follows(able, expected):
    assert way(able, HELD, None) == expected


@pytest.mark.parametrize(("change", "text"), [
    ({"seconds": 4320}, "it is 12m too short there, and cannot be changed"),
    ({"seconds": 3590}, "it is 10s too long there, and cannot be changed"),
    ({"description": "x"}, "its text or time of day is different there, and cannot be changed"),
    ({"remote": {"id": "p2"}}, "it is still on 2026-11-19, id=p1 there, and cannot be moved"),
    (None, "its 1h 00m there cannot be deleted"),
])  # fmt: skip
def test_a_difference_that_stays_says_how_much(change, text):
    found = explain_difference(HELD, None if change is None else {**HELD, **change})
    assert (found.reason, found.remedy) == (text, "correct it by hand there, then `stint outbox drop ID`")


@given(st.integers(0, 86400), st.integers(1, 86400))
def test_a_correction_and_what_is_there_make_what_is_wanted(wanted, held):
    before = {**HELD, "seconds": held}
    assert held + correction(before, {**HELD, "seconds": wanted})["seconds"] == wanted
    assert held + correction(before, None)["seconds"] == 0
