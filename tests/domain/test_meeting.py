"""Which project a meeting belongs to, and what of it is left beside entries."""

import pytest

from stintd.domain.meeting import Meeting, MeetingRule, assign_projects, free_parts

MINUTE = 60_000_000


def meeting(begin, end, title="Planning", attendees=()):
    return Meeting(begin * MINUTE, end * MINUTE, title, attendees)


def test_the_first_rule_that_matches_gives_project_and_task():
    rules = [
        MeetingRule(title="lunch*", ignore=True),
        MeetingRule(title="plan*", attendee="*@acme.example", project="acme", task="M"),
        MeetingRule(title="*plan*", project="own"),
    ]
    found = assign_projects(
        [
            meeting(0, 60, attendees=("Eve@ACME.example",)),
            meeting(60, 90, "Replanning"),
            meeting(90, 120, "Lunch!"),
            meeting(120, 150, "?"),
        ],
        rules,
    )
    assert [(one.title, one.project, one.task) for one in found] == [
        ("Planning", "acme", "M"),
        ("Replanning", "own", None),
        ("?", None, None),
    ]


def test_a_meeting_in_two_calendars_is_one():
    assert len(assign_projects([meeting(0, 60), meeting(0, 60)], [])) == 1


@pytest.mark.parametrize(
    ("taken", "left"),
    [([], [(0, 60)]), ([(0, 60)], []), ([(-5, 90)], []), ([(0, 30), (30, 60)], []), ([(20, 40)], [(0, 20), (40, 60)]),
     ([(3, 58)], []), ([(-30, 10)], [(10, 60)]), ([(50, 70)], [(0, 50)]), ([(60, 70), (-9, 0)], [(0, 60)]),
     ([(0, 50), (10, 20)], [(50, 60)])],
)  # fmt: skip
def test_only_what_no_entry_covers_is_left(taken, left):
    found = free_parts([meeting(0, 60)], [(lo * MINUTE, hi * MINUTE) for lo, hi in taken])
    assert [(one.start_us // MINUTE, one.end_us // MINUTE) for one in found] == left
