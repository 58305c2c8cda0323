"""The invariants, for any evidence: order, batches and repetition mean nothing, live equals rebuilt, nothing is invented."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stintd.domain.derive.habit import UNKNOWN, Habit, Usual
from stintd.domain.derive.live import LiveTimesheet
from stintd.domain.derive.timesheet import Claim, Cut, Edits, Evidence, RemovedTime, Run, Sheet, derive, island_gap, islands
from stintd.domain.model import Absence, Context, Heartbeat, ProjectId, RepoId, Stretch, from_us, to_us
from stintd.domain.policy import Policy
from tests.support.timeline import DAY, ByRepo, evidence_of

SECOND = 1_000_000
ORIGIN = to_us(DAY) + 9 * 3600 * SECOND
UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large]
QUICK = settings(max_examples=150, deadline=None, database=None, suppress_health_check=UNHURRIED)

# Distances that sit on, just inside and just outside of every length the rules know.
STEPS = st.one_of(
    st.sampled_from(
        [
            0,
            1,
            2,
            3,
            20,
            59,
            60,
            61,
            119,
            120,
            121,
            299,
            300,
            301,
            450,
            451,
            600,
            899,
            900,
            901,
            1200,
            1201,
            1799,
            1800,
            1801,
            2400,
            3600,
            3601,
        ]
    ),
    st.integers(0, 1200),
)
POLICIES = st.sampled_from(
    [
        *[Policy()] * 3,
        Policy(lead=timedelta(), tail=timedelta()),
        Policy(idle_timeout=timedelta(seconds=30)),
        Policy(idle_timeout=timedelta(minutes=40), supervised_max=timedelta(minutes=30), switch_cap=timedelta(minutes=20)),
        Policy(min_visit=timedelta(minutes=5), absence_bridge=timedelta(), supervise_return=timedelta(seconds=1)),
    ]
)


class Moody:
    """Somebody whose habit changes by the hour, as it may from day to day."""

    def covers(self, instant: datetime) -> bool:
        return True

    def habit(self, instant: datetime) -> Habit:
        return (UNKNOWN, Habit(True), Habit(False, True), Habit(True, False, True))[instant.hour % 4]


USUALS = st.sampled_from([None, Moody()])
PLACES = st.sampled_from(["acme", "acme", "beta", "nowhere", "mono"])
BRANCHES = st.sampled_from(["main", "main", "DEV-1", None])
ACTS = st.sampled_from(
    [
        *[("watch", "edit", "human", None)] * 2,
        *[("editor", kind, "human", None) for kind in ("edit", "read", "presence")],
        *[("git", kind, "human", None) for kind in ("commit", "pull", "checkout")],
        ("git", "commit", "agent", "s1"),
        *[("agent", kind, "human", "s1") for kind in ("session_start", "prompt", "session_end")],
        *[("agent", kind, "agent", "s1") for kind in ("tool", "tool", "turn_end")],
        ("agent", "prompt", "human", "s2"),
        *[("agent", kind, "agent", "s2") for kind in ("tool", "turn_end")],
    ]
)


@st.composite
def days(draw: st.DrawFn) -> list[Heartbeat]:
    """Some hours of anything, in order of time."""
    at, out = ORIGIN, []
    for step in draw(st.lists(STEPS, min_size=1, max_size=40)):
        at += step * SECOND
        source, kind, actor, session = draw(ACTS)
        witness = draw(st.sampled_from(["", "", "terminal"])) if source == "git" and actor == "human" else ""
        device = draw(st.sampled_from(["", "", "laptop"]))
        read_afterwards = draw(st.sampled_from(["", "", "backfill:1"])) if source == "git" else ""
        context = Context(
            source,
            kind,
            actor,
            repo=RepoId(draw(PLACES)),
            branch=draw(BRANCHES),
            session=session,
            witness=witness,
            device=device,
            source_text=read_afterwards,
        )
        out.append(Heartbeat(f"{len(out)}", from_us(at), context, draw(st.sampled_from(["", "sub/a.py", "b.py"]))))
    return out


@st.composite
def spans(draw: st.DrawFn, most: int = 3) -> list[tuple[int, int]]:
    out = []
    for _ in range(draw(st.integers(0, most))):
        start = ORIGIN + draw(st.integers(0, 3 * 3600)) * SECOND
        out.append((start, start + draw(st.integers(1, 2400)) * SECOND))
    return out


@st.composite
def absences(draw: st.DrawFn) -> list[Absence]:
    kinds, devices = st.sampled_from(["suspend", "lock", "off"]), st.sampled_from(["", "laptop"])
    return [Absence(from_us(lo), from_us(hi), draw(kinds), draw(devices)) for lo, hi in draw(spans(2))]


@st.composite
def owners(draw: st.DrawFn) -> Edits:
    projects = st.sampled_from([ProjectId("acme"), ProjectId("beta")])
    actors = st.sampled_from(["human", "agent"])
    claims = [Claim(draw(actors), draw(projects), None, lo, hi, draw(st.booleans())) for lo, hi in draw(spans(2))]
    taken = [RemovedTime(lo, hi, draw(actors), draw(st.none() | projects)) for lo, hi in draw(spans(2))]
    cuts = [Cut(lo, draw(actors), draw(st.none() | projects)) for lo, _ in draw(spans(2))]
    return Edits(claims, taken, cuts)


@st.composite
def batched(draw: st.DrawFn, beats: Sequence[Heartbeat]) -> Evidence:
    """The same heartbeats as runs cut anywhere, in any order, some of them twice, under any numbers."""
    by_context: dict[Context, list[tuple[int, str]]] = defaultdict(list)
    for beat in beats:
        by_context[beat.context].append((to_us(beat.time), beat.entity))
    names = draw(st.permutations(list(by_context)))
    runs: list[Run] = []
    held: dict[Run, list[tuple[int, str]]] = {}
    for number, context in enumerate(names):
        rest = sorted(by_context[context])
        while rest:
            most = next((i + 1 for i, (a, b) in enumerate(pairwise(rest)) if b[0] - a[0] > 1200 * SECOND), len(rest))
            size = draw(st.integers(1, most))
            chunk, rest = rest[:size], rest[size:]
            widest = max((b[0] - a[0] for a, b in pairwise(chunk)), default=0)
            run = Run(chunk[0][0], chunk[-1][0], number, len(chunk), widest)
            while run in held:
                run = run._replace(beat_count=run.beat_count + 1)
            held[run] = chunk
            runs.append(run)
    again = draw(st.lists(st.sampled_from(runs), max_size=3))
    return Evidence(dict(enumerate(names)), draw(st.permutations(runs + again)), lambda run: held[run])


def now_after(beats: Sequence[Heartbeat], seconds: int) -> int:
    return max(to_us(beat.time) for beat in beats) + seconds * SECOND


def human(sheet: Sheet) -> list[Stretch]:
    return [stretch for stretch in sheet.stretches if stretch.actor == "human"]


def covered(sheet: Sheet, actor: str = "human") -> list[tuple[int, int]]:
    return [(to_us(s.start), to_us(s.end)) for s in sheet.stretches if s.actor == actor]


@QUICK
@given(st.data(), POLICIES, days(), absences(), owners(), st.integers(0, 4000), USUALS)
def test_any_order_batching_and_repetition_gives_the_same_sheet(
    data: st.DataObject,
    policy: Policy,
    beats: list[Heartbeat],
    away: list[Absence],
    edits: Edits,
    later: int,
    usual: Usual | None,
) -> None:
    now = from_us(now_after(beats, later))
    plain = derive(evidence_of(beats, away), edits, policy, ByRepo(), now, usual)
    evidence = replace(data.draw(batched(beats)), absences=data.draw(st.permutations(away + away[:1])))
    shuffled = Edits(edits.claims[::-1], edits.taken[::-1], edits.cuts[::-1])
    assert derive(evidence, shuffled, policy, ByRepo(), now, usual) == plain


@QUICK
@given(st.data(), POLICIES, days(), absences(), owners(), USUALS)
def test_live_tracking_equals_a_rebuild_after_every_heartbeat(
    data: st.DataObject, policy: Policy, beats: list[Heartbeat], away: list[Absence], edits: Edits, usual: Usual | None
) -> None:
    live, seen = LiveTimesheet(policy, ByRepo(), edits, usual), []
    for absence in away:
        live.add_absence(absence)
    for beat in data.draw(st.permutations(beats)):
        live.add(beat)
        live.add(beat)
        seen.append(beat)
        now = from_us(now_after(beats, data.draw(st.sampled_from([-1000, 0, 60, 400, 1000]))))
        assert live.sheet(now) == derive(evidence_of(seen, away), edits, policy, ByRepo(), now, usual)


@QUICK
@given(POLICIES, days(), absences(), owners(), st.integers(0, 4000), USUALS)
def test_islands_apart_give_what_everything_at_once_gives(
    policy: Policy, beats: list[Heartbeat], away: list[Absence], edits: Edits, later: int, usual: Usual | None
) -> None:
    now = from_us(now_after(beats, later))
    whole = derive(evidence_of(beats, away), edits, policy, ByRepo(), now, usual)
    found: list[Stretch] = []
    deadlines = []
    for lo, hi in islands(evidence_of(beats).runs, island_gap(policy)):
        own = [beat for beat in beats if lo <= to_us(beat.time) <= hi]
        sheet = derive(evidence_of(own, away), edits, policy, ByRepo(), now, usual)
        found += sheet.stretches
        deadlines += [sheet.next_deadline] if sheet.next_deadline else []
    assert sorted(found, key=repr) == sorted(whole.stretches, key=repr)
    assert min(deadlines, default=None) == whole.next_deadline


@QUICK
@given(POLICIES, days(), absences(), owners(), st.integers(0, 4000), USUALS)
def test_a_persons_stretches_never_overlap_and_lengths_add_up(
    policy: Policy, beats: list[Heartbeat], away: list[Absence], edits: Edits, later: int, usual: Usual | None
) -> None:
    sheet = derive(evidence_of(beats, away), edits, policy, ByRepo(), from_us(now_after(beats, later)), usual)
    for a, b in pairwise(human(sheet)):
        assert a.end <= b.start
    for stretch in sheet.stretches:
        assert stretch.start <= stretch.last_evidence <= stretch.end
        assert stretch.start < stretch.end or stretch.is_open
        if stretch.actor == "human":
            assert stretch.hands_on + stretch.supervised == stretch.end - stretch.start
            assert min(stretch.hands_on, stretch.supervised) >= timedelta()
        else:
            assert stretch.hands_on == stretch.supervised == timedelta()


@QUICK
@given(POLICIES, days(), absences(), owners(), st.integers(0, 4000), USUALS)
def test_what_is_claimed_or_taken_is_never_covered(
    policy: Policy, beats: list[Heartbeat], away: list[Absence], edits: Edits, later: int, usual: Usual | None
) -> None:
    sheet = derive(evidence_of(beats, away), edits, policy, ByRepo(), from_us(now_after(beats, later)), usual)
    for stretch in sheet.stretches:
        start, end = to_us(stretch.start), to_us(stretch.end)
        for claim in edits.claims:
            concerns = claim.actor == stretch.actor and (
                stretch.project == claim.project or (stretch.actor == "human" and not claim.may_overlap)
            )
            assert not concerns or end <= claim.start_us or (claim.end_us is not None and claim.end_us <= start)
        for taken in edits.taken:
            concerns = taken.actor == stretch.actor and taken.project in (None, stretch.project)
            assert not concerns or end <= taken.start_us or taken.end_us <= start


@QUICK
@given(POLICIES, days(), absences(), st.integers(0, 4000), USUALS)
def test_each_second_of_a_project_is_the_persons_or_agents_and_never_both(
    policy: Policy, beats: list[Heartbeat], away: list[Absence], later: int, usual: Usual | None
) -> None:
    sheet = derive(evidence_of(beats, away), Edits(), policy, ByRepo(), from_us(now_after(beats, later)), usual)
    mine = [one for one in sheet.stretches if one.actor == "human"]
    for agent in (one for one in sheet.stretches if one.actor == "agent"):
        same = [one for one in mine if one.project == agent.project and agent.project is not None]
        assert all(one.end <= agent.start or agent.end <= one.start for one in same)


@QUICK
@given(days(), absences(), st.integers(0, 4000), USUALS)
def test_no_second_lies_further_from_evidence_than_the_rules_allow(
    beats: list[Heartbeat], away: list[Absence], later: int, usual: Usual | None
) -> None:
    policy = Policy()
    sheet = derive(evidence_of(beats, away), Edits(), policy, ByRepo(), from_us(now_after(beats, later)), usual)
    acts = sorted({to_us(beat.time) for beat in beats if beat.context.kind != "presence"})
    longest = max(policy.idle_timeout, policy.supervised_max + policy.supervise_return) // timedelta(microseconds=1)
    credit = 120 if any(beat.context.actor == "agent" for beat in beats) else 60
    allowed = [(at - 60 * SECOND, at + credit * SECOND) for at in acts]
    allowed += [(a, b) for a, b in pairwise(acts) if b - a <= longest]
    estimate = policy.estimate_max // timedelta(microseconds=1)
    allowed += [(to_us(b.time) - estimate, to_us(b.time)) for b in beats if b.context.is_backfilled]
    for start, end in covered(sheet):
        at = start
        for lo, hi in sorted(allowed):
            if lo <= at < hi:
                at = hi
        assert at >= end


@QUICK
@given(days(), absences(), owners(), USUALS)
def test_larger_idle_timeout_never_turns_work_into_time_away(
    beats: list[Heartbeat], away: list[Absence], edits: Edits, usual: Usual | None
) -> None:
    now = from_us(now_after(beats, 86_400))
    short = derive(evidence_of(beats, away), edits, Policy(), ByRepo(), now, usual)
    long = derive(evidence_of(beats, away), edits, Policy(idle_timeout=timedelta(minutes=25)), ByRepo(), now, usual)
    wider = [*covered(long), *((to_us(gap.start), to_us(gap.end)) for gap in long.unassigned)]
    for start, end in covered(short):
        at = start
        for lo, hi in sorted(wider):
            if lo <= at < hi:
                at = hi
        assert at >= end


@QUICK
@given(POLICIES, days(), st.integers(0, 3000), USUALS)
def test_nothing_changes_before_the_next_deadline_and_something_does_at_it(
    policy: Policy, beats: list[Heartbeat], later: int, usual: Usual | None
) -> None:
    now = from_us(now_after(beats, later))
    evidence = evidence_of(beats)
    sheet = derive(evidence, Edits(), policy, ByRepo(), now, usual)
    if sheet.next_deadline is None:
        assert derive(evidence, Edits(), policy, ByRepo(), now + timedelta(days=2), usual) == sheet
        return
    assert sheet.next_deadline > now
    assert derive(evidence, Edits(), policy, ByRepo(), sheet.next_deadline - timedelta(microseconds=1), usual) == sheet
    assert derive(evidence, Edits(), policy, ByRepo(), sheet.next_deadline, usual) != sheet
