"""What our hook adds to the prompt of each shell, after a command and after an empty line.

Each shell carries out, without a terminal, what it does between a command's end and the next prompt, many times in one
process; the same without our hook is taken off. "Full" is a spool that takes nothing.
"""

import os
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from benchmark.row import Result, Rows, Skipped
from stintd.install.agentsettings import Home
from stintd.install.shells import HOSTS

BAR = 1.0  # milliseconds
TIMES, ROUNDS = 500, 7
LOOPS = {
    "bash": "n=0; while ((n < {times})); do ((n += 1)); {between} done",
    "zsh": "n=0; while ((n < {times})); do ((n += 1)); {between} done",
    "fish": "for n in (seq {times}); {between} end",
}
# After a command; its count and second are forgotten, so that every round writes a file as in the rarest second.
AFTER = {
    "bash": "__stintd_count=0; __stintd_told=; __stintd_prompt;",
    "zsh": "__stintd_preexec true; __stintd_told=; __stintd_precmd;",
    "fish": "emit fish_preexec true; emit fish_postexec true;",
}
EMPTY = {"bash": "__stintd_prompt;", "zsh": "__stintd_precmd;", "fish": "emit fish_prompt;"}


def prompts() -> Rows:
    for name in HOSTS:
        if not shutil.which(name):
            yield Skipped(f"prompt of {name}", f"no {name} here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            yield _row(name, Path(folder), "after a command", AFTER[name])
        with tempfile.TemporaryDirectory() as folder:
            yield _row(name, Path(folder), "after an empty line", EMPTY[name])
        if name != "fish":  # it gives up after the first refusal
            with tempfile.TemporaryDirectory() as folder:
                yield _row(name, Path(folder), "spool missing", AFTER[name], has_spool=False)


def _row(name: str, top: Path, what: str, between: str, *, has_spool: bool = True) -> Result:
    home = Home(str(top), str(top / "spool"), str(top), {})
    if has_spool:
        (top / "spool").mkdir()
    (top / "hook").write_bytes(HOSTS[name].text(home))
    with_ours = f". {top}/hook; " + LOOPS[name].format(times=TIMES, between=between)
    without = f". {top}/hook; " + LOOPS[name].format(times=TIMES, between="true;")
    took = [(_seconds(name, top, with_ours) - _seconds(name, top, without)) / TIMES * 1000 for _ in range(ROUNDS)]
    return Result(f"added to the prompt of {name}, {what}", statistics.median(took), "ms", at_most=BAR)


def _seconds(name: str, top: Path, script: str) -> float:
    """Processor and waiting time of one shell that believes it is interactive."""
    words = {"bash": ["bash", "--norc", "-ic"], "zsh": ["zsh", "-dfic"], "fish": ["fish", "--no-config", "-ic"]}[name]
    before = time.perf_counter()
    inherited = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    subprocess.run(
        [*words, script], env={**inherited, "HOME": str(top), "TERM": "dumb"}, cwd=top, capture_output=True, check=True
    )
    return time.perf_counter() - before
