"""Editors and shells that were given our hooks by the command, started as their user starts them, and a real daemon."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.hooks.spooled import MARKERS
from tests.support import PATIENCE, poll_until
from tests.support.repos import make

RUNS = {
    "vim": ["vim", "-es", "-c", "call setline(1, 'x')", "-c", "write!", "-c", "qa!", "FILE"],
    "neovim": ["nvim", "--headless", "-c", "call setline(1, 'x')", "-c", "write!", "-c", "qa!", "FILE"],
    "emacs": [
        "emacs", "-Q", "--batch", "-l", "HOME/.emacs.d/init.el", "--eval",
        '(progn (find-file "FILE") (insert "x") (save-buffer))',
    ],
    "bash": ["bash", "-i"], "zsh": ["zsh", "-i"], "fish": ["script", "-qec", "fish -i", "/dev/null"],
}  # fmt: skip


@pytest.fixture(scope="module")
def acme(tmp_path_factory):
    """A repository, and the link by which its owner goes there."""
    top = tmp_path_factory.mktemp("code")
    repo = make(top / "acme")
    (top.parent / "short").symlink_to(top)
    yield repo
    (top.parent / "short").unlink()


@pytest.mark.parametrize("name", RUNS)
def test_what_is_done_in_a_program_with_our_hooks_is_evidence_of_its_place(name, acme, make_daemon, tmp_path):
    if not all(map(shutil.which, (RUNS[name][0], "fish" if name == "fish" else "sh"))):
        pytest.skip(f"no {name} here: install it from the distribution (emacs: emacs-nox)")
    user = tmp_path / "user"
    user.mkdir()
    environment = {key: value for key, value in os.environ.items() if key not in MARKERS}
    environment |= {"HOME": str(user), "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    daemon = make_daemon(folders=[acme.path.parent])
    is_shell = name in ("bash", "zsh", "fish")
    daemon.stint("hooks", "install", *(["shell", "--shell", name] if is_shell else [name]), HOME=str(user))
    link = acme.path.parent.parent / "short" / "acme"
    command = [word.replace("FILE", str(link / "new.py")).replace("HOME", str(user)) for word in RUNS[name]]

    def act() -> None:
        subprocess.run(
            command,
            cwd=link,
            env={**environment, "PWD": str(link)},
            input=b"true secret\nexit\n" if is_shell else b"",
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )

    act()  # nobody reads it yet
    daemon.start()
    source = "shell" if is_shell else "editor"
    told = poll_until(lambda: [b for b in daemon.client.every("/api/heartbeats") if b["source"] == source], "it is told")
    assert ("read" if is_shell else "edit") in {beat["kind"] for beat in told}
    assert {(beat["actor"], beat["project"], beat["path"]) for beat in told} == {("human", "acme", str(acme.path))}, told
    daemon.stint("off")
    act()
    spool = Path(daemon.layout.spool)
    poll_until(lambda: not [file for file in spool.rglob("*") if file.is_file()], "it is read")
    daemon.stint("on")
    assert len([b for b in daemon.client.every("/api/heartbeats") if b["source"] == source]) == len(told)
    assert "spool_unreadable" not in {warning["code"] for warning in daemon.client.get("/api/status")["warnings"]}
