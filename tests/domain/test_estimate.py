"""Git's acts read afterwards: what a commit is taken to be worth, and that recorded time comes first."""

from datetime import timedelta

from stintd.domain.policy import Policy
from tests.support.timeline import Timeline, lines

READ = {"source_text": "backfill:1"}


def spans(day: Timeline) -> list[str]:
    """Its lines, of which each may be unconfirmed: an estimate is."""
    return [line.removesuffix(", unconfirmed") for line in day.lines()]


def test_a_commit_is_worth_the_time_since_the_act_before_it() -> None:
    day = Timeline()
    day.commit("10:00", "acme", **READ)
    day.commit("10:40", "acme", **READ)
    assert spans(day) == ["09:00-10:41 acme"]
    before, between = [gap for stretch in day.sheet().stretches for gap in stretch.gaps]
    assert before.reason == "1h 00m before a commit imported from git: estimated as work"
    assert (
        between.reason
        == "40m between a commit and a commit imported from git: estimated as work, because it is no longer than 1h 00m"
    )


def test_an_hour_at_most_and_nothing_of_the_night() -> None:
    day = Timeline()
    day.commit("10:00", "acme", **READ)
    day.commit("11:00:00.000001", "acme", **READ)
    day.commit("1d 08:00", "acme", **READ)
    assert spans(day)[0] == "09:00-10:01 acme"
    assert spans(day)[-1] == "1d 07:00-1d 08:01 acme"
    assert all(stretch.is_estimated for stretch in day.sheet().stretches)


def test_between_two_projects_the_time_is_that_of_the_later_commit() -> None:
    day = Timeline()
    day.commit("10:00", "acme", **READ)
    day.commit("10:30", "beta", **READ)
    assert spans(day) == ["09:00-10:01 acme", "10:01-10:31 beta"]


def test_a_branch_made_just_before_the_commit_takes_nothing_from_it() -> None:
    day = Timeline()
    day.beat("08:30", "acme", "pull", "git", **READ)
    day.beat("10:00", "acme", "checkout", "git", **READ)
    day.commit("10:10", "acme", **READ)
    assert spans(day) == ["08:29-08:31 acme", "09:10-10:11 acme"]


def test_what_comes_within_an_hour_after_a_commit_bridges() -> None:
    day = Timeline()
    day.commit("10:00", "acme", **READ)
    day.beat("10:30", "acme", "rebase", "git", **READ)
    assert spans(day) == ["09:00-10:31 acme"]


def test_what_was_recorded_is_not_estimated_again() -> None:
    day = Timeline()
    day.edits_between("09:00", "09:50", "acme")
    day.commit("10:00", "beta", **READ)
    assert spans(day) == ["08:59-09:51 acme", "09:51-10:01 beta"]
    day.commit("10:00", "acme")
    assert "10:00" not in "".join(lines(one for one in day.sheet().stretches if one.is_estimated and one.project == "acme"))


def test_the_most_it_is_worth_is_a_setting() -> None:
    day = Timeline(Policy(estimate_max=timedelta(minutes=20)))
    day.commit("10:00", "acme", **READ)
    day.commit("10:40", "acme", **READ)
    assert spans(day) == ["09:40-10:01 acme", "10:20-10:41 acme"]


def test_an_agents_turn_that_is_known_goes_before_the_estimate() -> None:
    day = Timeline()
    day.prompt("10:00", "acme", **READ)
    for minute in range(1, 31):
        day.beat(f"10:{minute:02}", "acme", "tool", "agent", actor="agent", session="s1", **READ)
    day.beat("10:40", "acme", "commit", "git", **READ)
    assert day.agent_lines() != []
