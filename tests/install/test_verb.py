"""`stint hooks`: what it prints, its exit codes, and that uninstalling finds everything that was installed."""

import json
import os
from pathlib import Path

import pytest

from stintd import paths
from stintd.cli.commands import hooks
from stintd.cli.main import main
from stintd.errors import Unavailable
from tests.install.test_git import acts, foreign, snapshot
from tests.support.control import FakeControl
from tests.support.repos import make


@pytest.fixture
def stint(capsys):
    def run(*argv: str) -> tuple[int, str, str]:
        code = main(["hooks", *argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


@pytest.fixture
def new_git(tmp_path, monkeypatch):
    """A git that says it is 2.55, which is all that decides how hooks are installed."""
    real = os.popen("command -v git").read().strip()
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo git version 2.55.0 && exit\nexec {real} "$@"\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")


@pytest.fixture
def old_git(tmp_path, monkeypatch, new_git):
    fake = tmp_path / "bin/git"
    fake.write_text(fake.read_text().replace("2.55.0", "2.39.5"))


@pytest.fixture
def repo(tmp_path):
    return make(tmp_path / "acme")


def acts_here():
    return acts(Path(paths.home_layout().spool))


def test_what_changes_is_shown_before_it_is_done(stint, old_git, repo, monkeypatch):
    def full(steps):
        raise Unavailable("the disk is full", "make room")

    monkeypatch.chdir(repo.path)
    monkeypatch.setattr(hooks, "perform", full)
    code, out, err = stint("install", "git")
    assert (code, out.split(":")[0], err.splitlines()[0]) == (1, f"write in {repo.path}/.git/hooks", "stint: the disk is full")


def test_old_git_gets_the_repository_of_the_current_folder(stint, old_git, repo, monkeypatch):
    monkeypatch.chdir(repo.path)
    code, out, _ = stint("install", "git")
    assert (code, out.splitlines()) == (
        0,
        [
            f"write in {repo.path}/.git/hooks: post-commit, post-checkout, post-merge, post-rewrite, pre-push",
            "done; git runs the hooks from now on",
        ],
    )
    repo.commit("one")
    assert acts_here() == [("commit", str(repo.path))]
    assert stint("install")[1] == "nothing to change\n"
    assert "installed: post-commit" in stint("status")[1]


def test_new_git_gets_one_line_for_every_repository(stint, new_git, repo, monkeypatch, isolated_home):
    monkeypatch.chdir(repo.path)
    before = (isolated_home / "gitconfig").read_bytes()
    code, out, _ = stint("install", "git")
    assert code == 0
    assert f"add to {isolated_home}/gitconfig: [include] path = " in out
    assert "reached by your configuration" in stint("status")[1]
    assert stint("uninstall")[0] == 0
    assert (isolated_home / "gitconfig").read_bytes() == before


def test_a_dry_run_says_what_it_would_do_and_does_nothing(stint, old_git, repo, isolated_home, tmp_path):
    foreign(repo.path / ".git/hooks/post-commit")
    before = snapshot(repo.path), snapshot(isolated_home)
    code, out, _ = stint("install", "git", "--repo", str(repo.path), "--template", "--dry-run")
    assert code == 0
    assert all(line.startswith("would ") for line in out.splitlines())
    assert "would keep" in out
    assert (snapshot(repo.path), snapshot(isolated_home)) == before


def test_all_reaches_every_watched_repository_once(stint, old_git, repo, tmp_path):
    linked, other = repo.worktree(tmp_path / "linked", "topic"), make(tmp_path / "other")
    control = FakeControl()
    shown = [{"path": str(one.path), "gone": False} for one in (repo, linked, other)]
    gone = {"path": str(tmp_path / "gone"), "gone": True}
    control.answers["GET", "/api/repos"] = {"data": [{"checkouts": [*shown, gone]}], "nextCursor": None}
    try:
        code, out, _ = stint("install", "git", "--all", "--json")
    finally:
        control.close()
    report = json.loads(out)
    assert (code, report["problems"], report["dryRun"]) == (0, [], False)
    assert len(report["changes"]) == 2
    assert stint("uninstall", "git")[0] == 0  # without the daemon: it remembers where it installed
    assert not list((repo.path / ".git/hooks").glob("post-commit"))
    assert not list((other.path / ".git/hooks").glob("post-commit"))


def test_all_without_a_daemon_is_exit_four(stint, old_git):
    code, _, err = stint("install", "git", "--all")
    assert code == 4
    assert "stint up" in err


def test_a_folder_that_is_no_repository_is_one_line_and_a_hint(stint, old_git, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, _ = stint("install", "git")
    assert code == 1
    assert "no git repository" in out


def test_a_project_with_hooks_of_its_own_is_named_with_the_way_out(stint, old_git, repo):
    repo.git("config", "core.hooksPath", ".husky/_")
    code, out, _ = stint("install", "git", "--repo", str(repo.path))
    assert code == 1
    assert ".husky/_" in out
    assert "2.54" in out


def test_a_hooks_folder_that_was_not_there_goes_again(stint, old_git, repo, tmp_path):
    for path in (repo.path / ".git/hooks").iterdir():
        path.unlink()
    (repo.path / ".git/hooks").rmdir()
    before = snapshot(repo.path)
    stint("install", "git", "--repo", str(repo.path))
    repo.git("status")
    stint("uninstall", "git", "--repo", str(repo.path))
    assert snapshot(repo.path) == before


def test_the_template_is_taken_back_too(stint, old_git, isolated_home, tmp_path):
    before = (isolated_home / "gitconfig").read_bytes()
    assert stint("install", "git", "--template")[0] == 0
    assert "new repositories get them" in stint("status")[1]
    clone = make(tmp_path / "made later", 1)
    assert len(acts_here()) == 1
    assert stint("uninstall", "git", "--template")[0] == 0
    assert (isolated_home / "gitconfig").read_bytes() == before
    assert stint("uninstall", "git", "--repo", str(clone.path))[0] == 0


@pytest.mark.parametrize(
    "argv", [("install", "nano"), ("replace",), (), ("install", "git", "--frobnicate"), ("install", "shell", "--shell", "tcsh")]
)
def test_words_that_make_no_sense_are_exit_two(stint, argv):
    code, out, err = stint(*argv)
    assert (code, out) == (2, "")
    assert err


def test_control_characters_of_a_folder_never_reach_the_terminal(stint, old_git, tmp_path):
    repo = make(tmp_path / "a\x1b[31mb")
    _, out, _ = stint("install", "git", "--repo", str(repo.path))
    assert "\x1b" not in out


def test_the_last_line_says_what_to_restart(stint, isolated_home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", "/bin/bash")
    _, out, _ = stint("install", "claude-code", "vim", "shell")
    assert out.splitlines()[-1] == "done; to load the hooks, restart Claude Code, Vim and open a new terminal"
    _, out, _ = stint("install", "vim", "--dry-run")
    assert "done" not in out
    _, out, _ = stint("uninstall", "vim")
    assert out.splitlines()[-1] == "done; to unload the hooks, restart Vim"
