"""`stint doctor`: problems and how to fix them. Exit 1 while something is broken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial

from stintd.cli import bundle
from stintd.cli.checkup import daemon, database, files, programs, system
from stintd.cli.checkup.finding import Finding, error
from stintd.cli.options import Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, has_blocks, paint
from stintd.errors import Invalid, StintdError

OPTIONS = (
    Option("--online", "also ask each billing system whether it accepts your key (otherwise nothing leaves this machine)"),
    Option("--bundle", "write findings, settings, versions and the log to a new .tar.gz, without secrets", "FILE"),
    Option("--hide-names", "with --bundle: also without names of projects, clients, folders and branches"),
)
DETAIL = """It checks the daemon, settings, folders, keys, permissions, the disk, the database and its backups, limits of the
kernel, the clock and time zone, git, hooks, the service, and billing systems. It also works while the daemon is down.
stint doctor --json      [{name, state: ok | warning | error, text, hint}]; the exit code is 1 if anything is an error"""
CHECKS = (
    files.check_settings,
    files.check_home,
    database.findings,
    files.check_leftovers,
    system.limits,
    system.zone,
    system.git,
    system.python,
    programs.findings,
    programs.check_service,
)
MARKS = {"ok": ("✓", "ok", 32), "warning": ("!", "! ", 33), "error": ("✗", "x ", 31)}


def findings(online: bool = False) -> Iterator[Finding]:
    """Everything, the daemon first. A check that fails is a finding itself, and stops no other."""
    checks: list[Callable[[], Iterator[Finding]]] = [partial(daemon.findings, online), *CHECKS]
    for check in checks:
        try:
            yield from check()
        except (StintdError, OSError, ValueError) as failure:
            hint = getattr(failure, "hint", "") or "everything else was checked"
            yield error("doctor", f"a check failed: {failure}", hint)


def run(words: Words) -> int:
    report = list(findings(words.online))
    if words.hide_names and not words.bundle:
        raise Invalid("--hide-names belongs to a bundle", "stint doctor --bundle FILE --hide-names")
    if words.bundle:
        path = bundle.write(words.bundle, report, words.hide_names)
        print(json.dumps({"bundle": path}) if words.json else f"{bold(for_terminal(path))}: look through it before you share it")
        return 0
    if words.json:
        print(json.dumps([finding.to_json() for finding in report]))
    else:
        for finding in report:
            glyph, plain, colour = MARKS[finding.state]
            name = bold(f"{for_terminal(finding.name):<10}")
            print(f"{paint(glyph if has_blocks() else plain, colour)} {name} {for_terminal(finding.text)}")
            if finding.hint and finding.state != "ok":
                print(dim(f"  → {for_terminal(finding.hint)}" if has_blocks() else f"  {for_terminal(finding.hint)}"))
    return 1 if any(finding.state == "error" for finding in report) else 0


VERBS = {"doctor": Verb("doctor", run, "check everything; list problems and how to fix them", (), OPTIONS, DETAIL)}
