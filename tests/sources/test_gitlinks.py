"""Whose git data a folder has: links and names of other places are followed only where nobody else's hours can be taken."""

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from stintd.clock import SystemClock
from stintd.domain.model import CheckoutFacts
from stintd.sources import folders, gitreader
from tests.support import repos
from tests.support.repos import TestRepo


@pytest.fixture
def code(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    return tmp_path / "code"


def read(path: Path, *roots: Path) -> CheckoutFacts:
    facts = gitreader.facts_of(str(path), "", tuple(map(str, roots)))
    assert facts is not None
    return facts


def is_own_folder(facts: CheckoutFacts) -> bool:
    """Whether it is a folder of its own, whose git data is not read: no name, branch or commit of another repository."""
    return (facts.git_dir, facts.kind, facts.identity, facts.remote, facts.branch, facts.head, facts.parent) == (
        "", "main", f"path:{facts.path}", "", None, "", None,
    ) and bool(facts.trouble)  # fmt: skip


def linked(repo: TestRepo, store: Path) -> TestRepo:
    """Its `.git` moved to `store`, with a link in its place."""
    shutil.move(repo.path / ".git", store)
    (repo.path / ".git").symlink_to(store)
    return repo


def of_links(repo: TestRepo, store: Path, *own: str) -> TestRepo:
    """Its `.git` a folder of links into `store`, as Google's `repo` makes it, but for what is its own."""
    shutil.move(repo.path / ".git", store)
    (repo.path / ".git").mkdir()
    for child in store.iterdir():
        if child.name in own:
            shutil.move(child, repo.path / ".git" / child.name)
        else:
            (repo.path / ".git" / child.name).symlink_to(os.path.relpath(child, repo.path / ".git"))
    return repo


def test_a_link_inside_a_watched_folder_is_followed(code: Path) -> None:
    repo = linked(repos.make(code / "acme", 1), code / "store")
    facts = read(repo.path, code)
    assert (facts.git_dir, facts.branch, facts.head, facts.trouble) == (str(code / "store"), "main", repo.head(), "")
    assert is_own_folder(read(repo.path))
    assert is_own_folder(read(repo.path, code / "other"))


@pytest.mark.parametrize("own", [("HEAD", "index"), ("HEAD", "index", "logs"), ("HEAD",)])
def test_a_git_folder_of_links_is_read_through_them(code: Path, own: tuple[str, ...]) -> None:
    repo = of_links(repos.make(code / "acme", 2, is_live=True), code / "store", *own)
    facts = read(repo.path, code)
    assert (facts.common_dir, facts.branch, facts.head, facts.trouble) == (str(code / "store"), "main", repo.head(), "")
    cursor = gitreader.end_of(facts)
    sha = repo.commit("through links")
    acts = gitreader.read_acts(read(repo.path, code), cursor, frozenset()).signals
    assert [(act.kind, act.subject, act.new) for act in acts] == [("commit", "through links", sha)]
    watched = gitreader.git_folders(facts)
    assert str(code / ("store/logs" if "logs" not in own else "acme/.git/logs")) in watched
    assert not [folder for folder in watched if os.path.realpath(folder) != folder]
    assert is_own_folder(read(repo.path))


@pytest.mark.parametrize("name", ["objects", "refs", "logs", "info", "refs/heads", "logs/refs", "config", "HEAD"])
def test_a_link_in_a_git_folder_that_leads_out_is_not_followed(code: Path, tmp_path: Path, name: str) -> None:
    repo = repos.make(code / "acme", 1)
    outside = tmp_path / "outside"
    shutil.move(repo.path / ".git" / name, outside)
    (repo.path / ".git" / name).symlink_to(outside)
    assert is_own_folder(read(repo.path, code))
    facts = read(repo.path, code)
    assert gitreader.git_folders(facts) == []
    assert gitreader.read_acts(facts, None, frozenset()).signals == ()
    assert gitreader.end_of(facts) == gitreader.end_of(facts)


def test_links_that_are_never_read_harm_nobody(code: Path, tmp_path: Path) -> None:
    repo = repos.make(code / "acme", 1)
    shutil.rmtree(repo.path / ".git" / "hooks")
    (repo.path / ".git" / "hooks").symlink_to(tmp_path)
    assert read(repo.path, code).git_dir


def name_by_link(folder: Path, git_dir: Path) -> None:
    (folder / ".git").symlink_to(git_dir)


def name_by_file(folder: Path, git_dir: Path) -> None:
    (folder / ".git").write_text(f"gitdir: {git_dir}\n")


def name_by_commondir(folder: Path, git_dir: Path) -> None:
    repos.make(folder, 1)
    (folder / ".git" / "commondir").write_text(f"{git_dir}\n")


def name_by_inner_links(folder: Path, git_dir: Path) -> None:
    (folder / ".git").mkdir()
    for name in ("config", "objects", "refs", "logs", "packed-refs"):
        (folder / ".git" / name).symlink_to(git_dir / name)
    shutil.copy(git_dir / "HEAD", folder / ".git" / "HEAD")


def name_as_worktree(folder: Path, git_dir: Path) -> None:
    """A worktree that lists itself, in a folder of its own."""
    (folder / "meta").mkdir()
    (folder / "meta" / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "meta" / "commondir").write_text(f"{git_dir}\n")
    (folder / "meta" / "gitdir").write_text(f"{folder}/.git\n")
    (folder / ".git").write_text("gitdir: meta\n")


WAYS: list[Callable[[Path, Path], None]] = [
    name_by_link, name_by_file, name_by_commondir, name_by_inner_links, name_as_worktree,
]  # fmt: skip


@pytest.mark.parametrize("is_watched", [True, False])
@pytest.mark.parametrize("way", WAYS)
def test_a_folder_that_names_another_checkouts_git_data_is_one_of_its_own(
    code: Path, tmp_path: Path, way: Callable[[Path, Path], None], is_watched: bool
) -> None:
    other = repos.make((code if is_watched else tmp_path) / "client", 1)
    other.git("remote", "add", "origin", "https://git.example.test/client/secret.git")
    folder = code / "acme"
    folder.mkdir()
    way(folder, other.path / ".git")
    assert is_own_folder(read(folder, code))
    assert read(other.path, code).branch == "main"


def test_copies_of_worktrees_and_submodules_are_folders_of_their_own(code: Path) -> None:
    repo = repos.make(code / "acme", 1)
    tree = repo.worktree(code / "tree", "x")
    module = repo.submodule(repos.make(code / "lib", 1), "libs/lib")
    for original in (tree, module):
        copy = code / f"copy-{original.path.name}"
        shutil.copytree(original.path, copy, symlinks=True)
        assert is_own_folder(read(copy, code))
        assert read(original.path, code).kind in ("worktree", "submodule")


def test_what_belongs_to_the_folder_is_followed(code: Path, tmp_path: Path) -> None:
    """A worktree with relative names, one that was moved by hand, separate git data, `.bare`, and worktrees of all of them."""
    repo = repos.make(code / "acme", 1)
    tree = repo.worktree(code / "tree", "x")
    inner = repo.path / ".git" / "worktrees" / "tree"
    (inner / "gitdir").write_text("../../../../tree/.git\n")
    (tree.path / ".git").write_text("gitdir: ../acme/.git/worktrees/tree\n")
    assert (read(tree.path).kind, read(tree.path).parent, read(tree.path).branch) == ("worktree", str(repo.path), "x")
    moved = tree.path.rename(code / "moved")
    assert read(moved).kind == "worktree"
    (code / "tree").mkdir()
    assert is_own_folder(read(moved))  # something else is where it is listed
    apart = code / "apart"
    repos.init(apart).git("init", "-q", f"--separate-git-dir={tmp_path}/apart.git")
    assert (read(apart, code).kind, read(apart, code).git_dir) == ("main", f"{tmp_path}/apart.git")
    hub = code / "hub"
    hub.mkdir()
    repo.clone(hub / ".bare", "--bare")
    (hub / ".git").write_text("gitdir: ./.bare\n")
    assert read(hub, code).git_dir == f"{hub}/.bare"
    branch = TestRepo(hub).worktree(hub / "feature", "feature")
    assert (read(branch.path, code).kind, read(branch.path, code).common_dir) == ("worktree", f"{hub}/.bare")


def test_folders_without_readable_git_data_are_planned_and_swept_without_it(code: Path, tmp_path: Path) -> None:
    """Its own ignore files hold; the excludes and the index of the other checkout do not."""
    other = repos.make(tmp_path / "client", 1)
    other.write("out/a.txt")
    other.git("add", "out/a.txt")
    (other.path / ".git" / "info" / "exclude").write_text("src\n")
    folder = code / "acme"
    for name in ("src", "out"):
        (folder / name).mkdir(parents=True)
    (folder / ".gitignore").write_text("out\n")
    (folder / ".git").symlink_to(other.path / ".git")
    facts = read(folder, code)
    assert folders.plan(facts).folders == (str(folder), str(folder / "src"))
    (folder / "src" / "b.py").write_text("1")
    (folder / "out" / "a.txt").write_text("1")
    clock = SystemClock()
    swept = folders.Folders(clock).sweep(facts, clock.now() - timedelta(seconds=60))
    assert {signal.path for signal in swept} == {".gitignore", "src/b.py"}
