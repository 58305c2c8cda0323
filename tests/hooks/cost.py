"""What our post-commit shim adds to `git commit`, against an empty sh hook and against none; rounds interleaved.

Run it as `python -m tests.hooks.cost [ROUNDS]`, or call `measure` from a bench. `ratio` is that of medians, `paired`
the median of each round's ratio; `cpu` is user plus system time of the whole git process tree.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from stintd.install import shim

EMPTY = "#!/bin/sh\nexit 0\n"


def measure(
    rounds: int = 100, folder: Path | None = None, git: str = "git", spool: Path | None = None, rest: float = 0
) -> dict[str, dict[str, float]]:
    """Medians in milliseconds and their ratio to the empty hook, by variant.

    `spool`: that of a daemon, which reads it. `rest`: seconds after each commit, so that the reading of one commit is
    not charged to the next: nobody commits two hundred times a second.
    """
    with tempfile.TemporaryDirectory(dir=folder) as where:
        arms = dict(_arms(Path(where), git, spool or Path(where) / "spool"))
        wall: dict[str, list[float]] = {name: [] for name in arms}
        cpu: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(rounds + 5):
            for name in random.sample(sorted(arms), len(arms)):
                took, used = _commit(arms[name], git)
                time.sleep(rest)  # noqa: TID251
                if number >= 5:  # the first rounds fill caches
                    wall[name].append(took)
                    cpu[name].append(used)
    return {name: _summary(wall, cpu, name) for name in arms}


def _summary(wall: dict[str, list[float]], cpu: dict[str, list[float]], name: str) -> dict[str, float]:
    middle = statistics.median
    return {
        "ms": middle(wall[name]) * 1000,
        "ratio": middle(wall[name]) / middle(wall["empty"]),
        "paired": middle(mine / other for mine, other in zip(wall[name], wall["empty"], strict=True)),
        "cpu": middle(cpu[name]) / middle(cpu["empty"]),
    }


def _arms(where: Path, git: str, spool: Path) -> Iterator[tuple[str, Path]]:
    spool.mkdir(exist_ok=True)
    ours = shim.shim_text("post-commit", str(spool))
    deaf = shim.shim_text("post-commit", str(where / "missing"))
    for name, hook in {"none": None, "empty": EMPTY, "ours": ours, "ours, no spool": deaf}.items():
        repo = where / name.replace(" ", "-").replace(",", "")
        _run([git, "init", "-q", "--template=", str(repo)], where)
        if hook is not None:
            (repo / ".git/hooks").mkdir()
            (repo / ".git/hooks/post-commit").write_text(hook)
            (repo / ".git/hooks/post-commit").chmod(0o755)
        yield name, repo


def _commit(repo: Path, git: str) -> tuple[float, float]:
    command = [git, "-c", "gc.auto=0", "-c", "maintenance.auto=0", "commit", "-q", "--allow-empty", "-m", "x"]
    return _run(command, repo)


def _run(command: list[str], cwd: Path) -> tuple[float, float]:
    person = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@x.test", "GIT_COMMITTER_NAME": "a"}
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "PWD": str(cwd),
        "GIT_CONFIG_NOSYSTEM": "1",
        **person,
        "GIT_COMMITTER_EMAIL": "a@x.test",
    }
    before = time.perf_counter()
    pid = os.posix_spawnp(command[0], [command[0], "-C", str(cwd), *command[1:]], env)
    _, status, used = os.wait4(pid, 0)
    took = time.perf_counter() - before
    if status:
        raise RuntimeError(f"{command} ended with {status}")
    return took, used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for variant, numbers in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100).items():
        print(f"{variant:16} " + "  ".join(f"{key} {value:.3f}" for key, value in numbers.items()))
