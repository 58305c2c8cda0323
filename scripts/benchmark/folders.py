"""The watcher's numbers, each shape of repositories in a process of its own: memory once freed would hide what comes next."""

import json
import subprocess
import sys
from pathlib import Path

from benchmark import watchprobe
from benchmark.row import Result, Rows, Skipped

ONE = """
import dataclasses, json, sys
from benchmark import watchprobe
rows = watchprobe.measure(watchprobe.SHAPES[sys.argv[1]])
print(json.dumps([dataclasses.asdict(row) for row in rows]))
"""


def watching() -> Rows:
    if not Path("/proc/sys/fs/inotify/max_user_watches").exists():
        yield Skipped("watching folders", "measured on Linux only, where inotify is")
        return
    for name in watchprobe.SHAPES:
        done = subprocess.run([sys.executable, "-c", ONE, name], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"the watch probe ({name}) failed:\n{done.stderr}")
        yield from (Result(**numbers) for numbers in json.loads(done.stdout))
