"""Long files: the daemon answers meanwhile and stays small, and so does the command."""

import json
import subprocess
import sys
import threading
import time

import psutil
import pytest

from tests.formats.conftest import ZONE
from tests.support.daemon import Daemon

COUNT = 20_000


def frames(target):
    with open(target, "w") as file:
        for n in range(COUNT):
            start = 1_500_000_000 + n * 3000
            file.write(("[" if n == 0 else ",\n") + json.dumps([start, start + 2400, f"p{n % 40}", f"{n:032x}", [], start]))
        file.write("]")


class Watch:
    """How long a status takes, and how large daemon and command become, while a command runs."""

    def __init__(self, daemon, *words):
        self.waits, self.sizes = [], []
        command = [sys.executable, "-m", "stintd.cli.main", *words]
        process = subprocess.Popen(command, env=daemon.environment, stdout=subprocess.PIPE, text=True)
        seen = [psutil.Process(daemon.process.pid), psutil.Process(process.pid)]
        reading = threading.Thread(target=lambda: setattr(self, "out", process.stdout.read()))
        reading.start()
        while process.poll() is None:
            began = time.perf_counter()
            daemon.client.get("/api/status")
            self.waits.append(time.perf_counter() - began)
            self.sizes.append([one.memory_info().rss / 2**20 if one.is_running() else 0.0 for one in seen])
            threading.Event().wait(0.05)
        reading.join()
        assert process.returncode == 0

    @property
    def p99(self):
        return sorted(self.waits)[int(len(self.waits) * 0.99)]


@pytest.mark.slow
def test_twenty_thousand_entries_come_and_go_while_others_are_answered(tmp_path):
    frames(tmp_path / "frames")
    with Daemon(tmp_path / "h", environment={"TZ": ZONE}) as daemon:
        before = psutil.Process(daemon.process.pid).memory_info().rss / 2**20
        for words in (("import", "watson", str(tmp_path / "frames"), "--create"), ("export", "json", "-o", str(tmp_path / "x"))):
            seen = Watch(daemon, *words)
            print(words[0], f"p99 {seen.p99 * 1000:.0f} ms, daemon {before:.0f} → {max(one[0] for one in seen.sizes):.0f} MiB")
            assert seen.p99 < 0.25  # 50 ms on a machine that does nothing else
            assert max(one[0] for one in seen.sizes) < before + 24
            assert max(one[1] for one in seen.sizes) < 60
        assert daemon.client.get("/api/reports", from_="2017-01-01")["totals"]["seconds"] == COUNT * 2400
        daemon.stint("undo")
        assert daemon.client.get("/api/reports", from_="2017-01-01")["totals"]["seconds"] == 0
