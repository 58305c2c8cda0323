"""What the first `stint up` offers, each by one key: past hours, the service, hooks for the programs that are installed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
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
    termios = tty = None  # type: ignore[assignment]

PROGRAMS = {
    "claude-code": ("claude",),
    "codex": ("codex",),
    "gemini": ("gemini",),
    "copilot": ("copilot",),
    "cursor": ("cursor", "cursor-agent"),
    "windsurf": ("windsurf",),
    "opencode": ("opencode",),
    "vim": ("vim",),
    "neovim": ("nvim",),
    "emacs": ("emacs",),
}
"""The commands by which programs that can have hooks are recognised."""


def is_first_run() -> bool:
    """Whether no daemon ever ran here."""
    return not os.path.lexists(paths.home_layout().database)


def unhooked_programs(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Programs that can have hooks, are installed, and have none of ours yet."""
    layout = paths.home_layout()
    home = agentsettings.Home(layout.hooks, layout.spool, os.path.expanduser("~"), environment)
    search = environment.get("PATH")
    here = [host for host, names in PROGRAMS.items() if any(shutil.which(name, path=search) for name in names)]
    programs = [host for host in here if hooks.PROGRAMS[host].state(home)[1] == "absent"]
    with suppress(StintdError):
        programs += ["shell"] if hooks.PROGRAMS[shells.login_shell(home)].state(home)[1] == "absent" else []
    return programs


def offer() -> None:
    """Show the offers and carry out what is chosen, until Enter or q."""
    hosts = unhooked_programs()
    offers = {"b": ("import past hours from git and agent logs", "estimates; undo: `stint backfill --undo`", _backfill)}
    if shutil.which("systemctl") and not service.is_installed():
        offers["s"] = ("start stintd when you log in", "undo: `stint service uninstall`", _service)
    if hosts:
        offers["h"] = (f"install hooks for {', '.join(hosts)}", "undo: `stint hooks uninstall NAME`", lambda: _hooks(hosts))
    print("\n" + bold("Press a key, or do it later with the commands named:"))
    while offers:
        lines = [f"  {bold(key)}  {what}  {dim(way_back)}" for key, (what, way_back, _) in offers.items()]
        key = read_key("\n".join([*lines, f"  {bold('Enter')}  continue"]))
        if key not in offers:
            return
        _carry_out(offers.pop(key)[2])


def _carry_out(act: Callable[[], None]) -> None:
    """Carry out one offer; an error is shown, and the other offers stay."""
    try:
        act()
    except StintdError as error:
        print(warn(f"{error.message}\n{error.hint}"))
    print()


def _backfill() -> None:
    backfill.run(parse(backfill.VERBS["backfill"], ["--yes"]))


def _service() -> None:
    service.run(parse(service.VERBS["service"], ["install"]))


def _hooks(hosts: Sequence[str]) -> None:
    hooks.hooks(parse(hooks.VERBS["hooks"], ["install", *hosts]))


def read_key(prompt: str) -> str:
    """Show the prompt and read one key, without Enter where the terminal can; "" for Enter, end of input and anything odd.

    The terminal is set up before the prompt appears, so that an immediate answer is not lost."""
    if termios is None:
        print(prompt, flush=True)
        return sys.stdin.readline().strip().lower()[:1]
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal, termios.TCSADRAIN)
        print(prompt, flush=True)
        return os.read(terminal, 1).decode("ascii", "replace").strip().lower()
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)
