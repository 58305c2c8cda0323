"""Heartbeats, absences, edits and policy in; the timesheet out. Live tracking and a rebuild call the same `derive`.

An *island* is evidence with no silence longer than `island_gap` inside. No entry depends on another island, so a sheet
can be derived island by island, and a late heartbeat touches one of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from stintd.domain.evidence import Claim, Cut, Edits, Evidence, Places, Run, Taken
from stintd.domain.model import GapVerdict, ProjectId, Stretch
from stintd.domain.policy import Policy

__all__ = ["Claim", "Cut", "Edits", "Evidence", "Places", "Run", "Sheet", "Taken", "WaitingSession", "derive", "island_gap", "islands", "reach"]

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WaitingSession:
    """A session that has started and not acted yet: shown as a waiting timer, earning nothing. Gone after `until`."""

    session: str | None
    project: ProjectId | None
    task: str | None
    start: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the evidence says. `stretches` are sorted by start, human ones disjoint; `gaps` are the silences that were
    cut ("away") between stretches, `unassigned` those that belong to neither side; the silences bridged inside a
    stretch are its own `gaps`. At `next_deadline` passing time alone makes another sheet; before it, it does not.
    """

    stretches: list[Stretch]
    unassigned: list[GapVerdict]
    gaps: list[GapVerdict]
    waiting: list[WaitingSession]
    next_deadline: datetime | None


def island_gap(policy: Policy) -> int:
    """The silence, in microseconds, over which nothing in one place bears on anything in another."""
    longest = max(policy.idle_timeout, policy.session_idle_timeout, policy.supervised_max, policy.switch_cap)
    return (longest + policy.supervise_return + policy.lead + policy.tail) // _MICROSECOND


def reach(policy: Policy) -> int:
    """How far, in microseconds, an entry or an edit that bears on it may lie outside its island."""
    return max(policy.idle_timeout, policy.lead, policy.tail) // _MICROSECOND


def islands(runs: Iterable[Run], gap_us: int) -> list[tuple[int, int]]:
    """First and last instant of every stretch of evidence with no silence longer than `gap_us`, in order."""
    out: list[tuple[int, int]] = []
    for lo, hi in sorted((run[0], run[1]) for run in runs):
        if out and lo - out[-1][1] <= gap_us:
            if hi > out[-1][1]:
                out[-1] = (out[-1][0], hi)
        else:
            out.append((lo, hi))
    return out


def derive(
    evidence: Evidence, edits: Edits, policy: Policy, places: Places, now: datetime, usual_hours: tuple[int, int] | None = None
) -> Sheet:
    """The sheet of this evidence. Depends on nothing but the arguments, and not on the order of any sequence in them."""
    return Sheet([], [], [], [], None)
