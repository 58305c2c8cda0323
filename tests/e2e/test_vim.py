"""A person in a real Vim, whose WakaTime plugin drives the real client, against a real daemon."""

import os
import pty
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import running
from tests.support.peers import PEERS, WAKATIME, environment, needs_wakatime

PLUGIN = PEERS / "vim-wakatime"
pytestmark = [
    needs_wakatime,
    pytest.mark.skipif(shutil.which("vim") is None, reason="vim is missing: apt install vim"),
]
WRAPPER = """#!/bin/sh
# Client 13.1.0 does not know two options that the plugin of 2026 sends.
for word do
    shift
    case $skip$word in
    --lines-in-file | --human-line-changes) skip=value- ; continue ;;
    value-*) skip= ; continue ;;
    esac
    set -- "$@" "$word"
done
exec "{python}" "{client}" "$@"
"""
BY_HAND = """
let plugin = 'vim/9.0 vim-wakatime/0'
autocmd BufWritePost * call job_start([g:wakatime_CLIPath, '--entity', expand('%:p'), '--write', '--plugin', plugin])
"""
"""What a plugin comes down to, where the plugin itself is not there."""


class Vim:
    """Vim on a terminal of its own."""

    def __init__(self, home: Path, vimrc: str, *files: Path) -> None:
        (home / "vimrc").write_text(vimrc)
        self.screen, inside = pty.openpty()
        self.process = subprocess.Popen(
            ["vim", "-u", str(home / "vimrc"), "-i", "NONE", "-n", *map(str, files)],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            env=environment(home, TERM="xterm"),
            cwd=home,
            start_new_session=True,
        )
        os.close(inside)

    def read(self) -> bool:
        """Take what it draws, or it would wait; true when it was quiet for a moment."""
        if not select.select([self.screen], [], [], 0.2)[0]:
            return True
        os.read(self.screen, 65536)
        return False

    def type(self, keys: str) -> None:
        poll_until(self.read, "Vim waits for its person")
        os.write(self.screen, keys.encode())

    def close(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)
        os.close(self.screen)


def edit(home: Path, vimrc: str, file: Path, daemon) -> list[dict]:
    """Write a line into a file and save it; the heartbeats that came of it."""
    vim = Vim(home, vimrc, file)
    try:
        vim.type("ohello\x1b")
        vim.type(":w\r")
        vim.type(":split\r")
        vim.type(":q\r")  # the plugin sends what it has gathered when a window closes

        def heard() -> list[dict]:
            vim.read()
            return list(daemon.client.every("/api/heartbeats", source="editor"))

        found: list[dict] = poll_until(heard, "the daemon heard of it")
        vim.type(":qa!\r")
        return found
    finally:
        vim.close()


@pytest.fixture
def client(tmp_path) -> Path:
    """The real client as a program."""
    home = tmp_path / "ada"
    home.mkdir()
    (home / "client.py").write_text(WAKATIME)
    program = home / "wakatime-cli"
    program.write_text(WRAPPER.format(python=sys.executable, client=home / "client.py"))
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("plugin", [
    "by hand",
    pytest.param("vim-wakatime", marks=pytest.mark.skipif(
        not (PLUGIN / "plugin").is_dir(), reason=f"the plugin is missing: git clone github.com/wakatime/vim-wakatime {PLUGIN}")),
])  # fmt: skip
def test_a_file_saved_in_vim_is_work_on_its_project(tmp_path, client, plugin):
    repo, home = repos.make(tmp_path / "code" / "acme", is_live=True), client.parent
    vimrc = f"set nocompatible\nlet g:wakatime_CLIPath = '{client}'\n"
    vimrc += BY_HAND if plugin == "by hand" else f"set runtimepath^={PLUGIN}\nfiletype plugin on\n"
    with running(tmp_path / "home", tmp_path / "code") as daemon:
        daemon.stint("hooks", "install", "wakatime", HOME=str(home), WAKATIME_HOME="")
        rows = edit(home, vimrc, repo.path / "work.txt", daemon)
        assert {(row["project"], row["branch"], row["entity"], row["client"]) for row in rows} == {
            ("acme", "main", "work.txt", "vim")
        }
        assert "edit" in {row["kind"] for row in rows}
