"""The hook tools people have, for real: each keeps working beside ours, in either order, and is the same afterwards.

A tool that is not installed is skipped by its name: pre-commit (PyPI), husky and lefthook (npm), git-lfs (Debian).
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.install.test_git import acts, install, snapshot, uninstall
from tests.support.repos import TestRepo, init, make

PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def tool(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(not shutil.which(name, path=PATH), reason=f"no {name} here")


@pytest.fixture(autouse=True)
def _tools_in_path(monkeypatch):
    monkeypatch.setenv("PATH", PATH)


@pytest.fixture
def spool(tmp_path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


@pytest.fixture
def repo(tmp_path) -> TestRepo:
    return make(tmp_path / "acme")


def run(repo: TestRepo, *words: str) -> str:
    done = subprocess.run(words, cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def with_pre_commit(repo: TestRepo) -> None:
    entry = "id: mark, name: mark, language: system, entry: sh -c 'echo ran >>marked'"
    hook = f"{{{entry}, always_run: true, pass_filenames: false, stages: [post-commit]}}"
    repo.write(".pre-commit-config.yaml", f"repos:\n- repo: local\n  hooks:\n  - {hook}\n")


def marks(repo: TestRepo) -> int:
    path = repo.path / "marked"
    return path.read_text().count("ran") if path.exists() else 0


@tool("pre-commit")
def test_ours_over_pre_commit(repo, spool):
    with_pre_commit(repo)
    run(repo, "pre-commit", "install", "--hook-type", "post-commit", "--hook-type", "pre-push")
    before = snapshot(repo.path / ".git/hooks")
    assert install(repo, spool).problems == ()
    repo.commit("one")
    assert (marks(repo), acts(spool)) == (1, [("commit", str(repo.path))])
    uninstall(repo)
    assert snapshot(repo.path / ".git/hooks") == before
    repo.commit("two")
    assert (marks(repo), acts(spool)) == (2, [])


@tool("pre-commit")
def test_pre_commit_over_ours(repo, spool):
    with_pre_commit(repo)
    install(repo, spool)
    run(repo, "pre-commit", "install", "--hook-type", "post-commit")
    repo.commit("one")
    assert (marks(repo), acts(spool)) == (1, [("commit", str(repo.path))])
    assert install(repo, spool).steps == ()
    theirs = (repo.path / ".git/hooks/post-commit").read_bytes()
    uninstall(repo)
    assert (repo.path / ".git/hooks/post-commit").read_bytes() == theirs
    repo.commit("two")
    assert (marks(repo), acts(spool)) == (2, [])
    run(repo, "pre-commit", "uninstall", "--hook-type", "post-commit")
    assert not (repo.path / ".git/hooks/post-commit").exists()


@tool("pre-commit")
def test_pre_commit_leaves_over_ours_and_ours_is_back(repo, spool):
    with_pre_commit(repo)
    install(repo, spool)
    before = snapshot(repo.path / ".git/hooks")
    run(repo, "pre-commit", "install", "--hook-type", "post-commit")
    run(repo, "pre-commit", "uninstall", "--hook-type", "post-commit")
    assert snapshot(repo.path / ".git/hooks") == before


@tool("lefthook")
def test_ours_over_lefthook(repo, spool):
    repo.write("lefthook.yml", "post-commit:\n  commands:\n    mark:\n      run: echo ran >>marked\n")
    run(repo, "lefthook", "install")
    before = snapshot(repo.path / ".git/hooks")
    assert install(repo, spool).problems == ()
    repo.commit("one")
    assert (marks(repo), acts(spool)) == (1, [("commit", str(repo.path))])
    uninstall(repo)
    assert snapshot(repo.path / ".git/hooks") == before
    repo.commit("two")
    assert (marks(repo), acts(spool)) == (2, [])


@tool("lefthook")
def test_lefthook_over_ours_then_ours_again(repo, spool):
    repo.write("lefthook.yml", "post-commit:\n  commands:\n    mark:\n      run: echo ran >>marked\n")
    install(repo, spool)
    run(repo, "lefthook", "install")
    install(repo, spool)
    acts(spool)
    repo.commit("one")
    assert (marks(repo), acts(spool)) == (1, [("commit", str(repo.path))])
    uninstall(repo)
    repo.commit("two")
    assert (marks(repo), acts(spool)) == (2, [])
    assert not [path for path in (repo.path / ".git/hooks").iterdir() if b"stintd" in path.read_bytes()]


@tool("husky")
def test_huskys_folder_is_left_alone_and_works(repo, spool):
    repo.write("package.json", '{"name": "acme"}')
    run(repo, "husky")
    repo.write(".husky/post-commit", "echo ran >>marked\n")
    before = snapshot(repo.path)
    plan = install(repo, spool)
    assert plan.steps == ()
    assert ".husky/_" in plan.problems[0].text
    assert snapshot(repo.path) == before
    repo.commit("one")
    assert marks(repo) == 1


@tool("git-lfs")
def test_git_lfs_keeps_storing_and_pushing_large_files(repo, spool, tmp_path):
    remote = init(tmp_path / "remote.git", is_bare=True)
    run(repo, "git", "lfs", "install", "--local")
    run(repo, "git", "lfs", "track", "*.bin")
    repo.git("remote", "add", "origin", f"file://{remote.path}")
    before = snapshot(repo.path / ".git/hooks")
    assert install(repo, spool).problems == ()
    acts(spool)
    repo.write("large.bin", "x" * 1000)
    repo.git("add", ".")
    repo.git("commit", "-q", "-m", "large")
    assert "oid sha256:" in repo.git("cat-file", "-p", "HEAD:large.bin")
    repo.git("push", "-q", "origin", "main")
    assert list((remote.path / "lfs/objects").rglob("?" * 64)), "the pre-push hook of git-lfs did not upload"
    assert acts(spool) == [("commit", str(repo.path)), ("push", str(repo.path))]
    uninstall(repo)
    assert snapshot(repo.path / ".git/hooks") == before
    run(repo, "git", "lfs", "update")  # refuses when one of its hooks differs by a byte


@tool("git-lfs")
def test_git_lfs_installed_over_ours_is_refused_by_itself_and_harms_nothing(repo, spool):
    install(repo, spool)
    before = snapshot(repo.path / ".git/hooks")
    done = subprocess.run(["git", "lfs", "install", "--local"], cwd=repo.path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert {name: found for name, found in snapshot(repo.path / ".git/hooks").items() if name in before} == before
