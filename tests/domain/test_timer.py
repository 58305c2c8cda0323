"""Starting, stopping, pausing, resuming, switching, continuing, cancelling."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain import timer
from stintd.domain.model import Pause, TimeEntry
from stintd.domain.policy import Policy
from stintd.domain.timer import (
    DropEntry,
    Limit,
    PauseEntry,
    ResumeEntry,
    SessionBeat,
    Start,
    StartEntry,
    StopEntry,
    TimerDecision,
    TimerSelector,
    mode_of,
)
from stintd.errors import Conflict, Invalid, NotFound, StintdError

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
SWITCH = Policy()
PARALLEL = Policy(concurrency="parallel")
STRICT = Policy(concurrency="strict")


def at(hour, minute=0):
    return datetime(2026, 11, 20, hour, minute, tzinfo=UTC)


def running(name="acme", start=14, origin="manual", **more):
    given = {"state": "running", "actor": "human", "task": None, **more}
    return TimeEntry(id=f"{name}-{origin}", origin=origin, project=name, start=at(start), end=None, **given)


def paused(name="acme", start=13, since=14, **more):
    return running(name, start, state="paused", pauses=(Pause(at(since), None),), **more)


ACME, BETA = running("acme"), running("beta", 13)
AUTO = running("acme", origin="auto")


def effects_of(outcome):
    return [type(effect).__name__ for effect in outcome.effects]


# ---------------------------------------------------------------- start and concurrency


def test_a_start_with_nothing_running_makes_a_manual_timer():
    outcome = timer.start([], Start("acme", "T-1", None, "call", ("x",), True), SWITCH, NOW)
    assert outcome == TimerDecision((StartEntry("acme", "T-1", NOW, "call", ("x",), True),))


@pytest.mark.parametrize("policy", [SWITCH, PARALLEL, STRICT])
def test_starting_again_what_runs_changes_nothing_in_any_mode(policy):
    assert timer.start([ACME], Start("acme"), policy, NOW) == TimerDecision((), ACME.id)
    assert timer.start([running(task="T-1")], Start("acme", "T-1"), policy, NOW).effects == ()


def test_another_task_of_the_same_project_is_another_timer():
    assert effects_of(timer.start([running(task="T-1")], Start("acme", "T-2"), SWITCH, NOW)) == ["StopEntry", "StartEntry"]


def test_switch_stops_what_runs_at_that_moment():
    outcome = timer.start([BETA], Start("acme", at=at(14, 30)), SWITCH, NOW)
    assert outcome.effects == (StopEntry(BETA.id, at(14, 30)), StartEntry("acme", None, at(14, 30)))


def test_parallel_lets_both_run():
    (effect,) = timer.start([BETA], Start("acme"), PARALLEL, NOW).effects
    assert isinstance(effect, StartEntry)
    assert effect.may_overlap


def test_strict_refuses_and_shows_the_running_timer():
    with pytest.raises(Conflict) as refused:
        timer.start([BETA], Start("acme"), STRICT, NOW)
    assert refused.value.details == {"timer": BETA.id}
    assert "stint switch" in refused.value.hint


@pytest.mark.parametrize(
    ("concurrency", "on_running", "surface", "mode"),
    [
        ("switch", None, None, "switch"),
        ("switch", "conflict", None, "strict"),
        ("switch", "parallel", None, "parallel"),
        ("parallel", "switch", None, "switch"),
        ("strict", "parallel", None, "strict"),
        ("strict", "switch", None, "strict"),
        ("strict", None, "switch", "strict"),  # ClockEye's start tightens, never loosens
        ("parallel", None, "switch", "switch"),
        ("switch", None, "conflict", "strict"),  # ClickUp's tool
        ("parallel", None, "conflict", "strict"),
        ("switch", "parallel", "switch", "switch"),
        ("switch", "parallel", "conflict", "strict"),
        ("switch", "conflict", "switch", "strict"),
    ],
)
def test_who_may_tighten_and_who_may_loosen(concurrency, on_running, surface, mode):
    assert mode_of(Policy(concurrency=concurrency), on_running, surface) == mode


def test_an_unknown_mode_is_refused():
    with pytest.raises(Invalid, match="onRunning"):
        timer.start([], Start("acme", on_running="whatever"), SWITCH, NOW)


def test_a_manual_start_takes_over_from_the_automatic_timer_of_its_project_in_every_mode():
    for policy in (SWITCH, PARALLEL, STRICT):
        outcome = timer.start([AUTO], Start("acme"), policy, NOW)
        assert outcome.effects[0] == StopEntry(AUTO.id, NOW, is_cut=True)
        assert isinstance(outcome.effects[1], StartEntry)


def test_an_automatic_timer_elsewhere_is_cut_by_switch_left_by_parallel_and_shown_by_strict():
    other = running("beta", origin="auto")
    assert effects_of(timer.start([other], Start("acme"), SWITCH, NOW)) == ["StopEntry", "StartEntry"]
    assert effects_of(timer.start([other], Start("acme"), PARALLEL, NOW)) == ["StartEntry"]
    with pytest.raises(Conflict):
        timer.start([other], Start("acme"), STRICT, NOW)


def test_a_start_in_the_past_takes_the_time_of_an_automatic_timer_that_began_later():
    outcome = timer.start([AUTO], Start("acme", at=at(13)), SWITCH, NOW)
    assert outcome.effects == (StartEntry("acme", None, at(13)),)


def test_a_start_before_a_manual_timer_began_is_refused():
    with pytest.raises(Invalid, match="is before"):
        timer.start([ACME], Start("beta", at=at(13, 50)), SWITCH, NOW)


def test_starting_what_is_paused_resumes_it():
    assert timer.start([paused()], Start("acme"), SWITCH, NOW).effects == (ResumeEntry("acme-manual", NOW),)


def test_a_paused_timer_of_another_project_stays_paused():
    assert effects_of(timer.start([paused("beta")], Start("acme"), SWITCH, NOW)) == ["StartEntry"]


def test_agents_timers_are_nobodys_business_here():
    agent = running("beta", origin="auto", actor="agent")
    assert effects_of(timer.start([agent], Start("acme"), STRICT, NOW)) == ["StartEntry"]
    assert timer.stop([agent], TimerSelector(), SWITCH, NOW) == TimerDecision()


def test_the_policy_behind_the_names_counts_per_person_or_project_and_can_pause():
    made_room = timer._make_room
    two = [running("acme", 12), running("beta", 13)]
    assert made_room(two, Limit(3, "person", "refuse"), "new", NOW) == []
    assert made_room(two, Limit(2, "person", "stop"), "new", NOW) == [StopEntry("acme-manual", NOW)]
    assert made_room(two, Limit(1, "project", "refuse"), "new", NOW) == []
    assert made_room(two, Limit(1, "person", "pause"), "new", NOW) == [
        PauseEntry("acme-manual", NOW),
        PauseEntry("beta-manual", NOW),
    ]


@pytest.mark.parametrize(
    ("when", "says"), [(NOW + timedelta(minutes=6), "future"), (datetime(2026, 11, 20, 14), "without a zone")]
)
def test_times_nobody_can_mean_are_refused_by_every_verb(when, says):
    for act in (
        lambda: timer.start([ACME], Start("beta", at=when), SWITCH, NOW),
        lambda: timer.switch([ACME], Start("beta", at=when), SWITCH, NOW),
        lambda: timer.stop([ACME], TimerSelector(at=when), SWITCH, NOW),
        lambda: timer.pause([ACME], TimerSelector(at=when), SWITCH, NOW),
        lambda: timer.resume([paused()], TimerSelector(at=when), SWITCH, NOW),
        lambda: timer.session_beat("s", "acme", when, SWITCH, NOW),
    ):
        with pytest.raises(Invalid, match=says):
            act()


# ---------------------------------------------------------------- sessions


@pytest.mark.parametrize(
    ("source", "session", "pid", "manual", "by_hand"),
    [
        ("api", None, None, None, True), ("cli", None, None, None, True), ("hook", None, None, None, False),
        ("agent", None, None, None, False), ("editor", None, None, None, False), ("api", "s1", None, None, False),
        ("api", None, 7, None, False), ("hook", "s1", 7, True, True), ("cli", None, None, False, False),
    ],
)  # fmt: skip
def test_what_makes_a_start_manual(source, session, pid, manual, by_hand):
    assert timer.is_manual_start(source, session, pid, manual) == by_hand


def test_sessions_never_stop_each_other_nor_a_manual_timer():
    others = [running("beta", origin="auto", session="s2"), ACME]
    outcome = timer.start(others, Start("gamma", session="s1"), SWITCH, NOW)
    assert outcome.effects == (SessionBeat("session_start", "s1", "gamma", NOW),)


def test_strict_refuses_a_session_beside_a_manual_timer_and_not_beside_a_session():
    with pytest.raises(Conflict):
        timer.start([ACME], Start("beta", session="s1"), STRICT, NOW)
    other = running("beta", origin="auto", session="s2")
    assert effects_of(timer.start([other], Start("gamma", session="s1"), STRICT, NOW)) == ["SessionBeat"]


def test_a_stop_that_names_a_session_ends_that_session_and_no_other():
    mine, other = running("acme", origin="auto", session="s1"), running("beta", origin="auto", session="s2")
    outcome = timer.stop([mine, other], TimerSelector(session="s1"), SWITCH, NOW)
    assert outcome == TimerDecision((SessionBeat("session_end", "s1", "acme", NOW),), mine.id)
    assert timer.stop([mine, other], TimerSelector(session="s3"), SWITCH, NOW) == TimerDecision()


def test_a_waiting_session_is_ended_by_its_stop():
    waiting = running("acme", origin="auto", state="waiting", session="s1")
    assert effects_of(timer.stop([waiting], TimerSelector(project="acme"), SWITCH, NOW)) == ["SessionBeat"]


# ---------------------------------------------------------------- stop


def test_a_stop_names_its_project_or_means_the_most_recently_started():
    both = [BETA, ACME]
    assert timer.stop(both, TimerSelector(), PARALLEL, NOW).effects == (StopEntry(ACME.id, NOW),)
    assert timer.stop(both, TimerSelector(project="beta"), PARALLEL, NOW).effects == (StopEntry(BETA.id, NOW),)


def test_a_stop_for_what_does_not_run_stops_nothing():
    assert timer.stop([ACME], TimerSelector(project="gamma"), SWITCH, NOW) == TimerDecision()
    assert timer.stop([], TimerSelector(), SWITCH, NOW) == TimerDecision()


def test_a_stop_prefers_what_runs_to_what_waits_or_is_paused():
    waiting = running("beta", 14, origin="auto", state="waiting", session="s")
    early = running("acme", 10)
    assert timer.stop([waiting, paused("gamma"), early], TimerSelector(), SWITCH, NOW).timer == early.id


def test_stopping_an_automatic_timer_is_a_cut():
    assert timer.stop([AUTO], TimerSelector(at=at(14, 30)), SWITCH, NOW).effects == (StopEntry(AUTO.id, at(14, 30), (), True),)


def test_a_paused_timer_ended_when_its_pause_began():
    one = running("acme", 12, state="paused", pauses=(Pause(at(12, 30), at(13)), Pause(at(14), None)))
    assert timer.stop([one], TimerSelector(), SWITCH, NOW).effects == (StopEntry(one.id, at(14), (Pause(at(12, 30), at(13)),)),)


def test_a_start_and_a_stop_within_the_same_instant_are_fine():
    assert timer.stop([running(start=15)], TimerSelector(), SWITCH, NOW).effects == (StopEntry(ACME.id, NOW),)


@pytest.mark.parametrize("which", [ACME, AUTO, paused("acme", 14, 14)])
def test_a_stop_before_the_start_is_refused(which):
    with pytest.raises(Invalid, match="is before"):
        timer.stop([which], TimerSelector(at=at(13)), SWITCH, NOW)


# ---------------------------------------------------------------- pause, resume


def test_a_pause_and_a_resume():
    assert timer.pause([ACME], TimerSelector(), SWITCH, NOW).effects == (PauseEntry(ACME.id, NOW, False, "by hand"),)
    assert timer.resume([paused()], TimerSelector(), SWITCH, NOW).effects == (ResumeEntry("acme-manual", NOW),)


def test_pausing_an_automatic_timer_makes_it_manual():
    (effect,) = timer.pause([AUTO], TimerSelector(), SWITCH, NOW).effects
    assert effect.is_cut


def test_pausing_twice_and_resuming_twice_change_nothing():
    assert timer.pause([paused()], TimerSelector(), SWITCH, NOW) == TimerDecision((), "acme-manual")
    assert timer.resume([ACME], TimerSelector(), SWITCH, NOW) == TimerDecision((), ACME.id)


def test_with_nothing_to_pause_or_resume_there_is_a_conflict():
    for act in (timer.pause, timer.resume):
        with pytest.raises(Conflict):
            act([], TimerSelector(), SWITCH, NOW)


def test_a_resume_cuts_the_automatic_timer_and_treats_manual_ones_like_a_start():
    beta = running("beta", 14, origin="auto")
    assert effects_of(timer.resume([paused(), beta], TimerSelector(), SWITCH, NOW)) == ["StopEntry", "ResumeEntry"]
    assert effects_of(timer.resume([paused(), running("beta", 14)], TimerSelector(project="acme"), SWITCH, NOW)) == [
        "StopEntry",
        "ResumeEntry",
    ]
    assert effects_of(timer.resume([paused(), running("beta", 14)], TimerSelector(project="acme"), PARALLEL, NOW)) == [
        "ResumeEntry"
    ]
    with pytest.raises(Conflict):
        timer.resume([paused(), running("beta", 14)], TimerSelector(project="acme"), STRICT, NOW)


def test_a_resume_before_its_pause_is_refused():
    with pytest.raises(Invalid, match="is before"):
        timer.resume([paused()], TimerSelector(at=at(13, 30)), SWITCH, NOW)
    assert timer.resume([paused()], TimerSelector(at=at(14)), SWITCH, NOW).effects == (ResumeEntry("acme-manual", at(14)),)


# ---------------------------------------------------------------- switch, continue, cancel


@pytest.mark.parametrize("policy", [SWITCH, PARALLEL, STRICT])
def test_switch_stops_everything_human_in_every_mode(policy):
    outcome = timer.switch([ACME, paused("gamma"), running("beta", origin="auto")], Start("delta"), policy, NOW)
    assert effects_of(outcome) == ["StopEntry", "StopEntry", "StopEntry", "StartEntry"]


def test_switching_to_what_runs_stops_only_the_others():
    outcome = timer.switch([ACME, BETA], Start("acme"), PARALLEL, NOW)
    assert outcome == TimerDecision((StopEntry(BETA.id, NOW),), ACME.id)


def test_continue_starts_again_what_the_last_manual_entry_was_about():
    last = TimeEntry("e", "human", "manual", "acme", "T-1", at(9), at(10), "finished", "call", True, ("x",))
    outcome = timer.continue_timer([], last, TimerSelector(), SWITCH, NOW)
    assert outcome.effects == (StartEntry("acme", "T-1", NOW, "call", ("x",), True),)
    with pytest.raises(NotFound):
        timer.continue_timer([], None, TimerSelector(), SWITCH, NOW)


def test_cancel_discards_the_manual_timer_and_leaves_the_automatic_one():
    assert timer.cancel([ACME, running("beta", origin="auto")], TimerSelector(), SWITCH, NOW) == TimerDecision(
        (DropEntry(ACME.id),), ACME.id
    )
    with pytest.raises(Conflict, match="is automatic"):
        timer.cancel([AUTO], TimerSelector(), SWITCH, NOW)
    with pytest.raises(Conflict, match="no manual timer"):
        timer.cancel([], TimerSelector(), SWITCH, NOW)


# ---------------------------------------------------------------- properties


def carried_out(open_timers, effects):
    """The open timers after the engine did as it was told."""
    timers = {one.id: one for one in open_timers}
    for effect in effects:
        match effect:
            case StartEntry():
                timers[f"new-{effect.project}"] = running(effect.project).__class__(
                    f"new-{effect.project}", "human", "manual", effect.project, effect.task, effect.start, None, "running"
                )
            case StopEntry() | DropEntry():
                one = timers.pop(effect.entry)
                assert isinstance(effect, DropEntry) or effect.end >= one.start
            case PauseEntry():
                timers[effect.entry] = paused(timers[effect.entry].project)
            case ResumeEntry():
                assert timers[effect.entry].state == "paused"
                timers[effect.entry] = running(timers[effect.entry].project)
    return list(timers.values())


states = st.lists(
    st.one_of(
        st.builds(running, st.sampled_from(["acme", "beta"]), st.integers(9, 14), st.sampled_from(["manual", "auto"])),
        st.builds(paused, st.sampled_from(["gamma", "delta"]), st.just(9), st.integers(10, 14)),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
whens = st.none() | st.integers(-400, 20).map(lambda minutes: NOW + timedelta(minutes=minutes))
targets = st.builds(TimerSelector, project=st.none() | st.sampled_from(["acme", "beta", "gamma", "zeta"]), at=whens)
wishes = st.none() | st.sampled_from(["switch", "parallel", "conflict"])
starts = st.builds(Start, st.sampled_from(["acme", "beta", "gamma"]), at=whens, on_running=wishes)
verbs = st.one_of(
    st.tuples(st.sampled_from([timer.stop, timer.pause, timer.resume, timer.cancel]), targets),
    st.tuples(st.sampled_from([timer.start, timer.switch]), starts),
)


@settings(max_examples=300, deadline=None)
@given(states, verbs, st.sampled_from([SWITCH, PARALLEL, STRICT]))
def test_no_request_does_more_than_its_contract(open_timers, verb, policy):
    act, request = verb
    refusals = []
    try:
        outcome = act(open_timers, request, policy, NOW)
    except StintdError as refused:
        refusals.append(refused)
        outcome = TimerDecision()
    assert all(one.hint and one.code in ("invalid", "conflict", "not_found") for one in refusals)
    left = carried_out(open_timers, outcome.effects)
    by_hand = [one for one in left if one.origin == "manual" and one.state == "running"]
    before = [one for one in open_timers if one.origin == "manual" and one.state == "running"]
    mode = mode_of(policy, getattr(request, "on_running", None))
    if act in (timer.start, timer.switch) and outcome.effects and mode != "parallel":
        assert len(by_hand) == 1
    assert len(by_hand) <= len(before) + 1


def test_the_table_knows_every_state_and_verb():
    verbs_known = {"start", "stop", "pause", "resume", "cancel"}
    assert {frozenset(row) for row in timer.TRANSITIONS.values()} == {frozenset(verbs_known)}
    assert set(timer.TRANSITIONS) == {"waiting", "running", "paused"}
