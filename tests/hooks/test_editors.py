"""The files for Vim, Neovim and Emacs, each read by the real editor, whose user types: what they tell, and that nothing
else happens."""

import os
import pty
import select
import shutil
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from stintd.install.editors import HOSTS
from tests.hooks.spooled import MARKERS, ODD, Spooled
from tests.hooks.test_shim import full_disk
from tests.support import PATIENCE, poll_until


def every_editor():
    return [
        pytest.param(
            name, marks=pytest.mark.skipif(not shutil.which(program), reason=f"no {program} here (apt install {package})")
        )
        for name, program, package in (("vim", "vim", "vim"), ("neovim", "nvim", "neovim"), ("emacs", "emacs", "emacs-nox"))
    ]


class Editor:
    """One editor with our file read; `type` opens a file and acts on it as its user would."""

    def __init__(self, name: str, top: Path) -> None:
        self.name, self.spooled = name, Spooled(top, HOSTS[name])

    def run(self, path: Path, acts: list[str], **environment: str) -> str:
        """What it printed. Acts: `move`, `type`, `save`, `options` (prints them)."""
        command = {"vim": self._vim, "neovim": self._neovim, "emacs": self._emacs}[self.name](path, acts)
        done = subprocess.run(
            command,
            env={**self.spooled.environment, **environment},
            cwd=self.spooled.top,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return (done.stdout + done.stderr).decode(errors="replace")

    def line(self) -> str:
        """The line that reads our file, as an argument of the editor's."""
        host = self.spooled.host
        line = host.line.replace("{}", host.quote(str(self.spooled.file)))
        return {"vim": line, "neovim": f"lua {line}", "emacs": line.split(";")[0]}[self.name]

    def _script(self, lines: list[str], ending: str) -> str:
        script = self.spooled.top / f"script.{ending}"
        script.write_bytes(os.fsencode("\n".join(lines) + "\n"))
        return str(script)

    def _vim(self, path: Path, acts: list[str]) -> list[str]:
        script = self._script([_VIM[act] for act in acts], "vim")
        return ["vim", "-N", "-u", "NONE", "-n", "-es", "--cmd", self.line(), "-S", script, "-c", "qa!", str(path)]

    def _neovim(self, path: Path, acts: list[str]) -> list[str]:
        script = self._script([_VIM[act] for act in acts], "vim")
        return ["nvim", "--headless", "-u", "NONE", "-n", "--cmd", self.line(), "-S", script, "-c", "qa!", str(path)]

    def _emacs(self, path: Path, acts: list[str]) -> list[str]:
        visit = f'(find-file (decode-coding-string "{_lisp(path)}" \'utf-8))'
        script = self._script([visit, *(_EMACS[act] for act in acts)], "el")
        return ["emacs", "-Q", "--batch", "--eval", self.line(), "-l", script]


def _lisp(path: Path) -> str:
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(path))


# Keys as they come from a terminal; in a run without one the events of moving and typing are raised by hand.
_VIM = {
    "move": "doautocmd <nomodeline> CursorMoved",
    "type": "call setline(1, 'typed') | doautocmd <nomodeline> TextChanged",
    "save": "silent write!",
    "options": "set all",
}
_EMACS = {
    "move": "(run-hooks 'post-command-hook)",
    "type": '(progn (insert "typed") (run-hooks \'post-command-hook))',
    "save": "(save-buffer)",
}


@pytest.fixture(params=every_editor())
def editor(request, tmp_path) -> Editor:
    return Editor(request.param, tmp_path)


def told(editor: Editor) -> list[tuple[str, str | None, str, str]]:
    return [(beat.kind, beat.path, beat.source, beat.client) for beat in editor.spooled.told()]


def test_a_save_counts_always_moving_and_typing_once(editor, tmp_path):
    path = tmp_path / "code.py"
    path.write_text("one\n")
    editor.run(path, ["move", "move", "type", "move", "save", "move", "type", "save"])
    acts = told(editor)
    # In any order: so soon after each other the kernel gives files one time.
    assert sorted(acts) == [(kind, str(path), "editor", editor.name) for kind in ("edit", "edit", "edit", "read")]
    assert not editor.spooled.troubles


KEYS = {
    "vim": [b"ihello", b"\x1b", b":write\r", b":quit!\r"], "neovim": [b"ihello", b"\x1b", b":write\r", b":quit!\r"],
    "emacs": [b"hello", b"\x18\x13", b"\x18\x03"],
}  # fmt: skip


def test_keys_at_a_terminal_are_an_edit_and_a_save(editor, tmp_path):
    path = tmp_path / "typed.py"
    start = {
        "vim": ["vim", "-N", "-u", "NONE", "-n", "--cmd"],
        "neovim": ["nvim", "-u", "NONE", "-n", "--cmd"],
        "emacs": ["emacs", "-nw", "-Q", "--eval"],
    }[editor.name]
    shown = at_terminal([*start, editor.line(), str(path)], KEYS[editor.name], editor.spooled.environment)
    assert path.read_text().strip() == "hello", shown
    acts = told(editor)
    assert {act[1:] for act in acts} == {(str(path), "editor", editor.name)}
    # Opening it is a read, where typing is not faster than the editor's start.
    assert [kind for kind, *_ in acts if kind != "read"] == ["edit", "edit"]
    assert b"rror" not in shown


def at_terminal(command: list[str], keys: list[bytes], environment: dict[str, str]) -> bytes:
    """Type the keys one after the other into a program at a terminal of its own; what it showed until it ended."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe(command[0], command, environment)
    shown = bytearray()

    def read(seconds: float) -> bool:
        while select.select([terminal], [], [], seconds)[0]:
            try:
                shown.extend(os.read(terminal, 65536))
            except OSError:
                return False
        return True

    for key in keys:
        read(1.0)
        with suppress(OSError):
            os.write(terminal, key)
    poll_until(lambda: not read(0.1), f"{command[0]} ends: {bytes(shown)[-500:]!r}")
    os.waitpid(pid, 0)
    os.close(terminal)
    return bytes(shown)


def test_typing_in_a_file_not_told_of_yet_is_an_edit(editor, tmp_path):
    editor.run(tmp_path / "new.py", ["type", "move"])
    assert [kind for kind, *_ in told(editor)] == ["edit"]


def test_an_odd_name_arrives_as_it_is(editor, tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    editor.run(folder / ODD, ["type", "save"])
    assert {path for _, path, *_ in told(editor)} == {str(folder / ODD)}
    assert not editor.spooled.troubles


def test_what_is_no_file_is_not_told(editor, tmp_path):
    editor.run(tmp_path, ["move"])  # a listing of a folder
    assert told(editor) == []


@pytest.mark.parametrize("how", ["missing", "full", "file"])
def test_a_spool_that_cannot_be_written_changes_nothing_and_nothing_is_said(editor, tmp_path, how):
    path, spool = tmp_path / "code.py", editor.spooled.spool
    quiet = editor.run(path, ["move", "type", "save"])
    shutil.rmtree(spool)
    with ExitStack() as stack:
        if how == "file":
            spool.write_text("not a folder")
        elif how == "full":
            spool.mkdir()
            stack.enter_context(full_disk(spool))
        assert editor.run(path, ["move", "type", "save"]) == quiet
        assert how == "file" or {file.name for file in editor.spooled.files()} <= {"filler"}
    assert path.read_text().startswith("typed")


def test_a_spool_that_refuses_files_changes_nothing_and_nothing_is_said(editor, tmp_path):
    quiet = editor.run(tmp_path / "code.py", ["type"])
    shutil.rmtree(editor.spooled.spool)
    (tmp_path / "spool").symlink_to("/proc")
    assert editor.run(tmp_path / "code.py", ["type"]) == quiet


@pytest.mark.parametrize("marker", [MARKERS[0], MARKERS[5], MARKERS[-1]])
def test_an_editor_that_an_agent_started_is_silent(editor, tmp_path, marker):
    editor.run(tmp_path / "code.py", ["type", "save"], **{marker: "1"})
    assert editor.spooled.files() == []


@pytest.mark.parametrize("editor", every_editor()[:2], indirect=True)  # in Emacs options are variables like all others
def test_no_option_is_changed(editor, tmp_path):
    path = tmp_path / "code.py"
    with_ours = editor.run(path, ["move", "options"])
    editor.spooled.file.write_text("")
    assert editor.run(path, ["move", "options"]) == with_ours


def test_the_line_that_reads_it_is_silent_when_it_is_gone(editor, tmp_path):
    quiet = editor.run(tmp_path / "code.py", ["type"])
    editor.spooled.file.unlink()
    assert editor.run(tmp_path / "code.py", ["type"]) == quiet
    assert editor.spooled.told()
