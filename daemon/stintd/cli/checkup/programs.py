"""Hooks of git, agents, editors and shells: whether those that were installed still work."""

from __future__ import annotations

import os
from collections.abc import Iterator

from stintd.cli.checkup.finding import Finding, ok, warning
from stintd.cli.commands.hooks import PROGRAMS
from stintd.cli.commands.repos import display_path
from stintd.cli.commands.service import place
from stintd.errors import StintdError
from stintd.install import agentsettings, git, memory, service
from stintd.install.agentsettings import Home
from stintd.paths import home_layout

WELL = ("installed", "absent", "installed, another runs afterwards", "run by another hook")


def findings() -> Iterator[Finding]:
    """Only what was installed is checked: nobody needs all of them."""
    yield from _programs()
    yield from _git()


def check_service() -> Iterator[Finding]:
    """Service files that differ from what would be written now: Python moved, or the home did."""
    manager = service.MANAGERS[service.manager_of()]
    states = service.states(manager, place())
    wrong = {path: state for path, state in states.items() if state not in ("installed", "absent")}
    for path, state in wrong.items():
        yield warning(
            "service",
            f"{display_path(path)}: {state}",
            "`stint service install` writes it again; if the file is your own, move it away first",
        )
    if not wrong and "installed" in states.values():
        missing = [path for path, state in states.items() if state == "absent"]
        if missing:
            yield warning("service", f"{display_path(missing[0])} is gone", "`stint service install` writes it again")
        else:
            yield ok("service", f"{manager.name} starts the daemon")


def _programs() -> Iterator[Finding]:
    layout = home_layout()
    home = agentsettings.Home(layout.hooks, layout.spool, os.path.expanduser("~"), os.environ)
    well = []
    for name, host in PROGRAMS.items():
        try:
            path, state = host.state(home)
        except (StintdError, OSError, ValueError) as failure:
            yield warning("hooks", f"{host.title}: {failure}", f"`stint hooks status {name}`")
            continue
        if state == "installed":
            well.append(name)
        elif state not in WELL and _was_installed(home, name):
            hint = f"`stint hooks install {name}` fixes it"
            yield warning("hooks", f"{host.title}: {state} ({display_path(path)})", hint)
    if well:
        yield ok("hooks", ", ".join(well))


def _was_installed(home: Home, name: str) -> bool:
    return name in agentsettings.recall(home)


def _git() -> Iterator[Finding]:
    """Hook folders that `stint hooks install git` wrote into."""
    layout = home_layout()
    for folder in memory.recall(layout.hooks):
        if not os.path.isdir(folder):
            continue
        try:
            states = git.hook_states(folder, layout.spool)
        except (StintdError, OSError) as failure:
            yield warning("hooks", f"{display_path(folder)}: {failure}", "`stint hooks status git`")
            continue
        wrong = {name: state for name, state in states.items() if state not in WELL}
        mute = [
            name
            for name, state in states.items()
            if state.startswith("installed") and not os.access(os.path.join(folder, name), os.X_OK)
        ]
        lost = bool(states) and all(state == "absent" for state in states.values())
        for name, state in wrong.items():
            yield warning("hooks", f"{display_path(os.path.join(folder, name))}: {state}", _reinstall_hint(folder))
        if mute:
            yield warning("hooks", f"{display_path(os.path.join(folder, mute[0]))} is not executable", _reinstall_hint(folder))
        if lost:
            yield warning("hooks", f"git's hooks are gone from {display_path(folder)}", _reinstall_hint(folder))


def _reinstall_hint(folder: str) -> str:
    repository = os.path.dirname(os.path.dirname(folder)) if folder.endswith("/.git/hooks") else folder
    return f"`stint hooks install git --repo {repository}`"
