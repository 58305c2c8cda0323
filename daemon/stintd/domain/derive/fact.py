"""What a heartbeat's context means for the rules: whose it may be, where it belongs and what kind of act it was."""

from collections.abc import Mapping
from dataclasses import dataclass

from stintd.domain.derive.evidence import ContextResolver, Run
from stintd.domain.kinds import AGENT_KINDS, ANCHORS, FINISHING, MARKS, BeatKind
from stintd.domain.model import Assignment, BeatSource, Context, ProjectId, RepoId

UNWITNESSED = frozenset({"watch", "git"})


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One context, or one context and assignment where the entity decides. Facts are compared by identity and sorted by
    `order`, which is their content.

    `is_recalled`: a git act imported from history; nothing recorded what happened before it. `home` distinguishes projects,
    and places that have no project. `place` is the repository in which a turn's file changes are looked for, `spot` the one
    checkout of it. `role` is "human", "agent" or "maybe": the agent's if its turn runs there, else a person's.
    """

    order: tuple[str, ...]
    source: BeatSource
    kind: BeatKind
    role: str
    home: str
    place: str
    spot: str
    project: ProjectId | None
    task: str | None
    repo: RepoId | None
    branch: str | None
    session: str | None
    device: str
    is_mark: bool
    is_anchor: bool
    is_finishing: bool
    is_estimated: bool
    is_recalled: bool


Piece = tuple[int, int, Fact, Run | None]
"""Heartbeats with one fact: their first and last instant in microseconds, the fact, and their run (None for a single one)."""


def sort_key(piece: Piece) -> tuple[int, int, tuple[str, ...]]:
    """The total order of evidence: by time, then by content; never by arrival or by number."""
    return piece[0], piece[1], piece[2].order


class Facts:
    """Makes the facts of contexts, each once."""

    def __init__(self, contexts: Mapping[int, Context], places: ContextResolver) -> None:
        self._contexts, self._places = contexts, places
        self._plain: dict[int, Fact | None] = {}
        self._by_entity: dict[tuple[int, Assignment], Fact] = {}

    def fact_of_run(self, run: Run) -> Fact | None:
        """The fact of a whole run; None when its heartbeats may differ by their entity."""
        number = run[2]
        if number not in self._plain:
            context = self._contexts[number]
            differs = self._places.differs_by_entity(context)
            self._plain[number] = None if differs else make_fact(context, self._places.resolve(context, ""))
        return self._plain[number]

    def fact_of_beat(self, run: Run, entity: str) -> Fact:
        """The fact of one heartbeat of a run whose heartbeats may differ."""
        context = self._contexts[run[2]]
        assignment = self._places.resolve(context, entity)
        known = (run[2], assignment)
        if known not in self._by_entity:
            self._by_entity[known] = make_fact(context, assignment)
        return self._by_entity[known]


class FactsByTime:
    """The facts by the mappings that hold at an instant; nearly always there is only one set."""

    def __init__(self, contexts: Mapping[int, Context], places: ContextResolver) -> None:
        self._contexts, self._places = contexts, places
        self._facts: dict[int, tuple[ContextResolver, Facts]] = {}

    def facts_at(self, us: int) -> Facts:
        """The facts as of that instant."""
        places = self._places.resolver_at(us)
        if id(places) not in self._facts:
            self._facts[id(places)] = (places, Facts(self._contexts, places))
        return self._facts[id(places)][1]


def make_fact(context: Context, assignment: Assignment) -> Fact:
    """The fact of a context that belongs to this project and task."""
    place = context.repo or context.folder or (f"name:{context.project}" if context.project else "")
    project, task = assignment.project, assignment.task
    return Fact(
        order=_content(context, assignment),
        source=context.source,
        kind=context.kind,
        role=_role(context),
        home=project or f"nowhere:{place}",
        place=place,
        spot=context.repo_path or place,
        project=project,
        task=task,
        repo=context.repo,
        branch=context.branch,
        session=context.session,
        device=context.device,
        is_mark=context.kind in MARKS or not (place or project),
        is_anchor=context.kind in ANCHORS,
        is_finishing=context.kind in FINISHING,
        is_estimated=context.is_backfilled,
        is_recalled=context.is_backfilled and context.source == "git",
    )


def _role(context: Context) -> str:
    if context.actor == "agent" or context.witness == "agent" or context.kind in AGENT_KINDS:
        return "agent"
    if context.source in UNWITNESSED and not context.witness:
        return "maybe"
    return "human"


def _content(context: Context, assignment: Assignment) -> tuple[str, ...]:
    parts = (
        context.kind,
        context.source,
        context.actor,
        context.repo,
        context.repo_path,
        context.folder,
        context.project,
        context.branch,
        context.session,
        context.device,
        context.witness,
        context.source_text,
        assignment.project,
        assignment.task,
    )
    return tuple(part or "" for part in parts)
