"""Feeds the accuracy lab's days straight through the rules: no daemon, no store.

The lab is not part of the project; the environment variable STINTD_LAB names its folder.
`python -m tests.support.lab_pure [FAMILY…] [--seeds 1000:1030]` prints the scores.
"""

import argparse
import importlib.util
import os
import statistics
import sys
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from stintd.domain.model import Assignment, Context, ProjectId, from_us
from stintd.domain.policy import Policy
from stintd.domain.timesheet import Edits, Evidence, Run, derive

PEOPLE = ("solo-watch", "solo-editor", "hopping", "thinker")
START = 1_577_869_200.0


def load_lab() -> ModuleType | None:
    """The lab's module; None where STINTD_LAB is not set."""
    folder = os.environ.get("STINTD_LAB")
    if not folder:
        return None
    spec = importlib.util.spec_from_file_location("lab", Path(folder) / "lab.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["lab"] = module
    spec.loader.exec_module(module)
    return module


class ByName:
    """Each name is a project; no tasks."""

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        return Assignment(ProjectId(context.project) if context.project else None)

    def at(self, us: int) -> "ByName":
        return self

    def by_entity(self, context: Context) -> bool:
        return False


def evidence_of(events: Iterable[Any]) -> Evidence:
    """A day's heartbeats, each a run of one."""
    numbers: dict[Context, int] = {}
    runs = []
    for e in events:
        context = Context(e.source, e.kind, e.actor, project=e.project, branch=e.branch, session=e.session)
        at = round(e.time * 1_000_000)
        runs.append(Run(at, at, numbers.setdefault(context, len(numbers)), 1, 0))
    return Evidence({number: context for context, number in numbers.items()}, runs, lambda run: [(run[0], "")])


def human_sheet(trace: Any, policy: Policy) -> list[tuple[float, float, str]]:
    """What the lab scores: start, end, project of the person's entries."""
    now = from_us(round((trace.events[-1].time + 86_400) * 1_000_000))
    sheet = derive(evidence_of(trace.events), Edits(), policy, ByName(), now)
    return [(s.start.timestamp(), s.end.timestamp(), s.project or "") for s in sheet.stretches if s.actor == "human"]


def scores(lab: ModuleType, family: str, seeds: range, policy: Policy) -> dict[str, float]:
    """Mean scores of a family."""
    found = []
    for i, seed in enumerate(seeds):
        trace = lab.FAMILIES[family](seed, START + i * 3 * 86_400)
        found.append(lab.score(trace, human_sheet(trace, policy)))
    return {name: statistics.mean(f[name] for f in found) for name in found[0]}


def main() -> None:
    lab = load_lab()
    if lab is None:
        raise SystemExit("set STINTD_LAB to the lab's folder")
    parser = argparse.ArgumentParser()
    parser.add_argument("families", nargs="*", default=list(lab.FAMILIES))
    parser.add_argument("--seeds", default="1000:1030")
    parser.add_argument("--lead", type=float, default=60)
    parser.add_argument("--tail", type=float, default=60)
    args = parser.parse_args()
    policy = Policy(lead=timedelta(seconds=args.lead), tail=timedelta(seconds=args.tail))
    lo, hi = map(int, args.seeds.split(":"))
    for family in args.families:
        row = scores(lab, family, range(lo, hi), policy)
        print(f"{family:12} " + "  ".join(f"{name} {row[name]:6.2%}" for name in ("confusion", "away", "wrong", "total_error")))


if __name__ == "__main__":
    main()
