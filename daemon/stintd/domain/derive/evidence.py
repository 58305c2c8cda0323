"""What the derivation receives: heartbeats as runs, absences, and a resolver that says which project a place belongs to."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from stintd.domain.model import Absence, Assignment, Context, ProjectId, RepoId
from stintd.frozen import frozen


class Run(NamedTuple):
    """Heartbeats of one context, each at most `max_gap_us` after the one before.

    No run contains a silence of half an hour or more: without looking inside, it could not be distinguished from two
    islands. A store may pass longer tuples: the derivation reads the first five fields and passes the whole to `beats`.
    """

    first_us: int
    last_us: int
    context: int
    beat_count: int
    max_gap_us: int


@frozen
class Evidence:
    """A set of heartbeats and absences. Neither their order nor the number of a context means anything.

    `beats` returns the heartbeats of a run as (time in microseconds, entity); it is called only for runs that must be
    looked into.
    """

    contexts: Mapping[int, Context]
    runs: Sequence[Run]
    beats: Callable[[Run], Sequence[tuple[int, str]]]
    absences: Sequence[Absence] = ()


class ContextResolver(Protocol):
    """Says which project and task a heartbeat belongs to. During one call it must give the same answer for the same
    arguments."""

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        """The assignment of one heartbeat."""

    def resolver_at(self, us: int) -> "ContextResolver":
        """The resolver for evidence of that instant, because a mapping may hold from a day on. The same object for all
        instants between two changes."""

    def differs_by_entity(self, context: Context) -> bool:
        """Whether heartbeats of this context may differ by their entity (a monorepo with mapped folders)."""

    def doubted_since(self, repo: RepoId | None, project: ProjectId | None) -> int | None:
        """From which instant (microseconds) work in a repository on a project waits for its owner's answer whose hours they are;
        None: it does not wait."""
