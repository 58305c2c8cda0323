"""Feeds the accuracy lab's days straight through the rules: no daemon, no store.

The lab is not part of the project; the environment variable STINTD_LAB names its folder.
`python -m tests.support.lab_pure [FAMILY…] [--seeds 1000:1030]` prints the scores. The days of a family follow each other as
they do in the daemon: each learns its habit from those of the four weeks before it (`--strangers`: none does).
"""

import argparse
import importlib.util
import os
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

from stintd.domain.derive.habit import PastWork, habit_of
from stintd.domain.derive.limits import limits_of
from stintd.domain.derive.timesheet import Edits, Evidence, Run, UsualHours, derive
from stintd.domain.kinds import FINISHING
from stintd.domain.model import Assignment, Context, ProjectId, RepoId, from_us, to_us
from stintd.domain.policy import Policy
from stintd.engine.sheet.habits import DAYS_NEEDED, LOOK_BACK

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

    def resolver_at(self, us: int) -> "ByName":
        return self

    def doubted_since(self, repo: RepoId | None, project: ProjectId | None) -> int | None:
        return None

    def differs_by_entity(self, context: Context) -> bool:
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


@dataclass
class Owner:
    """One person's days in order: a day learns its habit from those before it, as `engine.habits` has it."""

    policy: Policy
    learns: bool = True
    days: list[tuple[datetime, list[PastWork], list[int]]] = field(default_factory=list)

    def sheet(self, trace: Any) -> list[tuple[float, float, str]]:
        """What the lab scores: start, end, project of the person's entries of the next day."""
        begin = from_us(round(trace.events[0].time * 1_000_000))
        sheet = derive(evidence_of(trace.events), Edits(), self.policy, ByName(), begin + timedelta(days=2), self._usual(begin))
        human = [stretch for stretch in sheet.stretches if stretch.actor == "human"]
        work = [PastWork(to_us(one.start), to_us(one.last_evidence), one.project) for one in human]
        finishes = [e for e in trace.events if e.kind in FINISHING and e.actor == "human"]
        self.days.append((begin, work, [round(e.time * 1_000_000) for e in finishes]))
        return [(s.start.timestamp(), s.end.timestamp(), s.project or "") for s in human]

    def _usual(self, begin: datetime) -> UsualHours | None:
        known = [(work, finishes) for at, work, finishes in self.days if begin - at < LOOK_BACK]
        if not self.learns or len(known) < DAYS_NEEDED:
            return None
        work = [stretch for day, _ in known for stretch in day]
        habit = habit_of(work, [at for _, finishes in known for at in finishes], limits_of(self.policy))
        return UsualHours(time.min, time.max, UTC, habit)


def scores(lab: ModuleType, family: str, seeds: range, policy: Policy, *, learns: bool = True) -> dict[str, float]:
    """Mean scores of a family."""
    owner, found = Owner(policy, learns), []
    for i, seed in enumerate(seeds):
        trace = lab.FAMILIES[family](seed, START + i * 3 * 86_400)
        found.append(lab.score(trace, owner.sheet(trace)))
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
    parser.add_argument("--strangers", action="store_true")
    args = parser.parse_args()
    policy = Policy(lead=timedelta(seconds=args.lead), tail=timedelta(seconds=args.tail))
    lo, hi = map(int, args.seeds.split(":"))
    for family in args.families:
        row = scores(lab, family, range(lo, hi), policy, learns=not args.strangers)
        print(f"{family:12} " + "  ".join(f"{name} {row[name]:6.2%}" for name in ("confusion", "away", "wrong", "total_error")))


if __name__ == "__main__":
    main()
