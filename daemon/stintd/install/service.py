"""Files with which a service manager keeps the daemon running: systemd user units, a launchd agent, a task of Windows.

Each is made of the bundled one and the places of this home, and carries a digest of itself, by which it is known again:
what is not ours, or was changed by hand, is left alone.
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
from stintd.resources import bundled

UNITS = ("stintd.socket", "stintd.path", "stintd.service")
"""In the order in which they are started."""
LABEL = "dev.stintd"
VARIABLES = ("STINTD_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
"""Of the environment what says where the home lies: a service manager starts with one of its own."""
_MARK = re.compile(rb"stint service install [0-9a-f]{16}")


@frozen
class Place:
    """What the files are made for. `command` starts the daemon; `environ` is the caller's."""

    layout: Layout
    command: Sequence[str]
    user_home: str
    environ: Mapping[str, str]

    @property
    def variables(self) -> dict[str, str]:
        return {name: self.environ[name] for name in VARIABLES if self.environ.get(name)}


@frozen
class Manager:
    """A service manager. `files` by their paths; `start`, `stop`: commands that have it take them over, or let them go."""

    name: str
    files: Callable[[Place], dict[str, bytes]]
    start: Callable[[Place], list[list[str]]]
    stop: Callable[[Place], list[list[str]]]


def manager_of(platform: str = sys.platform) -> str:
    """The manager of this system."""
    return "launchd" if platform == "darwin" else "windows" if platform == "win32" else "systemd"


def plan_install(manager: Manager, place: Place) -> Plan:
    """Write what differs; leave alone what is not ours."""
    plan = Plan()
    for path, text in manager.files(place).items():
        present = read_text(path)
        if present == text:
            continue
        if present is not None and not _is_ours(present):
            plan += Plan(problems=(_foreign(path),))
        else:
            plan += Plan((Write(path, text, 0o644),))
    return plan


def plan_uninstall(manager: Manager, place: Place) -> Plan:
    """Remove what is ours and unchanged."""
    plan = Plan()
    for path in manager.files(place):
        present = read_text(path)
        if present is not None and _is_ours(present):
            plan += Plan((Remove(path),))
        elif present is not None:
            plan += Plan(problems=(_foreign(path),))
    return plan


def states(manager: Manager, place: Place) -> dict[str, str]:
    """By path: installed, of another version or home, changed by hand, or absent."""
    found = {}
    for path, text in manager.files(place).items():
        present = read_text(path)
        if present is None:
            found[path] = "absent"
        elif not _is_ours(present):
            found[path] = "changed by hand" if _MARK.search(present) else "not ours"
        else:
            found[path] = "installed" if present == text else "of another version or home"
    return found


def _foreign(path: str) -> Problem:
    return Problem(path, f"{path} is not ours, or was changed by hand", "move it away, then run this again")


# ---------------------------------------------------------------- knowing them again


def _sealed(text: str, opening: str, closing: str = "") -> bytes:
    """With a comment that says whose it is, and what it was when it was written."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    line = f"{opening} stint service install {digest}{closing}\n"
    head, sep, rest = text.partition("\n")
    if head.startswith("<?xml"):  # nothing may stand before that
        return f"{head}{sep}{line}{rest}".encode()
    return (line + text).encode()


def _is_ours(raw: bytes) -> bool:
    """Whether a file says that it is ours, and is still what it was."""
    found = _MARK.search(raw)
    if found is None:
        return False
    begin, end = raw.rfind(b"\n", 0, found.start()) + 1, raw.find(b"\n", found.end()) + 1
    return hashlib.sha256(raw[:begin] + raw[end:]).hexdigest()[:16].encode() == found[0][-16:]


# ---------------------------------------------------------------- systemd


def _systemd_files(place: Place) -> dict[str, bytes]:
    folder = os.path.join(place.environ.get("XDG_CONFIG_HOME") or os.path.join(place.user_home, ".config"), "systemd", "user")
    values = {
        "ExecStart": " ".join(_quoted(word) for word in place.command),
        "ListenStream": _literal(place.layout.socket),
        "PathExistsGlob": _literal(os.path.join(place.layout.spool, "*.[0-9]*")),
    }  # fmt: skip
    found = {}
    for name in UNITS:
        text = bundled(f"config/{name}").read_text(encoding="utf-8")
        for key, value in values.items():
            text = re.sub(rf"^{key}=.*$", lambda _, line=f"{key}={value}": line, text, flags=re.MULTILINE)
        if name == "stintd.service":
            lines = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in place.variables.items())
            text = text.replace("Restart=on-failure\n", f"{lines}Restart=on-failure\n")
        found[os.path.join(folder, name)] = _sealed(text, "#")
    return found


def _literal(path: str) -> str:
    """A path in a unit: `%` begins a specifier there."""
    if "\n" in path:
        raise Invalid("a folder has a line break in its name", "set STINTD_HOME to a folder without one")
    return path.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of a command line in a unit."""
    escaped = _literal(word).replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return escaped if re.fullmatch(r"[\w@%+=:,./-]+", escaped) else f'"{escaped}"'


def _systemctl(*words: str) -> list[str]:
    return ["systemctl", "--user", *words]


# ---------------------------------------------------------------- launchd and Windows


def _launchd_files(place: Place) -> dict[str, bytes]:
    content = plistlib.loads(bundled(f"config/{LABEL}.plist").read_bytes())
    content |= {"ProgramArguments": list(place.command), "EnvironmentVariables": place.variables}
    path = os.path.join(place.user_home, "Library", "LaunchAgents", f"{LABEL}.plist")
    return {path: _sealed(plistlib.dumps(content, sort_keys=False).decode(), "<!--", " -->")}


def _windows_files(place: Place) -> dict[str, bytes]:
    text = bundled("config/stintd-task.xml").read_text(encoding="utf-8")
    command, *arguments = place.command
    action = f"<Command>{escape(command)}</Command><Arguments>{escape(' '.join(map(_windows_word, arguments)))}</Arguments>"
    text = re.sub(r"<Command>.*</Command>", lambda _: action, text)
    return {os.path.join(place.layout.state, "stintd-task.xml"): _sealed(text, "<!--", " -->")}


def _windows_word(word: str) -> str:
    return f'"{word}"' if " " in word else word


def _schtasks(verb: str) -> list[str]:
    return ["schtasks", verb, "/tn", "stintd"]


def _plist(place: Place) -> str:
    return next(iter(_launchd_files(place)))


def _task(place: Place) -> str:
    return next(iter(_windows_files(place)))


MANAGERS = {
    "systemd": Manager(
        "systemd", _systemd_files,
        lambda place: [_systemctl("daemon-reload"), _systemctl("enable", "--now", *UNITS)],
        lambda place: [_systemctl("disable", "--now", *UNITS), _systemctl("daemon-reload")],
    ),
    "launchd": Manager(
        "launchd", _launchd_files,
        lambda place: [["launchctl", "bootstrap", f"gui/{os.getuid()}", _plist(place)]],
        lambda place: [["launchctl", "bootout", f"gui/{os.getuid()}/{LABEL}"]],
    ),
    "windows": Manager(
        "windows", _windows_files,
        lambda place: [["schtasks", "/create", "/f", "/tn", "stintd", "/xml", _task(place)], _schtasks("/run")],
        lambda place: [_schtasks("/end"), [*_schtasks("/delete"), "/f"]],
    ),
}  # fmt: skip
