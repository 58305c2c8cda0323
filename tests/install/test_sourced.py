"""Editors and shells: our line goes in once and comes out to the byte, whatever the file said; and when we are gone, nothing
is said."""

import shutil
import subprocess
from pathlib import Path

import pytest

from stintd.cli.main import main
from stintd.install import editors, shells
from stintd.install.agentsettings import Home
from tests.install.test_git import snapshot
from tests.support import PATIENCE

ARGUMENTS = {
    "vim": ["vim"], "neovim": ["neovim"], "emacs": ["emacs"], "bash": ["shell", "--shell", "bash"],
    "zsh": ["shell", "--shell", "zsh"], "fish": ["shell", "--shell", "fish"],
}  # fmt: skip
FILES = {
    "vim": ".vim/plugin/stintd.vim", "neovim": ".config/nvim/plugin/stintd.lua", "emacs": ".emacs.d/init.el",
    "bash": ".bashrc", "zsh": ".zshrc", "fish": ".config/fish/conf.d/stintd.fish",
}  # fmt: skip
SHARED = ("emacs", "bash", "zsh")
"""Those whose line stands in a file of the user's."""


@pytest.fixture
def hooks(capsys):
    def run(action: str, name: str, *argv: str) -> tuple[int, str]:
        code = main(["hooks", action, *ARGUMENTS.get(name, [name]), *argv])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def below(home: Path) -> dict:
    """Everything of the user's; stintd's own folders stay."""
    return {path: found for path, found in snapshot(home).items() if not str(path).startswith("stintd")}


@pytest.mark.parametrize("name", FILES)
def test_installed_twice_is_once_and_uninstalling_leaves_nothing(hooks, name, isolated_home):
    before = below(isolated_home)
    assert hooks("install", name)[0] == 0
    once = below(isolated_home)
    assert (isolated_home / FILES[name]).exists()
    code, out = hooks("install", name)
    assert (code, out, below(isolated_home)) == (0, "nothing to change\n", once)
    assert "installed" in hooks("status", name)[1]
    assert hooks("uninstall", name)[0] == 0
    assert below(isolated_home) == before
    assert not list((isolated_home / "stintd/hooks").rglob("*stintd*"))


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("text", [b"one\n", b"one", b"", b"\n\n", b"caf\xe9\r\ntwo\r\n", b"# stintd\none\n"])
def test_a_file_of_the_user_s_comes_back_to_the_byte(hooks, name, text, isolated_home):
    path = isolated_home / FILES[name]
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text)
    path.chmod(0o640)
    hooks("install", name)
    assert path.read_bytes().startswith(text)
    assert path.read_bytes() != text
    hooks("uninstall", name)
    assert path.read_bytes() == text
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", SHARED)
def test_what_the_user_changed_since_stays(hooks, name, isolated_home):
    path = isolated_home / FILES[name]
    path.parent.mkdir(exist_ok=True)
    path.write_text("one\n")
    hooks("install", name)
    path.write_text("zero\n" + path.read_text() + "two\n")
    hooks("uninstall", name)
    assert path.read_text() == "zero\none\ntwo\n"


@pytest.mark.parametrize("name", FILES)
def test_a_dry_run_shows_the_line_and_changes_nothing(hooks, name, isolated_home):
    before = snapshot(isolated_home)
    code, out = hooks("install", name, "--dry-run")
    assert code == 0
    assert "stintd" in out
    assert f"+{'' if name != 'emacs' else '(load'}" in out
    assert snapshot(isolated_home) == before


@pytest.mark.parametrize("name", SHARED)
def test_a_file_that_is_no_plain_file_is_named_and_left_alone(hooks, name, isolated_home):
    path = isolated_home / FILES[name]
    path.mkdir(parents=True)
    before = below(isolated_home)
    code, out = hooks("install", name)
    assert code == 1
    assert str(path) in out
    assert below(isolated_home) == before


@pytest.mark.parametrize("name", ["bash", "zsh"])
def test_a_file_that_ends_within_a_line_is_left_alone(hooks, name, isolated_home):
    path = isolated_home / FILES[name]
    path.write_text("alias ll='ls' \\\n")
    code, out = hooks("install", name)
    assert (code, path.read_text()) == (1, "alias ll='ls' \\\n")
    assert "backslash" in out


def test_a_link_to_dotfiles_kept_elsewhere_stays_a_link(hooks, isolated_home):
    (isolated_home / "dotfiles").mkdir()
    real = isolated_home / "dotfiles/bashrc"
    real.write_text("one\n")
    (isolated_home / ".bashrc").symlink_to(real)
    hooks("install", "bash")
    assert (isolated_home / ".bashrc").is_symlink()
    assert "stintd" in real.read_text()
    hooks("uninstall", "bash")
    assert real.read_text() == "one\n"


def test_the_login_shell_is_the_default_and_another_one_is_asked_for(hooks, isolated_home, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    hooks("install", "shell")
    assert (isolated_home / ".zshrc").exists()
    assert not (isolated_home / ".bashrc").exists()
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    code, out = hooks("install", "shell")
    assert code == 1
    assert "--shell" in out
    assert "zsh: installed" in hooks("status", "shell")[1]
    hooks("uninstall", "shell")  # whichever it was
    assert not (isolated_home / ".zshrc").exists()


def test_emacs_gets_it_into_the_file_it_reads_and_out_of_that_file(hooks, isolated_home):
    (isolated_home / ".emacs").write_text(";; mine\n")
    hooks("install", "emacs")
    assert not (isolated_home / ".emacs.d").exists()
    (isolated_home / ".emacs.el").write_text(";; stronger\n")
    hooks("uninstall", "emacs")
    assert (isolated_home / ".emacs").read_text() == ";; mine\n"


def test_what_is_read_is_renewed_when_it_is_of_another_version(hooks, isolated_home):
    hooks("install", "vim")
    ours = isolated_home / "stintd/hooks/stintd.vim"
    ours.write_text("old")
    assert "from another version" in hooks("status", "vim")[1]
    hooks("install", "vim")
    assert "stintd" in ours.read_text()
    assert "Vim: installed (" in hooks("status", "vim")[1]


QUIET = {
    "vim": ["vim", "-es", "-c", "qa!"], "neovim": ["nvim", "--headless", "-c", "qa!"],
    "emacs": ["emacs", "-Q", "--batch", "-l", "~/.emacs.d/init.el"],
    "bash": ["bash", "-ic", "echo $?"], "zsh": ["zsh", "-ic", "echo $?"],
    "fish": ["fish", "-c", "echo $status"],
}  # fmt: skip


@pytest.mark.parametrize("name", QUIET)
def test_the_line_is_silent_when_stintd_is_gone(hooks, name, isolated_home, monkeypatch):
    if not shutil.which(QUIET[name][0]):
        pytest.skip(f"no {QUIET[name][0]} here")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    hooks("install", name)
    shutil.rmtree(isolated_home / "stintd")
    command = [word.replace("~", str(isolated_home)) for word in QUIET[name]]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
    said = done.stdout + "\n".join(line for line in done.stderr.splitlines() if "job control" not in line and "ioctl" not in line)
    assert (done.returncode, said.strip()) == (0, "0" if "echo" in command[-1] else "")


def test_a_home_with_odd_characters_is_quoted_for_each_program(tmp_path):
    home = Home(str(tmp_path / 'it\'s \\ "x" $y'), str(tmp_path / "it's/spool"), str(tmp_path), {})
    (tmp_path / 'it\'s \\ "x" $y').mkdir()
    for host in {**editors.HOSTS, **shells.HOSTS}.values():
        plan = host.install(home)
        assert not plan.problems
        line = plan.steps[-1].after
        assert b"stintd" in line
