"""Cuts time entries at their heartbeats, to show what an hour was spent on in more detail than the project.

The time from one heartbeat to the next belongs to the earlier one; time before the first belongs to the first. The slices of
an entry add up to exactly the length of the entry, so that a sum by language or editor is a sum of hours.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from stintd.domain.model import Actor


class Mark(NamedTuple):
    """A heartbeat: its time, actor and project, and the branch, entity and client that it names."""

    time_us: int
    actor: Actor
    project: str | None
    branch: str
    entity: str
    client: str


class WorkPiece(NamedTuple):
    """A stretch of an entry without pauses."""

    start_us: int
    end_us: int
    actor: Actor
    project: str | None
    branch: str


class Slice(NamedTuple):
    """A piece of time and what it was spent on; `entity` and `client` are "" where no heartbeat names them."""

    start_us: int
    end_us: int
    actor: Actor
    project: str | None
    branch: str
    entity: str
    client: str

    @property
    def length_us(self) -> int:
        return self.end_us - self.start_us


def slices(pieces: Iterable[WorkPiece], marks: Sequence[Mark]) -> list[Slice]:
    """Each piece cut at the heartbeats of its own actor and project; `marks` are in order of time."""
    times = [mark.time_us for mark in marks]
    out: list[Slice] = []
    for piece in pieces:
        inside = marks[bisect_left(times, piece.start_us) : bisect_left(times, piece.end_us)]
        own = [mark for mark in inside if mark.actor == piece.actor and mark.project == piece.project]
        out += _split_at_marks(piece, own)
    return out


def _split_at_marks(piece: WorkPiece, marks: Sequence[Mark]) -> Iterator[Slice]:
    if not marks:
        yield Slice(*piece, "", "")
        return
    begins = [piece.start_us, *(mark.time_us for mark in marks[1:]), piece.end_us]
    for mark, start, end in zip(marks, begins, begins[1:], strict=False):
        if end > start:
            yield Slice(start, end, piece.actor, piece.project, mark.branch or piece.branch, mark.entity, mark.client)


def join_slices(slices: Iterable[Slice], by: Sequence[str], gap_us: int = 0) -> list[Slice]:
    """The slices with those joined that are at most `gap_us` apart and equal in these fields."""
    out: list[Slice] = []
    for piece in sorted(slices):
        last = out[-1] if out else None
        is_same = last is not None and all(getattr(last, name) == getattr(piece, name) for name in (*by, "actor"))
        if last is not None and is_same and piece.start_us - last.end_us <= gap_us:
            out[-1] = last._replace(end_us=max(last.end_us, piece.end_us))
        else:
            out.append(piece)
    return out
