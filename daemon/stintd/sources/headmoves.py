"""Commits that left no `commit:` line in HEAD's reflog: jj, GitPython, dulwich, isomorphic-git, go-git, `git update-ref`, or
no reflog at all. When HEAD moved, the commits between its two places are read, each once.

HEAD moves for many reasons, and most make no commit: a fast-forward to what others wrote, a jump to a commit that existed.
The owner made a commit in this move if it grew out of where HEAD was (or replaces that commit), if the owner committed it, and
if that happened here and in this move: since HEAD last moved, and written by this machine in the second that it names. One
that was fetched lies in a pack or was written at another time than it names; then only a date next to the move itself counts.
"""

from collections.abc import Callable
from dataclasses import replace

from stintd.domain.model import GitSignal, from_us, to_us
from stintd.frozen import frozen
from stintd.sources.commitobject import CHAIN_LIMIT, CommitObject, read_chain, read_loose
from stintd.sources.gitfiles import GitPlace

SKEW_US = 5_000_000
"""How far two clocks of one act may lie apart: a commit's whole second, the file's time, a hook that ran in between."""
LOOKS_AT_ONCE = 32
"""Moves that are looked into on the event loop in one look; more are left to a thread."""
MOVES_LIMIT = 500
"""Moves that are looked into in one look, the newest; a backfill finds the others in the history itself."""


class NeedsThread(Exception):
    """What HEAD moved to lies in a pack, or there is too much to read for the event loop: ask again in a thread."""


@frozen
class HeadMove:
    """HEAD went from `old` ("": it was unborn; None: unknown) to `new`. `since_us`: when it had moved before, None where
    unknown; `moved_us`: when it moved. Microseconds."""

    old: str | None
    new: str
    since_us: int | None
    moved_us: int


@frozen
class MoveReader:
    """Reads the commits of moves in one repository. `is_own` says whether an address is the owner's; without `may_run_git`
    nothing blocks, and packed commits raise `NeedsThread`."""

    place: GitPlace
    head: str
    is_own: Callable[[str], bool]
    may_run_git: bool

    def commits_of(self, move: HeadMove) -> list[CommitObject]:
        """The commits that the owner made in a move, oldest first."""
        before = read_loose(self.place, move.old) if move.old else None
        replaced = before.parents[:1] if before is not None else ()
        made: list[CommitObject] = []
        for commit in self._chain(move, replaced):
            if commit.seconds * 1_000_000 < _earliest(move):
                return made[::-1] if move.old is None else []
            made += [commit] if self._is_made_here(commit, move) else []
            if not commit.parents:
                return made[::-1] if not move.old else []
            if move.old and move.old in commit.parents:
                return made[::-1]
            if commit.parents[0] in replaced:  # amended: it stands in the place of the commit before
                return made[::-1]
        return made[::-1] if move.old is None else []

    def _chain(self, move: HeadMove, replaced: tuple[str, ...]) -> list[CommitObject]:
        """The commits from `new` back along first parents, as far as they may belong to the move."""
        chain: list[CommitObject] = []
        sha = move.new
        while len(chain) < CHAIN_LIMIT:
            commit = read_loose(self.place, sha)
            if commit is None:
                if not self.may_run_git:
                    raise NeedsThread
                return read_chain(self.place, self.head, move.new)
            chain.append(commit)
            is_end = not commit.parents or move.old in commit.parents or commit.parents[0] in replaced
            if is_end or commit.seconds * 1_000_000 < _earliest(move):
                break
            sha = commit.parents[0]
        return chain

    def _is_made_here(self, commit: CommitObject, move: HeadMove) -> bool:
        made_us = commit.seconds * 1_000_000
        if not self.is_own(commit.committer) or not _earliest(move) <= made_us <= move.moved_us + SKEW_US:
            return False
        is_written_then = bool(commit.written_us) and abs(commit.written_us - made_us) <= SKEW_US
        return (move.since_us is not None and is_written_then) or abs(made_us - move.moved_us) <= SKEW_US


def _earliest(move: HeadMove) -> int:
    """Before this a commit was there already when HEAD moved the last time."""
    return move.moved_us - SKEW_US if move.since_us is None else min(move.since_us, move.moved_us) - SKEW_US


def act_of(commit: CommitObject, move: GitSignal) -> GitSignal:
    """The owner's act of making this commit, which moved HEAD as `move` says."""
    time = from_us(commit.seconds * 1_000_000)
    return replace(
        move,
        time=time,
        kind="merge" if len(commit.parents) > 1 else "commit",
        old=commit.parents[0] if commit.parents else "",
        new=commit.sha,
        subject=commit.subject,
        author=commit.committer,
        is_own=True,
    )


def silent_acts(move: HeadMove, checkout: str, branch: str | None, reader: MoveReader) -> tuple[GitSignal, ...]:
    """The acts of a move that no reflog tells: the commits made in it, else that files may have been rewritten."""
    reset = GitSignal(from_us(move.moved_us), checkout, "reset", "reflog", move.old or "", move.new, branch)
    commits = reader.commits_of(move)
    return tuple(act_of(commit, reset) for commit in commits) or (() if move.old is None else (reset,))


def is_open(signal: GitSignal, is_worktree: bool) -> bool:
    """Whether only the commit itself says what moved HEAD: no line of git's own explains it."""
    if signal.kind == "reset":
        return not signal.is_step and not signal.subject.startswith("reset: moving to") and bool(signal.new.strip("0"))
    return signal.kind == "checkout" and not signal.subject and not is_worktree


def explain(signals: tuple[GitSignal, ...], since_us: int | None, after_us: int, reader: MoveReader) -> tuple[GitSignal, ...]:
    """The signals with the commits in place of the moves that made them. `since_us`: when HEAD moved before the first."""
    is_worktree = reader.place.kind == "worktree"
    unread = [index for index, signal in enumerate(signals) if is_open(signal, is_worktree) and to_us(signal.time) >= after_us]
    if not unread:
        return signals
    if len(unread) > LOOKS_AT_ONCE and not reader.may_run_git:
        raise NeedsThread
    wanted = set(unread[-MOVES_LIMIT:])
    explained: list[GitSignal] = []
    for index, signal in enumerate(signals):
        moved_us = to_us(signal.time)
        commits = []
        if index in wanted:
            old = "" if not signal.old.strip("0") else signal.old
            commits = reader.commits_of(HeadMove(old, signal.new, since_us, moved_us))
        explained += [act_of(commit, signal) for commit in commits] or [signal]
        since_us = moved_us
    return tuple(explained)
