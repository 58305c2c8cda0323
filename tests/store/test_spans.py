from hypothesis import given
from hypothesis import strategies as st

from stintd.store import spans
from stintd.store.ids import EXPLICIT
from stintd.store.spans import COUNT, JOIN_US, LENGTH_US, Beat

KEYS = st.one_of(st.integers(0, EXPLICIT - 1), st.integers(EXPLICIT, (1 << 63) - 1))
BEATS = st.builds(Beat, st.integers(0, 4 * JOIN_US), st.integers(1, 100_000), KEYS)


@given(st.lists(BEATS, min_size=1, max_size=40))
def test_what_is_packed_comes_out_as_it_went_in(beats):
    for piece in spans.cut(sorted(beats)):
        packed = spans.encode(piece)
        assert spans.decode(packed.first_us, packed.count, packed.beats) == piece
        assert len(packed.beats) == spans.size(packed.count, packed.beats[0])


@given(st.lists(BEATS, min_size=1, max_size=40))
def test_cutting_keeps_every_heartbeat_and_every_limit(beats):
    pieces = spans.cut(sorted(beats))
    assert [beat for piece in pieces for beat in piece] == sorted(beats)
    for piece in pieces:
        assert spans.encode(piece).max_gap_us <= JOIN_US


def test_a_span_ends_at_each_of_its_limits():
    def lengths(instants):
        return [len(piece) for piece in spans.cut([Beat(us, 1, 1) for us in instants])]

    assert lengths([0, JOIN_US]) == [2]
    assert lengths([0, JOIN_US + 1]) == [1, 1]
    assert lengths(range(COUNT + 1)) == [COUNT, 1]
    assert lengths(range(0, LENGTH_US + 60_000_001, 60_000_000)) == [36, 1]


def test_a_derived_heartbeat_of_a_repository_with_few_files_takes_ten_bytes():
    packed = spans.encode([Beat(n * 40_000_000, n % 300, 7) for n in range(50)])
    assert len(packed.beats) == 1 + 49 * 4 + 50 * 6
