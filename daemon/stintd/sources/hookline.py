"""What one line of a git shim, an editor or a shell says. Pure: text in, signal out (of editors and shells: `beatline`).

    v1 <TAB> hook <TAB> pid <TAB> folder <TAB> what git told the hook … <TAB> name=value …

How many words git tells depends on the hook, so that a remote called `agent=x` stays a remote. Names: `t` the second it
happened, where the file's own time cannot say; `step=rebase` inside a rebase; `during` the larger git command;
`agent` whose marker the environment carried; `tty` when there was a terminal.
"""

import re
from datetime import UTC, datetime
from typing import Literal

from stintd.domain.kinds import BeatKind
from stintd.domain.model import GitSignal
from stintd.errors import Invalid
from stintd.frozen import frozen

WORDS = {
    "post-commit": 0, "post-checkout": 3, "post-merge": 1, "post-rewrite": 1, "pre-push": 1, "editor": 3, "shell": 1,
}  # fmt: skip
"""How many words follow the folder, by kind of line; a hook's are git's arguments. Other spool files are not read here."""

_ESCAPED = re.compile("%(09|0A|25)")
_PLAIN = {"09": "\t", "0A": "\n", "25": "%"}
_ID = re.compile("[0-9a-f]{40}(?:[0-9a-f]{24})?")
_NAMED = frozenset({"t", "step", "during", "agent", "tty"})


@frozen
class HookLine:
    """One act as the shim told it. `time` is None when the file's time is the act's."""

    hook: str
    folder: str
    words: tuple[str, ...]
    fields: dict[str, str]
    time: datetime | None


def unescape(field: str) -> str:
    """A field as it was before the shim wrote it into the line."""
    return _ESCAPED.sub(lambda found: _PLAIN[found[1]], field)


def is_absolute(path: str) -> bool:
    """Whether a path needs no folder, on this or another system."""
    return path.startswith("/") or re.match("[A-Za-z]:[/\\\\]", path) is not None


def parse_line(line: str) -> HookLine:
    """The line without its newline; `invalid` says what is wrong with it."""
    fields = line.split("\t")
    if fields[0] != "v1" or len(fields) < 4:
        raise Invalid("not a line of a stintd hook", "it was written by something else, or by a newer stintd")
    hook, folder = fields[1], unescape(fields[3])
    if hook not in WORDS:
        raise Invalid(f"unknown kind of act {hook[:40]!r}", "a newer stintd may know it")
    if not is_absolute(folder):
        raise Invalid("the folder is not absolute", "it was written by something else")
    words = tuple(fields[4 : 4 + WORDS[hook]])
    if len(words) < WORDS[hook]:
        raise Invalid("the line is cut short", "the disk may have been full")
    named = {name: value for name, _, value in (field.partition("=") for field in fields[4 + WORDS[hook] :])}
    named = {name: value for name, value in named.items() if name in _NAMED}
    return HookLine(hook, folder, words, named, _second(named.get("t", "")))


def signal_of(line: HookLine, time: datetime, head: tuple[str | None, str] = (None, "")) -> GitSignal | None:
    """The act, at `time`; None for what is no act of its own. `head` is (branch, commit) where it is known."""
    kind = _kind(line)
    if not kind:
        return None
    branch, new = head
    old = ""
    if line.hook == "post-checkout":
        old, new = (_commit_id(word) for word in line.words[:2])
    return GitSignal(
        time=line.time or time, checkout=line.folder, kind=kind, origin="hook", old=old, new=new, branch=branch,
        witness="agent" if "agent" in line.fields else "terminal",
    )  # fmt: skip


_KINDS: dict[str, BeatKind] = {"post-commit": "commit", "post-checkout": "checkout", "pre-push": "push"}


def _kind(line: HookLine) -> BeatKind | Literal[""]:
    if line.hook == "post-checkout" and line.words[2] != "1":
        return ""  # single files were brought back: no branch was switched, and the files tell of themselves
    if line.hook == "post-rewrite" and line.words[0] == "amend":
        return ""  # post-commit has told of it
    if line.hook == "post-rewrite" or line.fields.get("step") == "rebase" or line.fields.get("during") == "rebase":
        return "rebase"
    if line.hook == "post-merge":
        return "pull" if line.fields.get("during") == "pull" else "merge"
    return _KINDS[line.hook]


def _commit_id(word: str) -> str:
    """A commit's id, or "" for what is none: zeros mean there was none before."""
    return word if _ID.fullmatch(word) and word.strip("0") else ""


def _second(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isdecimal() and len(text) < 12 else None
