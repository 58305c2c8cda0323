"""Peers to measure beside: installed into an environment of their own, started, and ended again."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

PEERS = Path(os.environ.get("STINTD_PEERS", Path(tempfile.gettempdir()) / "stintd-peers"))


def install_command(name: str, *packages: str, command: str) -> str | None:
    """The path of `command` from these packages, installed once; None where they cannot be had."""
    folder = PEERS / name
    path = folder / "bin" / command
    if not path.exists():
        made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True)
        pip = [str(folder / "bin" / "pip"), "install", "-q", *packages]
        if made.returncode or subprocess.run(pip, capture_output=True).returncode:
            shutil.rmtree(folder, ignore_errors=True)
            return None
    return str(path) if path.exists() else None


def free_port() -> int:
    """A TCP port of the loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def activitywatch(home: Path) -> Iterator[tuple[int, int] | None]:
    """ActivityWatch's Python server on a free port: (pid, port); None where it does not install or start."""
    command = install_command("activitywatch", "aw-server", "peewee<4", command="aw-server")
    if command is None:
        yield None
        return
    port = free_port()
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    server = subprocess.Popen(
        [command, "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield (server.pid, port) if _wait_for_answer(port) else None
    finally:
        server.terminate()
        server.wait(10)


def _wait_for_answer(port: int) -> bool:
    for _ in range(150):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.1)  # noqa: TID251
    return False
