"""Reads a line of an editor or a shell as a heartbeat. Pure: text in, signal out.

    v1 <TAB> editor <TAB> pid <TAB> folder <TAB> program <TAB> edit|read <TAB> path
    v1 <TAB> shell <TAB> pid <TAB> folder <TAB> program

A shell's line says that a command ran in the folder and has ended, and nothing about the command. It counts as a `read`: in
another project it is a glance and does not move the attention there.
"""

import re
from datetime import datetime

from stintd.domain.model import BeatSignal
from stintd.errors import Invalid
from stintd.sources.hookline import HookLine, is_absolute, unescape

KINDS = frozenset({"editor", "shell"})
PATH_LIMIT = 1024
"""Characters of a path; intake would refuse a longer one."""
_PROGRAM = re.compile("[a-z][a-z0-9-]{0,31}")
_ACTS = frozenset({"edit", "read"})


def beat_of(line: HookLine, time: datetime) -> BeatSignal:
    """The heartbeat, at `time` unless the line has its own. Raises `invalid`, which says what is wrong with the line."""
    program = line.words[0]
    if not _PROGRAM.fullmatch(program):
        raise Invalid(f"{program[:40]!r} is not the name of a program", "another program wrote it")
    act, path = ("read", line.folder) if line.hook == "shell" else (line.words[1], unescape(line.words[2]))
    if act not in _ACTS:
        raise Invalid(f"unknown act {act[:40]!r}", "a newer stintd may know it")
    if not is_absolute(path) or "\0" in path:
        raise Invalid("the path is not absolute", "another program wrote it")
    if len(path) > PATH_LIMIT:
        raise Invalid(f"the path is longer than {PATH_LIMIT} characters", "such a path cannot be stored")
    return BeatSignal(line.time or time, act, line.hook, path=path, client=program)
