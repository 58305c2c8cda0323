"""The shim that agents call, how a call to it looks in their settings, and how ours is known from a person's."""

import json
import re
import shlex

from stintd.errors import Invalid
from stintd.install.shim import stamped
from stintd.resources import bundled

SHIM, NAME = "stintd-agent", "agent"
_OURS = re.compile(
    rf"(?:set -- [a-z-]+ [A-Za-z_]+; test -r (.*/{SHIM}'?) && \. \1|test -x (.*/{SHIM}'?) && exec \2 [a-z-]+ [A-Za-z_]+) \|\| :"
)


def shim_text(spool: str) -> bytes:
    """The whole shim, writing into `spool`."""
    _check(spool)
    body = bundled("hooks/agents/shim.sh").read_text().replace("@SPOOL@", shlex.quote(spool))
    return stamped(NAME, body).encode(errors="surrogateescape")


def plugin_text(spool: str) -> bytes:
    """opencode's plugin, writing into `spool`."""
    _check(spool)
    body = bundled("hooks/agents/opencode.js").read_text().replace("@SPOOL@", json.dumps(spool, ensure_ascii=False))
    return stamped("opencode", body).encode(errors="surrogateescape")


def call(shim: str, host: str, event: str, *, is_sourced: bool) -> str:
    """What a host runs. Silent when stintd is gone; no process between, so that the agent is the shim's parent.

    `is_sourced`: the host gives commands to sh or bash, which then reads the shim itself: half the time of starting
    another shell. Hosts that give them to the user's shell, which may be fish, start one.
    """
    path = shlex.quote(shim)
    if is_sourced:
        return f"set -- {host} {event}; test -r {path} && . {path} || :"
    return f"test -x {path} && exec {path} {host} {event} || :"


def is_call(command: object) -> bool:
    """Whether a command in somebody's settings is a call of ours, of this home or another."""
    return isinstance(command, str) and _OURS.fullmatch(command) is not None


def _check(spool: str) -> None:
    if "\n" in spool or "\0" in spool:
        raise Invalid("the state folder has a line break in its name", "set STINTD_HOME to a folder without one")
