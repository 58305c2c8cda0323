"""`stint service install|uninstall|status`: let the system's service manager start the daemon and keep it running."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

from stintd import paths
from stintd.cli import process
from stintd.cli.commands.repos import display_path
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, warn
from stintd.errors import Unavailable
from stintd.install import service
from stintd.install.change import Plan, describe, perform

PATIENCE = 30.0
OPTIONS = (
    Option("--dry-run -n", "show the files and commands without changing anything"),
    Option("--for", "with --dry-run: show what would be installed on another system", "MANAGER", choices=tuple(service.MANAGERS)),
)
DETAIL = """systemd: the daemon starts with your session, with the first request to its socket, and with the first message of a
hook; it is restarted when it fails, and its rights are restricted. macOS: a launchd agent. Windows: a task at logon.
stint service install --dry-run     show the units, and the commands that would run
stint service uninstall             remove exactly what install added"""


def place() -> service.ServicePlace:
    """What the service is for: this home, this Python."""
    command = [sys.executable, "-P", "-m", "stintd.cli.run"]
    return service.ServicePlace(paths.home_layout(), command, os.path.expanduser("~"), os.environ)


def run(words: Words) -> int:
    chosen = getattr(words, "for") or service.manager_of()
    if getattr(words, "for") not in (None, service.manager_of()) and not words.dry_run:
        raise Unavailable(f"this system has no {chosen}", "add --dry-run to see what it would get")
    manager = service.MANAGERS[chosen]
    return {"install": _install, "uninstall": _uninstall, "status": _status}[words.action](words, manager)


def _install(words: Words, manager: service.Manager) -> int:
    here = place()
    plan = service.plan_install(manager, here)
    commands = manager.start(here)
    if words.dry_run:
        return _show(words, plan, commands, manager.files(here))
    if plan.problems:
        return _show(words, plan, [], {})
    perform(plan.steps)
    if process.is_running():
        process.stop()  # it would keep the service's daemon from starting
    _run_commands(commands, "the files are in place; meanwhile, start the daemon with `stint up`")
    return _print_result(words, plan, "service installed: stintd starts with your session, and whenever something needs it")


def _uninstall(words: Words, manager: service.Manager) -> int:
    here = place()
    plan = service.plan_uninstall(manager, here)
    commands = manager.stop(here) if plan.steps else []
    if words.dry_run:
        return _show(words, plan, commands, {})
    refused = _refusals(commands[:1])
    perform(plan.steps)
    refused += _refusals(commands[1:])
    if refused and not words.json:
        print(warn(f"! {for_terminal(refused[0])}; its files are removed, so it will not start again"))
    return _print_result(
        words, plan, "service removed; `stint up` starts stintd" if plan.steps else "the service is not installed"
    )


def _run_commands(commands: Sequence[Sequence[str]], hint: str) -> None:
    """Run the manager's commands; `unavailable` with its own message when one fails."""
    for command in commands:
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=PATIENCE, check=False
            )
        except FileNotFoundError:
            raise Unavailable(f"{command[0]} is not installed", hint) from None
        except subprocess.TimeoutExpired:
            raise Unavailable(f"{' '.join(command)} did not end in time", hint) from None
        if done.returncode:
            output = (done.stderr or done.stdout).strip().splitlines()
            raise Unavailable(f"{' '.join(command)}: {output[0] if output else done.returncode}", hint)


def _refusals(commands: Sequence[Sequence[str]]) -> list[str]:
    """Run the manager's commands; returns what failed. A manager that cannot be reached must not prevent removing the files."""
    refusals = []
    for command in commands:
        try:
            _run_commands([command], "")
        except Unavailable as error:
            refusals.append(error.message)
    return refusals


def is_installed() -> bool:
    """Whether our units are installed for systemd, which can then start and stop them."""
    manager = service.MANAGERS["systemd"]
    return service.manager_of() == "systemd" and "installed" in service.states(manager, place()).values()


def hand_over(verb: str) -> bool:
    """Have systemd `start` or `stop` the service if it is installed; returns whether it did."""
    return is_installed() and not _refusals([["systemctl", "--user", verb, *service.UNITS]])


def stop_daemon() -> None:
    """Stop the daemon, through systemd if that would start it again automatically; `DaemonDown` when none runs."""
    process.pid_of_daemon()
    if not hand_over("stop") or process.is_running():
        process.stop()


def start_daemon() -> None:
    """Start the daemon, through systemd if the service is installed; returns once it answers."""
    if not (hand_over("start") and process.is_running()):
        child, offset = process.spawn()
        process.wait_ready(child, offset)


def _show(words: Words, plan: Plan, commands: Sequence[Sequence[str]], files: Mapping[str, bytes]) -> int:
    lines, problems = list(describe(plan.steps)), [problem.text for problem in plan.problems]
    if words.json:
        texts = {path: text.decode() for path, text in files.items()}
        print(json.dumps({"changes": lines, "commands": commands, "files": texts, "problems": problems, "dryRun": words.dry_run}))
        return 1 if problems else 0
    for path, text in files.items():
        print(bold(display_path(path)))
        print(for_terminal(text.decode()).rstrip() if "\n" not in text.decode() else _lines(text.decode()))
        print()
    for command in commands:
        print(dim("would run: " + " ".join(map(for_terminal, command))))
    for problem in plan.problems:
        print(warn(f"! {for_terminal(problem.text)}"))
        print(f"  {for_terminal(problem.hint)}")
    return 1 if problems else 0


def _lines(text: str) -> str:
    return "\n".join(f"  {for_terminal(line)}" for line in text.splitlines())


def _print_result(words: Words, plan: Plan, sentence: str) -> int:
    lines, problems = list(describe(plan.steps)), [problem.text for problem in plan.problems]
    if words.json:
        print(json.dumps({"changes": lines, "problems": problems, "dryRun": False}))
    else:
        print("\n".join([*map(for_terminal, lines), *(warn(f"! {for_terminal(text)}") for text in problems), sentence]))
    return 1 if problems else 0


def _status(words: Words, manager: service.Manager) -> int:
    states = service.states(manager, place())
    if words.json:
        print(json.dumps({"manager": manager.name, "files": states}))
        return 0
    for path, state in states.items():
        print(f"{display_path(path)}: {state}")
    print("stintd is running" if process.is_running() else "stintd is not running")
    return 0


VERBS = {
    "service": Verb(
        "service",
        run,
        "let the system start the daemon and keep it running",
        (Operand("ACTION", choices=("install", "uninstall", "status")),),
        OPTIONS,
        DETAIL,
    )
}
