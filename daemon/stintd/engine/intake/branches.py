"""Which branch was checked out at an instant. A file is processed seconds after it was written, or hours after if nobody
watched; by then HEAD may be on another branch. Loop thread only."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime, timedelta

MOVES_LIMIT = 64
SECOND = timedelta(seconds=1)


@dataclass(slots=True)
class _Moves:
    """`before`: the branch until the first of `since`; each item of `since` names the branch from its instant on."""

    before: str | None
    since: list[tuple[datetime, str | None]] = field(default_factory=list)
    locked: datetime | None = None

    def branch_at(self, time: datetime) -> str | None:
        index = bisect_right(self.since, time, key=_move_instant)
        return self.since[index - 1][1] if index else self.before


def _move_instant(move: tuple[datetime, str | None]) -> datetime:
    return move[0]


class Branches:
    """The last moves of each checkout between branches (None: a detached HEAD)."""

    def __init__(self) -> None:
        self._moves: dict[str, _Moves] = {}

    def note_start(self, checkout: str, branch: str | None) -> None:
        """Note the branch of a checkout that is seen for the first time; does nothing for a known one."""
        self._moves.setdefault(checkout, _Moves(branch))

    def note(self, checkout: str, time: datetime, branch: str | None) -> None:
        """Note the branch at an instant; calls may come in any order of time."""
        moves = self._moves.get(checkout)
        if moves is None or moves.branch_at(time) == branch:
            return
        insort(moves.since, (time, branch), key=_move_instant)
        if len(moves.since) > MOVES_LIMIT:
            moves.before = moves.since.pop(0)[1]

    def note_lock(self, checkout: str, time: datetime) -> None:
        """Note that git took its lock."""
        if checkout in self._moves:
            self._moves[checkout].locked = time

    def note_act(self, checkout: str, time: datetime, branch: str | None) -> None:
        """Note that a git act left HEAD on this branch. Git stores whole seconds; the lock that it took gives the exact time."""
        moves = self._moves.get(checkout)
        lock = moves.locked if moves else None
        self.note(checkout, lock if lock is not None and time <= lock < time + SECOND else time, branch)

    def branch_at(self, checkout: str, time: datetime, otherwise: str | None) -> str | None:
        """The branch at an instant; `otherwise` when nothing is known about this checkout."""
        moves = self._moves.get(checkout)
        return moves.branch_at(time) if moves else otherwise
