"""The machine: limits of the kernel, the time zone, git, and what starts the daemon."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from stintd.cli.checkup.finding import Finding, error, ok, warning
from stintd.cli.commands.repos import display_path
from stintd.errors import StintdError
from stintd.install import gitglobal
from stintd.install.gitplace import global_setting, version
from stintd.paths import home_layout

LIMITS = {
    "fs/inotify/max_user_watches": 65536,
    "fs/inotify/max_user_instances": 128,
    "user/max_inotify_watches": 65536,
    "user/max_inotify_instances": 128,
}
"""Below these an ordinary desktop with an editor runs out of them."""
LIMIT_FOLDER = "/proc/sys"
GIT_LEAST = (2, 20)


def limits() -> Iterator[Finding]:
    """What the kernel allows."""
    for name, least in LIMITS.items():
        try:
            with open(os.path.join(LIMIT_FOLDER, name), encoding="ascii") as file:
                value = int(file.read())
        except (OSError, ValueError):
            continue
        dotted = name.replace("/", ".")
        if value < least:
            hint = f"sudo sysctl {dotted}={least * 8} (a file in /etc/sysctl.d makes it permanent)"
            yield warning("inotify", f"{dotted} is {value}, which is low", hint)
        elif name.startswith("fs/"):
            yield ok("inotify", f"{dotted} is {value}")


def zone() -> Iterator[Finding]:
    """The time zone decides which day an hour belongs to."""
    name = os.environ.get("TZ", "").lstrip(":")
    link = os.path.realpath("/etc/localtime")
    name = name or (link.split("/zoneinfo/", 1)[1] if "/zoneinfo/" in link else "")
    if not name:
        yield warning("zone", "this machine has no time zone set, so days are days in UTC", "`timedatectl set-timezone ZONE`")
        return
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        hint = "set TZ to a name like Europe/Berlin; on small systems install tzdata"
        yield error("zone", f"{name!r} is not a time zone known here, so days are days in UTC", hint)
    else:
        yield ok("zone", name)


def git() -> Iterator[Finding]:
    """Git itself, and whether its settings let hooks run."""
    try:
        installed = version()
    except StintdError as failure:
        yield error("git", failure.message, failure.hint)
        return
    number = ".".join(map(str, installed))
    if installed < GIT_LEAST:
        yield error("git", f"git {number} is too old for stintd", "install git 2.20 or later")
    else:
        yield ok("git", f"git {number}")
    try:
        yield from _hooks_path()
    except StintdError as failure:
        yield warning("git", failure.message, failure.hint)


def _hooks_path() -> Iterator[Finding]:
    """A global core.hooksPath silences every repository's own hooks, ours there too."""
    chosen = global_setting("core.hookspath")
    if chosen is None:
        return
    ours = home_layout().hooks
    if os.path.realpath(os.path.expanduser(chosen.value)).startswith(os.path.realpath(ours)):
        return
    if gitglobal.is_config_installed(ours):
        yield ok("hooks", f"core.hooksPath is {chosen.value}; stintd's hooks reach git by its configuration")
        return
    yield warning(
        "hooks",
        f"core.hooksPath in {display_path(chosen.origin)} is {chosen.value}: git looks for hooks only there, and"
        " runs none of a repository's own",
        "git config --global --unset core.hooksPath; or, with git 2.54, `stint hooks install git`",
    )


def python() -> Iterator[Finding]:
    """The Python that runs this command."""
    yield ok("python", f"{sys.version.split()[0]} at {display_path(sys.executable)}")
