"""bash, zsh and fish: where each reads files of its user's, and the line by which it reads ours."""

import os
import shlex

from stintd.errors import Invalid
from stintd.install.agentsettings import Home
from stintd.install.sourced import SourcedHost

LINE = "if [ -r {} ]; then . {}; fi # stintd"


def _quoted(text: str) -> str:
    """A literal of fish."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _bash(home: Home) -> str:
    return os.path.join(home.user, ".bashrc")


def _zsh(home: Home) -> str:
    return os.path.join(home.environ.get("ZDOTDIR") or home.user, ".zshrc")


def _fish(home: Home) -> str:
    top = home.environ.get("XDG_CONFIG_HOME") or os.path.join(home.user, ".config")
    return os.path.join(top, "fish", "conf.d", "stintd.fish")


HOSTS = {
    host.name: host
    for host in (
        SourcedHost("bash", "bash", "shells/stintd.bash", LINE, shlex.quote, _bash),
        SourcedHost("zsh", "zsh", "shells/stintd.zsh", LINE, shlex.quote, _zsh),
        SourcedHost("fish", "fish", "shells/stintd.fish", "if test -r {}; source {}; end # stintd", _quoted, _fish, is_own=True),
    )
}
"""The shells whose files can be changed, by the name of their program."""


def login_shell(home: Home) -> str:
    """The shell that the user's terminals start, when it is one of these."""
    name = os.path.basename(home.environ.get("SHELL", ""))
    if name not in HOSTS:
        raise Invalid(f"no hooks for the shell {name or 'of an unknown name'!r}", "name one with --shell bash, zsh or fish")
    return name
