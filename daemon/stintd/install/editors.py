"""Vim, Neovim and Emacs: which user files each of them reads, and the line that makes it read ours."""

import os

from stintd.install.agentsettings import Home
from stintd.install.sourced import SourcedHost


def _vim_literal(text: str) -> str:
    """A literal of Vim script."""
    return "'" + text.replace("'", "''") + "'"


def _lisp_literal(text: str) -> str:
    """A literal of Lua and of Emacs Lisp."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _vim(home: Home) -> str:
    # Not the vimrc: creating one would switch off Vim's defaults for a user who has none.
    return os.path.join(home.user, ".vim", "plugin", "stintd.vim")


def _neovim(home: Home) -> str:
    top = home.environ.get("XDG_CONFIG_HOME") or os.path.join(home.user, ".config")
    return os.path.join(top, home.environ.get("NVIM_APPNAME") or "nvim", "plugin", "stintd.lua")


def _emacs(home: Home) -> str:
    """The first init file that Emacs would read; the usual one where there is none."""
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
            "vim",
            "Vim",
            "editors/stintd.vim",
            "if filereadable({}) | execute 'source' fnameescape({}) | endif \" stintd",
            _vim_literal,
            _vim,
            is_own=True,
        ),
        SourcedHost("neovim", "Neovim", "editors/stintd.lua", "pcall(dofile, {}) -- stintd", _lisp_literal, _neovim, is_own=True),
        SourcedHost("emacs", "Emacs", "editors/stintd.el", "(load {} t t t) ; stintd", _lisp_literal, _emacs),
    )
}
"""The editors whose files can be changed, by the name the user types."""
