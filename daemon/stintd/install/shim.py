"""The text of the git shims, and how a file is recognised as one of ours.

A shim states in its second line which hook it is and the digest of its own text. Only a file whose digest still fits is
ours to replace or remove: one that somebody has edited since is theirs. That holds across versions of the template.
"""

import hashlib
import re
import shlex

from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.resources import bundled_path

HOOKS = ("post-commit", "post-checkout", "post-merge", "post-rewrite", "pre-push")
# What git tells each hook, as shell words. Never a remote's URL: it may hold a password, and pushing to one names it.
_ARGUMENTS = {
    "post-checkout": "'\t'\"${1-}\"'\t'\"${2-}\"'\t'\"${3-}\"",
    "post-merge": "'\t'\"${1-}\"",
    "post-rewrite": "'\t'\"${1-}\"",
    "pre-push": "'\t'\"${1##*[:/@%\t]*}\"",
}
_MARK = re.compile(rb"\A(#!/bin/sh\n# |// )stintd hook: ([a-z-]+) ([0-9a-f]{16})\n")


@frozen
class OwnFile:
    """A file that carries our mark. `is_intact`: nobody has changed it since."""

    hook: str
    is_intact: bool


def shim_text(hook: str, spool: str) -> str:
    """The whole shim for `hook`, writing into `spool`."""
    if "\n" in spool or "\0" in spool:
        raise Invalid("the state folder has a line break in its name", "set STINTD_HOME to a folder without one")
    body = bundled_path("hooks/git/shim.sh").read_text()
    for name, value in (("@KIND@", hook), ("@SPOOL@", shlex.quote(spool)), ("@ARGS@", _ARGUMENTS.get(hook, ""))):
        body = body.replace(name, value)
    return stamp(hook, body)


def stamp(name: str, body: str) -> str:
    """A shim with its name and the digest of its own text in the second line."""
    plain = body.replace("@MARK@", "").encode(errors="surrogateescape")
    return body.replace("@MARK@", f"{name} {_digest(name, plain)}")


def recognise(raw: bytes) -> OwnFile | None:
    """The hook that `raw` is, if it carries our mark; else None: it is foreign."""
    mark = _MARK.match(raw)
    if not mark:
        return None
    hook = mark[2].decode()
    plain = raw.replace(mark[0], mark[1] + b"stintd hook: \n", 1)
    return OwnFile(hook, _digest(hook, plain) == mark[3].decode())


def _digest(hook: str, body: bytes) -> str:
    return hashlib.sha256(hook.encode() + b"\n" + body).hexdigest()[:16]
