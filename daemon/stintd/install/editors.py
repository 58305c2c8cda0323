"""Vim, Neovim and Emacs: where each reads files of its user's, and the line by which it reads ours."""

import os

from stintd.install.agentsettings import Home
from stintd.install.sourced import SourcedHost


def _doubled(text: str) -> str:
    """A literal of Vim script."""
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    """A literal of Lua and of Emacs Lisp."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vim(home: Home) -> str:
    # Not the vimrc: one that we made would take Vim's own defaults away from a user who has none.
    return os.path.join(home.user, ".vim", "plugin", "stintd.vim")


def _neovim(home: Home) -> str:
    top = home.environ.get("XDG_CONFIG_HOME") or os.path.join(home.user, ".config")
    return os.path.join(top, home.environ.get("NVIM_APPNAME") or "nvim", "plugin", "stintd.lua")


def _emacs(home: Home) -> str:
    """The first that Emacs would read; the usual one where there is none."""
    config = home.environ.get("XDG_CONFIG_HOME") or os.path.join(home.user, ".config")
    usual = os.path.join(home.user, ".emacs.d", "init.el")
    known = [os.path.join(home.user, name) for name in (".emacs.el", ".emacs")] + [usual]
    known += [os.path.join(config, "emacs", "init.el")]
    if not os.path.isdir(os.path.dirname(usual)) and os.path.isdir(os.path.dirname(known[-1])):
        usual = known[-1]
    return next((path for path in known if os.path.lexists(path)), usual)


HOSTS = {
    host.name: host
    for host in (
        SourcedHost(
            "vim", "Vim", "editors/stintd.vim", "if filereadable({}) | execute 'source' fnameescape({}) | endif \" stintd",
            _doubled, _vim, is_own=True,
        ),
        SourcedHost("neovim", "Neovim", "editors/stintd.lua", "pcall(dofile, {}) -- stintd", _escaped, _neovim, is_own=True),
        SourcedHost("emacs", "Emacs", "editors/stintd.el", "(load {} t t t) ; stintd", _escaped, _emacs),
    )
}  # fmt: skip
"""The editors whose files can be changed, by the name the user types."""
