"""What goes to a target, when, and under which names."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stintd.domain.billing.portion import portions
from stintd.domain.billing.rounding import Rounding
from stintd.domain.billing.target import (
    Abilities,
    EntryFacts,
    Target,
    TargetRule,
    description_text,
    hold,
    missing_need,
    place,
    rounding_for,
    tags_of,
)
from stintd.domain.model import EntryId, Pause, TimeEntry

ABLE = Abilities(needs=("project_id",))
RULE = TargetRule({"project_id": "p1"}, project="atlas")
TARGET = Target("acme", "clockme", rules=(RULE,))
AUTO = Target("acme", "clockme", deliver="auto", rules=(RULE,))
BERLIN = ZoneInfo("Europe/Berlin")


def work(**more):
    return EntryFacts(**{"project": "atlas", "task": None, "client": None, "day": date(2026, 11, 20), **more})


@pytest.mark.parametrize(("target", "given_", "reason"), [
    (TARGET, {}, "not approved"), (TARGET, {"is_approved": True}, None), (AUTO, {}, None),
    (AUTO, {"is_finished": False}, "the timer is still running"),
    (AUTO, {"is_confirmed": False}, "unconfirmed time is never sent without approval"),
    (AUTO, {"origin": "backfill"}, "estimated time is never sent without approval"),
    (AUTO, {"actor": "agent", "is_billable": True}, "agents' time is never sent without approval"),
    (TARGET, {"actor": "agent", "is_approved": True}, "it is agents' time, and its project does not bill that"),
    (TARGET, {"actor": "agent", "is_approved": True, "is_billable": True}, None),
    (TARGET, {"origin": "backfill", "is_confirmed": False, "is_approved": True}, None),
    (TARGET, {"project": "beta", "is_approved": True}, "beta is not mapped"), (AUTO, {"project": None}, "it has no project"),
])  # fmt: skip
def test_what_is_held_back_and_why(target, given_, reason):
    found = hold(target, work(**given_), ABLE)
    assert (found.reason if found else None) == reason


def test_an_unmapped_entry_names_the_command_that_maps_it():
    assert hold(TARGET, work(project="beta"), ABLE).remedy == "`stint targets map acme --project 'beta' project_id=ID`"


def test_what_takes_no_finished_entries_gets_none():
    assert "accepts no finished entries" in hold(AUTO, work(), Abilities(finished=False)).reason


def test_the_most_specific_rule_wins_and_the_first_of_equals():
    rules = [
        TargetRule({"id": "any"}),
        TargetRule({"id": "client"}, client="Corp"),
        TargetRule({"id": "tag"}, tag="call"),
        TargetRule({"id": "project"}, project="Atlas"),
        TargetRule({"id": "task"}, project="atlas", task="DEV-1"),
        TargetRule({"id": "second"}, project="atlas"),
    ]
    target = Target("t", "clockme", rules=tuple(rules))
    assert place(target, work(task="dev-1", client="Corp", tags=("call",)))["id"] == "task"
    assert place(target, work(client="Corp", tags=("call",)))["id"] == "project"
    assert place(target, work(project="x", client="corp", tags=("call",)))["id"] == "tag"
    assert place(target, work(project="x", client="corp"))["id"] == "client"
    assert place(target, work(project="x"))["id"] == "any"


def test_a_rule_holds_for_a_project_by_its_earlier_names_and_in_either_form_of_an_accent():
    target = Target("t", "clockme", rules=(TargetRule({"id": "1"}, project="Café"),))
    for name, aliases in (("Cafe\u0301", ()), ("CAFÉ", ()), ("bistro", ("cafe\u0301",)), ("bistro", ("older", "Café"))):
        assert place(target, work(project=name, aliases=aliases)) == {"id": "1"}
    assert place(target, work(project="bistro", aliases=("Cafe",))) is None


def test_a_rule_for_a_task_holds_with_and_without_the_prefix_of_clickup():
    for written, key in (("86fpd7vgc", "CU-86fpd7vgc"), ("CU-86fpd7vgc", "86fpd7vgc"), ("86FPD7VGC", "CU-86fpd7vgc")):
        target = Target("t", "clickup", rules=(TargetRule({"task_id": "1"}, task=written),))
        assert place(target, work(task="Login", task_key=key)) == {"task_id": "1"}
        assert place(target, work(task="Login", task_key="86other99")) is None


def test_a_place_named_by_the_task_takes_what_has_one_and_leaves_the_rest_to_other_rules():
    ticket = TargetRule({"issue": "{task}", "note": "for {task}"}, project="atlas")
    target = Target("jira", "jira", deliver="auto", rules=(ticket,))
    assert place(target, work(task="Login", task_key="DEV-1")) == {"issue": "DEV-1", "note": "for DEV-1"}
    found = hold(target, work(), Abilities(needs=("issue",)))
    assert (found.reason, found.remedy) == ("it has no task, and its mapping needs one", "`stint edit ID --task KEY`")
    both = Target("jira", "jira", rules=(ticket, TargetRule({"issue": "GEN-1"}, client="Corp")))
    assert place(both, work(client="corp"))["issue"] == "GEN-1"
    assert place(both, work(client="corp", task_key="DEV-1"))["issue"] == "DEV-1"


def test_one_of_several_names_is_enough_where_a_kind_says_so():
    able = Abilities(needs=("issue_id|project_id", "activity_id"))
    assert missing_need(able, {"project_id": "1", "activity_id": "9"}) is None
    assert missing_need(able, {"activity_id": "9"}) == "issue_id|project_id"
    assert missing_need(able, {"issue_id": "1", "project_id": "1"}) == "activity_id"


def test_descriptions_by_the_rule_of_the_target_without_control_characters():
    one = work(description="fix\x1b[31m it\nnow", task="DEV-1")
    assert description_text(TARGET, one) == "fix [31m it now"
    texts = [description_text(Target("t", "x", description=rule), one) for rule in ("task", "none", "work")]
    assert texts == ["DEV-1", "", "work"]


def entry(start, end, *pauses):
    return TimeEntry(
        EntryId("e"), "human", "manual", None, None, start, end, "finished", pauses=tuple(Pause(a, b) for a, b in pauses)
    )


def at(hour, minute=0, day=20):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def test_a_target_without_pauses_gets_one_part_for_each_run():
    one = entry(at(9), at(12), (at(10), at(10, 30)))
    assert [part.seconds for part in portions(one, BERLIN, ABLE, False)] == [3600, 5400]
    whole = portions(one, BERLIN, Abilities(pauses=True), False)
    assert [(part.seconds, part.end - part.start) for part in whole] == [(9000, 10800)]


def test_a_target_of_days_gets_one_part_for_each_local_day():
    one = entry(at(22, 30), at(0, 30, 21), (at(22, 40), at(22, 50)))
    parts = portions(one, BERLIN, Abilities(day_based=True), False)
    assert [(str(part.day), part.seconds) for part in parts] == [("2026-11-20", 20 * 60), ("2026-11-21", 90 * 60)]
    assert [part.seconds for part in portions(one, BERLIN, ABLE, True)] == [600, 600, 5400]


@given(st.integers(0, 10**12), st.integers(0, 3 * 86400 * 10**6), st.booleans(), st.booleans(), st.booleans())
def test_parts_add_up_to_the_entry_within_half_a_second_each(start_us, length_us, has_pauses, is_day_based, is_by_day):
    start = datetime(2026, 3, 20, tzinfo=UTC) + timedelta(microseconds=start_us)
    one = entry(start, start + timedelta(microseconds=length_us))
    parts = portions(one, BERLIN, Abilities(pauses=has_pauses, day_based=is_day_based), is_by_day)
    assert abs(sum(part.seconds for part in parts) - length_us / 1e6) <= 0.5 * max(1, len(parts)) + 0.5
    assert all(part.end - part.start >= part.seconds - 1 for part in parts)


def test_whether_it_is_billable_is_the_least_specific_condition():
    free = TargetRule({"id": "free"}, billable=False)
    billed, corp = TargetRule({"id": "billed"}, billable=True), TargetRule({"id": "corp"}, client="Corp")
    target = Target("acme", "x", rules=(free, TargetRule({"id": "any"}), billed, corp))
    assert place(target, work(is_billable=True))["id"] == "billed"
    assert place(target, work())["id"] == "free"
    assert place(target, work(client="corp"))["id"] == "corp"


def test_a_rule_rounds_its_own_way_and_the_rest_goes_by_the_target():
    corp = TargetRule({"id": "corp"}, client="Corp", rounding=Rounding("up", 15))
    target = Target("acme", "x", rounding=Rounding("nearest", 6), rules=(RULE, corp))
    assert rounding_for(target, work()) == Rounding("nearest", 6)
    assert rounding_for(target, work(project="x", client="Corp")) == Rounding("up", 15)


def test_tags_go_by_the_names_they_have_there():
    target = Target("acme", "x", tags={"Night": "Overtime", "private": "", "late": "Overtime"})
    assert tags_of(target, work(tags=("night", "private", "late", "other"))) == ["Overtime", "other"]
