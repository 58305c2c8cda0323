"""Machine noise is not work: which signals become heartbeats, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain.model import FileSignal, GitSignal, LockSignal, ProcessSignal
from stintd.domain.noise.filename import exclusions, is_excluded, noise_of_name
from stintd.domain.noise.filter import NoiseFilter
from stintd.domain.policy import Policy

T0 = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
REPO = "/code/api"
OLD, NEW = "a" * 40, "b" * 40


def s(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


class Day:
    """Signals at seconds after nine; collects every heartbeat that comes out, releasing as a daemon would."""

    def __init__(self, exclude=(), **policy):
        self.noise = NoiseFilter(Policy(**policy), exclude)
        self.out = []

    def tell(self, signal, now=None):
        now = now or signal.time
        while (due := self.noise.next_deadline()) is not None and due <= now:
            self.out += self.noise.release(due).heartbeats
        passed = self.noise.feed(signal, now)
        self.out += passed.heartbeats
        return passed

    def write(self, at, path="src/a.py", size=None, ignored=False, checkout=REPO):
        return self.tell(FileSignal(s(at), checkout, path, size, ignored))

    def lock(self, at, held=True):
        return self.tell(LockSignal(s(at), REPO, held))

    def git(self, at, kind, origin="reflog", now=None, new=NEW, **more):
        return self.tell(GitSignal(s(at), REPO, kind, origin, OLD, new, **more), now and s(now))

    def agent(self, at, alive=True, folder=REPO, pid=7):
        return self.tell(ProcessSignal(s(at), pid, s(0).timestamp(), "claude", folder, alive))

    def end(self):
        while (due := self.noise.next_deadline()) is not None:
            self.out += self.noise.release(due).heartbeats
        return sorted(self.out, key=lambda draft: draft.time)

    def seen(self):
        """(kind, entity or path, second) of everything, in order."""
        return [(d.kind, d.entity[:12], (d.time - T0).total_seconds()) for d in self.end()]


# ---------------------------------------------------------------- provisional


def test_a_write_is_provisional_at_once_and_certain_after_two_seconds():
    noise = NoiseFilter(Policy())
    passed = noise.feed(FileSignal(s(0), REPO, "a.py"), s(0))
    assert passed.heartbeats == ()
    assert [draft.entity for draft in passed.provisional] == ["a.py"]
    assert noise.next_deadline() == s(2)
    assert noise.release(s(1.999)).heartbeats == ()
    (draft,) = noise.release(s(2)).heartbeats
    assert (draft.kind, draft.source, draft.actor, draft.witness, draft.time) == ("edit", "watch", "human", "", s(0))
    assert noise.next_deadline() is None


def test_several_changes_by_one_save_are_one_heartbeat():
    day = Day()
    for at in (0, 0.001, 0.002):
        day.write(at)
    assert day.seen() == [("edit", "src/a.py", 0)]


def test_nothing_is_certain_while_git_holds_its_lock():
    day = Day()
    day.write(0)
    day.lock(1)
    day.write(1.5, "b.py")
    day.tell(LockSignal(s(20), REPO, True))
    assert [draft.entity for draft in day.out] == ["src/a.py"]
    assert [draft.entity for draft in day.noise.provisional_drafts()] == ["b.py"]


def test_a_crashed_gits_lock_holds_nothing_back_for_ever():
    day = Day()
    day.lock(0)
    day.write(1)
    assert day.seen() == [("edit", "src/a.py", 1)]


def test_late_signals_keep_their_own_time():
    day = Day()
    day.tell(FileSignal(s(-3600), REPO, "a.py"), s(0))
    assert day.seen() == [("edit", "a.py", -3600)]


def test_a_file_from_the_future_is_not_believed():
    day = Day()
    day.tell(FileSignal(s(100_000), REPO, "a.py"), s(0))
    assert day.seen() == []
    assert day.noise.dropped["future"] == 1


# ---------------------------------------------------------------- git's own writes


@pytest.mark.parametrize("kind", ["checkout", "merge", "rebase", "pull", "stash"])
def test_files_that_git_rewrote_are_the_one_act(kind):
    day = Day()
    day.lock(10)
    for number in range(30):
        day.write(10.01 + number / 100, f"f{number}.py")
    day.git(10.4, kind)
    day.lock(10.5, False)
    day.write(10.6, "late.py")
    assert day.seen() == [(kind, NEW[:12], 10.4)]


def test_a_checkout_of_3000_files_is_one_checkout():
    day = Day()
    day.lock(10)
    for number in range(3000):
        day.write(10 + number / 1000, f"f{number}.py")
    day.git(13, "checkout")
    day.lock(13.1, False)
    assert day.seen() == [("checkout", NEW[:12], 13)]


def test_a_checkout_whose_lock_was_not_seen_still_takes_its_files():
    day = Day()
    day.write(9)
    day.write(9.5, "b.py")
    day.git(10, "checkout")
    assert day.seen() == [("checkout", NEW[:12], 10)]


def test_an_edit_before_the_lock_is_the_owners_even_a_second_before():
    day = Day()
    day.write(9)
    day.lock(10)
    day.write(10.1, "b.py")
    day.git(10.2, "checkout")
    day.lock(10.3, False)
    assert day.seen() == [("edit", "src/a.py", 9), ("checkout", NEW[:12], 10.2)]


def test_a_lock_that_was_noticed_a_moment_late_still_takes_the_files_written_before():
    """Whichever is heard of first: on a busy machine the file of a pull may come before its lock, or after it."""
    for is_file_first in (True, False):
        day = Day()
        if is_file_first:
            day.tell(FileSignal(s(9.9), REPO, "theirs.py"), s(10))
        day.lock(10)
        if not is_file_first:
            day.tell(FileSignal(s(9.9), REPO, "theirs.py"), s(10.05))
        day.lock(10.1, held=False)
        day.git(10.1, "pull", now=10.2)
        if not is_file_first:
            day.tell(FileSignal(s(9.9), REPO, "later.py"), s(10.4))
        assert [kind for kind, *_ in day.seen()] == ["pull"]


def test_a_commit_does_not_swallow_the_edit_made_seconds_before():
    day = Day()
    day.write(9.2)
    day.lock(10)
    day.git(10.1, "commit")
    day.lock(10.2, False)
    assert day.seen() == [("edit", "src/a.py", 9.2), ("commit", NEW[:12], 10.1)]


def test_edits_while_a_commit_message_is_being_written_count():
    day = Day()
    day.lock(10)
    day.write(15)
    day.write(20, "b.py")
    day.git(30, "commit")
    day.lock(30.1, False)
    assert day.seen() == [("edit", "src/a.py", 15), ("edit", "b.py", 20), ("commit", NEW[:12], 30)]


def test_files_written_under_a_lock_without_an_act_are_one_edit():
    day = Day()
    day.lock(10)
    for number in range(20):
        day.write(10.01 + number / 100, f"f{number}.py")
    day.lock(10.5, False)
    assert day.seen() == [("edit", "f0.py", 10.01)]


def test_a_reset_is_no_evidence_and_explains_its_files():
    day = Day()
    day.lock(10)
    day.write(10.1)
    day.git(10.2, "reset")
    day.lock(10.3, False)
    assert day.seen() == []


def test_work_after_the_checkout_counts():
    day = Day()
    day.lock(10)
    day.git(10.2, "checkout")
    day.lock(10.3, False)
    day.write(13)
    assert day.seen() == [("checkout", NEW[:12], 10.2), ("edit", "src/a.py", 13)]


def test_files_of_a_checkout_caught_up_after_downtime_vanish_into_it():
    day = Day()
    day.tell(GitSignal(s(-500), REPO, "checkout", "reflog", OLD, NEW), s(0))
    for number in range(200):
        day.tell(FileSignal(s(-501 + number / 200), REPO, f"f{number}.py"), s(0.1))
    day.tell(FileSignal(s(-400), REPO, "own.py"), s(0.2))
    assert day.seen() == [("checkout", NEW[:12], -500), ("edit", "own.py", -400)]


# ---------------------------------------------------------------- bursts


@pytest.mark.parametrize(("files", "kept"), [(50, 50), (51, 0), (400, 0)])
def test_more_than_fifty_files_within_two_seconds_are_a_machines(files, kept):
    day = Day()
    for number in range(files):
        day.write(1.9 * number / files, f"f{number}.py")
    assert len(day.seen()) == kept
    assert day.noise.dropped["burst"] == files - kept
    assert len(day.noise.bursts) == (0 if kept else 1)


def test_fifty_one_files_over_more_than_two_seconds_are_kept():
    day = Day()
    for number in range(51):
        day.write(2.6 * number / 50, f"f{number}.py")
    assert len(day.seen()) == 51


def test_the_trickle_after_a_storm_belongs_to_it_and_later_work_does_not():
    day = Day()
    for number in range(200):
        day.write(number / 200, f"f{number}.py")
    for number in range(40):
        day.write(1 + number / 10, f"g{number}.py")
    day.write(30)
    assert day.seen() == [("edit", "src/a.py", 30)]


def test_a_storm_in_one_repository_says_nothing_about_another():
    day = Day()
    for number in range(100):
        day.write(number / 100, f"f{number}.py")
    day.write(1, checkout="/code/other")
    assert [draft.checkout for draft in day.end()] == ["/code/other"]


def test_a_known_editor_may_save_what_a_storm_does_not_excuse():
    day = Day()
    day.noise.note_editor(REPO, "src/a.py", s(0.5))
    for number in range(100):
        day.write(number / 200, f"f{number}.py")
    day.noise.note_editor(REPO, "own.py", s(9))
    for step in range(12):
        day.write(10 + step, "own.py")
        day.noise.note_editor(REPO, "own.py", s(10 + step))
    assert len([draft for draft in day.end() if draft.entity == "own.py"]) == 6


def test_thousands_of_files_caught_up_over_hours_are_no_storm():
    day = Day()
    for number in range(3000):
        day.tell(FileSignal(s(-10_000 + 3 * number), REPO, f"f{number}.py"), s(0))
    assert len(day.seen()) == 3000


# ---------------------------------------------------------------- rhythm


@pytest.mark.parametrize(("period", "jitter"), [(5, 0.0), (5, 0.05), (60, 1.0), (300, 5.0), (3, 0.1)])
def test_a_file_written_at_a_steady_period_counts_four_times(period, jitter):
    day = Day()
    for step in range(20):
        day.write(step * period + jitter * (step % 2))
    assert len(day.seen()) == 4
    assert day.noise.dropped["steady"] == 16


def test_a_person_saves_at_uneven_times():
    day = Day()
    at = 0.0
    for gap in (9, 14, 6, 31, 12, 22, 8, 17, 40, 11):
        at += gap
        day.write(at)
    assert len(day.seen()) == 10


def test_a_steady_file_counts_again_when_somebody_saves_it_out_of_turn():
    day = Day()
    for step in range(8):
        day.write(step * 10)
    day.write(74)
    day.write(79)
    assert [at for _, _, at in day.seen()] == [0, 10, 20, 30, 74, 79]


def test_a_missed_write_does_not_break_the_rhythm():
    day = Day()
    for step in (0, 1, 2, 3, 4, 6, 7, 9):
        day.write(step * 10)
    assert len(day.seen()) == 4


def test_a_file_that_only_grows_is_a_machines():
    day = Day()
    at = 0.0
    for step, gap in enumerate((3, 7, 4, 11, 5, 9, 4, 13, 6, 8)):
        at += gap
        day.write(at, "out/results.jsonl", size=100 * step)
    assert len(day.seen()) == 5
    assert day.noise.dropped["appended"] == 5


def test_writing_and_deleting_text_is_a_persons():
    day = Day()
    at = 0.0
    for step, gap in enumerate((3, 7, 4, 11, 5, 9, 4, 13, 6, 8)):
        at += gap
        day.write(at, size=100 + 10 * step - 25 * (step % 4 == 3))
    assert len(day.seen()) == 10


# ---------------------------------------------------------------- names and folders


@pytest.mark.parametrize(
    "path",
    [
        ".a.py.swp", "src/.a.py.swo", "src/.a.py.swx", "4913", "src/4913", "a.py~", "#a.py#", ".#a.py", "a.py___jb_tmp___",
        "a.py___jb_old___", ".goutputstream-ABC123", ".~lock.letter.odt#", "~$letter.docx", "sedAb12Cd", ".nfs0001", "a.tmp",
        "a.py.tmp.4711.1700000000000", "a.py.1700000000", ".a.py.Xy12Zw", "a.bak", "a.orig", "a.rej", ".DS_Store", "lu1a2b.tmp",
        "data.sqlite", "data.sqlite3", "data.sqlite3-wal", "x.db", "x.db-journal", "x.DB", "server.log", "logs/a.log.1",
        "nohup.out",         ".git/index", "sub/.git/HEAD", "src/__pycache__/a.cpython-311.pyc", ".a.kate-swp",
    ],
)  # fmt: skip
def test_what_editors_and_programs_keep_beside_is_no_work(path):
    day = Day()
    day.write(0, path)
    assert day.seen() == []


@pytest.mark.parametrize(
    "path",
    [
        "a.py", "src/page.template.html", "temp/notes.md", ".env.sample", ".env.docker", ".eslintrc.config", ".github/x.yml",
        "catalog.md", "login.py", "dblog.py", "debug.logic.ts", "sediment", "CHANGELOG", "package-lock.json", "Cargo.lock",
        "db/schema.sql", "a.dbml", "notes.log.md", ".gitignore", "1234", "v1.20261120", "tmp.py", "swap.swift", "#1.md",
    ],
)  # fmt: skip
def test_what_people_write_is_work(path):
    assert noise_of_name(path) == ""


def test_an_atomic_save_counts_for_the_real_file():
    day = Day()
    day.write(0, "src/a.py.tmp.4711.1700000000000")
    day.write(0.01, "src/a.py~")
    day.write(0.02, "src/a.py")
    assert day.seen() == [("edit", "src/a.py", 0.02)]


def test_ignored_files_and_excluded_folders_are_no_work():
    day = Day(exclude=("/code/api/generated", "**/*.min.js"))
    day.write(0, "node_modules/x.js", ignored=True)
    day.write(1, "generated/deep/x.py")
    day.write(2, "web/a.min.js")
    day.write(3, "src/a.js")
    assert day.seen() == [("edit", "src/a.js", 3)]
    assert day.noise.dropped == {"ignored": 1, "excluded": 2}


def test_the_exclusions_of_a_project_file_begin_at_its_folder():
    patterns = exclusions("/code/api", ["dist", "docs/api/", "*.snap", "/top", ""])
    assert is_excluded("/code/api/a/dist/x", patterns)
    assert is_excluded("/code/api/docs/api/x", patterns)
    assert is_excluded("/code/api/t/x.snap", patterns)
    assert not is_excluded("/code/api/x/docs/api/x", patterns)
    assert not is_excluded("/code/other/dist/x", patterns)


# ---------------------------------------------------------------- acts told twice


ORDERS = pytest.mark.parametrize("first", ["hook", "reflog"])


@ORDERS
@pytest.mark.parametrize("apart", [0.0, 0.4, 0.9])
def test_a_commit_told_by_reflog_and_hook_is_one_whichever_comes_first(first, apart):
    day = Day()
    tell = {
        "hook": lambda now: day.git(10.4, "commit", "hook", now=now, new="", witness="terminal"),
        "reflog": lambda now: day.git(10, "commit", "reflog", now=now, subject="Add login", branch="main"),
    }
    tell[first](11)
    tell["reflog" if first == "hook" else "hook"](11 + apart)
    (draft,) = day.end()
    assert (draft.time, draft.entity, draft.subject, draft.witness) == (s(10.4), NEW, "Add login", "terminal")
    assert draft.id == f"git:commit:{NEW}"


@ORDERS
def test_a_twin_that_comes_after_the_first_was_told_is_dropped(first):
    day = Day()
    day.git(10, "commit", first)
    day.git(10.5, "commit", "reflog" if first == "hook" else "hook", now=16)
    assert len(day.end()) == 1
    assert day.end()[0].id == f"git:commit:{NEW}"


def test_both_tellings_make_it_certain_at_once():
    day = Day()
    day.git(10, "commit")
    passed = day.git(10.1, "commit", "hook")
    assert [draft.kind for draft in passed.heartbeats] == ["commit"]
    assert passed.provisional == ()
    assert not day.noise.is_holding_acts()


def test_two_commits_a_second_apart_told_by_both_are_two():
    day = Day()
    for number, sha in enumerate(("c" * 40, "d" * 40)):
        day.git(10 + number, "commit", "hook", now=11, new="d" * 40)
        day.git(10 + number, "commit", "reflog", now=11, new=sha)
    assert sorted(draft.entity[0] for draft in day.end()) == ["c", "d"]


def test_the_same_checkout_a_minute_later_is_another_act():
    day = Day()
    for at in (0, 60, 120):
        day.git(at, "checkout", "reflog")
        day.git(at + 0.2, "checkout", "hook")
    assert len(day.end()) == 3


def test_a_rebase_of_many_picks_is_one_rebase():
    day = Day()
    for step in range(20):
        day.git(10 + step / 20, "commit", "hook", new=f"{step:040x}")
    day.git(11.1, "rebase", "hook")
    day.git(11, "rebase", "reflog", now=11.2)
    assert [(kind, at) for kind, _, at in day.seen()] == [("rebase", 11.1)]


def test_the_steps_of_a_rebase_told_by_hooks_are_one():
    day = Day()
    for step in range(40):
        day.git(10 + step / 10, "rebase", "hook")
    day.git(14, "rebase", "reflog")
    assert [kind for kind, _, _ in day.seen()] == ["rebase"]


def test_a_write_the_watch_told_is_not_told_again_by_a_sweep():
    """A new folder is swept with all that is around it; files bear a time some milliseconds before their note's."""
    day = Day()
    day.write(10.02)
    day.write(20)
    for at, path in ((10.01, "src/a.py"), (19.99, "src/a.py"), (15, "src/a.py"), (10.01, "src/b.py")):
        day.tell(FileSignal(s(at), REPO, path, 1), s(30))
    assert [(name, at) for _, name, at in day.seen()] == [
        ("src/b.py", 10.01),
        ("src/a.py", 10.02),
        ("src/a.py", 15),
        ("src/a.py", 20),
    ]


def test_a_file_git_wrote_before_its_lock_was_noticed_is_still_gits_when_a_sweep_finds_it():
    day = Day()
    day.lock(10.05)
    day.git(10, "checkout", now=10.1)
    day.lock(10.1, held=False)
    day.tell(FileSignal(s(10.04), REPO, "src/a.py", 1), s(12))
    day.tell(FileSignal(s(9.5), REPO, "src/b.py", 1), s(12))
    assert day.seen() == [("edit", "src/b.py", 9.5), ("checkout", NEW[:12], 10)]


@pytest.mark.parametrize("read_at", [10.3, 13.5])
def test_a_rebase_is_one_when_its_hooks_are_read_before_and_after_it_was_told(read_at):
    """The spool is read while it waits for the first hook to be stored: the last step may come seconds late."""
    day = Day()
    day.git(10, "rebase", "hook", now=10.1, new="")
    day.git(10, "rebase", "reflog", now=10.2, branch="topic")
    day.git(10.2, "rebase", "hook", now=read_at, new="")
    (told,) = day.end()
    assert (told.kind, told.entity, told.branch) == ("rebase", NEW, "topic")


def test_a_pull_that_rebases_is_called_what_the_reflog_calls_it():
    day = Day()
    day.git(10, "rebase", "hook", witness="terminal")
    day.git(10.2, "pull", "reflog")
    assert [(draft.kind, draft.witness) for draft in day.end()] == [("pull", "terminal")]


@ORDERS
def test_a_commit_by_somebody_else_is_nobodys_work_here_whoever_tells(first):
    day = Day()
    tell = {
        "hook": lambda: day.git(10, "commit", "hook"),
        "reflog": lambda: day.git(10, "commit", "reflog", is_own=False),
    }
    tell[first]()
    tell["reflog" if first == "hook" else "hook"]()
    assert day.seen() == []


@pytest.mark.parametrize("kind", ["pull", "merge", "checkout", "rebase"])
def test_bringing_in_somebody_elses_work_is_the_owners_act(kind):
    day = Day()
    day.git(10, kind, is_own=False)
    assert [k for k, _, _ in day.seen()] == [kind]


# ---------------------------------------------------------------- agents


def test_what_changes_where_an_agent_process_works_is_the_agents():
    day = Day()
    day.agent(1, folder=f"{REPO}/sub")
    day.write(10)
    day.git(20, "commit")
    assert [(draft.kind, draft.actor, draft.witness) for draft in day.end()] == [
        ("edit", "agent", "agent"),
        ("commit", "agent", "agent"),
    ]


def test_a_hook_without_an_agent_in_its_environment_says_otherwise():
    day = Day()
    day.agent(1)
    day.git(20, "commit", "hook", witness="terminal")
    day.git(20, "commit", "reflog")
    assert [(draft.actor, draft.witness) for draft in day.end()] == [("human", "terminal")]


def test_an_agent_that_ended_or_works_elsewhere_takes_nothing():
    day = Day()
    day.agent(1)
    day.agent(5, alive=False)
    day.agent(1, folder="/code", pid=8)
    day.agent(1, folder="/code/other", pid=9)
    day.write(10)
    assert [draft.actor for draft in day.end()] == ["human"]


def test_an_agent_in_a_nested_repository_does_not_take_the_outer_one():
    day = Day()
    day.write(0, checkout=f"{REPO}/nested")
    day.agent(1, folder=f"{REPO}/nested/src")
    day.write(10)
    day.write(11, checkout=f"{REPO}/nested")
    actors = {(draft.checkout, draft.time): draft.actor for draft in day.end()}
    assert actors[REPO, s(10)] == "human"
    assert actors[f"{REPO}/nested", s(11)] == "agent"


# ---------------------------------------------------------------- bounds and properties


def test_memory_stays_bounded_under_thousands_of_everything():
    noise = NoiseFilter(Policy())
    for number in range(6_000):
        noise.feed(FileSignal(s(number / 100), f"/code/r{number % 3000}", f"f{number}.py"), s(number / 100))
        if number % 200 == 0:
            noise.release(s(number / 100))
    for number in range(1_000):
        noise.feed(ProcessSignal(s(number / 100), number, 1.0, "x", "/x", True), s(number / 100))
    assert len(noise._places) <= 2048 + 1
    assert len(noise._agents) <= 512
    assert len(noise._rhythms._files) <= 4096


def test_an_agent_whose_hooks_tell_of_it_is_not_guessed_about_nor_is_its_wrapper():
    day = Day()
    day.noise.spoken_for = {(7, s(0).timestamp())}
    day.agent(1, pid=7)
    day.agent(1, pid=8)  # what started it, in the same folder
    day.agent(1, pid=9, folder="/code/other")
    day.write(60, "a.py")
    day.write(90, "b.py", checkout="/code/other")
    assert [(draft.entity, draft.actor) for draft in day.end()] == [("a.py", "human"), ("b.py", "agent")]


signals = st.one_of(
    st.builds(
        FileSignal, st.integers(0, 40).map(lambda n: s(n / 4)), st.just(REPO), st.sampled_from(["a.py", "b.py", "c.tmp"]),
        st.none() | st.integers(0, 5),
    ),
    st.builds(LockSignal, st.integers(0, 40).map(lambda n: s(n / 4)), st.just(REPO), st.booleans()),
    st.builds(
        GitSignal, st.integers(0, 40).map(lambda n: s(n / 4)), st.just(REPO),
        st.sampled_from(["commit", "checkout", "rebase", "pull", "reset", "stash", "push"]), st.sampled_from(["hook", "reflog"]),
        st.just(OLD), st.sampled_from(["", NEW, "c" * 40]), is_own=st.sampled_from([None, True, False]),
    ),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(signals, max_size=25))
def test_every_heartbeat_was_a_signal_comes_once_and_everything_is_let_go(told):
    day = Day()
    for signal in sorted(told, key=lambda signal: signal.time):
        day.tell(signal)
    out = day.end()
    moments = {(signal.time, getattr(signal, "path", None) or getattr(signal, "kind", "")) for signal in told}
    for draft in out:
        assert (draft.time, draft.entity if draft.source == "watch" else draft.kind) in moments or draft.source == "git"
        assert draft.kind != "reset"
        assert not draft.entity.endswith(".tmp")
    assert len({(draft.time, draft.kind, draft.entity) for draft in out if draft.source == "watch"}) == len(
        [draft for draft in out if draft.source == "watch"]
    )
    assert day.noise.provisional_drafts() == ()


@settings(max_examples=60, deadline=None)
@given(st.permutations([("hook", 0.3), ("reflog", 0.0), ("hook", 30.2), ("reflog", 30.0)]), st.floats(0, 5))
def test_one_heartbeat_an_act_in_any_order(order, delay):
    day = Day()
    for number, (origin, at) in enumerate(order):
        day.git(at, "checkout", origin, now=40 + number * delay)
    times = [at for _, _, at in day.seen()]
    assert len(times) == 2
    assert times == [0.3, 30.2] or delay > 0.6
