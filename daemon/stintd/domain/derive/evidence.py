"""What the derivation is handed: heartbeats as runs, absences, and where a place belongs."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from stintd.domain.model import Absence, Assignment, Context
from stintd.frozen import frozen


class Run(NamedTuple):
    """Heartbeats of one context, none of them further than `max_gap_us` after the one before.

    No run holds a silence of half an hour or more: it could not be told apart from two islands without looking inside.
    A store may hand in longer tuples: the derivation reads the first five fields and gives the whole back to `beats`.
    """

    first_us: int
    last_us: int
    context: int
    beat_count: int
    max_gap_us: int


@frozen
class Evidence:
    """A set of heartbeats and absences; the order of either means nothing, nor does what a context's number is.

    `beats` answers a run's heartbeats as (time in microseconds, entity); asked only for runs that must be looked into.
    """

    contexts: Mapping[int, Context]
    runs: Sequence[Run]
    beats: Callable[[Run], Sequence[tuple[int, str]]]
    absences: Sequence[Absence] = ()


class ContextResolver(Protocol):
    """Which project and task a heartbeat belongs to. Must answer the same for the same arguments throughout a call."""

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        """The assignment of one heartbeat."""

    def as_of(self, us: int) -> "ContextResolver":
        """The answers for evidence of that instant (a mapping may hold from a day on); one object for each era."""

    def differs_by_entity(self, context: Context) -> bool:
        """Whether heartbeats of this context may differ by their entity (a monorepo with mapped folders)."""
