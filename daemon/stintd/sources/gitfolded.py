"""Which commits a rebase folded into others (fixup, squash): nobody finds their subjects in the history any more, so none may be
left in a description that goes to a client.

The reflog names the commits before the rebase and its steps, but not which commit a step took. Commits that were picked keep
their subjects; what is left belongs to the remaining steps in order. Where that is not clear, nothing is taken for folded.
"""

import re
from collections.abc import Sequence

from stintd.sources.reflog import ReflogLine

STEPS_LIMIT = 1000

_STEP = re.compile(r"(?:rebase|pull)\b.*\((\w+)\)")
_COMMITS = frozenset({"commit", "cherry-pick", "revert", "am"})
_PICKS = frozenset({"pick", "edit", "continue", "reword"})
_FOLDS = frozenset({"fixup", "squash"})
_MARKED = ("fixup! ", "squash! ", "amend! ")


def _step_of(line: ReflogLine) -> tuple[str, str]:
    """(`pick`, subject) of `rebase (pick): subject`; ("", "") for a line of nothing like that."""
    action, _, subject = line.message.partition(": ")
    step = _STEP.fullmatch(action)
    return (step.group(1), subject) if step else ("", "")


def is_folding(line: ReflogLine) -> bool:
    """Whether a line folds one commit into another."""
    return _step_of(line)[0] in _FOLDS


def folded_commits(lines: Sequence[ReflogLine]) -> tuple[str, ...]:
    """The commits that the rebase at the end of these lines folded into others; () where it folded none, or has not ended."""
    if not lines or _step_of(lines[-1])[0] != "finish":
        return ()
    start = next((at for at in range(len(lines) - 1, -1, -1) if _step_of(lines[at])[0] == "start"), None)
    if start is None:
        return ()
    steps = [step for step in map(_step_of, lines[start + 1 : -1]) if step[0] in _PICKS | _FOLDS]
    if not any(name in _FOLDS for name, _ in steps):
        return ()
    before = _commits_before(lines[:start], lines[start].old, lines[start].new)
    folded = _unmatched(before, steps)
    kept = {subject for subject in _final_subjects(steps) if subject}
    subjects = {subject for _, subject in folded} - kept
    earlier = {line.new for line in lines[:start] if _is_commit(line) and line.message.partition(": ")[2] in subjects}
    return tuple(sorted({sha for sha, subject in folded if subject in subjects} | earlier))


def _commits_before(lines: Sequence[ReflogLine], tip: str, base: str) -> list[tuple[str, str]]:
    """(id, subject) of the commits from behind `base` to `tip`, oldest first, as far as the log knows how they were made."""
    made = {line.new: line for line in lines if _is_commit(line) or _step_of(line)[0] in _PICKS | _FOLDS}
    found: list[tuple[str, str]] = []
    while tip != base and tip in made and len(found) < STEPS_LIMIT:
        line = made[tip]
        found.append((tip, line.message.partition(": ")[2]))
        seen = {tip}
        while (
            _replaces(line) and line.old in made and line.old not in seen
        ):  # an amended commit has the parent of what it replaced
            seen.add(line.old)
            line = made[line.old]
        tip = line.old
    return found[::-1]


def _is_commit(line: ReflogLine) -> bool:
    return line.message.partition(":")[0].split(" ", 1)[0] in _COMMITS


def _replaces(line: ReflogLine) -> bool:
    return line.message.startswith("commit (amend)") or is_folding(line)


def _unmatched(before: list[tuple[str, str]], steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The commits that the folding steps took."""
    left, open_steps = list(before), []
    for name, subject in steps:
        match = next((commit for commit in left if commit[1] == subject), None) if name in _PICKS else None
        if match is not None:
            left.remove(match)
        else:
            open_steps.append(name)
    marked = [commit for commit in left if commit[1].startswith(_MARKED)]
    for commit in marked:
        fold = next((name for name in open_steps if name in _FOLDS), None)
        if fold is not None:
            left.remove(commit)
            open_steps.remove(fold)
    if len(left) == len(open_steps):
        return marked + [commit for commit, name in zip(left, open_steps, strict=True) if name in _FOLDS]
    return marked + (left if open_steps and all(name in _FOLDS for name in open_steps) else [])


def _final_subjects(steps: list[tuple[str, str]]) -> list[str]:
    """The subjects that the commits have in the end: of a pick with its folds, that of the last one."""
    final: list[str] = []
    for name, subject in steps:
        if name in _FOLDS and final:
            final[-1] = subject
        else:
            final.append(subject)
    return final
