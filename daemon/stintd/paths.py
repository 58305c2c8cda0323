"""Every location, computed once and the same way for daemon, client and hooks.

`STINTD_HOME` holds everything below one folder; without it the platform's config, state and runtime folders are
used, the same ones platformdirs names (a test compares them). Written by hand because importing platformdirs, and
with it typing, costs the command line more than a whole `stint status` may take; plain strings for the same reason.

Daemon and client must never disagree (atuinsh/atuin#3854), so nothing here depends on what differs between a service
and a terminal: no TMPDIR, and an XDG_RUNTIME_DIR counts only when it is ours.
"""

import os
import stat
import sys

from stintd.errors import Unavailable

APP = "stintd"
SOCKET_BYTES = 103
"""Bytes a socket path may have: sun_path less its closing NUL on macOS (Linux has four more)."""
SHORT_ROOT = "/tmp"  # noqa: S108  fixed on purpose: TMPDIR differs between services and terminals; the folder is verified


class Layout:
    """Where everything is. All values are absolute `str` paths; nothing is created before `ensure`."""

    __slots__ = (
        "backups", "config", "config_folder", "database", "hooks", "http_json", "journal", "lock", "log", "log_file",
        "run", "secrets", "settings", "socket", "spool", "state", "status",
    )  # fmt: skip

    def __init__(self, config_folder: str, state: str, run: str, log: str) -> None:
        join = os.path.join
        self.config_folder, self.state, self.run, self.log = config_folder, state, run, log
        self.log_file = join(log, "stintd.log")
        self.config = join(config_folder, "config.toml")
        self.settings = join(config_folder, "settings.toml")
        self.database = join(state, "stintd.db")
        self.backups = join(state, "backups")
        self.spool = join(state, "spool")
        self.journal = join(state, "journal")
        self.hooks = join(state, "hooks")
        self.secrets = join(state, "secrets")
        self.status = join(run, "status")
        self.http_json = join(run, "http.json")
        self.lock = join(run, "lock")
        self.socket = _short_enough(join(run, "control.sock"))


def home_layout(environ: "os._Environ[str] | dict[str, str] | None" = None) -> Layout:
    """The layout for this environment. Cheap: a few `lstat`s, nothing is created."""
    env = os.environ if environ is None else environ
    home = env.get("STINTD_HOME")
    if home:
        # Two spellings of one folder must give one socket.
        top = os.path.realpath(os.path.expanduser(home))
        return Layout(top, top, os.path.join(top, "run"), os.path.join(top, "log"))
    if sys.platform == "darwin":
        return _darwin()
    if sys.platform == "win32":
        return _windows(env)
    return _xdg(env)


def ensure(layout: Layout) -> None:
    """Create the folders, 0700. `unavailable` when one is a symlink, not a folder, or somebody else's.

    The config folder may be a symlink (people keep their dotfiles elsewhere); what holds secrets and sockets may not.
    """
    os.makedirs(os.path.dirname(layout.state), mode=0o700, exist_ok=True)
    private_folder(os.path.realpath(layout.config_folder))
    for folder in (layout.state, layout.run, layout.log, layout.backups, layout.spool, layout.journal, layout.hooks):
        private_folder(folder)
    private_folder(os.path.dirname(layout.socket))


def private_folder(folder: str) -> None:
    """Make `folder` exist as a real folder of ours with mode 0700, or raise `unavailable` saying why not."""
    try:
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        if not os.path.lexists(folder):
            os.mkdir(folder, 0o700)
    except FileExistsError:
        pass  # another start of ours was faster, or a file is in the way: the check below tells
    except OSError as error:
        raise Unavailable(f"cannot create {folder}: {error.strerror}", "make room, or make the folder writable") from error
    problem = folder_problem(folder)
    if problem:
        raise Unavailable(f"{folder} {problem}", "move it away, or set STINTD_HOME to a folder of your own")
    if sys.platform != "win32" and os.lstat(folder).st_mode & 0o077:
        os.chmod(folder, 0o700)


def folder_problem(folder: str) -> str:
    """Why `folder` cannot be trusted with a socket, or "". A client asks too, before it connects."""
    try:
        facts = os.lstat(folder)
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if stat.S_ISLNK(facts.st_mode):
        return "is a symlink"
    if not stat.S_ISDIR(facts.st_mode):
        return "is not a folder"
    if sys.platform == "win32":
        return ""
    if facts.st_uid != os.geteuid():
        return "belongs to somebody else"
    if facts.st_mode & stat.S_IWOTH:
        return "is writable by everybody"
    return ""


def _short_enough(socket: str) -> str:
    """The socket path itself, or one in a short runtime folder that depends on nothing but that path."""
    if sys.platform == "win32" or len(os.fsencode(socket)) <= SOCKET_BYTES:
        return socket
    digest = 0xCBF29CE484222325  # FNV-1a, because hashlib alone would cost more than the rest of this module
    for byte in os.fsencode(socket):
        digest = (digest ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{SHORT_ROOT}/{APP}-{os.geteuid()}-{digest:016x}/control.sock"


def _xdg(env: "os._Environ[str] | dict[str, str]") -> Layout:
    config = _absolute(env.get("XDG_CONFIG_HOME")) or _below_home(".config")
    state = os.path.join(_absolute(env.get("XDG_STATE_HOME")) or _below_home(".local/state"), APP)
    return Layout(os.path.join(config, APP), state, _runtime(env, state), os.path.join(state, "log"))


def _runtime(env: "os._Environ[str] | dict[str, str]", state: str) -> str:
    # A shell from cron, ssh or sudo has no XDG_RUNTIME_DIR, or another user's: it must find the daemon all the same.
    for candidate in (env.get("XDG_RUNTIME_DIR"), f"/run/user/{os.geteuid()}"):
        if candidate and _absolute(candidate) and not folder_problem(candidate):
            return os.path.join(candidate, APP)
    return os.path.join(state, "run")


def _darwin() -> Layout:
    top = _below_home(f"Library/Application Support/{APP}")
    return Layout(top, top, _below_home(f"Library/Caches/TemporaryItems/{APP}"), _below_home(f"Library/Logs/{APP}"))


def _windows(env: "os._Environ[str] | dict[str, str]") -> Layout:
    local = env.get("LOCALAPPDATA") or os.path.join(os.path.expanduser("~"), "AppData", "Local")
    top = os.path.join(local, APP)
    return Layout(top, top, os.path.join(local, "Temp", APP), os.path.join(top, "Logs"))


def _absolute(path: "str | None") -> str:
    """`path` when it is absolute, else "": the XDG specification says to ignore relative ones."""
    return path if path and os.path.isabs(path) else ""


def _below_home(relative: str) -> str:
    return os.path.join(os.path.expanduser("~"), relative)


def control_socket() -> str:
    """Where the daemon of this environment listens."""
    return home_layout().socket


def config_file() -> str:
    """The owner's file; never written by the program."""
    return home_layout().config


def settings_file() -> str:
    """What the program itself set."""
    return home_layout().settings


def log_dir() -> str:
    return home_layout().log


def status_file() -> str:
    """One line for prompts; its last field is the epoch second until which it holds."""
    return home_layout().status
