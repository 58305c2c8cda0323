"""All paths that stintd uses, computed in one place for daemon, client and hooks.

`STINTD_HOME` names one folder for everything. Without it, the config, state and runtime folders of the platform are used: the
ones that platformdirs returns (a test compares them). This is written by hand because importing platformdirs, and with it typing,
takes longer than a whole `stint status` may take; paths are plain strings for the same reason.

Daemon and client must never disagree (atuinsh/atuin#3854), so nothing here depends on what differs between a service and a
terminal: TMPDIR is not used, and XDG_RUNTIME_DIR only if the folder is ours.
"""

import os
import stat
import sys

from stintd.errors import Unavailable

APP = "stintd"
SOCKET_BYTES = 103
"""The most bytes of a socket path: the size of sun_path on macOS without its closing NUL (Linux allows four more)."""
SHORT_ROOT = "/tmp"  # noqa: S108  fixed on purpose: TMPDIR differs between services and terminals; the folder is verified


class Layout:
    """The path of everything. All values are absolute `str` paths; nothing is created before `ensure`."""

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
        self.socket = _socket_path(join(run, "control.sock"))


def home_layout(environ: "os._Environ[str] | dict[str, str] | None" = None) -> Layout:
    """The layout for this environment. Cheap: a few `lstat`s, nothing is created."""
    env = os.environ if environ is None else environ
    home = env.get("STINTD_HOME")
    if home:
        # Two spellings of one folder must result in one socket.
        top = os.path.realpath(os.path.expanduser(home))
        return Layout(top, top, os.path.join(top, "run"), os.path.join(top, "log"))
    if sys.platform == "darwin":
        return _darwin()
    if sys.platform == "win32":
        return _windows(env)
    return _xdg(env)


def ensure_folders(layout: Layout) -> None:
    """Create the folders with mode 0700. `unavailable` if one is a symlink, not a folder, or belongs to another user.

    The config folder may be a symlink (people keep their dotfiles elsewhere); folders with secrets and sockets may not.
    """
    os.makedirs(os.path.dirname(layout.state), mode=0o700, exist_ok=True)
    private_folder(os.path.realpath(layout.config_folder))
    for folder in (layout.state, layout.run, layout.log, layout.backups, layout.spool, layout.journal, layout.hooks):
        private_folder(folder)
    private_folder(os.path.dirname(layout.socket))


def private_folder(folder: str) -> None:
    """Make `folder` a real folder that belongs to us, with mode 0700; else raise `unavailable` with the reason."""
    try:
        os.makedirs(os.path.dirname(folder), mode=0o700, exist_ok=True)
        if not os.path.lexists(folder):
            os.mkdir(folder, 0o700)
    except FileExistsError:
        pass  # another start of stintd was faster, or a file is in the way: the check below finds out
    except OSError as error:
        raise Unavailable(
            f"cannot create {folder}: {error.strerror}", "free some disk space, or make the parent folder writable"
        ) from error
    problem = folder_problem(folder)
    if problem:
        raise Unavailable(f"{folder} {problem}", "move it away, or set STINTD_HOME to a folder of your own")
    if sys.platform != "win32" and os.lstat(folder).st_mode & 0o077:
        os.chmod(folder, 0o700)


def folder_problem(folder: str) -> str:
    """Why `folder` is not safe for a socket; "" if it is. A client checks this too, before it connects."""
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
        return "belongs to another user"
    if facts.st_mode & stat.S_IWOTH:
        return "is writable by everyone"
    return ""


def _socket_path(socket: str) -> str:
    """The socket path itself or, if it is too long, one in a short folder whose name depends only on that path (and the user
    id)."""
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
    # A shell from cron, ssh or sudo has no XDG_RUNTIME_DIR or that of another user, and must still find the daemon.
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
    """`path` if it is absolute, else "", because the XDG specification says to ignore relative paths."""
    return path if path and os.path.isabs(path) else ""


def _below_home(relative: str) -> str:
    return os.path.join(os.path.expanduser("~"), relative)


def control_socket() -> str:
    """The control socket of this environment's daemon."""
    return home_layout().socket


def config_file() -> str:
    """The user's file, which the program never writes."""
    return home_layout().config


def settings_file() -> str:
    """The file with the settings that the program itself wrote."""
    return home_layout().settings


def log_dir() -> str:
    return home_layout().log


def status_file() -> str:
    """The file with one line for shell prompts. The last field of the line is the epoch second until which it is valid."""
    return home_layout().status
