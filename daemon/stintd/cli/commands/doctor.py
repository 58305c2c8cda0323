"""`stint doctor`: what is well, what is not, and what mends it. Exit 1 while something is broken."""

import json

from stintd.cli import bundle
from stintd.cli.checkup import daemon, database, files, programs, system
from stintd.cli.checkup.finding import error
from stintd.cli.options import Option, Verb
from stintd.cli.text import bold, dim, for_terminal, has_blocks, paint
from stintd.errors import Invalid, StintdError

OPTIONS = (
    Option("--online", "ask each billing system whether it knows us (without it nothing leaves this machine)"),
    Option("--bundle", "write findings, settings, versions and the log to a new .tar.gz, without secrets", "FILE"),
    Option("--hide-names", "with --bundle: without names of projects, clients, folders and branches, too"),
)
DETAIL = """Looks at the daemon, settings, folders, keys, permissions, the disk, the database and its backups, limits of the
kernel, the clock and time zone, git, hooks, the service, and billing systems; works while the daemon is down.
stint doctor --json      [{name, state: ok | warning | error, text, hint}]; exit 1 where something is an error"""
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


def findings(online=False):
    """Everything, the daemon first. A look that fails is a finding itself, and stops no other."""
    for look in (lambda: daemon.findings(online), *CHECKS):
        try:
            yield from look()
        except (StintdError, OSError, ValueError) as failure:
            hint = getattr(failure, "hint", "") or "see what is odd about it; everything else was looked at"
            yield error("doctor", f"a look failed: {failure}", hint)


def run(words):
    found = list(findings(words.online))
    if words.hide_names and not words.bundle:
        raise Invalid("--hide-names belongs to a bundle", "stint doctor --bundle FILE --hide-names")
    if words.bundle:
        path = bundle.write(words.bundle, found, words.hide_names)
        print(
            json.dumps({"bundle": path}) if words.json else f"{bold(for_terminal(path))}: look through it before you hand it on"
        )
        return 0
    if words.json:
        print(json.dumps([finding.as_json() for finding in found]))
    else:
        for finding in found:
            glyph, plain, colour = MARKS[finding.state]
            name = bold(f"{for_terminal(finding.name):<10}")
            print(f"{paint(glyph if has_blocks() else plain, colour)} {name} {for_terminal(finding.text)}")
            if finding.hint and finding.state != "ok":
                print(dim(f"  → {for_terminal(finding.hint)}" if has_blocks() else f"  {for_terminal(finding.hint)}"))
    return 1 if any(finding.state == "error" for finding in found) else 0


VERBS = {"doctor": Verb("doctor", run, "what is well, what is not, and what mends it", (), OPTIONS, DETAIL)}
