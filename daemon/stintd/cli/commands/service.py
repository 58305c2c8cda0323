"""`stint service install|uninstall|status`: have the system's service manager start the daemon, and keep it running."""

import json
import os
import subprocess
import sys

from stintd import paths
from stintd.cli import process
from stintd.cli.commands.repos import shown_path
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.errors import Unavailable
from stintd.install import service
from stintd.install.change import describe, perform

PATIENCE = 30.0
OPTIONS = (
    Option("--dry-run -n", "show the files and commands, and change nothing"),
    Option("--for", "as another system would have it, to look at (with --dry-run)", "MANAGER", choices=tuple(service.MANAGERS)),
)
DETAIL = """systemd: the daemon starts with your session, with the first request to its socket, and with the first message of a
hook; it is restarted when it fails, and may do little else than its work. macOS: a launchd agent. Windows: a task at logon.
stint service install --dry-run     the units, and what would be run
stint service uninstall             takes away exactly what install added"""


def place():
    """Where the service is for: this home, this Python."""
    command = [sys.executable, "-P", "-m", "stintd.cli.run"]
    return service.ServicePlace(paths.home_layout(), command, os.path.expanduser("~"), os.environ)


def run(words):
    chosen = getattr(words, "for") or service.manager_of()
    if getattr(words, "for") not in (None, service.manager_of()) and not words.dry_run:
        raise Unavailable(f"{chosen} is not of this system", "--dry-run shows what it would be given")
    manager = service.MANAGERS[chosen]
    return {"install": _install, "uninstall": _uninstall, "status": _status}[words.action](words, manager)


def _install(words, manager):
    here = place()
    plan = service.plan_install(manager, here)
    commands = manager.start(here)
    if words.dry_run:
        return _show(words, plan, commands, manager.files(here))
    if plan.problems:
        return _show(words, plan, [], {})
    perform(plan.steps)
    if process.is_running():
        process.stop()  # it would keep the one of the service from starting
    _told(commands, "the files are in place; start it with `stint up` meanwhile")
    return _done(words, plan, "stintd is a service now: it starts with your session, and is there when it is called")


def _uninstall(words, manager):
    here = place()
    plan = service.plan_uninstall(manager, here)
    commands = manager.stop(here) if plan.steps else []
    if words.dry_run:
        return _show(words, plan, commands, {})
    refused = _refusals(commands[:1])
    perform(plan.steps)
    refused += _refusals(commands[1:])
    if refused and not words.json:
        print(warn(f"! {for_terminal(refused[0])}; its files are gone, and it does not start again"))
    return _done(words, plan, "stintd is no service any more; `stint up` starts it" if plan.steps else "it was no service")


def _told(commands, hint):
    """Have the manager act; `unavailable` with its own words when it will not."""
    for command in commands:
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                                  timeout=PATIENCE, check=False)  # fmt: skip
        except FileNotFoundError:
            raise Unavailable(f"{command[0]} is not on this machine", hint) from None
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{' '.join(command)} does not end", hint) from None
        if done.returncode:
            says = (done.stderr or done.stdout).strip().splitlines()
            raise Unavailable(f"{' '.join(command)}: {says[0] if says else done.returncode}", hint)


def _refusals(commands):
    """Have the manager act; what it would not do. A manager that cannot be reached keeps nobody from taking files away."""
    found = []
    for command in commands:
        try:
            _told([command], "")
        except Unavailable as error:
            found.append(error.message)
    return found


def is_installed():
    """Whether units of ours are there for systemd, which can start and stop them."""
    manager = service.MANAGERS["systemd"]
    return service.manager_of() == "systemd" and "installed" in service.states(manager, place()).values()


def hand_over(verb):
    """Have systemd `start` or `stop` the service, where it is one; whether it did."""
    return is_installed() and not _refusals([["systemctl", "--user", verb, *service.UNITS]])


def halt():
    """Stop the daemon, through systemd where that would start it again by itself; `daemon down` when none runs."""
    process.pid_of_daemon()
    if not hand_over("stop") or process.is_running():
        process.stop()


def rise():
    """Start the daemon, through systemd where it is a service; returns once it answers."""
    if not (hand_over("start") and process.is_running()):
        child, offset = process.spawn()
        process.wait_ready(child, offset)


def _show(words, plan, commands, files):
    lines, problems = list(describe(plan.steps)), [one.text for one in plan.problems]
    if words.json:
        texts = {path: text.decode() for path, text in files.items()}
        print(json.dumps({"changes": lines, "commands": commands, "files": texts, "problems": problems, "dryRun": words.dry_run}))
        return 1 if problems else 0
    for path, text in files.items():
        print(bold(shown_path(path)))
        print(for_terminal(text.decode()).rstrip() if "\n" not in text.decode() else _lines(text.decode()))
        print()
    for command in commands:
        print(dim("would run: " + " ".join(map(for_terminal, command))))
    for one in plan.problems:
        print(warn(f"! {for_terminal(one.text)}"))
        print(f"  {for_terminal(one.hint)}")
    return 1 if problems else 0


def _lines(text):
    return "\n".join(f"  {for_terminal(line)}" for line in text.splitlines())


def _done(words, plan, said):
    lines, problems = list(describe(plan.steps)), [one.text for one in plan.problems]
    if words.json:
        print(json.dumps({"changes": lines, "problems": problems, "dryRun": False}))
    else:
        print("\n".join([*map(for_terminal, lines), *(warn(f"! {for_terminal(text)}") for text in problems), said]))
    return 1 if problems else 0


def _status(words, manager):
    found = service.states(manager, place())
    if words.json:
        print(json.dumps({"manager": manager.name, "files": found}))
        return
    for path, state in found.items():
        print(f"{shown_path(path)}: {state}")
    print("stintd runs" if process.is_running() else "stintd does not run")


VERBS = {
    "service": Verb(
        "service", run, "have the system start the daemon and keep it running",
        (Operand("ACTION", choices=("install", "uninstall", "status")),), OPTIONS, DETAIL,
    )
}  # fmt: skip
