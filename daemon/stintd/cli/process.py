"""The daemon as a process: start it in the background, wait until it is ready, stop it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

from stintd import paths
from stintd.cli.answer import Answer
from stintd.client.control import Control, DaemonDown
from stintd.errors import Conflict, StintdError, Unavailable

PATIENCE, STEP = 20.0, 0.03
IN_THE_WAY, GRACE = 5, 3.0
"""Exit code of a daemon that found another one serving this home (somebody else's `stint up` was faster, and its
daemon answers within the grace), or something else where its socket belongs."""
TAIL, SHOWN_LINES = 4000, 3


def is_running() -> bool:
    """Whether a daemon answers on the control socket."""
    try:
        Control().get("/api/health")
    except DaemonDown:
        return False
    return True


def spawn(in_background: bool = True) -> tuple[subprocess.Popen[bytes], int]:
    """Start `stintd` with its output in the log file; in a session of its own when it is to outlive us."""
    layout = paths.home_layout()
    paths.ensure_folders(layout)
    descriptor = os.open(layout.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with open(descriptor, "ab") as log:
        offset = log.tell()
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "stintd.cli.run"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            start_new_session=in_background,
            process_group=None if in_background else 0,
        )
    return child, offset


def environment() -> dict[str, str]:
    """Our environment, with a search path that is still right in another folder."""
    variables = dict(os.environ)
    if variables.get("PYTHONPATH"):
        variables["PYTHONPATH"] = os.pathsep.join(map(os.path.abspath, variables["PYTHONPATH"].split(os.pathsep)))
    return variables


def wait_ready(child: subprocess.Popen[bytes], offset: int, patience: float = PATIENCE) -> Answer:
    """Wait until the daemon answers; `unavailable` with the end of its log when it does not."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if child.poll() == IN_THE_WAY:
            deadline = min(deadline, time.monotonic() + GRACE)
        elif child.returncode is not None:
            break
        try:
            health: Answer = Control().get("/api/health")
        except StintdError:
            pause(STEP)
            continue
        _end_child(child, health.get("pid"))
        return health
    if child.returncode is None:
        raise Unavailable(f"stintd is not ready after {patience:.0f} s", f"see its log: {paths.home_layout().log_file}")
    raise Unavailable(f"stintd exited with status {child.returncode}", _last_words(offset))


def _end_child(child: subprocess.Popen[bytes], serving: object) -> None:
    """Another start was faster: a daemon of ours that is still starting must not come up when that one is stopped."""
    if serving == child.pid or child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        child.kill()


def _last_words(offset: int) -> str:
    """The end of what this start wrote to the log."""
    try:
        with open(paths.home_layout().log_file, "rb") as file:
            file.seek(offset)
            text = file.read()[-TAIL:].decode("utf-8", "replace").strip()
    except OSError:
        text = ""
    if text:
        return "\n".join(text.splitlines()[-SHOWN_LINES:])
    log = paths.home_layout().log_file
    return f"the disk that holds {log} is full: free some space" if _is_full(log) else f"see its log: {log}"


def _is_full(path: str) -> bool:
    """Whether nothing can be written beside `path`, which is why a daemon may leave no message."""
    try:
        return os.statvfs(os.path.dirname(path)).f_bavail == 0
    except OSError:
        return False


def pid_of_daemon() -> int:
    """The process that serves this home, as it says itself."""
    Control().get("/api/health")  # only a daemon that answers wrote the file
    pid = _pid_on_file()
    if not isinstance(pid, int) or pid <= 1:
        raise Unavailable("the daemon does not say which process it is", "stop it where it was started")
    return pid


def _pid_on_file() -> object:
    try:
        with open(paths.home_layout().http_json, encoding="utf-8") as file:
            return json.load(file).get("pid")
    except (OSError, ValueError):
        return None


def stop(patience: float = PATIENCE) -> int:
    """Ask the daemon to end and wait until it has; its process id."""
    pid = pid_of_daemon()
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return pid
    except PermissionError as error:
        raise Conflict(f"process {pid} belongs to another user", "stop it as that user") from error
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if not _is_alive(pid):
            return pid
        pause(STEP)
    raise Unavailable(f"stintd (process {pid}) does not stop", f"see its log: {paths.home_layout().log_file}")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return True


def pause(seconds: float) -> None:
    """Wait a little before asking again."""
    time.sleep(seconds)  # noqa: TID251  a command waits for a process; there is no clock to inject
