"""Where a person's attention was: joins heartbeats to spells and spells to visits, and folds short visits into their
neighbours."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from stintd.domain.derive.fact import Fact, Piece, sort_key
from stintd.domain.derive.limits import Limits
from stintd.domain.model import ProjectId, RepoId


@dataclass(slots=True)
class VisitKey:
    """What a visit works on. A change of any of these fields ends an entry; a missing branch or repository fits any."""

    home: str
    project: ProjectId | None
    task: str | None
    repo: RepoId | None
    branch: str | None

    @classmethod
    def from_fact(cls, fact: Fact) -> "VisitKey":
        return cls(fact.home, fact.project, fact.task, fact.repo, fact.branch)

    def fits(self, other: "VisitKey | Fact") -> bool:
        """Whether evidence with the other key continues this visit, so that there is no switch."""
        if self.home != other.home or not _agree(self.repo, other.repo) or not _agree(self.branch, other.branch):
            return False
        if self.branch is not None and other.branch is not None:
            return self.task == other.task
        return _agree(self.task, other.task)

    def adopt(self, other: "VisitKey | Fact") -> None:
        """Take over the fields that were missing here."""
        if self.branch is None and other.branch is not None:
            self.branch, self.task = other.branch, other.task or self.task
        self.repo = self.repo or other.repo
        self.task = self.task or other.task

    def shares_time_with(self, other: "VisitKey") -> bool:
        """Whether all of a silence between the two counts for them: they have the same project and task."""
        return self.home == other.home and self.task == other.task


def _agree(mine: str | None, theirs: str | None) -> bool:
    return mine is None or theirs is None or mine == theirs


@dataclass(slots=True)
class Spell:
    """Heartbeats of one place that follow each other closely. `head` and `end` are the first and the last act."""

    first: int
    last: int
    head: Fact
    end: Fact
    key: VisitKey
    is_anchored: bool
    is_marks_only: bool
    is_commits_only: bool
    is_watch_only: bool
    is_estimated: bool
    session: str | None

    @classmethod
    def from_piece(cls, piece: Piece) -> "Spell":
        first, last, fact, _ = piece
        is_commit, is_watched = fact.kind == "commit", fact.source == "watch"
        return cls(
            first,
            last,
            fact,
            fact,
            VisitKey.from_fact(fact),
            fact.is_anchor,
            fact.is_mark,
            is_commit,
            is_watched,
            fact.is_estimated,
            fact.session,
        )

    def add_piece(self, piece: Piece) -> None:
        """Add a piece that fits."""
        _, last, fact, _ = piece
        if (last, fact.order) >= (self.last, self.end.order):
            self.last, self.end = last, fact
        if fact is self.head:
            return
        self.key.adopt(fact)
        self.is_anchored = self.is_anchored or fact.is_anchor
        self.is_marks_only = self.is_marks_only and fact.is_mark
        self.is_commits_only = self.is_commits_only and fact.kind == "commit"
        self.is_watch_only = self.is_watch_only and fact.source == "watch"
        self.is_estimated = self.is_estimated or fact.is_estimated
        self.session = self.session or fact.session


def untangle(pieces: list[Piece], expand: Callable[[Piece], list[Piece]]) -> list[Piece]:
    """The pieces in order. Where runs of different places overlap in time, their single heartbeats replace them."""
    pieces.sort(key=sort_key)
    out: list[Piece] = []
    cluster: list[Piece] = []
    reached = -1
    for piece in pieces:
        if cluster and piece[0] > reached:
            out += _untangle_cluster(cluster, expand)
            cluster = []
        cluster.append(piece)
        if piece[1] > reached:
            reached = piece[1]
    return out + _untangle_cluster(cluster, expand)


def _untangle_cluster(cluster: list[Piece], expand: Callable[[Piece], list[Piece]]) -> list[Piece]:
    if len(cluster) < 2 or _is_one_place(cluster):
        return cluster
    out = [beat for piece in cluster for beat in (expand(piece) if piece[3] is not None else (piece,))]
    out.sort(key=sort_key)
    return out


def _is_one_place(cluster: Sequence[Piece]) -> bool:
    facts = {piece[2] for piece in cluster}
    if len(facts) == 1:
        return True
    first, *others = facts
    if all(
        fact.home == first.home and fact.branch == first.branch and fact.task == first.task and fact.repo == first.repo
        for fact in others
    ):
        return True
    branches = {fact.branch for fact in facts} - {None}
    return len(branches) == 1 and len({(fact.home, fact.repo, fact.task) for fact in facts}) == 1


def spells(pieces: Iterable[Piece], barriers: Sequence[int], limits: Limits) -> list[Spell]:
    """Pieces in order, joined where at most an ignorable silence and no barrier (an absence, a cut) lies between them.

    The piece after a prompt stays separate, because an agent's turn may run in between.
    """
    out: list[Spell] = []
    ignorable, barrier, ends = limits.ignorable, 0, len(barriers)
    spell: Spell | None = None
    for piece in pieces:
        first, fact = piece[0], piece[2]
        if spell is not None and first - spell.last <= ignorable and (spell.end.kind != "prompt" or first == spell.last):
            while barrier < ends and barriers[barrier] < spell.last:
                barrier += 1
            is_open = barrier == ends or barriers[barrier] >= first
            if is_open and (fact is spell.head or spell.key.fits(fact)):
                spell.add_piece(piece)
                continue
        spell = Spell.from_piece(piece)
        out.append(spell)
    return out


@dataclass(slots=True)
class Visit:
    """Spells of one place in an unbroken run of work. It also holds the spells of visits that were folded into it."""

    key: VisitKey
    spells: list[Spell] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.spells[0].first

    @property
    def last(self) -> int:
        return self.spells[-1].last

    def is_anchored(self) -> bool:
        """Whether it holds a commit, a prompt or a session's act: then somebody meant to be there."""
        return any(spell.is_anchored for spell in self.spells)

    def is_mark(self, limits: Limits) -> bool:
        """Whether it holds nothing but checkouts, pulls, stashes, pushes and reads, and is short."""
        return self.last - self.first < limits.min_visit and all(spell.is_marks_only for spell in self.spells)

    def is_lone_commit(self) -> bool:
        return self.first == self.last and all(spell.is_commits_only for spell in self.spells)


def visits(run: Iterable[Spell]) -> list[Visit]:
    """The visits of an unbroken run: cut where the project, the task or the repository and branch change."""
    out: list[Visit] = []
    for spell in run:
        if out and out[-1].key.fits(spell.key):
            out[-1].key.adopt(spell.key)
            out[-1].spells.append(spell)
        else:
            key = spell.key
            out.append(Visit(VisitKey(key.home, key.project, key.task, key.repo, key.branch), [spell]))
    return out


def fold_visits(run: list[Visit], limits: Limits) -> list[Visit]:
    """The run without marks and short visits: each joins the visit before it, or the next one if there is none before.

    A visit lasts until the next one begins, so the last one is never short. A run that is short as a whole stays as it is.
    """
    if len(run) < 2 or run[-1].last - run[0].first < limits.min_visit:
        return run
    return _fold_short(_fold_marks(run, limits), limits)


def _fold_marks(run: list[Visit], limits: Limits) -> list[Visit]:
    out = [run[0]]
    for visit, follower in zip(run[1:], [*run[2:], None], strict=True):
        before = out[-1]
        if follower is not None and before.key.home == follower.key.home != visit.key.home and visit.is_mark(limits):
            before.spells += visit.spells
        else:
            _append(out, visit)
    return out


def _append(out: list[Visit], visit: Visit) -> None:
    if out and out[-1].key.fits(visit.key):
        out[-1].key.adopt(visit.key)
        out[-1].spells += visit.spells
    else:
        out.append(visit)


def _fold_short(run: list[Visit], limits: Limits) -> list[Visit]:
    out: list[Visit] = []
    ahead: list[Spell] = []
    for visit, follower in zip(run, [*run[1:], None], strict=True):
        begin = ahead[0].first if ahead else visit.first
        is_short = follower is not None and follower.first - begin < limits.min_visit and not visit.is_anchored()
        if is_short and out:
            out[-1].spells += visit.spells
        elif is_short:
            ahead += visit.spells
        else:
            visit.spells[:0] = ahead
            ahead = []
            _append(out, visit)
    return out
