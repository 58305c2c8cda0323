"""What git remembers of the time before anybody recorded: reflogs first, then the owner's commits, each act once."""

from datetime import timedelta

import pytest

from stintd.domain.model import to_us
from stintd.sources.gitreader import facts_of
from stintd.sources.history import recall
from tests.support.repos import COLLEAGUE, START, init

ME = frozenset({"ada@example.test"})
EVER = 1 << 61


def told(*checkouts, owner=ME, lo=0, hi=EVER, began=EVER):
    facts = [facts_of(str(repo.path)) for repo in checkouts]
    found = recall(facts, owner, lo, hi, began)
    assert found.troubles == ()
    return [f"{(act.time - START) // timedelta(minutes=1)} {act.kind} {act.subject}".strip() for act in found.acts]


def without_reflog(repo):
    (repo.path / ".git/logs/HEAD").unlink()
    return repo


@pytest.fixture
def repo(tmp_path):
    return init(tmp_path / "acme")


def test_commits_and_checkouts_come_from_the_reflog_each_once(repo):
    repo.commit("one")
    repo.branch("ACME-1")
    repo.commit("two")
    kinds = [" ".join(line.split(" ")[1:3]) for line in told(repo)]
    assert kinds == ["commit one", "checkout checkout:", "commit two"]


def test_without_a_reflog_the_history_of_all_branches_tells_the_commits(repo):
    repo.commit("one")
    repo.branch("side")
    repo.commit("two")
    repo.git("checkout", "-q", "main")
    repo.commit("three")
    repo.git("pack-refs", "--all")
    reflog = [line.split(" ", 1)[1] for line in told(repo) if " commit " in line]
    assert reflog == ["commit one", "commit two", "commit three"]
    assert [line.split(" ", 1)[1] for line in told(without_reflog(repo))] == reflog


def test_a_rebase_and_an_amended_commit_add_no_second_copy(repo):
    repo.commit("base")
    repo.rebase(count=2)
    lines = told(repo)
    assert [line for line in lines if line.endswith("topic 0")] == [line for line in lines if "commit topic 0" in line]
    assert sum("topic 0" in line for line in lines) == sum("topic 1" in line for line in lines) == 1
    assert sum(" rebase" in line for line in lines) == 1


def test_what_a_deleted_branch_held_is_still_told(repo):
    repo.commit("base")
    repo.branch("gone")
    repo.commit("lost work")
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-D", "gone")
    assert sum("lost work" in line for line in told(repo)) == 1


def test_others_commits_and_merges_by_a_server_are_left_out(repo):
    repo.commit("mine")
    repo.person = COLLEAGUE
    repo.commit("theirs")
    repo.person = ("Ada", "ada@example.test")
    repo.branch("side")
    repo.commit("side work")
    repo.git("checkout", "-q", "main")
    repo.git("-c", "user.name=GitHub", "-c", "user.email=noreply@github.com", "merge", "-q", "--no-ff", "-m", "Merge", "side")
    commits = [line.split(" ", 1)[1] for line in told(without_reflog(repo)) if "commit" in line]
    assert commits == ["commit mine", "commit side work"]


def test_a_commit_that_names_an_agent_as_author_is_the_agents(repo):
    repo.commit("by hand")
    repo.commit("By both\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    repo.commit("By people\n\nCo-authored-by: Bob <bob@example.test>")
    found = recall([facts_of(str(repo.path))], ME, 0, EVER, EVER)
    assert {act.subject: act.witness for act in found.acts} == {"by hand": "", "By both": "agent", "By people": ""}


def test_history_ends_where_recording_began_and_the_period_bounds_all(repo):
    repo.commit("one")
    middle = repo.now
    repo.commit("two")
    assert [line[2:] for line in told(without_reflog(repo), began=to_us(middle))] == ["commit one"]
    assert [line[2:] for line in told(repo, lo=to_us(middle))] == ["commit two"]
    assert told(repo, hi=to_us(START)) == []


def test_worktrees_of_a_repository_are_asked_with_it_and_its_history_once(repo, tmp_path):
    repo.commit("one")
    side = repo.worktree(tmp_path / "side", "side")
    side.commit("in the worktree")
    assert sum("in the worktree" in line for line in told(repo, side)) == 1
    assert sum("commit one" in line for line in told(repo, side)) == 1


def test_an_odd_reflog_is_reported_and_the_history_still_read(repo):
    repo.commit("one")
    log = repo.path / ".git/logs/HEAD"
    log.unlink()
    log.symlink_to("/dev/zero")
    found = recall([facts_of(str(repo.path))], ME, 0, EVER, EVER)
    assert [act.subject for act in found.acts] == ["one"]
    assert len(found.troubles) == 1


def test_a_repository_of_sha256_is_read_the_same(tmp_path):
    repo = init(tmp_path / "long", object_format="sha256")
    repo.commit("one")
    assert [line[2:] for line in told(without_reflog(repo))] == ["commit one"]


def test_an_empty_repository_has_no_past(repo):
    assert told(repo) == []


@pytest.mark.parametrize("minutes", [10, 60, 24 * 60])
@pytest.mark.parametrize("is_expired", [False, True])
def test_commits_at_a_steady_period_are_a_timers_and_worth_nothing(repo, minutes, is_expired):
    for number in range(7):
        repo.commit(f"backup {number}", at=START + timedelta(minutes=minutes * number))
    repo.commit("mine", at=START + timedelta(minutes=minutes * 6 + 4))
    if is_expired:
        without_reflog(repo)
    assert told(repo) == [f"{minutes * 6 + 4} commit mine"]


def test_a_period_shows_in_an_import_of_its_last_days_too(repo):
    for number in range(9):
        repo.commit(f"backup {number}", at=START + timedelta(days=number))
    assert told(without_reflog(repo), lo=to_us(START + timedelta(days=7))) == []


def test_checkouts_between_steady_commits_show_that_somebody_was_there(repo):
    repo.commit("begin", at=START - timedelta(days=1))
    repo.git("branch", "side", at=START - timedelta(days=1))
    for number in range(6):
        repo.commit(f"work {number}", at=START + timedelta(minutes=10 * number))
        if number < 5:
            repo.git(
                "checkout",
                "-q",
                ("side", "main")[number % 2],
                at=START + timedelta(minutes=10 * number + (3, 7, 2, 5, 8)[number]),
            )
    assert sum("commit work" in line for line in told(repo)) == 6


def test_steps_of_a_bisect_are_worth_nothing_and_its_revisions_are_no_branches(repo):
    for number in range(12):
        repo.commit(f"step {number}", at=START + timedelta(minutes=7 * number * number))
    at = START + timedelta(days=1)
    repo.git("bisect", "start", "HEAD", "HEAD~11", at=at)
    repo.git("bisect", "run", "sh", "-c", "! grep -q 'step 9' work.txt", at=at + timedelta(hours=1))
    repo.git("bisect", "reset", at=at + timedelta(hours=9))
    found = recall([facts_of(str(repo.path))], ME, to_us(at), EVER, EVER).acts
    assert [(act.kind, act.branch) for act in found] == [("checkout", None), ("checkout", "main")]
