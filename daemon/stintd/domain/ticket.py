"""The task of a piece of work: from the branch's name, else from a commit's subject."""

import re
from collections.abc import Iterable
from functools import lru_cache

from stintd.domain.policy import Policy
from stintd.errors import Invalid

DEFAULT_PATTERN = Policy().task_pattern
NOT_TICKETS = frozenset({
    "AES", "ANSI", "ARM", "CP", "CVE", "ECMA", "FIPS", "GPL", "GPT", "HTTP", "IEC", "IEEE", "IPV", "ISO", "LGPL", "MD",
    "PEP", "PKCS", "RFC", "RIPEMD", "RSA", "SHA", "TLS", "UCS", "UTF", "WCAG",
})  # fmt: skip
"""Words that look like a ticket's project and name a standard: `UTF-8`, `SHA-256`, `RFC-7231`."""

CLICKUP_PREFIX = "CU-"
"""The prefix of ClickUp's own ids in branch names, and so in keys that come from there."""
_CLICKUP = re.compile(r"(?<![A-Za-z0-9])CU-([0-9a-z]{5,16})(?![A-Za-z0-9])")
_WITH_PREFIX = re.compile(r"CU-(?=[a-z]*[0-9])([0-9a-z]{5,16})", re.IGNORECASE)


def check_task_pattern(pattern: str) -> re.Pattern[str]:
    """The setting `task_pattern` as a regular expression; `invalid` says what is wrong with it."""
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise Invalid(f"task_pattern is not a regular expression: {error}", 'write one like "[A-Z][A-Z0-9]+-[0-9]+"') from None


@lru_cache(maxsize=16)
def _finder(pattern: str) -> re.Pattern[str]:
    check_task_pattern(pattern)
    return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])")


def key_forms(key: str) -> tuple[str, str]:
    """A task's key as it was written, then with or without ClickUp's prefix: `86fpd7vgc` and `CU-86fpd7vgc` are one task. What
    was written counts first, because `CU-12` may be the key of another system.
    """
    key = key.strip()
    prefixed = _WITH_PREFIX.fullmatch(key)
    return key, prefixed[1] if prefixed else CLICKUP_PREFIX + key


def ticket_of(text: str, policy: Policy) -> str | None:
    """The first ticket named in a text, or None. ClickUp's `CU-86fpd7vgc` counts as well as the pattern."""
    if not policy.task_pattern:
        return None
    is_default = policy.task_pattern == DEFAULT_PATTERN
    matches = [match for match in _finder(policy.task_pattern).finditer(text[:500]) if match.group()]
    if is_default:
        matches = [match for match in matches if match.group().split("-")[0] not in NOT_TICKETS]
    clickup = next((m for m in _CLICKUP.finditer(text[:500]) if any(c.isdigit() for c in m[1])), None)
    firsts = sorted([*matches[:1], *([clickup] if clickup else [])], key=lambda match: match.start())
    return firsts[0].group() if firsts else None


def task_of_branch(branch: str | None, policy: Policy) -> str | None:
    """The task in a branch's name: `feature/DEV-12-login` names DEV-12."""
    return ticket_of(branch.replace("_", " "), policy) if branch else None


def ticket_in(subjects: Iterable[str], policy: Policy) -> str | None:
    """The first ticket named in the subjects of an entry's commits."""
    return next((ticket for subject in subjects if (ticket := ticket_of(subject, policy))), None)
