"""Which branch a checkout stood on at an instant. A file is judged seconds after it was written, or hours after when
nobody watched; by then HEAD may name another branch. Loop thread only."""

from bisect import bisect_right, insort
from dataclasses import dataclass, field
from datetime import datetime

KEPT = 64


@dataclass(slots=True)
class _Moves:
    """`before`: the branch until the first of `since`, each of which names the branch from its instant on."""

    before: str | None
    since: list[tuple[datetime, str | None]] = field(default_factory=list)

    def at(self, time: datetime) -> str | None:
        index = bisect_right(self.since, time, key=_instant)
        return self.since[index - 1][1] if index else self.before


def _instant(move: tuple[datetime, str | None]) -> datetime:
    return move[0]


class Branches:
    """The last moves of each checkout between branches (None: a detached HEAD)."""

    def __init__(self) -> None:
        self._moves: dict[str, _Moves] = {}

    def found(self, checkout: str, branch: str | None) -> None:
        """Where a checkout stood when it was first known; nothing if it is."""
        self._moves.setdefault(checkout, _Moves(branch))

    def stood(self, checkout: str, time: datetime, branch: str | None) -> None:
        """The branch at an instant, told by an act of git or by HEAD; in any order."""
        moves = self._moves.get(checkout)
        if moves is None or moves.at(time) == branch:
            return
        insort(moves.since, (time, branch), key=_instant)
        if len(moves.since) > KEPT:
            moves.before = moves.since.pop(0)[1]

    def at(self, checkout: str, time: datetime, otherwise: str | None) -> str | None:
        """The branch at an instant; `otherwise` when nothing is known of this checkout."""
        moves = self._moves.get(checkout)
        return moves.at(time) if moves else otherwise
