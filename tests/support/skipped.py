"""What tests were skipped for, in one line: who runs the suite wants to know what is missing, not where each skip stands."""

import re
from collections import Counter
from collections.abc import Iterable

FORMS = (
    re.compile(r"(?:no|needs)(?: the)? (?P<name>[\w.'+ -]+?)(?= here| to |:| \(|$)"),
    re.compile(r"(?P<name>[\w.'+ -]+?) (?:is|are) (?:missing|needed|not there)"),
)
"""How reasons name what is missing: "no fish here (apt install fish)", "needs tmux: apt install tmux", "vim is missing: …"."""


def missing(reason: str) -> str:
    """ "no fish" of a reason to skip that names a program, else the reason without what explains it."""
    text = reason.removeprefix("Skipped: ").strip()
    for form in FORMS:
        if match := form.match(text):
            return f"no {match['name']}"
    return re.split(r": | \(", text, maxsplit=1)[0]


def line(reasons: Iterable[str]) -> str:
    """ "skipped 3: no node (2), no fish (1); …", most first; empty when nothing was."""
    counts = Counter(missing(reason) for reason in reasons)
    if not counts:
        return ""
    parts = ", ".join(f"{name} ({count})" for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))
    return f"skipped {counts.total()}: {parts}; `.ci/run` installs what it can, -rs shows each"
