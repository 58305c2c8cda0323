"""`stint hooks install|uninstall|status`: shows what changes and changes it; uninstall restores what was there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from stintd.cli.answer import Answer
from stintd.cli.commands import hookswakatime
from stintd.cli.options import Operand, Option, UsageError, Verb, Words
from stintd.cli.text import for_terminal, warn
from stintd.client.control import Control, DaemonDown
from stintd.errors import Conflict, StintdError
from stintd.install import agentsettings, editors, git, gitglobal, memory, shells, wakatime
from stintd.install.agenthost import Host
from stintd.install.agentlist import HOSTS as AGENTS
from stintd.install.agentsettings import Home
from stintd.install.change import Plan, Remove, describe, perform
from stintd.install.gitplace import find_repository, hooks_folder, version
from stintd.install.sourced import SourcedHost
from stintd.paths import Layout, ensure_folders, home_layout

PROGRAMS: dict[str, Host | SourcedHost] = {**AGENTS, **editors.HOSTS, **shells.HOSTS}
"""All programs but git whose hooks are in a file of the user; a shell is named by `shell` and --shell."""
HOSTS = ("git", *AGENTS, *editors.HOSTS, "shell", wakatime.NAME)
NOTHING = Plan()
DETAIL = """\
install and uninstall show each change to a file; with --dry-run they change nothing. status shows which hooks work.
Without a HOST: git; status then shows all.

git, without an option: with git 2.54 or later all your repositories, through one line in your git configuration; with an
older git the repository of the current folder. Existing hooks keep working: they are kept, and run after stintd's.
A repository whose hooks belong to the project (core.hooksPath, like husky's) is left alone and reported.

Agents: the hooks go into your own settings of the agent; other hooks there stay, and so does every other byte.
Editors and shells: one line in a file that they read when they start loads a file of stintd's.
wakatime: the settings of WakaTime's clients name stintd as their server; if they name another, stintd is added to it."""


def hooks(words: Words) -> int:
    for host in words.host:
        if host not in HOSTS:
            raise UsageError(f"there are no hooks for {host}", "HOST is one of " + ", ".join(HOSTS))
    layout = home_layout()
    return {"install": _install, "uninstall": _uninstall, "status": _status}[words.action](words, layout)


def _has_git(words: Words) -> bool:
    """Whether git's hooks are meant: by name, or because nothing is named."""
    return "git" in words.host or not words.host


def _programs(words: Words, home: Home) -> Iterator[str]:
    """The programs that the words name, each once; `shell` without --shell is the login shell."""
    shell = [words.shell] if words.shell else []
    for host in words.host:
        if host == "shell":
            yield from shell or _shells(words.action, home)
        elif host in PROGRAMS:
            yield host


def _shells(action: str, home: Home) -> list[str]:
    """To install: the login shell; for status and uninstall: each shell that has a line of ours."""
    if action == "install":
        return [shells.login_shell(home)]
    return [name for name, shell in shells.HOSTS.items() if shell.state(home)[1] != "absent"]


def _home(layout: Layout) -> Home:
    return agentsettings.Home(layout.hooks, layout.spool, os.path.expanduser("~"), os.environ)


def _install(words: Words, layout: Layout) -> int:
    plan = _install_git(words, layout) if _has_git(words) else Plan()
    for name in dict.fromkeys(_programs(words, _home(layout))):
        part = PROGRAMS[name].install(_home(layout))
        if part.steps and not words.dry_run:
            ensure_folders(layout)
            agentsettings.remember(_home(layout), name, part)
        plan += part
    if wakatime.NAME in words.host:
        return _carry_out(words, plan, hookswakatime.install(_home(layout), layout, words.dry_run))
    return _carry_out(words, plan)


def _install_git(words: Words, layout: Layout) -> Plan:
    plan, places = Plan(), list(words.repo)
    is_broad = words.all or not (places or words.template)
    if is_broad and gitglobal.has_config_hooks():
        plan += gitglobal.plan_config(layout.hooks, layout.spool)  # reaches new repositories too
    else:
        places += [] if not is_broad else _watched_folders() if words.all else [os.getcwd()]
        plan += gitglobal.plan_template(layout.hooks, layout.spool) if words.template else Plan()
    folders, left_alone = git.folders_of(places)
    parts = {folder: git.plan_install(folder, layout.spool) for folder in folders}
    plan = sum(parts.values(), plan + left_alone)
    if plan.steps and not words.dry_run:
        ensure_folders(layout)
        for folder, part in parts.items():
            if part.steps:
                memory.remember(layout.hooks, folder, not os.path.lexists(folder))
    return plan


def _uninstall(words: Words, layout: Layout) -> int:
    """What the words name; without a name all hooks of git, also in folders that are not watched any more."""
    plan, done = _uninstall_git(words, layout) if _has_git(words) else (Plan(), [])
    named = list(dict.fromkeys(_programs(words, _home(layout))))
    for name in named:
        plan += PROGRAMS[name].uninstall(_home(layout))
    if wakatime.NAME in words.host:
        plan += wakatime.uninstall(_home(layout))
    code = _carry_out(words, plan)
    if wakatime.NAME in words.host and not words.dry_run:
        hookswakatime.uninstall(_home(layout))
    if not words.dry_run:
        for folder in done:
            memory.forget(layout.hooks, folder)
        for name in named:
            if PROGRAMS[name].state(_home(layout))[1] == "absent":
                agentsettings.forget(_home(layout), name)
    return code


def _uninstall_git(words: Words, layout: Layout) -> tuple[Plan, list[str]]:
    """The plan, and the folders to forget once it is carried out."""
    plan, places, known = Plan(), list(words.repo), memory.recall(layout.hooks)
    is_everything = words.all or not (places or words.template)
    if is_everything or words.template:
        plan += gitglobal.plan_template_removal(layout.hooks)
    if is_everything:
        plan += gitglobal.plan_config_removal(layout.hooks)
        places += [*_watched_folders(is_needed=False), os.getcwd()]
    folders, left_alone = git.folders_of(places)
    if not is_everything:
        plan += left_alone
    for folder in dict.fromkeys([*folders, *(known if is_everything else ())]):
        part = git.plan_uninstall(folder)
        plan += part
        if known.get(folder) and _is_emptied(folder, part):
            plan += Plan((Remove(folder, is_folder=True),))
    return plan, [folder for folder in known if is_everything or folder in folders]


def _is_emptied(folder: str, part: Plan) -> bool:
    gone = {os.path.basename(step.path) for step in part.steps if isinstance(step, Remove)}
    return os.path.isdir(folder) and set(os.listdir(folder)) == gone


def _carry_out(words: Words, plan: Plan, done: Plan = NOTHING) -> int:
    """Show the plan, and unless it is a dry run carry it out; `done` is carried out already. 1 when something is left alone."""
    shown = plan + done
    lines = list(describe(shown.steps))
    if not words.json:
        _show(lines, shown, words.dry_run)
    if not words.dry_run:
        perform(plan.steps)
        if not words.json and lines:
            print(_closing(words))
    if words.json:
        problems = [{"path": p.path, "text": p.text, "hint": p.hint} for p in shown.problems]
        print(json.dumps({"changes": lines, "problems": problems, "notes": list(shown.notes), "dryRun": words.dry_run}))
    return 1 if shown.problems and not words.all else 0


def _closing(words: Words) -> str:
    """What the user has to do after the change, if anything."""
    programs = [PROGRAMS[name].title for name in dict.fromkeys(words.host) if name in AGENTS or name in editors.HOSTS]
    programs += ["your editors"] if wakatime.NAME in words.host else []
    steps = [f"restart {', '.join(programs)}"] if programs else []
    steps += ["open a new terminal"] if "shell" in words.host else []
    if words.action == "uninstall":
        return f"done; to unload the hooks, {' and '.join(steps)}" if steps else "done; the hooks are removed"
    return f"done; to load the hooks, {' and '.join(steps)}" if steps else "done; git runs the hooks from now on"


def _show(lines: list[str], plan: Plan, is_dry: bool) -> None:
    for line in lines:
        print(("would " if is_dry and not line.startswith(" ") else "") + for_terminal(line))
    for problem in plan.problems:
        print(warn(f"! {for_terminal(problem.text)}"))
        print(f"  {for_terminal(problem.hint)}")
    for note in plan.notes:
        print(for_terminal(note))
    if not lines and not plan.problems:
        print("nothing to change")


def _status(words: Words, layout: Layout) -> int:
    report = _git_report(words, layout) if _has_git(words) else {}
    report.update(_programs_report(words, _home(layout)))
    if words.json:
        print(json.dumps(report))
        return 0
    if _has_git(words):
        _show_git(report)
    for name, stands in {**report["agents"], **report["editors"], **report["shells"]}.items():
        title = PROGRAMS[name].title if name in PROGRAMS else wakatime.TITLE
        print(f"{title}: {for_terminal(stands['state'])} ({for_terminal(stands['path'])})")
    return 0


def _programs_report(words: Words, home: Home) -> Answer:
    """The state of each program that the words name, or of all."""
    named = set(_programs(words, home)) if words.host else set(PROGRAMS)
    report = {}
    for kind, hosts in (("agents", AGENTS), ("editors", editors.HOSTS), ("shells", shells.HOSTS)):
        states = {name: host.state(home) for name, host in hosts.items() if name in named}
        report[kind] = {name: {"path": path, "state": state} for name, (path, state) in states.items()}
    if wakatime.NAME in words.host or not words.host:
        report["agents"][wakatime.NAME] = dict(zip(("path", "state"), wakatime.state(home), strict=True))
    return report


def _git_report(words: Words, layout: Layout) -> Answer:
    places = words.repo or _watched_folders(is_needed=words.all) or [os.getcwd()]
    return {
        "git": ".".join(str(part) for part in version()),
        "config": gitglobal.is_config_installed(layout.hooks),
        "template": gitglobal.is_template_installed(layout.hooks),
        "repos": [_state_of(place, layout) for place in places],
    }


def _show_git(report: Answer) -> None:
    reach = "reach every repository" if report["config"] else "are not in your configuration"
    print(f"git {report['git']}: hooks {reach}; new repositories {'get' if report['template'] else 'do not get'} them")
    for repo in report["repos"]:
        print(f"{for_terminal(repo['path'])}: {for_terminal(_describe(repo, report['config']))}")
        if repo.get("hint") and not report["config"]:
            print(f"  {for_terminal(repo['hint'])}")


def _describe(repo: Answer, is_reached: bool) -> str:
    """The state of one repository; `is_reached` by the user's configuration it needs no hook files of its own."""
    states = _group_by_state(repo["hooks"])
    if is_reached and set(states) <= {"absent"}:
        return "reached by your configuration"
    return repo.get("text") or "; ".join(f"{state}: {', '.join(names)}" for state, names in states.items())


def _state_of(place: str, layout: Layout) -> Answer:
    try:
        return {"path": place, "hooks": git.hook_states(hooks_folder(find_repository(place)), layout.spool)}
    except StintdError as error:
        return {"path": place, "hooks": {}, "text": error.message, "hint": error.hint}


def _group_by_state(states: dict[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for hook, state in states.items():
        grouped.setdefault(state, []).append(hook)
    return grouped


def _watched_folders(is_needed: bool = True) -> list[str]:
    """Checkouts the daemon watches. Without a daemon: none, or the error if they are needed."""
    try:
        repos = list(Control().every("/api/repos"))
    except DaemonDown:
        if is_needed:
            raise
        return []
    folders = [checkout["path"] for repo in repos for checkout in repo.get("checkouts", ()) if not checkout.get("gone")]
    if is_needed and not folders:
        raise Conflict("no repositories are watched yet", "watch a folder with `stint up FOLDER`, or name one with --repo")
    return folders


VERBS = {
    "hooks": Verb(
        "hooks",
        hooks,
        "install, uninstall or show the hooks for git, AI agents, editors and shells",
        (Operand("ACTION", choices=("install", "uninstall", "status")), Operand("HOST", "*", choices=HOSTS)),
        (
            Option("--repo", "only the repository at PATH; may be repeated", "PATH", is_list=True),
            Option("--all", "every watched repository"),
            Option("--template", "repositories created or cloned from now on"),
            Option(
                "--shell", "with `shell`: bash, zsh or fish, instead of your login shell", "NAME", choices=tuple(shells.HOSTS)
            ),
            Option("--dry-run -n", "show what would change, change nothing"),
        ),
        DETAIL,
    )
}
