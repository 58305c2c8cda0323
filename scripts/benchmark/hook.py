"""What our git hook adds to `git commit`, against an empty sh hook in the same rounds.

The shim only ever writes a file, so "daemon stopped" is measured with a daemon that is really stopped (SIGSTOP), and
"daemon down" with none; each row is the median of the rounds' own ratios, because a busy machine moves both alike.
"""

import os
import signal
import tempfile
from pathlib import Path

from tests.hooks import cost

from benchmark.home import Home, run_daemon
from benchmark.row import Result, Rows

ROUNDS = 150
BAR = 1.05


def _added_cost(what: str, spool: Path, rest: float = 0) -> Result:
    ours = cost.measure(ROUNDS, spool=spool, rest=rest)["ours"]
    note = f"CPU of the tree {ours['cpu']:.3f} ×, {ours['ms']:.1f} ms"
    return Result(f"hook on git commit against an empty hook, {what}", ours["paired"], "×", at_most=BAR, note=note)


def commit_overhead() -> Rows:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "stint")
        with run_daemon(home) as daemon:
            yield _added_cost("daemon up", home.folder / "spool", rest=0.02)
            os.kill(daemon.pid, signal.SIGSTOP)
            try:
                yield _added_cost("stopped", home.folder / "spool")
            finally:
                os.kill(daemon.pid, signal.SIGCONT)
        yield _added_cost("down", home.folder / "spool")
