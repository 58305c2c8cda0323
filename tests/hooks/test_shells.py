"""The files for bash, zsh and fish, each read by the real shell at a terminal: what they tell, what they cost, and that
nothing else happens."""

import os
import pty
import re
import select
import shutil
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from stintd.install.shells import HOSTS
from tests.hooks.spooled import MARKERS, ODD, Spooled
from tests.hooks.test_shim import full_disk
from tests.support import poll_until

FISH = """
set -q prompts; or set -g prompts 0
function count --on-event fish_prompt; set -g prompts (math $prompts + 1); end
function fish_prompt; printf 'ready%s> ' $prompts; end
function fish_greeting; end
"""
"""It shows its prompt again with every key, so its prompts are numbered."""
READY = re.compile(rb"ready([0-9]*)> ")


def every_shell():
    return [
        pytest.param(name, marks=pytest.mark.skipif(not shutil.which(name), reason=f"no {name} here (apt install {name})"))
        for name in HOSTS
    ]


class Shell:
    """An interactive shell at a terminal of its own, with our line in its rc file."""

    def __init__(self, name: str, top: Path, rc: str = "", **environment: str) -> None:
        self.name, self.spooled, self.shown = name, Spooled(top, HOSTS[name]), bytearray()
        line = HOSTS[name].line.replace("{}", HOSTS[name].quote(str(self.spooled.file)))
        prompt = FISH if name == "fish" else "PS1='ready> '"
        (top / "rc").write_text(f"{prompt}\n{rc}\n{line}\n")
        (top / ".zshrc").write_text(f"unsetopt zle prompt_cr prompt_sp\n. {top}/rc\n")
        self.command = {
            "bash": ["bash", "--rcfile", str(top / "rc"), "-i"],
            "zsh": ["zsh", "-d", "-i"],
            "fish": ["fish", "--no-config", "--init-command", f"source {top}/rc", "-i"],
        }[name]
        self.environment = {**self.spooled.environment, "ZDOTDIR": str(top), "TERM": "dumb", **environment}

    def __enter__(self) -> "Shell":
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(self.spooled.top)
            os.execvpe(self.command[0], self.command, self.environment)
        self._await(1)
        return self

    def __exit__(self, *_: object) -> None:
        os.write(self.terminal, b"\x15exit\n")
        poll_until(lambda: not self._read(), "the shell ends")
        os.waitpid(self.pid, 0)
        os.close(self.terminal)

    def run(self, command: str) -> str:
        """Give it one line and wait for the next prompt; what came between."""
        before, prompts = len(self.shown), self._prompts()
        os.write(self.terminal, os.fsencode(command) + b"\n")
        self._await(prompts + 1)
        return bytes(self.shown[before:]).decode(errors="replace").replace("ready> ", "")

    def _prompts(self) -> int:
        found = READY.findall(bytes(self.shown))
        return int(found[-1]) if found and found[-1] else len(found)

    def _await(self, prompts: int) -> None:
        poll_until(lambda: self._read() and self._prompts() >= prompts, f"a prompt, after {bytes(self.shown)[-300:]!r}")

    def _read(self) -> bool:
        with suppress(OSError):
            while select.select([self.terminal], [], [], 0.02)[0]:
                chunk = os.read(self.terminal, 65536)
                if not chunk:
                    return False
                self.shown.extend(chunk)
            return True
        return False

    def told(self) -> list[tuple[str, str | None, str, str]]:
        return [(beat.kind, beat.path, beat.source, beat.client) for beat in self.spooled.told()]


@pytest.fixture(params=every_shell())
def name(request) -> str:
    return request.param


def pause() -> None:
    """Into the next second: of one second they tell but once."""
    time.sleep(1.1)  # noqa: TID251  a real shell reads a real clock


def test_a_command_that_ended_is_evidence_of_the_folder_it_was_given_in(name, tmp_path):
    (tmp_path / "acme").mkdir()
    with Shell(name, tmp_path) as shell:
        shell.run("")
        shell.run("   ")
        assert shell.told() == []
        shell.run("cd acme")
        pause()
        shell.run("true secret")
        assert shell.told() == [("read", str(folder), "shell", name) for folder in (tmp_path, tmp_path / "acme")]
        shell.run("")
        assert shell.told() == []
    assert not shell.spooled.troubles


def test_nothing_of_what_was_typed_is_kept(name, tmp_path):
    with Shell(name, tmp_path) as shell:
        shell.run("echo secret-word")
        (file,) = shell.spooled.files()
        assert b"secret" not in file.read_bytes() + os.fsencode(file)


def test_an_odd_folder_arrives_as_it_is(name, tmp_path):
    folder = tmp_path / ODD
    folder.mkdir()
    (tmp_path / "link").symlink_to(folder)
    with Shell(name, tmp_path) as shell:
        shell.run("cd link" if name == "fish" else "cd -P link")
        pause()
        shell.run("true")
        *_, (_, path, _, _) = shell.told()
    assert path in (str(folder), str(tmp_path / "link"))
    assert not shell.spooled.troubles


@pytest.mark.parametrize("how", ["missing", "full", "refused"])
def test_a_spool_that_cannot_be_written_changes_nothing_and_nothing_is_said(name, tmp_path, how):
    with ExitStack() as stack:
        shell = Shell(name, tmp_path)
        shutil.rmtree(shell.spooled.spool)
        if how == "refused":
            shell.spooled.spool.symlink_to("/proc")
        elif how == "full":
            shell.spooled.spool.mkdir()
            stack.enter_context(full_disk(shell.spooled.spool))
        with shell:
            for _ in range(3):
                assert f"{shell.spooled.home.user}\r\n" in shell.run("echo $HOME")
            shown = bytes(shell.shown).replace(os.fsencode(tmp_path), b"")
            if name == "fish" and how != "missing":  # it speaks itself, and must not be made to twice
                first, shown = shown.split(b"ready2> ", 1)
                assert re.search(rb"No space left|redirect", first)
            assert not re.search(rb"stintd|spool|[Cc]annot|[Ee]rror|denied|space", shown)
        if how == "full":
            assert len(shell.spooled.files()) <= 2


@pytest.mark.parametrize("marker", [MARKERS[0], MARKERS[4], MARKERS[-1]])
def test_a_shell_that_an_agent_started_is_silent(name, tmp_path, marker):
    with Shell(name, tmp_path, **{marker: "1"}) as shell:
        shell.run("true")
        assert shell.spooled.files() == []


def test_the_result_of_a_command_is_what_the_prompt_and_the_next_command_see(name, tmp_path):
    status = "$status" if name == "fish" else "$?"
    with Shell(name, tmp_path) as shell:
        shell.run("sh -c 'exit 7'")
        assert re.search(r"(?m)^7\r?$", shell.run(f"echo {status}"))


def test_no_option_is_changed(name, tmp_path):
    command = {"bash": "set -o; shopt", "zsh": "setopt; unsetopt", "fish": "set -U; bind"}[name]
    with Shell(name, tmp_path) as shell:
        shell.run("true")
        with_ours = shell.run(command)
    shell.spooled.file.write_text("")
    with Shell(name, tmp_path / "again") as other:
        other.spooled.file.write_text("")
        other.run("true")
        assert other.run(command) == with_ours


def test_hooks_of_the_user_s_own_go_on(name, tmp_path):
    rc = {
        "bash": "PROMPT_COMMAND='echo mine; '",
        "zsh": "precmd() { echo mine }",
        "fish": "function mine --on-event fish_postexec; echo mine; end",
    }[name]
    with Shell(name, tmp_path, rc) as shell:
        assert "mine" in shell.run("true")
        assert len(shell.told()) == 1


@pytest.mark.parametrize("strict", ["set -u", "set -C", "shopt -s extglob; set -f"])
def test_bash_with_options_of_its_user_s(tmp_path, strict):
    with Shell("bash", tmp_path, "PROMPT_COMMAND=(:)\n" + strict) as shell:
        assert shell.run("true").splitlines() == ["true"]
        assert len(shell.told()) == 1


@pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh here (apt install zsh)")
@pytest.mark.parametrize("strict", ["setopt ksh_arrays", "setopt no_clobber", "setopt sh_word_split no_unset warn_create_global"])
def test_zsh_with_options_of_its_user_s(tmp_path, strict):
    with Shell("zsh", tmp_path, strict) as shell:
        assert shell.run("true").splitlines() == ["true"]
        assert len(shell.told()) == 1


def test_reading_it_again_does_not_tell_twice(name, tmp_path):
    with Shell(name, tmp_path) as shell:
        shell.run("source rc" if name == "fish" else ". ./rc")
        shell.told()
        pause()
        shell.run("true")
        assert len(shell.told()) == 1
