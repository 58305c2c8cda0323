"""What `stint backfill` makes of commits, against hours that their authors recorded: public repositories whose git notes
(`refs/notes/gtm-data`) hold what an editor's plugin measured for each commit."""

import os
import re
import statistics
import subprocess
from collections import defaultdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Self

from tests.support.timeline import evidence_of

from benchmark.row import Result, Rows, Skipped
from stintd.domain.derive.timesheet import Edits, derive
from stintd.domain.estimate import HIGH, LOW
from stintd.domain.model import Assignment, Context, Heartbeat, ProjectId, RepoId
from stintd.domain.policy import Policy

NOTES = "refs/notes/gtm-data"
LEAST = 15
"""Commits with a note that an author needs to be a sample."""
_TOTAL = re.compile(r"^\[ver:\d+,total:(\d+)", re.MULTILINE)


class _OneProject:
    """Everything belongs to one project."""

    def resolve(self, context: Context, entity: str = "") -> Assignment:
        return Assignment(ProjectId("it"), None)

    def doubted_since(self, repo: RepoId | None, project: ProjectId | None) -> int | None:
        return None

    def differs_by_entity(self, context: Context) -> bool:
        return False

    def resolver_at(self, us: int) -> Self:
        return self


def _git(repo: Path, *args: str, stdin: str = "") -> str:
    return subprocess.run(["git", "-C", str(repo), *args], input=stdin, capture_output=True, text=True, check=True).stdout


def _recorded_seconds(repo: Path) -> dict[str, int]:
    """Seconds by commit."""
    pairs = [line.split() for line in _git(repo, "notes", "--ref", "gtm-data", "list").splitlines()]
    return {commit: sum(map(int, _TOTAL.findall(_git(repo, "cat-file", "-p", note)))) for note, commit in pairs}


def _samples(repo: Path) -> list[list[tuple[datetime, int]]]:
    """By author, when each commit was written and how long it took."""
    recorded = _recorded_seconds(repo)
    names = [f"refs/heads/{name}" for name in ("main", "master", "develop")]
    there = [name for name in names if name in _git(repo, "for-each-ref", "--format=%(refname)", *names).split()]
    samples: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for line in _git(repo, "log", "--no-merges", "--format=%H %at %ae", *there).splitlines():
        sha, at, author = line.split(" ", 2)
        if recorded.get(sha):
            samples[author.lower()].append((datetime.fromtimestamp(int(at), UTC), recorded[sha]))
    return [sorted(sample) for sample in samples.values() if len(sample) >= LEAST]


def _estimate_days(sample: list[tuple[datetime, int]]) -> dict[date, float]:
    """Seconds by day, as the rules estimate them from the commits alone."""
    context = Context("git", "commit", repo=RepoId("it"), source_text="backfill:1")
    beats = [Heartbeat(str(number), at, context) for number, (at, _) in enumerate(sample)]
    sheet = derive(evidence_of(beats, []), Edits(), Policy(), _OneProject(), datetime.now(UTC))
    days: dict[date, float] = defaultdict(float)
    for stretch in sheet.stretches:
        days[stretch.end.date()] += (stretch.end - stretch.start).total_seconds()
    return days


def commits_against_recorded_hours() -> Rows:
    place = os.environ.get("STINTD_RECORDED", "")
    repos = sorted(path.parent for path in Path(place).glob("**/packed-refs") if NOTES in path.read_text()) if place else []
    if not repos:
        yield Skipped("estimates of backfill", "name a folder of clones with refs/notes/gtm-data: STINTD_RECORDED=/path")
        return
    ratios: list[float] = []
    inside = days = 0
    for sample in (sample for repo in repos for sample in _samples(repo)):
        truth: dict[date, float] = defaultdict(float)
        for at, seconds in sample:
            truth[at.date()] += seconds
        estimated = _estimate_days(sample)
        ratios.append(sum(estimated.values()) / sum(truth.values()))
        for day, recorded in truth.items():
            days += 1
            inside += estimated[day] * LOW <= recorded <= estimated[day] * HIGH
    yield Result(
        f"backfill: estimated over recorded, median of {len(ratios)} authors",
        statistics.median(ratios),
        "",
        at_least=0.65,
        note=f"{min(ratios):.2f} to {max(ratios):.2f}",
    )
    yield Result("backfill: the same from above", statistics.median(ratios), "", at_most=1.35)
    yield Result(f"backfill: days within the printed band, of {days}", 100 * inside / days, "%", at_least=70)
