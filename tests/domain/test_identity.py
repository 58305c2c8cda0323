"""An entry keeps its id as long as its work is there."""

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.derive.identity import Candidate, StoredEntry, match


def test_a_longer_stretch_keeps_the_id_of_the_entry_it_grew_from():
    matching = match([StoredEntry("a", "human", "p", 0, 100)], [Candidate("human", "p", 0, 200)])
    assert matching.ids == {0: "a"}
    assert matching.merged == {}


def test_two_entries_that_became_one_leave_the_larger_id_and_point_the_other_at_it():
    held = [StoredEntry("a", "human", "p", 0, 100), StoredEntry("b", "human", "p", 150, 400)]
    matching = match(held, [Candidate("human", "p", 0, 400)])
    assert matching.ids == {0: "b"}
    assert matching.merged == {"a": 0}


def test_equal_overlaps_go_to_the_earliest():
    held = [StoredEntry("z", "human", "p", 0, 100), StoredEntry("a", "human", "p", 200, 300)]
    assert match(held, [Candidate("human", "p", 0, 300)]).ids == {0: "z"}


def test_another_project_or_actor_is_another_entry():
    held = [StoredEntry("a", "human", "p", 0, 100)]
    matching = match(held, [Candidate("human", "q", 0, 100), Candidate("agent", "p", 0, 100)])
    assert matching.ids == {}
    assert matching.merged == {"a": None}


intervals = st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(intervals, max_size=6), st.lists(intervals, max_size=6), st.randoms())
def test_order_of_arguments_does_not_matter_and_no_id_is_used_twice(old, new, rng):
    held = [StoredEntry(f"e{number}", "human", "p", *span) for number, span in enumerate(old)]
    found = [Candidate("human", "p", *span) for span in sorted(set(new))]
    first = match(held, found)
    shuffled = held[:]
    rng.shuffle(shuffled)
    assert match(shuffled, found) == first
    assert len(set(first.ids.values())) == len(first.ids)
    assert set(first.ids.values()) | set(first.merged) == {entry.id for entry in held}
