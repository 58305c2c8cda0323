"""`stint doctor --bundle FILE`: what somebody else needs to look into a problem, without secrets."""

from __future__ import annotations

import io
import json
import os
import platform
import sqlite3
import sys
import tarfile
import time
import tomllib

from stintd import __version__, paths
from stintd.cli.answer import Answer
from stintd.cli.checkup.finding import Finding
from stintd.cli.redact import Redactor
from stintd.client.control import Control
from stintd.errors import Conflict, StintdError, Unavailable
from stintd.install.gitplace import version

TAIL = 500_000
"""Bytes of each log file: its end."""
PACKAGES = ("aiohttp", "watchdog", "git", "psutil", "tomli_w")
ABOUT = """Made by `stint doctor --bundle`. It holds findings, settings, versions, limits, sizes and the end of the log. Keys,
tokens, addresses of webhooks and what looks like a secret were removed{names}. It holds no hours: no entries, no
heartbeats, no database. Look through it before you share it.
"""


def write(target: str, findings: list[Finding], hides_names: bool) -> str:
    """Write the bundle to a new file that only you can read; its path."""
    redactor = Redactor(hides_names)
    parts = {
        "README.txt": ABOUT.format(names=", and names were replaced" if hides_names else ""),
        "doctor.json": _json([finding.to_json() for finding in findings]),
        "status.json": _json(_fetch("/api/status")),
        "settings.json": _json(_settings(redactor)),
        "versions.json": _json(_versions()),
        "files.txt": _files(),
        **{f"log/{name}": text for name, text in _logs().items()},
    }
    path = os.path.abspath(os.path.expanduser(target))
    try:
        with (
            open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file,
            tarfile.open(fileobj=file, mode="w:gz") as bundle,
        ):
            for name, text in parts.items():
                _add(bundle, name, redactor.text(text))
    except FileExistsError:
        raise Conflict(f"{path} exists already", "name a new file") from None
    except OSError as error:
        raise Unavailable(f"{path} cannot be written: {error.strerror}", "choose a folder that you can write to") from error
    return path


def _add(bundle: tarfile.TarFile, name: str, text: str) -> None:
    raw = text.encode("utf-8", "replace")
    info = tarfile.TarInfo(f"stintd-bundle/{name}")
    info.size, info.mode, info.mtime = len(raw), 0o600, int(time.time())
    bundle.addfile(info, io.BytesIO(raw))


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str) + "\n"


def _fetch(route: str) -> Answer:
    """What the daemon answers, without the work in it: that is private."""
    try:
        status = Control().get(route)
    except (StintdError, OSError) as error:
        return {"unavailable": getattr(error, "message", str(error))}
    return {**status, "timers": len(status.get("timers") or [])}


def _settings(redactor: Redactor) -> Answer:
    values = {}
    for path in (paths.config_file(), paths.settings_file()):
        try:
            with open(path, "rb") as file:
                values[os.path.basename(path)] = redactor.settings(tomllib.load(file))
        except FileNotFoundError:
            continue
        except (OSError, tomllib.TOMLDecodeError) as error:
            values[os.path.basename(path)] = {"unreadable": str(error)}
    return values


def _versions() -> Answer:
    try:
        git = ".".join(map(str, version()))
    except StintdError as error:
        git = error.message
    return {
        "stintd": __version__,
        "python": sys.version,
        "sqlite": sqlite3.sqlite_version,
        "git": git,
        "system": platform.platform(),
        "packages": _packages(),
        "terminal": os.environ.get("TERM", ""),
    }


def _packages() -> dict[str, str]:
    """Their folders name their versions; importing them to ask would cost a second."""
    versions = {}
    for place in sys.path:
        for name in os.listdir(place) if os.path.isdir(place) else ():
            base, _, rest = name.partition("-")
            if rest.endswith(".dist-info") and base.lower().replace("gitpython", "git") in PACKAGES:
                versions[base] = rest.removesuffix(".dist-info")
    return versions


def _files() -> str:
    """What lies in our folders: kind, rights, size, time, name."""
    layout = paths.home_layout()
    lines = []
    for folder in dict.fromkeys(
        (
            layout.config_folder,
            layout.state,
            layout.run,
            layout.log,
            layout.backups,
            layout.spool,
            layout.journal,
            layout.hooks,
            layout.secrets,
        )
    ):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            details = os.lstat(os.path.join(folder, name))
            when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(details.st_mtime))
            lines.append(f"{details.st_mode:o} {details.st_size:>12} {when} {os.path.join(folder, name)}")
    return "\n".join(lines) + "\n"


def _logs() -> dict[str, str]:
    folder, logs = paths.home_layout().log, {}
    for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        try:
            with open(os.path.join(folder, name), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
                logs[name] = file.read().decode("utf-8", "replace")
        except OSError as error:
            logs[name] = f"unreadable: {error.strerror}\n"
    return logs
