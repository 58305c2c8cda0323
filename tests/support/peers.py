"""Programs of others that tests drive: real clients, installed beside ours by `.ci/run`, never by a test."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import PATIENCE

PEERS = Path(sys.prefix) / "peers"
WAKATIME = """
import collections, collections.abc, sys
for name in dir(collections.abc):
    if name[0].isupper() and not hasattr(collections, name):
        setattr(collections, name, getattr(collections.abc, name))
from wakatime.main import execute
sys.exit(execute(sys.argv[1:]))
"""
"""WakaTime's client 13.1.0 was written for Python before 3.10, which took these names away."""

needs_wakatime = pytest.mark.skipif(
    not (PEERS / "wakatime").is_dir() or sys.version_info >= (3, 12),
    reason=f"WakaTime's client is missing: pip install --no-deps --target {PEERS} wakatime==13.1.0, on Python 3.11",
)
needs_aw_client = pytest.mark.skipif(
    not (PEERS / "aw_client").is_dir(), reason=f"ActivityWatch's client is missing: pip install --target {PEERS} aw-client"
)
needs_aw_server = pytest.mark.skipif(
    not (PEERS / "aw_server").is_dir(), reason=f"ActivityWatch is missing: pip install --target {PEERS} aw-server 'peewee<4'"
)


def environment(home: Path, **more: str) -> dict[str, str]:
    """Ours without Python's paths, in a home of the test's, with the peers importable."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STINT", "XDG_"))}
    return {**kept, "HOME": str(home), "WAKATIME_HOME": str(home), "PYTHONPATH": str(PEERS), **more}


def wakatime(home: Path, *words: str, extra: list[dict[str, Any]] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the real client; `extra` heartbeats go in by its standard input."""
    command = [sys.executable, "-c", WAKATIME, *words, *(["--extra-heartbeats"] if extra is not None else [])]
    text = json.dumps(extra) if extra is not None else ""
    return subprocess.run(
        command, env=environment(home), input=text, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=home
    )
