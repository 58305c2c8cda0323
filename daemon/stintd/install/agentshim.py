"""The shim that agents call, how a call to it is written in their settings, and how our calls are told from a person's."""

import json
import os
import re
import shlex
from collections.abc import Mapping

from stintd.errors import Invalid
from stintd.install.shim import stamp
from stintd.resources import bundled_path

SHIM, NAME = "stintd-agent", "agent"
_PATH = rf"(?P<path>.*/{SHIM}'?)"
_OURS = re.compile(
    rf'(?:set -- [a-z-]+ [A-Za-z_]+; (?:test -z "\$FISH_VERSION" && )?test -r {_PATH} && \. (?P=path) \|\| )?'
    rf"(?:test -x .*/{SHIM}'? && exec .*/{SHIM}'? [a-z-]+ [A-Za-z_]+ \|\| )?:"
)


def shim_text(spool: str) -> bytes:
    """The whole shim, writing into `spool`."""
    _check(spool)
    body = bundled_path("hooks/agents/shim.sh").read_text().replace("@SPOOL@", shlex.quote(spool))
    return stamp(NAME, body).encode(errors="surrogateescape")


def plugin_text(spool: str) -> bytes:
    """opencode's plugin, writing into `spool`."""
    _check(spool)
    body = bundled_path("hooks/agents/opencode.js").read_text().replace("@SPOOL@", json.dumps(spool, ensure_ascii=False))
    return stamp("opencode", body).encode(errors="surrogateescape")


def call(shim: str, host: str, event: str, *, shell: str = "sh") -> str:
    """The command that a host runs. Silent when stintd is gone; no process in between, so that the agent is the shim's parent.

    `shell`: which shell reads the command. "sh" (or bash) sources the shim, which takes half the time of starting another
    shell. A host that uses the user's own shell ("any") may meet fish later, which starts sh for it; csh ("csh") always does.
    """
    path = shlex.quote(shim)
    in_new_shell = f"test -x {path} && exec {path} {host} {event} || :"
    if shell == "csh":
        return in_new_shell
    if shell == "sh":
        return f"set -- {host} {event}; test -r {path} && . {path} || :"
    return f'set -- {host} {event}; test -z "$FISH_VERSION" && test -r {path} && . {path} || {in_new_shell}'


def users_shell(environ: Mapping[str, str]) -> str:
    """The `shell` of `call` for a host that uses the user's own shell."""
    return "csh" if os.path.basename(environ.get("SHELL", "")).endswith("csh") else "any"


def is_call(command: object) -> bool:
    """Whether a command in somebody's settings is our call, from this home or another."""
    return isinstance(command, str) and command != ":" and _OURS.fullmatch(command) is not None


def _check(spool: str) -> None:
    if "\n" in spool or "\0" in spool:
        raise Invalid("the state folder has a line break in its name", "set STINTD_HOME to a folder without one")
