"""Commits are known however they were made: by programs that write their own words into the reflog, or none at all."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import git as gitpython
import pytest

from stintd.domain.model import CheckoutFacts, GitSignal
from stintd.sources import gitreader
from stintd.sources.commitobject import read_chain, read_loose
from stintd.sources.gitreader import ReflogLook, place_of
from tests.support import repos
from tests.support.repos import TestRepo

OTHER = {"GIT_AUTHOR_EMAIL": "bob@example.test", "GIT_COMMITTER_EMAIL": "bob@example.test"}
HOUR = 3600


def facts_of(repo: TestRepo) -> CheckoutFacts:
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    return facts


class Watch:
    """Looks at a repository as the tracker does: each look continues at the cursor of the one before."""

    def __init__(self, repo: TestRepo) -> None:
        self.repo = repo
        self.cursor = gitreader.end_of(facts_of(repo))
        self.acts: list[GitSignal] = []

    def look(self, **options: bool) -> ReflogLook:
        look = gitreader.read_acts(facts_of(self.repo), self.cursor, frozenset(), **options)
        if not look.needs_thread:
            self.cursor = look.cursor
        self.acts += look.signals
        return look

    def commits(self) -> list[tuple[str, str]]:
        self.look()
        assert self.look().signals == ()
        return [(act.new, act.subject) for act in self.acts if act.kind == "commit"]


def written(repo: TestRepo, subject: str, parent: str = "HEAD", **more: str) -> str:
    """A commit object that no ref names yet."""
    repo.write("work.txt", subject)
    repo.git("add", ".")
    env = os.environ | {"GIT_AUTHOR_NAME": "x", "GIT_COMMITTER_NAME": "x", "GIT_AUTHOR_EMAIL": repo.person[1]}
    env |= {"GIT_COMMITTER_EMAIL": repo.person[1]} | more
    tree = repo.git("write-tree")
    parents = ["-p", repo.git("rev-parse", parent)] if parent else []
    done = subprocess.run(
        ["git", "commit-tree", tree, *parents, "-m", f"{subject}\n\nbody"],
        cwd=repo.path, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def jj(repo: TestRepo, sha: str) -> None:
    repo.git("update-ref", "-m", "export from jj", "--no-deref", "HEAD", sha)


def bare_subject(repo: TestRepo, sha: str) -> None:
    repo.git("update-ref", "-m", repo.git("log", "-1", "--format=%s", sha), "HEAD", sha)


def without_message(repo: TestRepo, sha: str) -> None:
    repo.git("update-ref", "HEAD", sha)


def without_reflog(repo: TestRepo, sha: str) -> None:
    repo.git("-c", "core.logAllRefUpdates=false", "update-ref", "HEAD", sha)


def ref_file(repo: TestRepo, sha: str) -> None:
    """As isomorphic-git, dulwich and go-git do: the file of the branch, and nothing else."""
    name = facts_of(repo).branch
    path = repo.path / ".git" / ("HEAD" if name is None else f"refs/heads/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_suffix(".lock").write_text(sha + "\n")
    path.with_suffix(".lock").replace(path)


WAYS: list[Callable[[TestRepo, str], None]] = [jj, bare_subject, without_message, without_reflog, ref_file]


@pytest.fixture(params=["log", "no log"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> TestRepo:
    made = repos.make(tmp_path / "r", 1, is_live=True)
    if request.param == "no log":
        made.git("config", "core.logAllRefUpdates", "false")
        for log in (made.path / ".git" / "logs").rglob("*"):
            if log.is_file():
                log.unlink()
    return made


@pytest.mark.parametrize("way", WAYS)
def test_an_own_commit_that_became_head_is_one_act_with_its_subject(repo: TestRepo, way: Callable[..., None]) -> None:
    watch = Watch(repo)
    sha = written(repo, "JJ-5 revert login to cookies")
    way(repo, sha)
    assert watch.commits() == [(sha, "JJ-5 revert login to cookies")]
    (act,) = (act for act in watch.acts if act.kind == "commit")
    assert (act.branch, act.author, act.is_own) == (facts_of(repo).branch, repo.person[1], True)
    assert int(act.time.timestamp()) == int(repo.git("log", "-1", "--format=%ct", sha))


@pytest.mark.parametrize("subject", ["revert login", "rebase onto the new api", "merge: two lists", "reset: counters", "feat: x"])
def test_a_subject_that_sounds_like_git_is_a_subject(repo: TestRepo, subject: str) -> None:
    watch = Watch(repo)
    sha = written(repo, subject)
    bare_subject(repo, sha)
    assert watch.commits() == [(sha, subject)]


def test_gitpython(repo: TestRepo) -> None:
    watch = Watch(repo)
    with gitpython.Repo(repo.path) as opened:
        repo.write("new.txt", "1")
        opened.index.add(["new.txt"])
        actor = gitpython.Actor("Ada", repo.person[1])
        sha = opened.index.commit("Teach it\n\nmore", author=actor, committer=actor).hexsha
    assert watch.commits() == [(sha, "Teach it")]


def test_git_without_any_reflog(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "r", is_live=True)
    repo.git("config", "core.logAllRefUpdates", "false")
    watch = Watch(repo)
    first = repo.commit("first")
    second = repo.commit("second")
    assert watch.commits() == [(first, "first"), (second, "second")]
    amended = repo.commit("second, better", amend=True)
    assert watch.commits()[-1] == (amended, "second, better")


@pytest.mark.parametrize("way", WAYS)
def test_a_commit_of_somebody_else_is_none(repo: TestRepo, way: Callable[..., None]) -> None:
    watch = Watch(repo)
    way(repo, written(repo, "theirs", **OTHER))
    assert watch.commits() == []


@pytest.mark.parametrize("way", WAYS)
def test_going_to_a_commit_that_was_there_is_none(repo: TestRepo, way: Callable[..., None]) -> None:
    """Forwards to a child, back again, and to another line of history."""
    base = repo.head()
    repo.is_live = False  # days ago
    child = repo.commit("child")
    repo.git("checkout", "-q", "-b", "side", base)
    other = repo.commit("other")
    repo.is_live = True
    for path in (repo.path / ".git" / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - HOUR,) * 2)
    watch = Watch(repo)
    for sha in (base, child, base, other, child):
        way(repo, sha)
        watch.look()
    assert watch.commits() == []


@pytest.mark.parametrize("way", WAYS)
def test_an_own_commit_of_another_machine_is_none(repo: TestRepo, way: Callable[..., None]) -> None:
    """It was made a minute ago and arrives now: its file was written at another time than it names."""
    watch = Watch(repo)
    date = str(int(time.time()) - 60)
    way(repo, written(repo, "elsewhere", GIT_COMMITTER_DATE=f"{date} +0000"))
    assert watch.commits() == []


@pytest.mark.parametrize("way", WAYS)
def test_several_commits_between_two_looks_are_each_one(repo: TestRepo, way: Callable[..., None]) -> None:
    watch = Watch(repo)
    made = []
    for number in range(3):
        sha = written(repo, f"step {number}")
        way(repo, sha)
        made.append((sha, f"step {number}"))
    assert watch.commits() == made


def test_a_cursor_of_an_earlier_version_begins_where_head_is_now(repo: TestRepo) -> None:
    watch = Watch(repo)
    ref_file(repo, written(repo, "before the update"))
    watch.cursor = " ".join(watch.cursor.split(" ")[:4])
    assert watch.commits() == []
    sha = written(repo, "after it")
    ref_file(repo, sha)
    assert watch.commits() == [(sha, "after it")]


def test_a_new_repository_without_a_reflog_is_read_since_the_daemon_watches(tmp_path: Path) -> None:
    """Its first commits; of a clone nothing, because its commits were made before."""
    repo = repos.init(tmp_path / "r", is_live=True)
    repo.git("config", "core.logAllRefUpdates", "false")
    made = [(repo.commit(f"commit {number}"), f"commit {number}") for number in range(2)]
    began_us = int((time.time() - 60) * 1_000_000)
    acts = gitreader.read_acts(facts_of(repo), None, frozenset(), after_us=began_us).signals
    assert [(act.new, act.subject) for act in acts] == made
    old = repos.make(tmp_path / "old", 3)
    copy = old.clone(tmp_path / "copy", "-c", "core.logAllRefUpdates=false")
    assert gitreader.read_acts(facts_of(copy), None, frozenset(), after_us=began_us).signals == ()


@pytest.mark.parametrize("way", WAYS)
def test_a_packed_commit_is_left_to_a_thread_and_read_there_once(repo: TestRepo, way: Callable[..., None]) -> None:
    watch = Watch(repo)
    sha = written(repo, "packed")
    repo.git("update-ref", "refs/keep/it", sha)
    repo.git("repack", "-adq")
    way(repo, sha)
    before = watch.cursor
    assert watch.look(may_run_git=False).needs_thread
    assert (watch.cursor, watch.acts) == (before, [])
    assert watch.commits() == [(sha, "packed")]


def test_a_commit_is_read_as_git_reads_it(tmp_path: Path) -> None:
    for number, (form, message, encoding) in enumerate([
        ("sha1", "one line", ""), ("sha256", "two\nlines\n\nbody", ""), ("sha1", "\n\nlate", ""), ("sha1", "Grüße", "iso-8859-1"),
    ]):  # fmt: skip
        repo = repos.make(tmp_path / str(number), 1, object_format=form)
        options = ["-c", f"i18n.commitEncoding={encoding}"] if encoding else []
        (tmp_path / "m").write_bytes(message.encode(encoding or "utf-8"))
        repo.git(*options, "commit", "-q", "--allow-empty", "--cleanup=verbatim", "-F", str(tmp_path / "m"))
        place = place_of(facts_of(repo))
        loose, walked = read_loose(place, repo.head()), read_chain(place, repo.head(), repo.head())
        assert loose == walked[0]
        assert loose is not None
        assert loose.subject == repo.git("log", "-1", "--format=%s", "--encoding=UTF-8")


def test_odd_objects_are_no_commits(repo: TestRepo, tmp_path: Path) -> None:
    place = place_of(facts_of(repo))
    blob = repo.git("hash-object", "-w", "--stdin", stdin="x" * 1000)
    sha = repo.head()
    path = repo.path / ".git" / "objects" / sha[:2] / sha[2:]
    (tmp_path / "kept").write_bytes(path.read_bytes())
    assert read_loose(place, blob) is None
    assert read_loose(place, "../../config") is None
    path.unlink()
    assert read_loose(place, sha) is None
    path.symlink_to(tmp_path / "kept")
    assert read_loose(place, sha) is None
    path.unlink()
    path.write_bytes(b"no zlib")
    assert read_loose(place, sha) is None
    path.unlink()
    os.mkfifo(path)
    assert read_loose(place, sha) is None


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_done_in_whatever_order_each_own_commit_is_one_act(repo: TestRepo, seed: int) -> None:
    """Own commits by every program, moves to commits that were there, others' commits, looks now and then, restarts."""
    random = Random(seed)
    watch = Watch(repo)
    own: list[tuple[str, str]] = []
    seen = [repo.head()]
    for number in range(14):
        way = random.choice(WAYS)
        act = random.choice(["own", "own", "git", "go", "theirs"])
        if act == "own":
            sha = written(repo, f"own {number}")
            own.append((sha, f"own {number}"))
            way(repo, sha)
        elif act == "git":
            own.append((repo.commit(f"own {number}"), f"own {number}"))
        elif act == "theirs":
            way(repo, written(repo, f"theirs {number}", **OTHER))
        else:
            watch.look()  # without a reflog nothing tells of a commit that was left again before anybody looked
            repo.git("reset", "-q", "--hard", random.choice(seen))
        seen.append(repo.head())
        if act != "git" or random.random() < 0.5:
            watch.look(may_run_git=random.random() < 0.5)
    watch.look()
    told = {act.new: act.subject for act in watch.acts if act.kind == "commit"}
    assert told == dict(own)
