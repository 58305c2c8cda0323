"""Hooks for all repositories of the user: through git's configuration (git 2.54 and later), and through the template from
which git makes new repositories.

Both add one line to the user's git configuration and touch nothing else in it; the file that the line names lies in our
own folder. `core.hooksPath` is never set: it would silence every repository's own hooks.
"""

import os
import shlex
import stat
import tempfile

from stintd.errors import StintdError
from stintd.install.change import AddLine, DropLine, Plan, Problem, Remove, Step, Write, has_line, read_text
from stintd.install.gitplace import git, global_files, global_setting, version
from stintd.install.shim import HOOKS, shim_text

CONFIG_HOOKS = (2, 54)
MARK = "# stintd"


def has_config_hooks() -> bool:
    """Whether the git in PATH runs hooks from its configuration."""
    return version() >= CONFIG_HOOKS


def plan_config(folder: str, spool: str) -> Plan:
    """Hooks for all repositories, through one file in `folder` that the user's configuration includes.

    They run in addition to husky, pre-commit, lefthook and git-lfs, whatever `core.hooksPath` says. Git fails on a hook
    section without a command, so the file is complete before the line that includes it is written.
    """
    steps: list[Step] = []
    for hook in HOOKS:
        steps += _write_steps(os.path.join(folder, "git", hook), shim_text(hook, spool).encode(errors="surrogateescape"), 0o644)
    steps += _write_steps(_include_file(folder), _include_text(folder), 0o644)
    return _plan_with_line(tuple(steps), _include_line(folder))


def plan_config_removal(folder: str) -> Plan:
    """Remove the line first, then the files that it names."""
    files = [_include_file(folder), *(os.path.join(folder, "git", hook) for hook in HOOKS)]
    return _plan_without_line(_include_line(folder), tuple(Remove(path) for path in files if os.path.lexists(path)))


def is_config_installed(folder: str) -> bool:
    return _has_line(_include_line(folder)) and os.path.isfile(_include_file(folder))


def plan_template(folder: str, spool: str) -> Plan:
    """Hooks for repositories created or cloned from now on. Refused if the user has a template of their own."""
    if is_config_installed(folder):
        return Plan(
            problems=(Problem(folder, "your git configuration already covers new repositories", "nothing more is needed"),)
        )
    chosen = global_setting("init.templatedir")
    own = _template(folder)
    if os.environ.get("GIT_TEMPLATE_DIR") or (chosen is not None and chosen.value != own):
        where = chosen.origin if chosen else "GIT_TEMPLATE_DIR"
        return Plan(
            problems=(
                Problem(own, f"{where} already sets a template for new repositories", "install in each repository with --repo"),
            )
        )
    steps: list[Step] = []
    for name, (body, mode) in _git_template().items():
        if not os.path.lexists(os.path.join(own, name)):
            steps.append(Write(os.path.join(own, name), body, mode))
    for hook in HOOKS:
        steps += _write_steps(os.path.join(own, "hooks", hook), shim_text(hook, spool).encode(errors="surrogateescape"), 0o755)
    return _plan_with_line(tuple(steps), _template_line(folder))


def plan_template_removal(folder: str) -> Plan:
    """Repositories created meanwhile keep their hooks until you remove them there."""
    steps: list[Step] = []
    for where, folders, files in os.walk(_template(folder), topdown=False):
        steps += [Remove(os.path.join(where, name)) for name in files]
        steps += [Remove(os.path.join(where, name), is_folder=True) for name in folders]
    if os.path.isdir(_template(folder)):
        steps.append(Remove(_template(folder), is_folder=True))
    return _plan_without_line(_template_line(folder), tuple(steps))


def is_template_installed(folder: str) -> bool:
    return _has_line(_template_line(folder)) and os.path.isdir(_template(folder))


def _template(folder: str) -> str:
    return os.path.join(folder, "git-template")


def _include_file(folder: str) -> str:
    return os.path.join(folder, "git", "hooks.gitconfig")


def _include_line(folder: str) -> bytes:
    return os.fsencode(f"[include] path = {_quote(_include_file(folder))} {MARK}")


def _template_line(folder: str) -> bytes:
    return os.fsencode(f"[init] templateDir = {_quote(_template(folder))} {MARK}")


def _include_text(folder: str) -> bytes:
    """One section per event, because git does not tell a hook which event it runs for; silent when our file is gone.

    The shim is sourced: git has a shell running already, and a second one would cost as much as the hook.
    """
    lines = ["# Written by stintd; removed by `stint hooks uninstall git`."]
    for hook in HOOKS:
        shim = shlex.quote(os.path.join(folder, "git", hook))
        lines += [
            f'[hook "stintd-{hook}"]',
            "\tcommand = " + _quote(f"test -r {shim} && . {shim} || :"),
            f"\tevent = {hook}",
        ]
    return os.fsencode("\n".join(lines) + "\n")


def _quote(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _write_steps(path: str, wanted: bytes, mode: int) -> list[Step]:
    """A step that writes a file of our own; none when it is up to date."""
    try:
        return [] if read_text(path) == wanted else [Write(path, wanted, mode)]
    except StintdError:
        return [Write(path, wanted, mode)]


def _git_template() -> dict[str, tuple[bytes, int]]:
    """What git itself puts into a new repository, so that new repositories differ only by our hooks."""
    files_of_git: dict[str, tuple[bytes, int]] = {}
    with tempfile.TemporaryDirectory() as where:
        git("init", "-q", "--bare", where)
        for folder, _, files in os.walk(where):
            name = os.path.relpath(folder, where)
            for file in files if name.split(os.sep)[0] in ("info", "hooks") else set(files) & {"description"}:
                path = os.path.join(folder, file)
                if file not in HOOKS:
                    mode = stat.S_IMODE(os.stat(path).st_mode)
                    files_of_git[os.path.normpath(os.path.join(name, file))] = (read_text(path) or b"", mode)
    return files_of_git


def _writable_file() -> str:
    """The user's file that `git config --global` would write to."""
    files = global_files()
    present = [path for path in reversed(files) if os.path.exists(path)]
    return present[0] if present else files[-1]


def _has_line(line: bytes) -> bool:
    return any(has_line(path, line) for path in global_files())


def _plan_with_line(steps: tuple[Step, ...], line: bytes) -> Plan:
    return Plan(steps if _has_line(line) else (*steps, AddLine(_writable_file(), line)))


def _plan_without_line(line: bytes, steps: tuple[Step, ...]) -> Plan:
    drops = tuple(DropLine(path, line) for path in global_files() if has_line(path, line))
    return Plan((*drops, *steps))
