"""git runs with nothing of the repository's settings and nothing of ours, for a bounded time, and answers rightly."""

import os
from pathlib import Path

import pytest

from stintd.sources import gitcall, gitreader
from stintd.sources.gitcall import GitFailed
from stintd.sources.gitfiles import GitPlace, locate, read_head
from tests.support import repos
from tests.support.repos import TestRepo


def place_of(path: Path) -> GitPlace:
    place = locate(str(path))
    assert place is not None
    return place


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> TestRepo:
    made = repos.make(tmp_path / "r", 2, object_format=request.param)
    made.write("src/a/b.py")
    made.write(".gitignore", "*.log\nbuild/\n")
    made.git("add", ".")
    made.commit("all")
    return made


def test_tracked_untracked_and_ignored(repo: TestRepo) -> None:
    place, head = place_of(repo.path), repo.head()
    repo.write("new/x.py")
    repo.write("debug.log")
    (repo.path / ".git" / "info" / "exclude").write_text("private/\n")
    assert set(gitcall.list_tracked(place, head)) == {".gitignore", "src/a/b.py", "work.txt"}
    assert gitcall.list_untracked(place, head) == ["new/"]
    asked = ["debug.log", "src/a/b.py", "build/", "deep/build/x", "private/", ":(top)x"]
    assert gitcall.check_ignored(place, asked, head) == {"debug.log", "build/", "deep/build/x", "private/"}


def test_the_owners_own_excludes_count(repo: TestRepo, isolated_home: Path) -> None:
    (isolated_home / "ignore").write_text("*.swp\n")
    with (isolated_home / "gitconfig").open("a") as config:
        config.write("[core]\n\texcludesFile = ~/ignore\n")
    assert gitcall.check_ignored(place_of(repo.path), ["a.swp", "a.py"]) == {"a.swp"}


def test_index_version_4_split_and_sparse(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    for name in ("a/x.py", "b/y.py", "c/d/z.py"):
        repo.commit(name, name=name)
    every = {"a/x.py", "b/y.py", "c/d/z.py", "work.txt"}
    repo.git("update-index", "--index-version", "4")
    assert set(gitcall.list_tracked(place_of(repo.path))) == every
    repo.git("update-index", "--index-version", "2")
    repo.git("update-index", "--split-index")
    assert set(gitcall.list_tracked(place_of(repo.path))) == every
    repo.git("update-index", "--no-split-index")
    repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "a")
    assert {"a/x.py", "work.txt"} <= set(gitcall.list_tracked(place_of(repo.path), repo.head()))


def test_linked_worktree_has_its_own_index(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    tree = repo.worktree(tmp_path / "w", "x")
    tree.commit("only here", name="here.py")
    assert set(gitcall.list_tracked(place_of(tree.path), tree.head())) == {"here.py", "work.txt"}
    assert set(gitcall.list_tracked(place_of(repo.path), repo.head())) == {"work.txt"}


def test_the_index_is_never_rewritten_and_no_lock_is_taken(repo: TestRepo) -> None:
    os.utime(repo.path / "work.txt", (1, 1))
    git = repo.path / ".git"
    before = {path: path.stat().st_mtime_ns for path in [git, *git.rglob("*")]}
    place = place_of(repo.path)
    gitcall.list_tracked(place)
    gitcall.list_untracked(place)
    gitcall.first_commit(place, repo.head())
    gitcall.call(place, ("log", "-1", "--format=%H"))
    assert {path: path.stat().st_mtime_ns for path in [git, *git.rglob("*")]} == before


def test_inherited_git_variables_are_not_passed_on(repo: TestRepo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = repos.make(tmp_path / "other", 1)
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.setenv(name, str(other.path / ".git"))
    assert "src/a/b.py" in gitcall.list_tracked(place_of(repo.path))


def test_a_call_that_takes_too_long_is_killed_with_its_children(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    os.mkfifo(tmp_path / "pipe")
    with (repo.path / ".git" / "config").open("a") as config:
        config.write(f"[include]\n\tpath = {tmp_path / 'pipe'}\n")
    with pytest.raises(GitFailed, match="took longer"):
        gitcall.call(place_of(repo.path), ("rev-parse", "HEAD"), time_limit=0.3)
    assert gitcall.list_tracked(place_of(repo.path)) == ["work.txt"]  # the shadow never reads that config


def test_git_is_not_run_where_others_may_write(repo: TestRepo) -> None:
    (repo.path / ".git").chmod(0o777)
    with pytest.raises(GitFailed, match="may be changed by other users"):
        gitcall.list_tracked(place_of(repo.path))


def test_first_commit_of_several_roots_is_the_oldest(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    oldest = repo.head()
    repo.git("checkout", "-q", "--orphan", "other")
    repo.commit("another root")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--allow-unrelated-histories", "--no-edit", "-X", "ours", "other")
    place = place_of(repo.path)
    assert gitcall.first_commit(place, read_head(place).sha) == oldest


@pytest.mark.skipif(repos.git_version() < (2, 45), reason="reftable needs git 2.45")
def test_reftable_repositories_are_read_through_git(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 2, ref_format="reftable")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert (facts.branch, facts.head) == ("main", repo.head())
    assert gitreader.needs_git(facts)
    cursor = gitreader.end_of(facts)
    repo.commit("third")
    assert [s.subject for s in gitreader.read_acts(facts, cursor, frozenset()).signals] == ["third"]


def test_reftable_with_an_older_git_is_said_and_not_guessed(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    with (repo.path / ".git" / "config").open("a") as config:
        config.write("[extensions]\n\trefStorage = reftable\n")
    (repo.path / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    if repos.git_version() < (2, 45):
        assert "reftable needs git 2.45" in facts.trouble
