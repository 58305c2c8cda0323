"""Runs a scene in a user namespace, where a test may mount a disk and lower limits without being root."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
WORLD = ["unshare", "-Urmpf", "--kill-child", "--mount-proc"]
"""A place with its own mounts and processes; whatever a scene leaves behind dies with it."""


def play(scene: str, folder: Path, seconds: float = 120) -> str:
    """Run a scene of `tests.stress.scenes`; skips, saying why, where the system forbids such a place."""
    folder.mkdir(exist_ok=True)
    probe = [*WORLD, "mount", "-t", "tmpfs", "tmpfs", str(folder)]
    if shutil.which("unshare") is None or subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("no user namespace in which a disk could be mounted: install util-linux, allow unprivileged namespaces")
    environment = {**os.environ, "PYTHONPATH": f"{TOP / 'daemon'}{os.pathsep}{TOP}"}
    command = [*WORLD, sys.executable, "-m", "tests.stress.scenes", scene, str(folder)]
    done = subprocess.run(
        command, env=environment, cwd=TOP, capture_output=True, text=True, errors="replace", timeout=seconds, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
