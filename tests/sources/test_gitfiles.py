"""Git's files are read bounded and without trust, for every kind of checkout."""

import os
import shutil
import stat
import threading
from pathlib import Path

import pytest

from stintd.sources import gitreader
from stintd.sources.gitfiles import (
    UNKNOWN,
    GitPlace,
    Head,
    OddFile,
    distrust_reason,
    locate,
    locate_bare,
    parse_config,
    read_config,
    read_head,
    read_small,
)
from stintd.sources.linked import LinkedPlaces, linked_checkouts
from tests.support import repos


def place_of(path: Path) -> GitPlace:
    place = locate(str(path))
    assert place is not None
    return place


def test_a_plain_checkout(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    place = place_of(repo.path)
    assert place == GitPlace(str(repo.path), f"{repo.path}/.git", f"{repo.path}/.git", "main")
    assert read_head(place) == Head("main", repo.head())


def test_what_is_no_checkout_is_none(tmp_path: Path) -> None:
    assert locate(str(tmp_path)) is None
    assert locate(str(tmp_path / "gone")) is None
    (tmp_path / ".git").mkdir()
    assert locate(str(tmp_path)) is None  # a clone that has no HEAD yet


def test_unborn_detached_and_packed_heads(tmp_path: Path) -> None:
    repo = repos.init(tmp_path / "r")
    assert read_head(place_of(repo.path)) == Head("main", "")
    sha = repo.commit()
    repo.git("pack-refs", "--all")
    repo.git("tag", "-a", "v1", "-m", "v1")
    assert not (repo.path / ".git/refs/heads/main").exists()
    assert read_head(place_of(repo.path)) == Head("main", sha)
    repo.detach()
    assert read_head(place_of(repo.path)) == Head(None, sha)


def test_branches_with_slashes_and_sha256(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1, object_format="sha256")
    repo.branch("feature/DEV-1/login")
    assert read_head(place_of(repo.path)) == Head("feature/DEV-1/login", repo.head())
    assert read_config(f"{repo.path}/.git").object_format == "sha256"


def test_worktree_submodule_and_separate_git_dir(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "main", 1)
    tree = repo.worktree(tmp_path / "tree", "x")
    module = repo.submodule(repos.make(tmp_path / "lib", 1), "libs/lib")
    (tmp_path / "apart").mkdir()
    repo.git("init", "-q", f"--separate-git-dir={tmp_path}/elsewhere.git", str(tmp_path / "apart"))
    assert (place_of(tree.path).kind, place_of(tree.path).parent) == ("worktree", str(repo.path))
    assert place_of(tree.path).common_dir == f"{repo.path}/.git"
    assert (place_of(module.path).kind, place_of(module.path).parent) == ("submodule", str(repo.path))
    assert (place_of(tmp_path / "apart").kind, place_of(tmp_path / "apart").git_dir) == ("main", f"{tmp_path}/elsewhere.git")


def test_a_worktree_of_a_bare_repository(tmp_path: Path) -> None:
    repos.make(tmp_path / "seed", 1).clone(tmp_path / "store.git", "--bare")
    store = repos.TestRepo(tmp_path / "store.git")
    tree = store.worktree(tmp_path / "tree", "x")
    assert place_of(tree.path).parent == str(store.path)
    bare = locate_bare(str(store.path))
    assert bare is not None
    assert bare.kind == "bare"
    assert locate_bare(str(tree.path)) is None


@pytest.mark.parametrize(
    ("remote", "identity"),
    [
        ("git@github.com:Acme/Payments-API.git", "github.com/acme/payments-api"),
        ("https://ada:secret@github.com/acme/payments-api", "github.com/acme/payments-api"),
    ],
)
def test_a_repository_is_named_by_its_remote(tmp_path: Path, remote: str, identity: str) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.git("remote", "add", "origin", remote)
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert facts.identity == identity


@pytest.mark.parametrize(
    ("remotes", "remote"),
    [
        ({}, ""),
        ({"up": "https://h.test/a/b"}, "https://h.test/a/b"),
        ({"up": "https://h.test/a/b", "origin": "https://h.test/c/d"}, "https://h.test/c/d"),
        ({"up": "https://h.test/a/b", "other": "https://h.test/c/d"}, ""),
        ({"origin": "../store.git", "up": "https://h.test/a/b"}, "../store.git"),
        ({"origin": "https://me:t0ken@h.test/a/b?x=t0ken"}, "https://h.test/a/b"),
    ],
)
def test_the_remote_is_origin_or_the_only_one_and_holds_no_secret(tmp_path: Path, remotes: dict[str, str], remote: str) -> None:
    repo = repos.make(tmp_path / "r", 1)
    for name, url in remotes.items():
        repo.git("remote", "add", name, url)
    assert read_config(f"{repo.path}/.git").remote == remote
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert facts.remote == remote


def test_clones_of_a_local_clone_are_the_same_repository(tmp_path: Path) -> None:
    first = repos.make(tmp_path / "first", 2)
    second = first.clone(tmp_path / "second")
    names = set()
    for repo in (first, second):
        facts = gitreader.facts_of(str(repo.path))
        assert facts is not None
        named = gitreader.facts_of(str(repo.path), gitreader.first_commit_of(facts))
        assert named is not None
        names.add(named.identity)
    assert names == {"root:" + first.git("rev-list", "--max-parents=0", "HEAD")}
    first.git("remote", "add", "origin", "git@example.test:acme/api.git")
    facts = gitreader.facts_of(str(second.path))
    assert facts is not None
    assert facts.identity == "example.test/acme/api"


def test_an_amended_first_commit_is_asked_of_git(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.commit("again", amend=True)
    repo.commit("second")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert gitreader.first_commit_of(facts) == repo.git("rev-list", "--max-parents=0", "HEAD")


def test_others_who_may_write_are_not_trusted(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    assert distrust_reason(place_of(repo.path)) == ""
    config = repo.path / ".git" / "config"
    config.chmod(config.stat().st_mode | stat.S_IWOTH)
    assert distrust_reason(place_of(repo.path)) == f"{config} may be changed by other users"
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert facts.trouble
    assert facts.git_dir  # its files are still read


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user_is_not_trusted(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    os.chown(repo.path / ".git", 12345, 12345)
    assert "belongs to another user" in distrust_reason(place_of(repo.path))


def test_a_work_tree_claimed_elsewhere_is_said(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    repo.git("config", "core.worktree", "/etc")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert facts.trouble == f"the settings of {repo.path} place its files in /etc"


def test_a_refused_checkout_has_no_git_dir_and_a_reason(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    (repo.path / ".git" / "HEAD").unlink()
    os.mkfifo(repo.path / ".git" / "HEAD")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert (facts.git_dir, facts.kind) == ("", "main")
    assert "HEAD is not a regular file" in facts.trouble


@pytest.mark.parametrize(
    ("head", "branch"),
    [
        (b"ref: refs/heads/a..b\n", UNKNOWN), (b"ref: refs/heads/.hidden\n", UNKNOWN), (b"ref: refs/heads/x.lock\n", UNKNOWN),
        (b"ref: refs/heads/a b\n", UNKNOWN), (b"root:x:0:0:root\n", UNKNOWN), (b"", UNKNOWN), (b"0123\n", UNKNOWN),
        (b"ref: refs/heads/\xff\xfe\n", "\ufffd\ufffd"),
    ],
)  # fmt: skip
def test_odd_heads_are_unknown(tmp_path: Path, head: bytes, branch: str) -> None:
    repo = repos.make(tmp_path / "r", 1)
    (repo.path / ".git" / "HEAD").write_bytes(head)
    assert read_head(place_of(repo.path)).branch == branch


def test_reading_is_bounded_and_refuses_links(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 101)
    (tmp_path / "link").symlink_to(tmp_path / "big")
    assert read_small(str(tmp_path / "none")) is None
    for name in ("big", "link"):
        with pytest.raises(OddFile):
            read_small(str(tmp_path / name), 100)


def test_config_is_parsed_as_git_writes_it(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "r", 1)
    for key, value in [
        ("remote.up stream.url", 'https://x.test/a"b#c'),
        ("core.note", "tab\there ; semicolon"),
        ("x.y.z", "\\ end"),
    ]:
        repo.git("config", key, value)
    path = repo.path / ".git" / "config"
    for section, name, key, value in parse_config(path.read_text()):
        assert repo.git("config", ".".join(part for part in (section, name, key) if part)) == value
    with path.open("a") as file:
        file.write("[Upper.Sub]\n\tFlag\n\tlong = one \\\n two ; comment\n[broken\n= nothing\n")
    found = {(s, n, k): v for s, n, k, v in parse_config(path.read_text())}
    assert found["remote", "up stream", "url"] == 'https://x.test/a"b#c'
    assert found["upper", "sub", "flag"] == "true"
    assert found["upper", "sub", "long"] == "one  two"


def test_linked_worktrees_and_git_folders(tmp_path: Path) -> None:
    repo = repos.make(tmp_path / "main", 1)
    tree = repo.worktree(tmp_path / "tree", "x")
    facts = gitreader.facts_of(str(repo.path))
    assert facts is not None
    assert linked_checkouts(facts) == LinkedPlaces((str(tree.path),))
    folders = gitreader.git_folders(facts)
    assert f"{repo.path}/.git/objects" not in folders
    assert {f"{repo.path}/.git{below}" for below in ("", "/logs", "/worktrees")} <= set(folders)


def test_a_repository_that_is_being_removed_is_no_repository_rather_than_an_odd_one(tmp_path: Path) -> None:
    """Its files go one by one, and HEAD may go between two looks."""
    repo = repos.make(tmp_path / "acme", 1)
    told: set[str] = set()
    for number in range(60):
        copy = shutil.copytree(repo.path, tmp_path / str(number))
        removal = threading.Thread(target=shutil.rmtree, args=(copy,))
        removal.start()
        while removal.is_alive():
            facts = gitreader.facts_of(str(copy))
            told.add(facts.trouble if facts is not None else "none")
    assert told <= {"", "none"}
