"""Which project and task has the attention: switches, folded visits, marks, lone commits, unknown branches."""

from tests.support.timeline import Timeline, gap_lines


def morning() -> Timeline:
    """acme from 09:00 to 10:00, and from 10:03 to 11:00."""
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.edits_between("10:03", "11:00", "acme")
    return day


def test_visit_shorter_than_a_minute_is_folded_into_what_came_before() -> None:
    day = morning()
    day.beat("10:02:10", "beta")
    day.beat("10:02:30", "beta")
    assert day.lines() == ["08:59-11:01 acme"]


def test_visit_of_exactly_a_minute_is_a_visit() -> None:
    day = morning()
    day.beat("10:02:00", "beta")
    day.beat("10:02:30", "beta")
    assert day.lines() == ["08:59-10:01 acme", "10:01-10:02:30 beta", "10:02:30-11:01 acme"]


def test_visit_lasts_until_the_next_stretch_begins_so_two_edits_before_a_pause_are_a_visit() -> None:
    day = morning()
    day.beat("10:01", "beta")
    day.beat("10:01:20", "beta")
    assert day.lines() == ["08:59-10:00 acme", "10:00-10:02 beta", "10:02-11:01 acme"]


def test_short_visit_with_a_commit_is_no_short_visit() -> None:
    day = morning()
    day.beat("10:02:10", "beta")
    day.commit("10:02:30", "beta")
    assert day.lines() == ["08:59-10:01:10 acme", "10:01:10-10:02:30 beta", "10:02:30-11:01 acme"]


def test_short_visit_with_a_prompt_is_no_short_visit() -> None:
    day = morning()
    day.prompt("10:02:30", "beta")
    assert day.lines() == ["08:59-10:01:30 acme", "10:01:30-10:02:30 beta", "10:02:30-11:01 acme"]


def test_short_visit_at_the_beginning_is_folded_into_the_next() -> None:
    day = Timeline()
    day.beat("08:59:30", "beta")
    day.edits_between("09:00", "10:00", "acme")
    assert day.lines() == ["08:58:30-10:01 acme"]


def test_whole_run_that_is_short_stays() -> None:
    day = Timeline()
    day.beat("09:00:00", "beta")
    day.beat("09:00:20", "acme")
    assert day.lines() == ["08:59-09:00 beta", "09:00-09:01:20 acme"]


def test_last_visit_of_a_run_is_a_visit_however_short() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.beat("10:02", "beta")
    assert day.lines() == ["08:59-10:01 acme", "10:01-10:03 beta"]


def test_marks_between_heartbeats_of_one_other_project_are_no_switch() -> None:
    for kind in ("checkout", "pull", "stash", "push", "read"):
        day = Timeline()
        day.edits_between("09:00", "10:00", "acme")
        day.beat("10:05", "beta", kind, "git", witness="terminal")
        day.edits_between("10:09", "11:00", "acme")
        assert day.lines() == ["08:59-11:01 acme"], kind


def test_mark_between_two_different_projects_is_a_visit() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.beat("10:03", "beta", "pull", "git", witness="terminal")
    day.edits_between("10:06", "11:00", "gamma")
    assert day.lines() == ["08:59-10:02 acme", "10:02-10:05 beta", "10:05-11:01 gamma"]


def test_lone_commit_elsewhere_earns_lead_and_tail_only() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme")
    day.commit("10:03", "beta")
    day.edits_between("10:07", "11:00", "acme")
    assert day.lines() == ["08:59-10:02 acme", "10:02-10:04 beta", "10:06-11:01 acme"]
    assert gap_lines(day.sheet().unassigned) == ["10:04-10:06 unassigned"]


def test_change_of_branch_without_a_ticket_cuts_at_the_heartbeat_and_loses_nothing() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme", branch="main")
    day.edits_between("10:08", "11:00", "acme", branch="topic")
    stretches = day.sheet().stretches
    assert day.lines() == ["08:59-10:08 acme", "10:08-11:01 acme"]
    assert [stretch.branch for stretch in stretches] == ["main", "topic"]


def test_heartbeat_that_does_not_know_its_branch_is_no_switch() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme", branch="DEV-1")
    day.beat("09:31", "acme", "edit", "editor", branch=None)
    day.beat("08:58", "acme", "edit", "editor", branch=None)
    assert day.lines() == ["08:57-10:01 acme DEV-1"]


def test_worktree_on_another_branch_is_another_task_of_the_same_project() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "acme", branch="DEV-1", repo_path="/code/acme")
    day.edits_between("10:02", "11:00", "acme", branch="DEV-2", repo_path="/code/acme-2")
    assert day.lines() == ["08:59-10:01 acme DEV-1", "10:01-11:01 acme DEV-2"]


def test_mapped_folders_of_one_repository_are_different_projects_although_one_run_holds_them() -> None:
    day = Timeline()
    day.edits_between("09:00", "10:00", "mono", entity="web/a.ts")
    day.edits_between("10:02", "11:00", "mono", entity="api/b.py")
    assert day.lines() == ["08:59-10:01 web", "10:01-11:01 api"]


def test_evidence_without_a_project_is_kept_without_one() -> None:
    day = Timeline()
    day.edits_between("09:00", "09:30", "nowhere")
    day.edits_between("09:32", "10:00", "acme")
    assert day.lines() == ["08:59-09:31 ?", "09:31-10:01 acme"]
