"""What the first `stint up` offers, each by one key: hours from before, the service, hooks of the programs that are here."""

import os
import shutil
import sys
from contextlib import suppress

from stintd import paths
from stintd.cli.commands import backfill, hooks, service
from stintd.cli.options import parse
from stintd.cli.text import bold, dim, warn
from stintd.errors import StintdError
from stintd.install import agentsettings, shells

try:
    import termios
    import tty
except ImportError:  # Windows has no such terminals
    termios = tty = None

PROGRAMS = {
    "claude-code": ("claude",), "codex": ("codex",), "gemini": ("gemini",), "copilot": ("copilot",),
    "cursor": ("cursor", "cursor-agent"), "windsurf": ("windsurf",), "opencode": ("opencode",), "vim": ("vim",),
    "neovim": ("nvim",), "emacs": ("emacs",),
}  # fmt: skip
"""By what names the programs that can be hooked into are called."""


def is_first():
    """Whether nobody ever ran a daemon here."""
    return not os.path.lexists(paths.home_layout().database)


def unhooked_programs(environment=os.environ):
    """What can be hooked into, is here, and has no hooks of ours yet."""
    layout = paths.home_layout()
    home = agentsettings.Home(layout.hooks, layout.spool, os.path.expanduser("~"), environment)
    search = environment.get("PATH")
    here = [host for host, names in PROGRAMS.items() if any(shutil.which(name, path=search) for name in names)]
    found = [host for host in here if hooks.PROGRAMS[host].state(home)[1] == "absent"]
    with suppress(StintdError):
        found += ["shell"] if hooks.PROGRAMS[shells.login_shell(home)].state(home)[1] == "absent" else []
    return found


def offer():
    """Show what there is and do what is asked for, until Enter or q."""
    hosts = unhooked_programs()
    offers = {
        "b": ("hours from before, out of git and agents' logs", "estimated; `stint backfill --undo` takes them back", _backfill)
    }
    if shutil.which("systemctl") and not service.is_installed():
        offers["s"] = ("start stintd with your session", "`stint service uninstall` takes it back", _service)
    if hosts:
        offers["h"] = (f"hooks of {', '.join(hosts)}", "`stint hooks uninstall NAME` takes them back", lambda: _hooks(hosts))
    print("\n" + bold("One key each, now or whenever you like:"))
    while offers:
        lines = [f"  {bold(key)}  {what}  {dim(way_back)}" for key, (what, way_back, _) in offers.items()]
        key = read_key("\n".join([*lines, f"  {bold('Enter')}  go on"]))
        if key not in offers:
            return
        _do(offers.pop(key)[2])


def _do(act):
    """One offer; what goes wrong with it is said, and the others stay."""
    try:
        act()
    except StintdError as error:
        print(warn(f"{error.message}\n{error.hint}"))
    print()


def _backfill():
    backfill.run(parse(backfill.VERBS["backfill"], ["--yes"]))


def _service():
    service.run(parse(service.VERBS["service"], ["install"]))


def _hooks(hosts):
    hooks.hooks(parse(hooks.VERBS["hooks"], ["install", *hosts]))


def read_key(asked):
    """Ask, and take the next key, without Enter where the terminal can; "" for Enter, the end of the input, and anything odd.
    The terminal is made ready before it is asked: whoever answers at once is heard."""
    if termios is None:
        print(asked, flush=True)
        return sys.stdin.readline().strip().lower()[:1]
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        print(asked, flush=True)
        return os.read(terminal, 1).decode("ascii", "replace").strip().lower()
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
