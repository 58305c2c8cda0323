"""Whose a heartbeat is while agents work, and the three states of an agent's project."""

from datetime import timedelta

from stintd.domain.derive.timesheet import Cut, Edits
from stintd.domain.model import ProjectId, to_us
from tests.support.timeline import Timeline, clock


def test_turn_is_supervised_when_the_person_is_back_within_five_minutes_of_its_end() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    day.prompt("10:13", "acme")
    (stretch,) = day.sheet().stretches
    assert (stretch.supervised, stretch.hands_on) == (timedelta(minutes=8), timedelta(minutes=7))
    assert stretch.gaps[0].reason == "13m while the agent worked, then a prompt"


def test_turn_is_the_agents_alone_when_the_person_comes_back_later() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    day.prompt("10:13:01", "acme")
    assert day.lines() == ["09:59-10:01 acme", "10:12:01-10:14:01 acme"]
    assert day.agent_lines() == ["10:01-10:08 acme"]


def test_turn_of_four_minutes_is_waited_for_and_the_whole_silence_judged_like_any_other() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:04", "acme")
    day.prompt("10:15", "acme")
    assert day.lines() == ["09:59-10:16 acme"]
    assert (
        day.sheet().stretches[0].gaps[0].reason == "15m of silence between a prompt and a prompt, within the limit of 15m: work"
    )


def test_turn_a_moment_longer_is_not_waited_for() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:04:00.000001", "acme")
    day.prompt("10:15", "acme")
    assert day.lines() == ["09:59-10:01 acme", "10:14-10:16 acme"]


def test_turn_of_more_than_fifteen_minutes_is_watched_for_two() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:16", "acme")
    day.prompt("10:17", "acme")
    assert day.lines() == ["09:59-10:02 acme, 2 min supervised", "10:16-10:18 acme"]
    assert day.agent_lines() == ["10:02-10:16 acme"]


def test_turn_of_exactly_fifteen_minutes_is_watched() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:15", "acme")
    day.prompt("10:20", "acme")
    assert day.lines() == ["09:59-10:21 acme, 15 min supervised"]


def test_act_elsewhere_ends_supervision_at_that_act_and_not_before() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:14", "acme")
    day.edits_between("10:07", "10:13", "beta")
    day.prompt("10:16", "acme")
    assert day.lines() == ["09:59-10:07 acme, 7 min supervised", "10:07-10:15 beta", "10:15-10:17 acme"]
    assert day.agent_lines() == ["10:07-10:14 acme"]


def test_glance_elsewhere_does_not_end_supervision() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:10", "acme")
    day.beat("10:05:00", "beta")
    day.beat("10:05:10", "acme", "read", "editor")
    day.prompt("10:12", "acme")
    assert day.lines() == ["09:59-10:13 acme, 9.83333 min supervised"]


def test_file_changes_and_commits_in_the_agents_repository_during_its_turn_are_the_agents() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:40", "acme")
    day.edits_between("10:10", "10:39", "acme")
    day.commit("10:39:30", "acme", witness="")
    day.beat("10:40:01.500000", "acme")
    assert day.lines() == ["09:59-10:01 acme"]
    assert day.agent_lines() == ["10:01-10:40 acme"]


def test_editor_and_terminal_acts_during_a_turn_are_the_persons() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:40", "acme")
    day.edits_between("10:01", "10:20", "acme", source="editor")
    day.commit("10:21", "acme", witness="terminal")
    assert day.lines() == ["09:59-10:22 acme, 1 min supervised"]
    assert day.agent_lines() == ["10:22-10:40 acme"]


def test_file_changes_in_another_repository_during_a_turn_are_the_persons() -> None:
    day = Timeline()
    day.turn("10:00", "10:40", "acme")
    day.edits_between("10:10", "10:30", "beta")
    assert day.lines() == ["10:09-10:31 beta"]


def test_path_a_tool_touched_decides_the_project_not_where_the_session_was_started() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:40", "beta")
    assert day.agent_lines() == ["10:00-10:40 beta"]


def test_prompt_within_two_seconds_of_a_stop_is_a_loops() -> None:
    day = Timeline()
    day.turn("10:00", "10:30", "acme")
    day.prompt("10:30:02", "acme")
    day.turn("10:30:02", "10:50", "acme")
    assert day.lines() == []
    day.prompt("10:50:02.000001", "acme")
    assert len(day.lines()) == 1


def test_prompt_of_a_headless_run_is_the_agents() -> None:
    day = Timeline()
    day.prompt("10:00", "acme", witness="agent")
    day.turn("10:00", "10:20", "acme")
    assert day.lines() == []
    assert day.agent_lines() == ["10:00-10:20 acme"]


def test_turn_that_died_ends_at_its_last_heartbeat() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:20", "acme")
    day.heartbeats.pop()
    assert day.agent_lines() == ["10:01-10:19:35 acme"]


def test_two_agents_on_two_projects_overlap_each_other_and_the_person_elsewhere() -> None:
    day = Timeline()
    day.prompt("10:00", "acme", "a")
    day.turn("10:00", "10:40", "acme", "a")
    day.prompt("10:02", "beta", "b")
    day.turn("10:02", "10:50", "beta", "b")
    day.edits_between("10:04", "10:30", "gamma")
    assert day.agent_lines() == ["10:01-10:40 acme", "10:03-10:50 beta"]
    assert day.lines() == ["09:59-10:01 acme", "10:01-10:03 beta", "10:03-10:31 gamma"]


def test_agents_time_of_a_manual_timers_project_is_the_persons() -> None:
    day = Timeline()
    day.turn("10:00", "10:40", "acme")
    day.claim("10:10", "10:20", "acme")
    assert day.agent_lines() == ["10:00:05-10:10 acme", "10:20-10:40 acme"]


def test_agent_does_not_work_while_its_machine_sleeps_but_behind_a_locked_screen() -> None:
    day = Timeline()
    day.turn("10:00", "10:40", "acme")
    day.away("10:05", "10:15", "lock")
    day.away("10:20", "10:30", "suspend")
    assert day.agent_lines() == ["10:00:05-10:20 acme", "10:30-10:40 acme"]


def test_while_the_person_may_still_come_back_the_turn_is_not_shown_as_the_agents() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:20", "acme")
    day.heartbeats.pop()
    assert day.lines("10:10") == ["09:59-10:00 acme, running"]
    assert day.agent_lines("10:10") == []


def test_agent_still_at_work_after_the_person_left_runs_by_itself() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:20", "acme")
    day.heartbeats.pop()
    assert day.lines("10:20") == ["09:59-10:01 acme"]
    assert day.agent_lines("10:20") == ["10:01-10:19:35 acme, running"]


def test_heartbeats_of_a_tool_that_only_prompts_make_no_turn() -> None:
    day = Timeline()
    for minute in range(0, 30, 5):
        day.prompt(f"10:{minute:02d}", "acme")
    (stretch,) = day.sheet().stretches
    assert (stretch.actor, stretch.supervised) == ("human", timedelta())


def test_agents_timer_stopped_by_hand_ends_there_and_its_next_act_opens_another() -> None:
    day = Timeline()
    day.turn("10:00", "10:40", "acme")
    day.edits = Edits(cuts=[Cut(to_us(clock("10:20")), "agent", ProjectId("acme"))])
    assert day.agent_lines() == ["10:00:05-10:20 acme", "10:20:00-10:40 acme"]
