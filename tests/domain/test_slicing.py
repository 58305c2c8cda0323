"""Entries cut at their heartbeats: nothing is added, nothing lost."""

from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.language import language_of
from stintd.domain.slicing import Mark, Slice, WorkPiece, join_slices, slices


def piece(start, end, project="p", actor="human"):
    return WorkPiece(start, end, actor, project, "main")


def mark(at, entity, project="p", actor="human", branch=""):
    return Mark(at, actor, project, branch, entity, "vim")


def test_time_belongs_to_the_earlier_heartbeat_and_the_lead_to_the_first():
    found = slices([piece(0, 100)], [mark(10, "a.py"), mark(40, "b.rs"), mark(90, "a.py")])
    assert [(one.start_us, one.end_us, one.entity) for one in found] == [(0, 40, "a.py"), (40, 90, "b.rs"), (90, 100, "a.py")]
    assert {one.branch for one in found} == {"main"}


def test_heartbeats_of_others_and_of_other_projects_cut_nothing():
    found = slices([piece(0, 100)], [mark(10, "a", "other"), mark(20, "b", actor="agent"), mark(100, "c")])
    assert found == [Slice(0, 100, "human", "p", "main", "", "")]


def test_equal_neighbours_are_joined():
    found = slices([piece(0, 100), piece(100, 150)], [mark(10, "a.py"), mark(40, "a.py"), mark(120, "a.py", branch="x")])
    assert [(one.start_us, one.end_us) for one in join_slices(found, ("project", "entity"))] == [(0, 150)]
    assert [(one.start_us, one.end_us) for one in join_slices(found, ("branch",))] == [(0, 100), (100, 150)]


PIECES = st.lists(st.tuples(st.integers(0, 500), st.integers(1, 200)), max_size=6)
MARKS = st.lists(st.tuples(st.integers(0, 800), st.sampled_from("ab"), st.sampled_from(["p", "q", None])), max_size=30)


@given(PIECES, MARKS)
def test_slices_are_together_as_long_as_what_was_cut(spans, told):
    pieces = [piece(start, start + length) for start, length in spans]
    found = slices(pieces, sorted(mark(at, name, project) for at, name, project in told if project))
    assert sum(one.length_us for one in found) == sum(one.end_us - one.start_us for one in pieces)
    assert all(one.length_us > 0 for one in found)


def test_languages_are_known_by_name():
    names = {
        "/a/main.py": "Python",
        "/a/Makefile": "Makefile",
        "x.tar.gz": "Other",
        ".vimrc": "Vim script",
        "/a/": "",
        "go.mod": "Other",
    }
    assert {name: language_of(name) for name in names} == names
