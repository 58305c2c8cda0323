"""One heartbeat at a time, as it happens. That it equals a rebuild for any evidence is in test_properties_timesheet."""

from stintd.domain.derive.live import LiveTimesheet
from stintd.domain.derive.timesheet import derive
from stintd.domain.model import Absence
from stintd.domain.policy import Policy
from tests.support.timeline import ByRepo, Timeline, clock, evidence_of, lines


def live_of(day: Timeline) -> LiveTimesheet:
    live = LiveTimesheet(day.policy, ByRepo(), day.edits)
    for heartbeat in day.heartbeats:
        live.add(heartbeat)
    return live


def test_timer_shows_runs_and_ends_while_time_passes_without_evidence() -> None:
    day = Timeline()
    day.edits_between("10:00", "10:20", "acme")
    live = live_of(day)
    assert lines(live.sheet(clock("10:20")).stretches) == ["09:59-10:20 acme, running"]
    assert lines(live.sheet(clock("10:40")).stretches) == ["09:59-10:21 acme"]
    assert lines(live.sheet(clock("10:30")).stretches) == ["09:59-10:20 acme, running"]


def test_late_heartbeat_joins_what_it_lies_between() -> None:
    day = Timeline()
    day.beat("10:00", "acme")
    day.beat("10:28", "acme")
    live = live_of(day)
    assert lines(live.sheet(clock("12:00")).stretches) == ["09:59-10:01 acme", "10:27-10:29 acme"]
    day.beat("10:14", "acme")
    live.add(day.heartbeats[-1])
    assert lines(live.sheet(clock("12:00")).stretches) == ["09:59-10:29 acme"]


def test_absence_and_edit_that_come_late_change_the_sheet() -> None:
    day = Timeline()
    day.edits_between("10:00", "10:30", "acme", every=10)
    live = live_of(day)
    assert lines(live.sheet(clock("12:00")).stretches) == ["09:59-10:31 acme"]
    live.add_absence(Absence(clock("10:12"), clock("10:18"), "suspend"))
    day.take("10:20", "11:00")
    live.edit(day.edits)
    assert lines(live.sheet(clock("12:00")).stretches) == ["09:59-10:12 acme", "10:18-10:20 acme"]


def test_two_entities_at_one_instant_are_two_heartbeats() -> None:
    day = Timeline()
    day.beat("10:00", "mono", entity="web/a.ts")
    day.beat("10:00", "mono", entity="api/b.py")
    live = LiveTimesheet(Policy(), ByRepo())
    for heartbeat in day.heartbeats:
        live.add(heartbeat)
        live.sheet(clock("11:00"))
    expected = derive(evidence_of(day.heartbeats), day.edits, day.policy, ByRepo(), clock("11:00"))
    assert live.sheet(clock("11:00")) == expected
