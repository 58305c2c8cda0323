"""`@frozen`: what the standard library's frozen dataclass with slots does, whatever is done with it."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from stintd.frozen import frozen


@frozen
class Point:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Peer:
    x: int
    y: int = 2
    tags: list[str] = field(default_factory=list)
    hidden: str = field(default="", repr=False, compare=False)


@frozen
class Nothing:
    pass


@frozen
class Alone:
    name: str


@frozen
class Loud:
    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Loud) and other.name.lower() == self.name.lower()

    def __hash__(self) -> int:
        return hash(self.name.lower())


def test_it_is_made_shown_compared_and_copied_as_a_dataclass_is():
    one, peer = Point(1), Peer(1)
    assert repr(one) == repr(peer).replace("Peer", "Point")
    assert asdict(one) == asdict(peer)
    assert one == Point(1, hidden="not compared")
    assert one != Point(2)
    assert one != peer
    assert replace(one, y=5) == Point(1, 5)
    assert [part.name for part in fields(one)] == ["x", "y", "tags", "hidden"]
    assert one.tags is not Point(1).tags
    assert copy.deepcopy(one) == pickle.loads(pickle.dumps(one)) == one
    match one:
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_it_hashes_by_its_fields_as_far_as_they_can_be():
    assert len({Alone("a"), Alone("a"), Alone("b")}) == 2
    assert hash(Nothing()) == hash(Nothing())
    assert Nothing() == Nothing()
    assert repr(Nothing()) == "Nothing()"
    with pytest.raises(TypeError):
        hash(Point(1))


def test_it_cannot_be_changed():
    one = Point(1)
    with pytest.raises(FrozenInstanceError):
        one.x = 2
    with pytest.raises(FrozenInstanceError):
        del one.x
    with pytest.raises((FrozenInstanceError, AttributeError)):
        one.other = 1
    assert not hasattr(one, "__dict__")


def test_a_method_that_a_class_defines_itself_stays():
    assert Loud("A") == Loud("a")
    assert len({Loud("A"), Loud("a")}) == 1
