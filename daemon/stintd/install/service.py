"""Files with which a service manager keeps the daemon running: systemd user units, a launchd agent, a Windows task.

Each is made from the bundled template and the paths of this home, and carries a digest of itself, by which it is
recognised: a file that is not ours, or was changed by hand, is left alone.
"""

import hashlib
import os
import plistlib
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from stintd.errors import Invalid
from stintd.frozen import frozen
from stintd.install.change import Plan, Problem, Remove, Write, read_text
from stintd.paths import Layout
from stintd.resources import bundled_path

UNITS = ("stintd.socket", "stintd.path", "stintd.service")
"""In starting order."""
LABEL = "dev.stintd"
VARIABLES = ("STINTD_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""The environment variables that decide where the home lies: a service manager has an environment of its own."""
_MARK = re.compile(rb"stint service install [0-9a-f]{16}")


@frozen
class ServicePlace:
    """The home that the files are made for. `command` starts the daemon; `environ` is the caller's environment."""

    layout: Layout
    command: Sequence[str]
    user_home: str
    environ: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        return {name: self.environ[name] for name in VARIABLES if self.environ.get(name)}


@frozen
class Manager:
    """A service manager. `files`: contents by path; `start`, `stop`: the commands that make it load them, or unload them."""

    name: str
    files: Callable[[ServicePlace], dict[str, bytes]]
    start: Callable[[ServicePlace], list[list[str]]]
    stop: Callable[[ServicePlace], list[list[str]]]


def manager_of(platform: str = sys.platform) -> str:
    """The manager of this system."""
    return "launchd" if platform == "darwin" else "windows" if platform == "win32" else "systemd"


def plan_install(manager: Manager, place: ServicePlace) -> Plan:
    """Write the files that differ; leave alone those that are not ours."""
    plan = Plan()
    for path, text in manager.files(place).items():
        present = read_text(path)
        if present == text:
            continue
        if present is not None and not _is_ours(present):
            plan += Plan(problems=(_foreign_problem(path),))
        else:
            plan += Plan((Write(path, text, 0o644),))
    return plan


def plan_uninstall(manager: Manager, place: ServicePlace) -> Plan:
    """Remove the files that are ours and unchanged."""
    plan = Plan()
    for path in manager.files(place):
        present = read_text(path)
        if present is not None and _is_ours(present):
            plan += Plan((Remove(path),))
        elif present is not None:
            plan += Plan(problems=(_foreign_problem(path),))
    return plan


def states(manager: Manager, place: ServicePlace) -> dict[str, str]:
    """By path: installed, from another version or home, changed by hand, not ours, or absent."""
    by_path = {}
    for path, text in manager.files(place).items():
        present = read_text(path)
        if present is None:
            by_path[path] = "absent"
        elif not _is_ours(present):
            by_path[path] = "changed by hand" if _MARK.search(present) else "not ours"
        else:
            by_path[path] = "installed" if present == text else "from another version or home"
    return by_path


def _foreign_problem(path: str) -> Problem:
    return Problem(path, f"{path} is not from stintd, or was changed by hand", "move it away, then run this again")


# ---------------------------------------------------------------- recognising them


def _seal(text: str, opening: str, closing: str = "") -> bytes:
    """The text with a comment that marks it as ours and holds its digest."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    line = f"{opening} stint service install {digest}{closing}\n"
    head, sep, rest = text.partition("\n")
    if head.startswith("<?xml"):  # nothing may stand before that
        return f"{head}{sep}{line}{rest}".encode()
    return (line + text).encode()


def _is_ours(raw: bytes) -> bool:
    """Whether a file has our mark and its digest still fits."""
    mark = _MARK.search(raw)
    if mark is None:
        return False
    begin, end = raw.rfind(b"\n", 0, mark.start()) + 1, raw.find(b"\n", mark.end()) + 1
    return hashlib.sha256(raw[:begin] + raw[end:]).hexdigest()[:16].encode() == mark[0][-16:]


# ---------------------------------------------------------------- systemd


def _systemd_files(place: ServicePlace) -> dict[str, bytes]:
    folder = os.path.join(place.environ.get("XDG_CONFIG_HOME") or os.path.join(place.user_home, ".config"), "systemd", "user")
    values = {
        "ExecStart": " ".join(_quote(word) for word in place.command),
        "ListenStream": _literal(place.layout.socket),
        "PathExistsGlob": _literal(os.path.join(place.layout.spool, "*.[0-9]*")),
    }
    units = {}
    for name in UNITS:
        text = bundled_path(f"config/{name}").read_text(encoding="utf-8")
        for key, value in values.items():
            line = f"{key}={value}".replace("\\", r"\\")
            text = re.sub(rf"^{key}=.*$", line, text, flags=re.MULTILINE)
        if name == "stintd.service":
            lines = "".join(f"Environment={_quote(f'{key}={value}')}\n" for key, value in place.variables.items())
            text = text.replace("Restart=on-failure\n", f"{lines}Restart=on-failure\n")
        units[os.path.join(folder, name)] = _seal(text, "#")
    return units


def _literal(path: str) -> str:
    """A path in a unit: `%` begins a specifier there."""
    if "\n" in path:
        raise Invalid("a folder has a line break in its name", "set STINTD_HOME to a folder without one")
    return path.replace("%", "%%")


def _quote(word: str) -> str:
    """A word of a command line in a unit."""
    escaped = _literal(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return escaped if re.fullmatch(r"[\w@%+=:,./-]+", escaped) else f'"{escaped}"'


def _systemctl(*words: str) -> list[str]:
    return ["systemctl", "--user", *words]


# ---------------------------------------------------------------- launchd and Windows


def _launchd_files(place: ServicePlace) -> dict[str, bytes]:
    content = plistlib.loads(bundled_path(f"config/{LABEL}.plist").read_bytes())
    content |= {"ProgramArguments": list(place.command), "EnvironmentVariables": place.variables}
    path = os.path.join(place.user_home, "Library", "LaunchAgents", f"{LABEL}.plist")
    return {path: _seal(plistlib.dumps(content, sort_keys=False).decode(), "<!--", " -->")}


def _windows_files(place: ServicePlace) -> dict[str, bytes]:
    text = bundled_path("config/stintd-task.xml").read_text(encoding="utf-8")
    command, *arguments = place.command
    action = f"<Command>{escape(command)}</Command><Arguments>{escape(' '.join(map(_windows_word, arguments)))}</Arguments>"
    text = re.sub(r"<Command>.*</Command>", lambda _: action, text)
    return {os.path.join(place.layout.state, "stintd-task.xml"): _seal(text, "<!--", " -->")}


def _windows_word(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _schtasks(verb: str) -> list[str]:
    return ["schtasks", verb, "/tn", "stintd"]


def _plist(place: ServicePlace) -> str:
    return next(iter(_launchd_files(place)))


def _task(place: ServicePlace) -> str:
    return next(iter(_windows_files(place)))


MANAGERS = {
    "systemd": Manager(
        "systemd",
        _systemd_files,
        lambda place: [_systemctl("daemon-reload"), _systemctl("enable", "--now", *UNITS)],
        lambda place: [_systemctl("disable", "--now", *UNITS), _systemctl("daemon-reload")],
    ),
    "launchd": Manager(
        "launchd",
        _launchd_files,
        lambda place: [["launchctl", "bootstrap", f"gui/{os.getuid()}", _plist(place)]],
        lambda place: [["launchctl", "bootout", f"gui/{os.getuid()}/{LABEL}"]],
    ),
    "windows": Manager(
        "windows",
        _windows_files,
        lambda place: [["schtasks", "/create", "/f", "/tn", "stintd", "/xml", _task(place)], _schtasks("/run")],
        lambda place: [_schtasks("/end"), [*_schtasks("/delete"), "/f"]],
    ),
}
