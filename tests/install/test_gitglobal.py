"""One line in the user's git configuration, and it goes again without a trace; the template only where there is none."""

import os
import subprocess
from pathlib import Path

import pytest

from stintd.errors import Unavailable
from stintd.install import gitglobal
from stintd.install.change import perform
from stintd.install.shim import HOOKS
from tests.install.test_git import acts, foreign, snapshot
from tests.support.repos import git_version, make
from tests.support.shells import every_shell

USERS = [
    "", "[user]\n\tname = Ada\n", "[user]\n\tname = Ada", "# only a remark\n", "[core]\n\teditor = vi\n\n\n",
    "[include]\n\tpath = other\n", "\r\n[user]\r\n\tname = Ada\r\n",
]  # fmt: skip


@pytest.fixture
def ours(tmp_path) -> Path:
    folder = tmp_path / "state hooks"
    folder.mkdir()
    return folder


@pytest.fixture
def spool(tmp_path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


@pytest.fixture
def config(isolated_home) -> Path:
    return isolated_home / "gitconfig"


def install(ours: Path, spool: Path) -> None:
    perform(gitglobal.plan_config(str(ours), str(spool)).steps)


def uninstall(ours: Path) -> None:
    perform(gitglobal.plan_config_removal(str(ours)).steps)


@pytest.mark.parametrize("before", USERS)
def test_the_users_configuration_is_the_same_to_the_byte_afterwards(ours, spool, config, before):
    config.write_bytes(before.encode())
    config.chmod(0o640)
    install(ours, spool)
    text = config.read_bytes()
    assert before.encode() in text
    assert text.count(b"# stintd") == 1
    assert gitglobal.is_config_installed(str(ours))
    uninstall(ours)
    assert config.read_bytes() == before.encode()
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path for path in ours.rglob("*") if path.is_file()] == []


def test_a_configuration_that_was_not_there_is_not_there_afterwards(ours, spool, config):
    config.unlink()
    install(ours, spool)
    assert config.exists()
    uninstall(ours)
    assert not config.exists()


def test_installing_twice_changes_nothing(ours, spool, config):
    install(ours, spool)
    before = config.read_bytes(), snapshot(ours)
    assert gitglobal.plan_config(str(ours), str(spool)).steps == ()
    assert (config.read_bytes(), snapshot(ours)) == before


def test_what_git_writes_below_our_line_later_stays_where_it_belongs(ours, spool, config):
    install(ours, spool)
    subprocess.run(["git", "config", "--global", "--add", "include.path", "/theirs"], check=True)
    uninstall(ours)
    listed = subprocess.run(["git", "config", "--global", "--list"], capture_output=True, text=True, check=True).stdout
    assert "include.path=/theirs" in listed
    assert "stintd" not in listed
    assert "user.name=Ada" in listed


def test_a_configuration_behind_a_symlink_stays_behind_it(ours, spool, config, tmp_path):
    config.rename(tmp_path / "dotfile")
    config.symlink_to(tmp_path / "dotfile")
    install(ours, spool)
    assert config.is_symlink()
    assert b"stintd" in (tmp_path / "dotfile").read_bytes()


def test_a_configuration_that_git_is_writing_is_waited_for_by_its_owner(ours, spool, config):
    lock = Path(f"{config}.lock")
    lock.write_text("")
    before = config.read_bytes()
    with pytest.raises(Unavailable) as refused:
        install(ours, spool)
    assert "lock" in refused.value.message
    assert config.read_bytes() == before
    assert lock.exists()


def test_the_include_is_complete_before_the_line_that_names_it(ours, spool):
    steps = gitglobal.plan_config(str(ours), str(spool)).steps
    assert [type(step).__name__ for step in steps] == ["Write"] * (len(HOOKS) + 1) + ["AddLine"]
    removal_of = gitglobal.plan_config_removal
    perform(steps)
    assert type(removal_of(str(ours)).steps[0]).__name__ == "DropLine"


def test_every_event_has_its_command_before_it(ours, spool):
    install(ours, spool)
    listed = subprocess.run(["git", "config", "--global", "--includes", "--list"], capture_output=True, text=True, check=True)
    keys = [line.split("=")[0] for line in listed.stdout.splitlines() if line.startswith("hook.")]
    assert keys == [f"hook.stintd-{hook}.{key}" for hook in HOOKS for key in ("command", "event")]


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("is_gone", [False, True])
def test_the_command_git_will_run_tells_the_act_and_is_silent_when_we_are_gone(ours, spool, shell, is_gone, tmp_path):
    install(ours, spool)
    command = subprocess.run(
        ["git", "config", "--global", "--includes", "hook.stintd-post-checkout.command"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.rstrip("\n")
    if is_gone:
        ours.rename(tmp_path / "gone")
    # As git does with a command that is more than a path: the hook's arguments follow as "$@".
    words = [*shell, "-c", f'{command} "$@"', command, "a" * 40, "b" * 40, "1"]
    done = subprocess.run(words, capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert acts(spool) == ([] if is_gone else [("checkout", str(tmp_path))])


@pytest.mark.skipif(git_version() < (2, 54), reason="hooks in the configuration need git 2.54")
def test_every_repository_is_reached_beside_its_own_hooks(ours, spool, tmp_path):
    install(ours, spool)
    plain, husky = make(tmp_path / "plain"), make(tmp_path / "husky")
    acts(spool)
    foreign(plain.path / ".git/hooks/post-commit", "#!/bin/sh\ntouch ran\n")
    foreign(husky.path / ".husky/post-commit", "#!/bin/sh\ntouch ran\n")
    husky.git("config", "core.hooksPath", ".husky")
    for repo in (plain, husky):
        repo.commit("one")
        assert (repo.path / "ran").exists()
    assert acts(spool) == [("commit", str(plain.path)), ("commit", str(husky.path))]
    plain.git("config", "hook.stintd-post-commit.enabled", "false")
    plain.commit("untold")
    assert acts(spool) == []


def test_new_repositories_come_with_the_hooks_and_are_else_as_git_makes_them(ours, spool, tmp_path, config):
    before = config.read_bytes()
    subprocess.run(["git", "init", "-q", str(tmp_path / "without")], check=True)
    perform(gitglobal.plan_template(str(ours), str(spool)).steps)
    assert gitglobal.is_template_installed(str(ours))
    assert gitglobal.plan_template(str(ours), str(spool)).steps == ()
    subprocess.run(["git", "init", "-q", str(tmp_path / "with")], check=True)
    without, with_hooks = snapshot(tmp_path / "without/.git"), snapshot(tmp_path / "with/.git")
    assert set(with_hooks) - set(without) == {f"hooks/{hook}" for hook in HOOKS}
    same = {name for name in without if not name.endswith("branches")}
    assert {name: with_hooks[name] for name in same} == {name: without[name] for name in same}
    make(tmp_path / "origin").clone(tmp_path / "clone")
    assert ("checkout", str(tmp_path / "clone")) in acts(spool)
    perform(gitglobal.plan_template_removal(str(ours)).steps)
    assert config.read_bytes() == before
    assert not (ours / "git-template").exists()


@pytest.mark.parametrize("how", ["configuration", "environment"])
def test_a_template_of_the_users_is_left_alone(ours, spool, config, how, monkeypatch):
    if how == "environment":
        monkeypatch.setenv("GIT_TEMPLATE_DIR", "/theirs")
    else:
        subprocess.run(["git", "config", "--global", "init.templateDir", "/theirs"], check=True)
    plan = gitglobal.plan_template(str(ours), str(spool))
    assert plan.steps == ()
    assert "already sets a template" in plan.problems[0].text


def test_core_hooks_path_is_never_set(ours, spool):
    install(ours, spool)
    perform(gitglobal.plan_template(str(ours), str(spool)).steps)
    listed = subprocess.run(["git", "config", "--global", "--includes", "--list"], capture_output=True, text=True, check=True)
    assert "hookspath" not in listed.stdout.lower()


@pytest.mark.parametrize("present", [(), (".gitconfig",), (".config/git/config",), (".gitconfig", ".config/git/config")])
def test_the_file_git_itself_would_write_is_the_one_that_gets_the_line(ours, spool, isolated_home, monkeypatch, present):
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    for name in present:
        path = isolated_home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("[user]\n\tname = Ada\n")
    install(ours, spool)
    holders = [name for name in (".gitconfig", ".config/git/config") if "stintd" in _text(isolated_home / name)]
    assert holders == [present[0] if present else ".gitconfig"]
    uninstall(ours)
    assert not any("stintd" in _text(isolated_home / name) for name in (".gitconfig", ".config/git/config"))
    assert os.path.exists(isolated_home / ".gitconfig") == (".gitconfig" in present)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
