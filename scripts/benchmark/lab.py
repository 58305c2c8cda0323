"""The accuracy lab: synthetic days with a known truth, run through a daemon."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmark.home import Home, run_daemon
from benchmark.row import Result, Rows, Skipped

PEOPLE = ("solo-watch", "solo-editor", "hopping", "thinker")
BARS = {**{family: 0.055 for family in PEOPLE}, "agents": 0.18, "overnight": 0.10}


def accuracy() -> Rows:
    place = os.environ.get("STINTD_LAB", "")
    if not place or not (Path(place) / "drive.py").exists():
        yield Skipped("accuracy lab", "name the folder of drive.py: STINTD_LAB=/path/to/lab")
        return
    with tempfile.TemporaryDirectory() as folder, run_daemon(Home(Path(folder))) as daemon:
        command = [sys.executable, str(Path(place) / "drive.py"), "--home", str(daemon.folder), "--json"]
        families = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["families"]
    for family, score in families.items():
        yield Result(f"lab {family}: time labelled wrong", 100 * score["confusion"], "%", at_most=100 * BARS[family])
        if family in PEOPLE:
            yield Result(f"lab {family}: billed while away", 100 * score["away"], "%", at_most=2)
            yield Result(f"lab {family}: wrong project", 100 * score["wrong"], "%", at_most=2)
    mean = sum(families[family]["confusion"] for family in PEOPLE) / len(PEOPLE)
    yield Result("lab: mean over the people's families", 100 * mean, "%", at_most=5.5)
