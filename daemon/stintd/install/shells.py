"""bash, zsh and fish: which user files each of them reads, and the line that makes it read ours."""

import os
import shlex

from stintd.errors import Invalid
from stintd.install.agentsettings import Home
from stintd.install.sourced import SourcedHost

LINE = "if [ -r {} ]; then . {}; fi # stintd"
FISH_LINE = "if test -r {}; source {}; end # stintd"


def _fish_literal(text: str) -> str:
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
        SourcedHost("fish", "fish", "shells/stintd.fish", FISH_LINE, _fish_literal, _fish, is_own=True),
    )
}
"""The shells whose files can be changed, by the name of their program."""


def login_shell(home: Home) -> str:
    """The user's login shell; `invalid` when it is not one of these."""
    name = os.path.basename(home.environ.get("SHELL", ""))
    if name not in HOSTS:
        problem = f"there are no hooks for the shell {name!r}" if name else "SHELL is not set, so your shell is not known"
        raise Invalid(problem, "choose one with --shell bash, zsh or fish")
    return name
