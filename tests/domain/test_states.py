"""Days with agents whose truth is known: whose each second was, in what state, and the sentence that says why.

Each is derived in order, backwards, and in two halves of which the later comes first: the states are the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest

from stintd.domain.model import Stretch
from tests.support.timeline import Timeline, clock, lines


@dataclass(frozen=True)
class Day:
    """`person` and `agent` as `Timeline.lines` writes them; `reason`: the sentence about the agent's time, or the watching."""

    tell: Callable[[Timeline], None]
    person: Sequence[str]
    agent: Sequence[str]
    reason: str = ""


def prompt_turn_return(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    day.prompt("10:12", "acme")


def long_silence(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:30", "acme")
    day.prompt("10:33", "acme")


def act_elsewhere(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:20", "acme")
    day.edits_between("10:06", "10:19", "beta", source="editor")
    day.prompt("10:22", "acme")


def folded_visit_elsewhere(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    day.beat("10:05", "beta", "read", "editor")
    day.prompt("10:10", "acme")


def headless_run(day: Timeline) -> None:
    day.prompt("02:00", "acme", actor="agent")
    day.turn("02:00", "02:40", "acme")


def loop(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:10", "acme")
    day.prompt("10:10:01", "acme")
    day.turn("10:10:01", "10:20", "acme")
    day.prompt("10:20:01", "acme")
    day.turn("10:20:01", "10:30", "acme")


def prompt_right_after_a_stop(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    day.prompt("10:08:02", "acme")
    day.turn("10:08:02", "10:16", "acme")


def subagents(day: Timeline) -> None:
    """Their acts carry their parent's session, between the prompt and after its stop."""
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    for minute in range(1, 8):
        day.beat(f"10:0{minute}:20", "acme", "tool", "agent", actor="agent", session="s1", entity="sub.py")
    day.prompt("10:11", "acme")


def two_agents_in_one_project(day: Timeline) -> None:
    day.prompt("10:00", "acme", session="s1")
    day.prompt("10:01", "acme", session="s2")
    day.turn("10:00", "10:09", "acme", session="s1")
    day.turn("10:01", "10:12", "acme", session="s2")
    day.prompt("10:14", "acme", session="s1")


def agent_in_a_worktree(day: Timeline) -> None:
    """The turn's files change in a linked worktree of the repository: the same repository, another folder."""
    day.prompt("10:00", "acme", repo_path="/code/acme")
    day.turn("10:00", "10:20", "acme")
    day.edits_between("10:02", "10:18", "acme", repo_path="/code/acme-wt")


def agent_commits_under_the_persons_name(day: Timeline) -> None:
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:20", "acme")
    day.beat("10:15", "acme", "commit", "git")
    day.edits_between("10:01", "10:14", "acme")


DAYS = {
    "prompt, turn, return": Day(
        prompt_turn_return, ["09:59-10:13 acme, 8 min supervised"], [], "12m while the agent worked, then a prompt"
    ),
    "silence over 15 min": Day(
        long_silence, ["09:59-10:02 acme, 2 min supervised", "10:32-10:34 acme"], ["10:02-10:30 acme"],
        "the agent worked while you were away",
    ),
    "act elsewhere": Day(
        act_elsewhere, ["09:59-10:06 acme, 6 min supervised", "10:06-10:21 beta", "10:21-10:23 acme"], ["10:06-10:20 acme"],
        "the agent worked while you worked on something else",
    ),
    "glance elsewhere": Day(folded_visit_elsewhere, ["09:59-10:11 acme, 8 min supervised"], []),
    "headless run": Day(
        headless_run, [], ["02:00-02:40 acme"],
        "the agent worked without a prompt from a person: an unattended run, a loop or a subagent",
    ),
    "loop": Day(loop, ["09:59-10:01 acme"], ["10:01-10:30 acme"], "the agent worked while you were away"),
    "prompt right after a stop": Day(prompt_right_after_a_stop, ["09:59-10:01 acme"], ["10:01-10:16 acme"]),
    "subagents": Day(subagents, ["09:59-10:12 acme, 8 min supervised"], []),
    "two agents in one project": Day(two_agents_in_one_project, ["09:59-10:15 acme, 12 min supervised"], []),
    "agent in a worktree": Day(agent_in_a_worktree, ["09:59-10:01 acme"], ["10:01-10:20 acme"]),
    "agent commits": Day(agent_commits_under_the_persons_name, ["09:59-10:01 acme"], ["10:01-10:20 acme"]),
}  # fmt: skip


def told(name: str) -> Timeline:
    day = Timeline()
    DAYS[name].tell(day)
    return day


@pytest.mark.parametrize("name", DAYS)
def test_each_second_is_in_its_state(name: str) -> None:
    day = told(name)
    assert day.lines() == DAYS[name].person
    assert day.agent_lines() == DAYS[name].agent


@pytest.mark.parametrize("name", [name for name, day in DAYS.items() if day.reason])
def test_one_sentence_says_why_it_was_supervised_or_the_agents(name: str) -> None:
    stretches = told(name).sheet().stretches
    theirs = [one for one in stretches if one.actor == "agent"] or stretches
    assert DAYS[name].reason in [gap.reason for one in theirs for gap in one.gaps]


@pytest.mark.parametrize("name", DAYS)
def test_order_and_late_hooks_change_no_state(name: str) -> None:
    day = told(name)
    expected = day.sheet().stretches
    hooks = [beat for beat in day.heartbeats if beat.context.source == "agent"]
    files = [beat for beat in day.heartbeats if beat.context.source != "agent"]
    for order in (day.heartbeats[::-1], files + hooks, hooks[len(hooks) // 2 :] + files + hooks[: len(hooks) // 2]):
        day.heartbeats = list(order)
        assert day.sheet().stretches == expected


@pytest.mark.parametrize("name", DAYS)
def test_the_three_states_of_a_project_never_overlap(name: str) -> None:
    by_project: dict[str, list[Stretch]] = {}
    for one in told(name).sheet().stretches:
        assert one.actor == "agent" or one.hands_on + one.supervised == one.end - one.start
        by_project.setdefault(one.project or "", []).append(one)
    for found in by_project.values():
        wall = max(one.end for one in found) - min(one.start for one in found)
        assert sum((one.end - one.start for one in found), timedelta()) <= wall


def test_a_person_who_may_still_come_back_is_not_yet_away() -> None:
    day = Timeline()
    day.prompt("10:00", "acme")
    day.turn("10:00", "10:08", "acme")
    assert day.agent_lines("10:12") == []
    assert day.agent_lines("10:14") == ["10:01-10:08 acme"]
    assert lines(one for one in day.sheet("10:12").stretches if one.is_open) == ["09:59-10:00 acme, running"]


def test_what_was_read_afterwards_is_marked_with_whatever_rests_on_it() -> None:
    day = Timeline()
    day.edits_between("09:00", "09:30", "beta")
    day.prompt("10:00", "acme", source_text="backfill:1")
    day.beat("10:05", "acme", "tool", "agent", actor="agent", session="s1", source_text="backfill:1")
    day.prompt("10:06", "acme", source_text="backfill:1")
    found = day.sheet().stretches
    assert [(one.project, one.is_estimated, one.is_confirmed) for one in found] == [("beta", False, True), ("acme", True, False)]
    assert clock("10:07") == found[-1].end


def test_watching_an_agent_of_which_one_only_read_is_an_estimate_too() -> None:
    day = Timeline()
    for at in ("10:00", "10:12"):
        day.beat(at, "acme", "edit", "editor")
    for minute in range(1, 10):
        day.beat(f"10:{minute:02}", "acme", "tool", "agent", actor="agent", session="s9", source_text="backfill:1")
    (mine,) = [one for one in day.sheet().stretches if one.actor == "human"]
    assert (mine.supervised > timedelta(minutes=7), mine.is_estimated) == (True, True)
