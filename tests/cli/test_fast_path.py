"""What the daily commands load: nothing that costs more than the command."""

import subprocess
import sys
from pathlib import Path

import pytest

from stintd import paths
from tests.support.control import entry

HEAVY = {"argparse", "dataclasses", "typing", "http", "urllib", "email", "asyncio", "subprocess", "sqlite3", "tomllib",
         "zoneinfo", "decimal", "aiohttp", "watchdog", "git", "psutil", "platformdirs", "tempfile", "logging"}  # fmt: skip
ROOMS = {"paths", "errors", "protocol", "client", "cli"}


@pytest.mark.parametrize("argv", [["status"], ["start", "x"], ["stop"], ["prompt"]], ids=" ".join)
def test_daily_commands_load_only_what_they_need(control, argv):
    running = entry("2026-11-20T09:00:00Z", None)
    control.answers["GET", "/api/status"] = {"timers": [running], "todaySeconds": 1, "warnings": []}
    control.answers["POST", "/api/timer/start"] = {"timer": running, "stopped": []}
    control.answers["POST", "/api/timer/stop"] = {"entry": running}
    code = (
        "import sys; before = set(sys.modules); from stintd.cli.main import main; code = main(sys.argv[1:]);"
        "print('LOADED', *sorted(set(sys.modules) - before)); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(Path(paths.__file__).parents[1])!r}); {code}", *argv],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.split("LOADED ")[1].split()
    assert {name.split(".")[0] for name in loaded} & HEAVY == set()
    ours = {name.split(".")[1] for name in loaded if name.startswith("stintd.")}
    assert ours <= ROOMS
    assert not {name for name in loaded if name.startswith("stintd.protocol.")} - {"stintd.protocol.errors"}
