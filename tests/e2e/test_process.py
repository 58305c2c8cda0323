"""What the daemon's process is made of."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.smoke


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the process is looked into through /proc (Linux)")
def test_the_daemon_loads_neither_git_nor_openssl(make_daemon):
    daemon = make_daemon().start()
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    assert "libssl" not in maps
    assert "libcrypto" not in maps, "hashlib does without"
    assert not re.search(r"/_ssl\.", maps)
    children = Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text()
    assert children == ""


def test_loading_the_daemon_loads_no_client_of_http_and_no_library_of_calendars_and_git():
    """What asks servers, reads calendars or opens repositories lives in processes of its own that end when they are idle."""
    load = "import sys; from stintd.cli import run; run.load_app(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", load],
        env=dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "aiohttp.web_request" in loaded
    assert not loaded & {"aiohttp.client", "aiohttp.connector", "icalendar", "recurring_ical_events", "dateutil", "git"}
