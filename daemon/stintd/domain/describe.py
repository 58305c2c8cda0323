"""The description of an entry: from the subjects of its own commits, else from the name of its branch.

The text goes to a client. So it describes the work and not git's machinery, and it contains no control characters: anybody
may have written the repository that subjects and branches come from.
"""

import re
from collections.abc import Iterable

from stintd.domain.ticket import ticket_in, ticket_of

__all__ = [
    "DEFAULT_BRANCHES",
    "HIDDEN_BRANCH",
    "branch_words",
    "describe",
    "meaningful_subjects",
    "printable",
    "ticket_in",
    "ticket_of",
]

HIDDEN_BRANCH = "hidden-"
"""The names of hidden branches begin with this (`domain/privacy.py`)."""
DEFAULT_BRANCHES = frozenset({"main", "master", "trunk", "develop", "development", "dev", "default", "HEAD"})
LENGTH_LIMIT = 500
"""Characters; billing systems cut or refuse longer texts."""

_SKIPPED = re.compile(r"(?:fixup!|squash!|amend!|[\[(]?wip\b)", re.IGNORECASE)
_MERGE = re.compile(r"Merge (?:branch|branches|remote-tracking branch|tag|commit) '")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def printable(text: str) -> str:
    """One line without control, direction and zero-width characters."""
    return re.sub(r"\s+", " ", _HIDDEN.sub(" ", text)).strip()


def meaningful_subjects(subjects: Iterable[str]) -> list[str]:
    """The subjects that say what was done, each once, in order: without `wip`, `fixup!`, `squash!` and plain merges."""
    seen: set[str] = set()
    out = []
    for subject in map(printable, subjects):
        key = subject.casefold().rstrip(".!")
        if key and key not in seen and not _SKIPPED.match(subject) and not _MERGE.match(subject):
            seen.add(key)
            out.append(subject)
    return out


def branch_words(branch: str | None) -> str:
    """`feature/DEV-12-login_form` as `DEV-12 login form`; nothing for a default branch."""
    if not branch or branch in DEFAULT_BRANCHES or branch.startswith(HIDDEN_BRANCH):
        return ""
    last = printable(branch).rstrip("/").rsplit("/", 1)[-1]
    ticket = re.match(r"[A-Za-z][A-Za-z0-9]*-[0-9][0-9a-z]*(?![A-Za-z0-9])", last)
    head = ticket.group() if ticket else ""
    words = re.sub(r"[-_]+", " ", last[len(head) :]).strip()
    return f"{head} {words}".strip()


def describe(subjects: Iterable[str], following: str | None = None, branch: str | None = None) -> str:
    """The description of an entry: from its commits, else from the next own commit on that branch on the same day
    (`following`), else from the branch; "" when none of them says anything.
    """
    telling = meaningful_subjects(subjects) or meaningful_subjects([following] if following else [])
    text = ""
    for subject in telling:
        longer = f"{text}; {subject}" if text else subject
        if len(longer) > LENGTH_LIMIT:
            return text or f"{subject[: LENGTH_LIMIT - 1]}…"
        text = longer
    return text or branch_words(branch)[:LENGTH_LIMIT]
