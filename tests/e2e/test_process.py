"""What the daemon's process is made of."""

import re
from pathlib import Path

import pytest


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="the process is looked into through /proc (Linux)")
def test_the_daemon_loads_neither_git_nor_openssl(make_daemon):
    daemon = make_daemon().start()
    maps = Path(f"/proc/{daemon.process.pid}/maps").read_text()
    assert "libssl" not in maps
    assert "libcrypto" not in maps, "hashlib does without"
    assert not re.search(r"/_ssl\.", maps)
    children = Path(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children").read_text()
    assert children == ""
