"""The days a client would dispute. What was done stands in each test in words, and the sheet that is expected."""

from datetime import timedelta

from tests.support.timeline import Timeline, gap_lines


def test_agent_looping_overnight_under_the_persons_name_bills_the_person_the_evening_and_the_morning_only() -> None:
    """Ada works on acme until 18:00, starts a loop at 18:10 and goes home.

    The loop prompts itself a second after each stop and commits under her name, until 02:10. She is back at 09:00.
    Expected: 17:00-18:11 and 08:59-09:31 are hers; 18:11 to 02:10 is the agent's.
    """
    day = Timeline()
    day.edits_between("17:00", "18:00", "acme")
    day.beat("18:02", "acme", "session_start", "agent", session="loop")
    day.prompt("18:10", "acme", "loop")
    for hour in range(18, 26):
        for start, end in ((10, 39), (40, 69)):
            at = [f"{(hour + m // 60) // 24}d {(hour + m // 60) % 24:02d}:{m % 60:02d}" for m in (start, end)]
            if (hour, start) != (18, 10):
                day.prompt(f"{at[0]}:00", "acme", "loop", witness="agent")
            day.turn(at[0], f"{at[1]}:58", "acme", "loop")
            day.commit(f"{at[1]}:30", "acme", witness="")
            day.prompt(f"{at[1]}:59", "acme", "loop")
    day.edits_between("1d 09:00", "1d 09:30", "acme")
    assert day.lines() == ["16:59-18:11 acme", "1d 08:59-1d 09:31 acme"]
    assert day.agent_lines() == ["18:11-1d 02:09:58 acme"]


def test_lunch_during_an_agents_run_is_the_agents_not_the_persons() -> None:
    """She prompts at 12:00, goes to lunch, the agent works until 12:30, and at 13:00 she prompts again.

    Expected: hers until 12:01 and from 12:59; the agent's from 12:01 to 12:30; nobody's in between.
    """
    day = Timeline()
    day.edits_between("11:00", "11:58", "acme", source="editor")
    day.prompt("12:00", "acme")
    day.turn("12:00", "12:30", "acme")
    day.prompt("13:00", "acme")
    day.turn("13:00", "13:04", "acme")
    day.edits_between("13:05", "13:30", "acme", source="editor")
    assert day.lines() == ["10:59-12:01 acme", "12:59-13:31 acme, 4 min supervised"]
    assert day.agent_lines() == ["12:01-12:30 acme"]


def test_manual_timer_forgotten_over_a_call_keeps_its_time_and_the_work_after_its_end_is_tracked() -> None:
    """A timer for beta is started at 14:00 for a call; from 14:31 she edits acme, and at 15:00 stops beta at 14:30.

    Expected: beta keeps 14:00-14:30 (it is not the rules' to derive); acme is 13:29-14:00 and, from the first edit's
    lead, 14:30-15:01. While beta still runs, acme earns nothing.
    """
    day = Timeline()
    day.edits_between("13:30", "13:58", "acme")
    day.edits_between("14:31", "15:00", "acme")
    day.claim("14:00", None, "beta")
    assert day.lines("15:00") == ["13:29-13:59 acme"]
    day.edits = Timeline().edits
    day.claim("14:00", "14:30", "beta")
    assert day.lines() == ["13:29-13:59 acme", "14:30-15:01 acme"]


def test_two_tickets_in_one_repository_are_two_tasks_and_a_look_at_the_other_is_none() -> None:
    """DEV-1 until 10:00, checkout of DEV-2 and work until 10:40, half a minute back on DEV-1, DEV-2 until 11:00.

    Expected: the change of branch cuts at the checkout's lead; the half minute on DEV-1 is folded into DEV-2.
    """
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme", branch="fix/DEV-1-login")
    day.beat("10:02", "acme", "checkout", "git", branch="DEV-2", witness="terminal")
    day.edits_between("10:04", "10:40", "acme", branch="DEV-2")
    day.beat("10:41:00", "acme", "checkout", "git", branch="fix/DEV-1-login", witness="terminal")
    day.beat("10:41:20", "acme", branch="fix/DEV-1-login")
    day.beat("10:41:30", "acme", "checkout", "git", branch="DEV-2", witness="terminal")
    day.edits_between("10:43", "11:00", "acme", branch="DEV-2")
    assert day.lines() == ["08:59-10:01 acme DEV-1", "10:01-11:01 acme DEV-2"]


def test_pull_in_one_clients_repository_while_working_for_another_is_no_switch() -> None:
    """All morning on acme; at 10:07, in a pause between two edits four minutes apart each, a pull in beta.

    Expected: one entry for acme, nothing for beta.
    """
    day = Timeline()
    day.edits_between("09:00", "10:03", "acme")
    day.beat("10:07", "beta", "pull", "git", witness="terminal")
    day.edits_between("10:11", "11:00", "acme")
    assert day.lines() == ["08:59-11:01 acme"]


def test_friday_correction_is_undone_neither_by_a_rebuild_nor_by_a_late_queue() -> None:
    """The sheet said acme 09:00-12:00. On Friday she shortens it to 11:00 and calls 11:00-12:00 private.

    Then a queue arrives late: edits in acme and beta between 11:10 and 11:50, and up to 12:20.
    Expected: what she took away stays empty, before and after the queue; only 12:00-12:21 is new.
    """
    day = Timeline()
    day.edits_between("09:00", "12:00", "acme")
    day.claim("09:00", "11:00", "acme")
    day.take("08:59", "09:00")
    day.take("11:00", "12:01")
    assert day.lines() == []
    assert day.sheet() == day.sheet()
    day.edits_between("11:10", "11:50", "beta", every=3)
    day.edits_between("11:11", "12:20", "acme", every=3)
    assert day.lines() == ["12:01-12:21 acme"]


def test_lid_closed_between_two_edits_is_cut_out_and_nothing_else() -> None:
    """Edits at 10:00 and 10:12 on the train; the lid was closed from 10:01 to 10:10.

    Expected: 10:00 to the lid, from the lid to 10:12; the nine minutes are away, and the sheet says why.
    """
    day = Timeline()
    day.edits_between("09:30", "10:00", "acme")
    day.edits_between("10:12", "10:30", "acme")
    day.away("10:01", "10:10")
    assert day.lines() == ["09:29-10:01 acme", "10:10-10:31 acme"]
    assert gap_lines(day.sheet().gaps)[0] == "10:01-10:10 away"
    assert day.sheet().gaps[0].reason == "9m away (computer suspended)"


def test_ordinary_day_is_two_projects_a_lunch_and_an_evening_nobody_billed() -> None:
    """acme 09:00-12:00 with a commit, a coffee of ten minutes and another commit; lunch; beta to 15:30; acme to 17:00.

    Expected: the coffee after the commit is away, lunch is away, the switches are where the work moved.
    """
    day = Timeline()
    day.edits_between("09:00", "10:28", "acme")
    day.commit("10:30", "acme")
    day.edits_between("10:42", "11:58", "acme")
    day.commit("12:00", "acme")
    day.edits_between("13:00", "15:30", "beta", source="editor")
    day.edits_between("15:34", "17:00", "acme")
    assert day.lines() == [
        "08:59-10:31 acme",
        "10:41-12:01 acme",
        "12:59-15:33 beta",
        "15:33-17:01 acme",
    ]
    billed = sum((stretch.hands_on for stretch in day.sheet().stretches), timedelta())
    assert billed == timedelta(hours=6, minutes=54)
    assert [gap.reason for gap in day.sheet().gaps] == [
        "12m of silence after a commit: away (after a commit the limit is 7m 30s)",
        "1h 00m of silence after a commit: away",
        "more than 15m of silence after an edit: away",
    ]
