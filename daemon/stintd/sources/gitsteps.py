"""Which lines of a reflog a program wrote on its way: `git bisect`, a loop over revisions, a rebase that goes on alone.

Git writes a step of a bisect like any checkout, and `git bisect reset` removes all that `.git` says of it. What stays, also
after downtime, is how the line names the two ends: a person types a branch, a tag or a short id, while the line of a bisect
goes from one full id to another. So such a move is a step and no act; what leads from a branch to the first revision, and from
the last one back to a branch, are the act at its start and at its end (TRACKING, "Machine noise is not work").
"""

import os
import re

from stintd.frozen import frozen
from stintd.sources.reflog import ReflogLine

FULL_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
LONGEST_TEST_US = 12 * 3_600_000_000
"""A bisect that heard of no verdict for longer was left behind: its files stay until somebody resets it."""

_MOVING = re.compile(r"checkout: moving from (\S+) to (.+)")
_BORROWED = frozenset({"cherry-pick", "merge", "revert", "am"})
"""What the script of a bisect does to a revision before it tests it (git-bisect(1), "a hot-fix")."""


@frozen
class BisectSpan:
    """A bisect that goes on: from its start to the last instant at which its next step may come, in microseconds."""

    start_us: int
    end_us: int


def move_of(line: ReflogLine) -> tuple[str, str] | None:
    """(from, to) of a checkout, as git wrote them: a branch by its name, a detached HEAD by its full id; else None."""
    moving = _MOVING.fullmatch(line.message)
    return (moving.group(1), moving.group(2)) if moving else None


def is_step(line: ReflogLine) -> bool:
    """Whether a line goes from one detached revision to another, both by their full ids."""
    move = move_of(line)
    return move is not None and move == (line.old, line.new) and FULL_ID.fullmatch(line.new) is not None


def is_borrowing(line: ReflogLine) -> bool:
    """Whether a line brings another commit into the revision that is tested."""
    return line.message.partition(":")[0].split(" ", 1)[0] in _BORROWED


def program_lines(lines: tuple[ReflogLine, ...]) -> frozenset[int]:
    """The indices of the lines that are no acts: the steps, and what was picked or merged between two moves of such a search."""
    found: set[int] = set()
    borrowed: list[int] = []
    is_searching = False
    for index, line in enumerate(lines):
        move = move_of(line)
        if move is None:
            if is_searching and is_borrowing(line):
                borrowed.append(index)
            continue
        if is_step(line):
            found.add(index)
            found.update(borrowed)  # the search went on without them
        borrowed = []
        is_searching = move[1] == line.new and FULL_ID.fullmatch(line.new) is not None
    return frozenset(found)


def read_bisect(git_dir: str) -> BisectSpan | None:
    """The bisect that goes on in a checkout, by the times of git's own files; None when there is none. Reads no content."""
    start_us = _written_us(os.path.join(git_dir, "BISECT_START"))
    if not start_us:
        return None
    last_us = max(start_us, _written_us(os.path.join(git_dir, "BISECT_LOG")))
    return BisectSpan(start_us // 1_000_000 * 1_000_000, last_us + LONGEST_TEST_US)


def _written_us(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns // 1000
    except OSError:
        return 0
