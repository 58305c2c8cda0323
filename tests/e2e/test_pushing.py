"""Ten thousand waiting hours: the daemon answers while it sends them, and needs little memory for it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]


@pytest.mark.slow
def test_ten_thousand_waiting_entries_leave_the_daemon_responsive_and_small():
    """The row of the bench, which exits 1 when a bar is missed."""
    path = os.pathsep.join(str(TOP / folder) for folder in ("scripts", ".", "daemon"))
    done = subprocess.run(
        [sys.executable, "-m", "benchmark", "delivery"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
