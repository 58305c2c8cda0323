"""What a person did with git, from the lines that git wrote: a rebase of thirty picks is one act, a stash is not a reset.

A line is not an act. Lines that belong together (the steps of a rebase, the patches of an `am`) become one signal with the
time of their end; steps that move nothing become none. Pushes are not in HEAD's reflog: git writes them into the log of the
remote-tracking branch. Pure, except `stash_seconds` and `pushes`, which read files of limited size.
"""

import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from stintd.domain.kinds import BeatKind
from stintd.domain.model import GitSignal, GitSignalKind, from_us
from stintd.frozen import frozen
from stintd.sources.gitfolded import folded_commits
from stintd.sources.gitsteps import FULL_ID, BisectSpan, is_borrowing, move_of, program_lines
from stintd.sources.reflog import ReflogCursor, ReflogLine, ReflogNews, act_times, read_tail

STASH_SKEW = 2  # seconds between a stash and the reset that clears the work tree
LATEST_US = 4_102_444_800_000_000  # 2100: a commit date may say the year 3170843

_REVISION = re.compile(r"[0-9a-f]{7,64}|.*[~^:].*|.*@\{.*|@|(?:.*_)?HEAD|(?:refs|heads|tags|remotes)/.*")
"""What is hardly a branch's name: an id, an expression, a ref by its longer name."""
_STEP = re.compile(r"\((start|pick|reword|edit|squash|fixup|continue|finish|abort|skip|merge|label|reset)\)$")


@frozen
class FoldedActs:
    """Acts, oldest first, and how many lines were used: those of a rebase that still goes on are left for the next look."""

    signals: tuple[GitSignal, ...]
    used: int


def may_be_branch(name: str) -> bool:
    """Whether a name looks like a branch's, where nobody can be asked."""
    return _REVISION.fullmatch(name) is None


@frozen
class FoldFacts:
    """What folding must know about the checkout: its path, the branch that HEAD names now, the owner's addresses (empty:
    everybody who writes this machine's reflogs), when something was stashed (seconds), the bisect that goes on in it,
    whether a name is one of its branches (asked only where the log does not say), and the lines before the new ones, where
    they matter."""

    checkout: str
    branch: str | None
    owner: frozenset[str] = frozenset()
    stashed: frozenset[int] = frozenset()
    bisect: BisectSpan | None = None
    is_branch: Callable[[str], bool] = may_be_branch
    earlier: tuple[ReflogLine, ...] = ()


def fold(news: ReflogNews, facts: FoldFacts, after_us: int | None = None, is_settled: bool = True) -> FoldedActs:
    """The acts behind the lines. `is_settled`: nothing more is coming, so an unfinished rebase is reported as it stands."""
    lines, times, branches = news.lines, act_times(news, after_us), _branches(news.lines, facts)
    by_program = program_lines(lines)
    signals: list[GitSignal] = []
    index = 0
    while index < len(lines):
        end, is_finished = _run_end(lines, index)
        if not is_finished and _goes_on_alone(lines[index]):
            signals += [_step_signal(facts, lines[at], times[at], branches[at]) for at in range(index, end)]
            index = end
            continue
        if end == len(lines) and not is_finished and not is_settled:
            return FoldedActs(tuple(signals), index)
        kind, subject = _act(lines, index, end, facts)
        if kind:
            last = lines[end - 1]
            is_step = index in by_program or _is_bisects(facts, lines[index], times[index], branches[index])
            signal = _signal(facts, (lines[index], last), times[end - 1], branches[end - 1], (kind, subject))
            folded = folded_commits((*facts.earlier, *lines[:end])) if _series(last) else ()
            signals.append(replace(signal, kind="reset", is_step=True) if is_step else replace(signal, folded=folded))
        index = end
    return FoldedActs(tuple(signals), len(lines))


def _signal(
    facts: FoldFacts, ends: tuple[ReflogLine, ReflogLine], time_us: int, branch: str | None, act: tuple[GitSignalKind, str]
) -> GitSignal:
    """The signal of a run of lines, given by its first and last."""
    first, last = ends
    time = from_us(min(time_us, LATEST_US))
    is_own = not facts.owner or last.email in facts.owner
    kind, subject = act
    return GitSignal(time, facts.checkout, kind, "reflog", first.old, last.new, branch, subject, last.email, is_own)


def _step_signal(facts: FoldFacts, line: ReflogLine, time_us: int, branch: str | None) -> GitSignal:
    """A line that is a step of something larger, at once: a hook may report it as an act in the same moment."""
    return replace(_signal(facts, (line, line), time_us, branch, ("reset", line.message)), is_step=True)


def _is_bisects(facts: FoldFacts, line: ReflogLine, time_us: int, branch: str | None) -> bool:
    """Whether a bisect that goes on did it to the revision it was testing. Its start and its end name a branch. A plain commit
    is a person's, who found the fault and mends it there."""
    span, move = facts.bisect, move_of(line)
    if span is None or branch is not None or not span.start_us <= time_us <= span.end_us:
        return False
    return is_borrowing(line) if move is None else FULL_ID.fullmatch(move[0]) is not None


def _goes_on_alone(line: ReflogLine) -> bool:
    """Whether a rebase went on by itself (`--exec` with tests that take minutes): nobody started or continued it here."""
    step = _STEP.search(_split(line.message)[0])
    return step is not None and step.group(1) in ("pick", "squash", "fixup", "merge", "label", "reset")


_OF_GIT = re.compile(
    r"(?:commit|cherry-pick|revert|am)(?: \(.*?\))?:.*|rebase(?: .*?)?:.*|merge .+?:.*|pull(?: .*?)?:.*"
    r"|reset: moving to.*|checkout: moving from.*|clone: from.*|initial pull.*|Branch: .*"
)
"""How git's own lines begin. Other programs write what they like, such as the subject: "revert login to cookies"."""


def is_of_git(message: str) -> bool:
    """Whether git itself writes such a line."""
    return _OF_GIT.fullmatch(message) is not None


def _split(message: str) -> tuple[str, str]:
    """(`rebase (pick)`, subject) of `rebase (pick): subject`."""
    action, _, subject = message.partition(": ")
    return action, subject


def _series(line: ReflogLine) -> str:
    """The series a line belongs to: the steps of a rebase (or of a pull that rebases), the patches of an `am`; else ""."""
    action, _ = _split(line.message)
    word = action.split(" ", 1)[0] if is_of_git(line.message) else ""
    if word == "rebase" or (word == "pull" and _STEP.search(action)):
        return word
    return "am" if word == "am" else ""


def _run_end(lines: tuple[ReflogLine, ...], index: int) -> tuple[int, bool]:
    """(index behind the run that begins at `index`, whether the run is complete)."""
    series = _series(lines[index])
    if not series:
        return index + 1, True
    end = index
    while end < len(lines) and _series(lines[end]) == series:
        action, _ = _split(lines[end].message)
        step = _STEP.search(action)
        if end > index and step and step.group(1) == "start":
            return end, True
        end += 1
        if action.startswith("rebase finished") or (step and step.group(1) in ("finish", "abort")):
            return end, True
    return end, series == "am" or end < len(lines)


KIND_OF_COMMAND: dict[str, BeatKind] = {
    "commit": "commit", "cherry-pick": "commit", "revert": "commit", "am": "commit", "merge": "merge", "pull": "pull",
    "rebase": "rebase", "clone": "checkout", "initial": "pull",
}  # fmt: skip


def _act(lines: tuple[ReflogLine, ...], index: int, end: int, facts: FoldFacts) -> tuple[GitSignalKind | Literal[""], str]:
    """(kind, subject) of a run; kind "" when it is not an act."""
    line = lines[end - 1]
    action, subject = _split(line.message)
    word = action.split(" ", 1)[0] if is_of_git(line.message) else ""
    if word == "checkout":
        move = move_of(line)
        is_still = move is not None and move[0] == move[1] and line.old == line.new
        return ("", "") if is_still else ("checkout", line.message)
    if word == "reset":
        is_stash = subject == "moving to HEAD" and _is_near(line.seconds, facts.stashed)
        return ("stash" if is_stash else "reset"), line.message
    if word in KIND_OF_COMMAND:
        kind = KIND_OF_COMMAND[word]
        return kind, subject if kind == "commit" else line.message
    if not line.message and not line.old.strip("0"):
        return "checkout", ""  # the first line of a new linked worktree
    # A tool that moves HEAD and writes its own words (stgit, update-ref): perhaps not an act, but HEAD did move.
    return ("reset", line.message) if line.old != line.new and not action.startswith("Branch") else ("", "")


def _is_near(seconds: int, others: frozenset[int]) -> bool:
    return any(seconds + step in others for step in range(-STASH_SKEW, STASH_SKEW + 1))


def _branch_after(lines: tuple[ReflogLine, ...], facts: FoldFacts) -> str | None:
    """The branch after the last line. Git writes the line of a checkout before it moves HEAD (refs/files-backend.c,
    `create_symref_locked`), so a look in between finds HEAD where the checkout came from.
    """
    move = move_of(lines[-1]) if lines else None
    if move is None or facts.branch is None or move[0] != facts.branch:
        return facts.branch
    return move[1] if facts.is_branch(move[1]) else None


def _branches(lines: tuple[ReflogLine, ...], facts: FoldFacts) -> list[str | None]:
    """The branch that each line was written on, backwards from the branch that HEAD names now.

    A checkout names where it comes from: a branch by its name, a detached HEAD by its id. So the next checkout says whether
    the last one went to a branch or to a revision (`v1.0`, `origin/main`), unless something detached HEAD in between.
    """
    branches: list[str | None] = []
    branch, is_detached_since = _branch_after(lines, facts), False
    for line in reversed(lines):
        branches.append(branch)
        action, subject = _split(line.message)
        move = move_of(line)
        if move is not None:
            if branch is None and is_detached_since and facts.is_branch(move[1]):
                branches[-1] = move[1]
            branch = None if FULL_ID.fullmatch(move[0]) or move[0] == "HEAD" else move[0]
            is_detached_since = False
        elif subject.startswith("returning to refs/heads/"):
            branch = branches[-1] = subject.removeprefix("returning to refs/heads/")
        elif _series(line) in ("rebase", "pull") or action.split(" ", 1)[0] not in KIND_OF_COMMAND:
            is_detached_since = True
    return branches[::-1]


# ---------------------------------------------------------------- stash and push


def stash_seconds(common_dir: str) -> frozenset[int]:
    """When the entries that are on the stash now were put there."""
    lines, _ = read_tail(os.path.join(common_dir, "logs", "refs", "stash"))
    return frozenset(line.seconds for line in lines)


def pushes(
    common_dir: str, checkout: str, after_us: int, owner: frozenset[str], limit: int = 2000
) -> tuple[list[GitSignal], int]:
    """(pushes since `after_us`, where to continue), from the logs of remote-tracking branches: git writes `update by push`
    there. `after_us` is the time of a file, which is finer than the whole seconds of a line."""
    signals: list[GitSignal] = []
    read_to = after_us
    for path, name in _tracking_logs(os.path.join(common_dir, "logs", "refs", "remotes"), limit):
        try:
            if os.lstat(path).st_mtime_ns // 1000 <= after_us:
                continue
        except OSError:
            continue
        lines, written_us = read_tail(path)
        read_to = max(read_to, written_us)
        times = act_times(ReflogNews(tuple(lines), ReflogCursor(), True, written_us), None)
        for index, (line, time_us) in enumerate(zip(lines, times, strict=True)):
            is_fresh = time_us > after_us or index == len(lines) - 1
            if is_fresh and line.message.startswith("update by push"):
                facts = FoldFacts(checkout, name, owner)
                signals.append(_signal(facts, (line, line), time_us, name, ("push", line.message)))
    return sorted(signals, key=lambda signal: signal.time), read_to


def _tracking_logs(folder: str, limit: int) -> list[tuple[str, str]]:
    """(path, branch) of every remote-tracking branch's log, at most `limit`; symbolic links are skipped."""
    logs: list[tuple[str, str]] = []
    ahead = [(folder, "")]
    while ahead and len(logs) < limit:
        here, name = ahead.pop()
        try:
            children = list(os.scandir(here))
        except OSError:
            continue
        for child in children:
            below = f"{name}/{child.name}" if name else child.name
            if child.is_dir(follow_symlinks=False):
                ahead.append((child.path, below))
            elif child.is_file(follow_symlinks=False) and "/" in below:
                logs.append((child.path, below.split("/", 1)[1]))
    return logs
