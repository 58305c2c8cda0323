"""Reads one line of a git shim, an editor or a shell. Pure: text in, signal out (for editors and shells: `beatline`).

    v1 <TAB> hook <TAB> pid <TAB> folder <TAB> git's arguments of the hook … <TAB> name=value …

The number of arguments depends on the hook, so that a remote called `agent=x` stays a remote. Names: `t` the second it
happened, where the file's own time does not say it; `step=rebase` inside a rebase; `during` the larger git command; `agent`
the agent whose marker was in the environment; `tty` when there was a terminal.
"""

import re
from datetime import UTC, datetime
from typing import Literal

from stintd.domain.kinds import BeatKind
from stintd.domain.model import GitSignal, Witness
from stintd.errors import Invalid
from stintd.frozen import frozen

WORDS = {"post-commit": 0, "post-checkout": 3, "post-merge": 1, "post-rewrite": 1, "pre-push": 1, "editor": 3, "shell": 1}
"""How many words follow the folder, by kind of line; of a hook: git's arguments. Other spool files are read elsewhere."""

_ESCAPED = re.compile("%(09|0A|25)")
_PLAIN = {"09": "\t", "0A": "\n", "25": "%"}
_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAMES = frozenset({"t", "step", "during", "agent", "tty"})


@frozen
class HookLine:
    """One act as the shim wrote it. `time` None: the time of the file is the time of the act."""

    hook: str
    folder: str
    words: tuple[str, ...]
    fields: dict[str, str]
    time: datetime | None


def unescape(field: str) -> str:
    """A field as it was before the shim escaped it."""
    return _ESCAPED.sub(lambda match: _PLAIN[match[1]], field)


def is_absolute(path: str) -> bool:
    """Whether a path is absolute, on this or another system."""
    return path.startswith("/") or re.match("[A-Za-z]:[/\\\\]", path) is not None


def parse_line(line: str) -> HookLine:
    """Parse a line without its newline. Raises `invalid`, which says what is wrong with it."""
    columns = line.split("\t")
    if columns[0] != "v1" or len(columns) < 4:
        raise Invalid("not a line of a stintd hook", "another program wrote it, or a newer stintd")
    hook, folder = columns[1], unescape(columns[3])
    if hook not in WORDS:
        raise Invalid(f"unknown kind of act {hook[:40]!r}", "a newer stintd may know it")
    if not is_absolute(folder):
        raise Invalid("the folder is not absolute", "another program wrote it")
    words = tuple(columns[4 : 4 + WORDS[hook]])
    if len(words) < WORDS[hook]:
        raise Invalid("the line is cut short", "the disk may have been full")
    pairs = (column.partition("=") for column in columns[4 + WORDS[hook] :])
    fields = {name: value for name, _, value in pairs if name in _NAMES}
    return HookLine(hook, folder, words, fields, _second(fields.get("t", "")))


def signal_of(line: HookLine, time: datetime, head: tuple[str | None, str] = (None, "")) -> GitSignal | None:
    """The act, at `time`; None for what is not an act of its own. `head` is (branch, commit) where it is known."""
    kind = _kind(line)
    if not kind:
        return None
    branch, new = head
    old = ""
    if line.hook == "post-checkout":
        old, new = (_commit_id(word) for word in line.words[:2])
    witness: Witness = "agent" if "agent" in line.fields else "terminal"
    return GitSignal(line.time or time, line.folder, kind, "hook", old, new, branch, witness=witness)


_KINDS: dict[str, BeatKind] = {"post-commit": "commit", "post-checkout": "checkout", "pre-push": "push"}


def _kind(line: HookLine) -> BeatKind | Literal[""]:
    if line.hook == "post-checkout" and line.words[2] != "1":
        return ""  # single files were restored: no branch was switched, and the watch reports the files
    if line.hook == "post-rewrite" and line.words[0] == "amend":
        return ""  # post-commit has reported it
    if line.hook == "post-rewrite" or line.fields.get("step") == "rebase" or line.fields.get("during") == "rebase":
        return "rebase"
    if line.hook == "post-merge":
        return "pull" if line.fields.get("during") == "pull" else "merge"
    return _KINDS[line.hook]


def _commit_id(word: str) -> str:
    """A commit's id; "" for anything else: zeros mean that there was no commit before."""
    return word if _ID.fullmatch(word) and word.strip("0") else ""


def _second(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and len(text) < 12 else None
