"""What programs do to HEAD on their way is no act of a person: bisects, loops over revisions, rebases that run tests."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stintd.domain.model import CheckoutFacts, GitSignal, to_us
from stintd.domain.noise.filter import NoiseFilter
from stintd.domain.policy import Policy
from stintd.sources import gitreader, history
from stintd.sources.gitsteps import read_bisect
from tests.support import repos
from tests.support.repos import START, TestRepo


def facts_of(repo: TestRepo) -> CheckoutFacts:
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    return facts


class Reader:
    """Reads on as a daemon does: `look` returns the acts since the last look, as (kind, branch)."""

    def __init__(self, repo: TestRepo) -> None:
        self.repo = repo
        self.cursor = gitreader.end_of(facts_of(repo))
        self.signals: list[GitSignal] = []

    def look(self) -> list[tuple[str, str | None]]:
        found = gitreader.read_acts(facts_of(self.repo), self.cursor, frozenset())
        self.cursor = found.cursor
        self.signals += found.signals
        return [(signal.kind, signal.branch) for signal in found.signals if not signal.is_step]


def dated(repo: TestRepo, commits: int = 20) -> TestRepo:
    """With commits a minute apart, made by one process."""
    stream = []
    for number in range(commits):
        when = f"Ada <ada@example.test> {int(START.timestamp()) + 60 * number} +0000"
        text = f"step {number} \n"
        stream += [f"commit refs/heads/main\ncommitter {when}\ndata {len(text)}\n{text}"]
        stream += [f"M 100644 inline work.txt\ndata {len(text)}\n{text}"]
    repo.git("fast-import", "--quiet", stdin="\n".join(stream) + "\n")
    repo.git("reset", "-q", "--hard")
    repo.now = START + timedelta(minutes=commits)
    return repo


@pytest.fixture
def repo(tmp_path: Path) -> TestRepo:
    """A repository whose bisect files have the times that its clock says."""
    return dated(repos.init(tmp_path / "r"))


def bisect(repo: TestRepo, *words: str, at: datetime | None = None) -> None:
    """A bisect command at the repository's own time, which its files get too."""
    moment = at or repo.now
    repo.git("bisect", *words, at=moment, check=words[0] in ("start", "reset"))
    for name in ("BISECT_START", "BISECT_LOG"):
        file = repo.path / ".git" / name
        if file.exists() and (name == "BISECT_LOG" or words[0] == "start"):
            os.utime(file, (moment.timestamp(), moment.timestamp()))


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("bad", [2, 13])
def test_a_bisect_run_is_one_act_whether_watched_or_read_later(repo: TestRepo, bad: int, is_watched: bool) -> None:
    reader = Reader(repo)
    seen: list[tuple[str, str | None]] = []
    bisect(repo, "start", "HEAD", "HEAD~19")
    seen += reader.look() if is_watched else []
    bisect(repo, "run", "sh", "-c", f"! grep -qE 'step ({'|'.join(map(str, range(bad, 20)))}) ' work.txt")
    seen += reader.look() if is_watched else []
    bisect(repo, "reset")
    assert seen + reader.look() == [("checkout", None), ("checkout", "main")]
    assert sum(signal.is_step for signal in reader.signals) >= 2


@settings(max_examples=6, deadline=None)
@given(verdicts=st.lists(st.tuples(st.sampled_from(["good", "bad", "skip"]), st.integers(0, 90), st.booleans()), max_size=6))
def test_a_bisect_by_hand_is_one_act_at_whatever_moments_it_is_looked_at(
    tmp_path_factory: pytest.TempPathFactory, verdicts: list[tuple[str, int, bool]]
) -> None:
    repo = dated(repos.init(tmp_path_factory.mktemp("bisect") / "r"))
    reader = Reader(repo)
    seen: list[tuple[str, str | None]] = []
    bisect(repo, "start", "HEAD", "HEAD~19")
    for verdict, minutes, is_looking in verdicts:
        repo.now += timedelta(minutes=minutes)
        bisect(repo, verdict)
        seen += reader.look() if is_looking else []
    bisect(repo, "reset")
    assert seen + reader.look() == [("checkout", None), ("checkout", "main")]
    past = history.recall([facts_of(repo)], frozenset(), 0, to_us(repo.now) * 2, 0)
    assert [act.kind for act in past.acts].count("checkout") == 2


@pytest.mark.parametrize("is_watched", [True, False])
def test_what_a_bisects_script_picks_to_test_is_no_act(repo: TestRepo, is_watched: bool) -> None:
    repo.git("checkout", "-q", "-b", "hotfix", "HEAD~19")
    repo.commit("hot fix", name="fix.txt")
    repo.git("checkout", "-q", "main")
    reader = Reader(repo)
    seen: list[tuple[str, str | None]] = []
    bisect(repo, "start", "HEAD", "HEAD~19")
    for _ in range(2):
        repo.git("cherry-pick", "hotfix")
        seen += reader.look() if is_watched else []
        repo.git("reset", "-q", "--hard", "HEAD~1")
        bisect(repo, "bad")
    bisect(repo, "reset")
    assert [kind for kind, _ in seen + reader.look() if kind != "reset"] == ["checkout", "checkout"]


def test_commits_after_a_bisect_that_was_left_behind_count(repo: TestRepo) -> None:
    bisect(repo, "start", "HEAD", "HEAD~19")
    reader = Reader(repo)
    repo.git("checkout", "-q", "main")
    repo.commit("on main again")
    assert read_bisect(str(repo.path / ".git")) is not None
    assert reader.look() == [("checkout", "main"), ("commit", "main")]
    repo.now += timedelta(days=2)
    repo.git("checkout", "-q", "--detach")
    repo.commit("detached, days later")
    assert reader.look()[-1] == ("commit", None)


def test_a_commit_that_mends_the_fault_where_the_bisect_found_it_is_the_persons(repo: TestRepo) -> None:
    bisect(repo, "start", "HEAD", "HEAD~19")
    bisect(repo, "bad")
    reader = Reader(repo)
    repo.commit("mend it here")
    assert reader.look() == [("commit", None)]
    bisect(repo, "reset")
    assert reader.look() == [("checkout", "main")]


def test_a_loop_over_revisions_is_one_act(repo: TestRepo) -> None:
    reader = Reader(repo)
    for revision in repo.git("rev-list", "-8", "HEAD").split():
        repo.git("checkout", "-q", revision)
    repo.git("checkout", "-q", "main")
    assert reader.look() == [("checkout", None), ("checkout", "main")]


def test_revisions_that_a_person_names_are_acts(repo: TestRepo) -> None:
    repo.git("tag", "v1.0", "HEAD~3")
    reader = Reader(repo)
    for name in ("v1.0", "main~5", repo.head()[:9], "main"):
        repo.git("checkout", "-q", name)
    assert reader.look() == [("checkout", None)] * 3 + [("checkout", "main")]


def test_a_submodule_that_follows_its_superproject_is_no_act(tmp_path: Path) -> None:
    library = dated(repos.init(tmp_path / "library"), 4)
    top = repos.make(tmp_path / "top", 1)
    inner = top.submodule(library, "lib")
    commits = library.git("rev-list", "HEAD").split()
    inner.git("checkout", "-q", commits[2])
    reader = Reader(inner)
    for commit in (commits[1], commits[3]):
        top.git("update-index", "--cacheinfo", f"160000,{commit},lib")
        top.git("submodule", "-q", "update")
    assert reader.look() == []
    assert [signal.new for signal in reader.signals] == [commits[1], commits[3]]


def _lines(repo: TestRepo, *lines: tuple[str, int]) -> None:
    log = repo.path / ".git" / "logs" / "HEAD"
    head = repo.head()
    with log.open("a") as file:
        for message, seconds in lines:
            file.write(f"{head} {head} Ada <ada@example.test> {seconds} +0000\t{message}\n")


@pytest.mark.parametrize(
    ("step", "is_act"),
    [("pick", False), ("fixup", False), ("squash", False), ("continue", True), ("skip", True), ("edit", True), ("reword", True)],
)
def test_a_rebase_goes_on_by_itself_or_because_somebody_says_so(repo: TestRepo, step: str, is_act: bool) -> None:
    at = int(repo.now.timestamp())
    _lines(repo, ("rebase (start): checkout main", at), ("rebase (pick): one", at + 1))
    reader = Reader(repo)
    _lines(repo, (f"rebase ({step}): two", at + 300))
    assert len(reader.look()) == is_act
    _lines(repo, ("rebase (pick): three", at + 600), ("rebase (finish): returning to refs/heads/main", at + 601))
    assert reader.look() == [("rebase", "main")]


def test_the_picks_of_a_rebase_that_goes_on_alone_are_no_acts_of_a_hook(repo: TestRepo) -> None:
    """A hook reports each; the reflog says in the same moment what they are, though the rebase goes on."""
    at = int(repo.now.timestamp())
    _lines(repo, ("rebase (start): checkout main", at), ("rebase (pick): one", at + 1))
    reader, noise, kept = Reader(repo), NoiseFilter(Policy()), []
    for number in range(1, 5):
        _lines(repo, ("rebase (pick): next", at + 300 * number), ("rebase (pick): and next", at + 300 * number + 1))
        found = gitreader.read_acts(facts_of(repo), reader.cursor, frozenset(), False)
        reader.cursor = found.cursor
        assert (len(found.signals), found.is_waiting) == (2, False)
        for signal in found.signals:
            for one in (hook(repo, signal, "rebase", 0.2), signal):
                kept += noise.feed(one, one.time).heartbeats
        kept += noise.release(found.signals[-1].time + timedelta(seconds=30)).heartbeats
    assert kept == []


def hook(repo: TestRepo, step: GitSignal, kind: str, late: float) -> GitSignal:
    time = step.time + timedelta(seconds=late)
    return GitSignal(time, str(repo.path), kind, "hook", step.old, step.new, witness="terminal")  # type: ignore[arg-type]


@pytest.mark.parametrize("is_hook_first", [True, False])
@pytest.mark.parametrize("late", [0.0, 1.9])
def test_what_a_hook_reports_of_a_step_is_no_act_either(repo: TestRepo, is_hook_first: bool, late: float) -> None:
    reader = Reader(repo)
    bisect(repo, "start", "HEAD", "HEAD~19")
    bisect(repo, "run", "sh", "-c", "! grep -qE 'step 1. ' work.txt")
    bisect(repo, "reset")
    reader.look()
    noise, kept = NoiseFilter(Policy()), []
    for signal in reader.signals:
        pair = [signal, hook(repo, signal, "checkout", late)]
        for one in reversed(pair) if is_hook_first else pair:
            kept += noise.feed(one, one.time).heartbeats
        kept += noise.release(signal.time + timedelta(seconds=30)).heartbeats
    assert [draft.kind for draft in kept] == ["checkout", "checkout"]
    assert {draft.witness for draft in kept} == {"terminal"}


# ---------------------------------------------------------------- a revision is no branch

REVISIONS = ("v1.0", "origin/main", "main~2", "HEAD~1", "heads/topic", "1234567")


@settings(max_examples=6, deadline=None)
@given(targets=st.lists(st.sampled_from((*REVISIONS, "main", "topic", "7654321", "gone/DEV-3")), min_size=1, max_size=6))
def test_each_checkout_is_on_the_branch_that_git_says(tmp_path_factory: pytest.TempPathFactory, targets: list[str]) -> None:
    repo = dated(repos.init(tmp_path_factory.mktemp("names") / "r"), 4)
    repo.git("tag", "v1.0", "HEAD~1")
    repo.git("tag", "1234567", "HEAD~2")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    for branch in ("topic", "7654321", "gone/DEV-3"):
        repo.git("branch", branch)
    start = repo.now
    expected: list[str | None] = []
    cursor = Reader(repo)
    at_once: list[tuple[str, str | None]] = []
    for number, target in enumerate(targets):
        repo.now += timedelta(minutes=number * number)  # at a steady period they would be a timer's
        before = repo._ask("rev-parse", "HEAD"), repo._ask("symbolic-ref", "-q", "HEAD")
        repo.git("checkout", "-q", target)
        repo.write("more.txt", repo.now.isoformat())
        repo.git("add", ".")
        repo.git("commit", "-qm", "more")
        after = repo._ask("rev-parse", "HEAD"), repo._ask("symbolic-ref", "-q", "HEAD")
        assert before != after
        expected.append(repo._ask("symbolic-ref", "-q", "--short", "HEAD").strip() or None)
        at_once += cursor.look()
    repo.git("checkout", "-q", "-f", "main")
    repo.git("branch", "-qD", "gone/DEV-3")
    assert [branch for kind, branch in at_once if kind == "commit"] == expected
    past = history.recall([facts_of(repo)], frozenset(), to_us(start), to_us(repo.now), to_us(START))
    assert [act.branch for act in past.acts if act.kind == "commit"] == expected
    known = {act.branch for act in past.acts}
    assert known <= {"main", "topic", "7654321", "gone/DEV-3", None}


@pytest.mark.parametrize(("target", "branch"), [("topic", "topic"), ("packed", "packed"), ("v1.0", None), ("origin/main", None)])
def test_a_look_before_head_has_moved_knows_a_branch_from_a_revision(repo: TestRepo, target: str, branch: str | None) -> None:
    repo.git("branch", "packed")
    repo.git("pack-refs", "--all")
    repo.git("branch", "topic")
    repo.git("tag", "v1.0", "HEAD~1")
    repo.git("update-ref", "refs/remotes/origin/main", "HEAD~1")
    reader = Reader(repo)
    _lines(repo, (f"checkout: moving from main to {target}", int(datetime(2026, 11, 21, tzinfo=UTC).timestamp())))
    assert reader.look() == [("checkout", branch)]
