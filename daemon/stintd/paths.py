"""Every location, computed once and the same way for daemon, client and hooks (a client that looks elsewhere than its
daemon was the bug of others). Reads the environment and asks whether a runtime folder exists; creates nothing.

Imported by the fast command-line path: standard library modules that are loaded anyway, nothing else.
"""

import os
import sys

SOCKET_LIMIT = 100
"""Longest control socket path in bytes: the kernel's limit is 108 with its NUL on Linux and 104 elsewhere."""


def portable_home():
    """The one folder of `STINTD_HOME`, absolute, or None when the platform's folders are used."""
    given = os.environ.get("STINTD_HOME", "")
    return os.path.abspath(os.path.expanduser(given)) if given else None


def config_dir():
    """Where the owner's own settings are."""
    return portable_home() or _platform_dir("XDG_CONFIG_HOME", ".config", "Library/Application Support", "LOCALAPPDATA")


def state_dir():
    """Where everything that must survive a reboot is."""
    return portable_home() or _platform_dir(
        "XDG_STATE_HOME", ".local/state", "Library/Application Support", "LOCALAPPDATA"
    )


def run_dir():
    """Where the socket, the lock and the status file are.

    The user's runtime folder is found even where the environment does not name it (cron, a hook of an editor),
    so that every process of one user looks at the same place.
    """
    home = portable_home()
    if home:
        return os.path.join(home, "run")
    for folder in (os.environ.get("XDG_RUNTIME_DIR", ""), f"/run/user/{_uid()}"):
        if os.path.isabs(folder) and os.path.isdir(folder):
            return os.path.join(folder, "stintd")
    return os.path.join(state_dir(), "run")


def config_file():
    """The owner's file; never written by the program."""
    return os.path.join(config_dir(), "config.toml")


def settings_file():
    """What the program itself set."""
    return os.path.join(config_dir(), "settings.toml")


def database_file():
    return os.path.join(state_dir(), "stintd.db")


def journal_dir():
    return os.path.join(state_dir(), "journal")


def backup_dir():
    return os.path.join(state_dir(), "backups")


def spool_dir():
    """Where hooks leave one file per act."""
    return os.path.join(state_dir(), "spool")


def log_dir():
    return os.path.join(state_dir(), "log")


def log_file():
    return os.path.join(log_dir(), "stintd.log")


def control_socket():
    """The control socket; in a short folder of its own when the ordinary path is longer than the platform allows."""
    ordinary = os.path.join(run_dir(), "control.sock")
    raw = os.fsencode(ordinary)
    if len(raw) <= SOCKET_LIMIT:
        return ordinary
    runtime = f"/run/user/{_uid()}"
    short = os.path.join(runtime, "stintd") if os.path.isdir(runtime) else f"/tmp/stintd-{_uid()}"  # noqa: S108
    return os.path.join(short, f"{_fingerprint(raw):016x}.sock")


def status_file():
    """One line for prompts; its last field is the epoch second until which it holds."""
    return os.path.join(run_dir(), "status")


def http_file():
    return os.path.join(run_dir(), "http.json")


def lock_file():
    return os.path.join(run_dir(), "lock")


def _platform_dir(variable, linux, mac, windows):
    """The platform's folder, as platformdirs names it; not asked of it because importing it costs the fast path."""
    if sys.platform == "win32":
        return os.path.join(os.environ.get(windows) or os.path.expanduser("~"), "stintd")
    if sys.platform == "darwin":
        return os.path.join(os.path.expanduser("~"), mac, "stintd")
    given = os.environ.get(variable, "")
    return os.path.join(given if os.path.isabs(given) else os.path.join(os.path.expanduser("~"), linux), "stintd")


def _uid():
    return os.getuid() if hasattr(os, "getuid") else 0


def _fingerprint(raw):
    """FNV-1a, 64 bits: tells long paths apart without loading a hash library."""
    value = 0xCBF29CE484222325
    for byte in raw:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
