"""Each snippet in the program it is for: shows the line while it holds, nothing afterwards, and runs nothing out of it."""

import configparser
import fcntl
import json
import os
import re
import select
import shlex
import shutil
import struct
import subprocess
import termios
import time
import tomllib
from pathlib import Path

import pytest

from stintd import paths
from stintd.cli.commands.prompt import PROGRAMS
from stintd.cli.commands.snippets import FILES, snippet
from tests.support import PATIENCE, poll_until

LINE = "acme DEV-12 1:23 · today 5:41"
HOSTILE = "%F{red}$(touch${IFS}owned)`touch${IFS}owned`#[bg=red]#{pid}\\e[1m;touch owned"


@pytest.fixture
def status(isolated_home):
    """Writes run/status."""
    Path(paths.status_file()).parent.mkdir(parents=True, exist_ok=True)

    def write(text: str = LINE, ahead: float = 60) -> None:
        Path(paths.status_file()).write_text(f"{text} {int(time.time() + ahead)}\n")

    return write


def needs(program: str):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"needs {program}: apt install {program}")


def ran(*words: str, cwd: Path | None = None) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=cwd, stdin=subprocess.DEVNULL)
    assert done.stderr == "", done.stderr
    return done.stdout.rstrip("\n")


def by_sh() -> str:
    return ran("sh", "-c", snippet("sh"))


def by_bash() -> str:
    return ran("bash", "--norc", "-c", f'{snippet("bash")}\neval "$PROMPT_COMMAND"; printf %s "$STINT_LINE"')


def by_zsh() -> str:
    shown = ran("zsh", "-fc", f'{snippet("zsh")}\nfor hook in $precmd_functions; do $hook; done; print -rn -- "${{(%)RPROMPT}}"')
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)


def by_fish() -> str:
    return re.sub(r"\x1b(\[[0-9;]*m|\(B)", "", ran("fish", "--no-config", "-c", f"{snippet('fish')}\nfish_right_prompt")).strip()


def by_starship() -> str:
    module = tomllib.loads(snippet("starship"))["custom"]["stint"]
    return ran(*module["shell"], "-c", module["command"])


def by_waybar() -> str:
    text = "\n".join(line for line in snippet("waybar").splitlines() if not line.startswith("//"))
    module = json.loads(text)["custom/stint"]
    assert module["escape"] is True, "a name is no markup"
    return ran("sh", "-c", module["exec"])


def by_i3blocks() -> str:
    parser = configparser.RawConfigParser()
    parser.read_string(snippet("i3blocks"))
    return ran("sh", "-c", parser["stint"]["command"])


def by_sway() -> str:
    loop = re.search(r"status_command (.*)", snippet("sway"))[1]
    return ran("sh", "-c", loop.replace("sleep 15", "exit 0"))


SHELLS = [
    pytest.param(by_sh, id="sh"), pytest.param(by_bash, id="bash", marks=needs("bash")),
    pytest.param(by_zsh, id="zsh", marks=needs("zsh")), pytest.param(by_fish, id="fish", marks=needs("fish")),
    pytest.param(by_starship, id="starship"), pytest.param(by_waybar, id="waybar"), pytest.param(by_i3blocks, id="i3blocks"),
    pytest.param(by_sway, id="sway"),
]  # fmt: skip


@pytest.mark.parametrize("shown", SHELLS)
def test_a_line_is_shown_while_it_holds_and_no_longer(status, shown):
    status()
    assert shown() == LINE
    status(ahead=-1)
    assert shown() == "", "the line of a daemon that died"
    os.unlink(paths.status_file())
    assert shown() == "", "no daemon"
    for odd in ("", "no number at the end\n", "acme 99999999999x\n", "\n"):
        Path(paths.status_file()).write_text(odd)
        assert shown() == "", odd


@pytest.mark.parametrize("shown", SHELLS)
def test_nothing_in_a_line_is_run(status, shown, isolated_home, monkeypatch):
    monkeypatch.chdir(isolated_home)
    status(HOSTILE)
    assert HOSTILE in shown()
    assert not (isolated_home / "owned").exists()
    Path(paths.status_file()).write_text("acme a[$(touch${IFS}owned)]\n")
    assert shown() == "", "what is no number is not calculated with"
    assert not (isolated_home / "owned").exists()


@pytest.mark.parametrize("name", ["it has spaces", 'quo"te $HOME', "per%cent #{hash}", "back\\slash"])
def test_odd_folders_are_quoted_for_each_program(isolated_home, monkeypatch, name):
    monkeypatch.setenv("STINTD_HOME", str(isolated_home / name))
    Path(paths.status_file()).parent.mkdir(parents=True)
    Path(paths.status_file()).write_text(f"{LINE} {int(time.time() + 60)}\n")
    present = [by for by, program in ((by_bash, "bash"), (by_zsh, "zsh"), (by_fish, "fish")) if shutil.which(program)]
    for shown in (by_sh, by_starship, by_waybar, by_sway, *present):
        assert shown() == LINE, shown.__name__


@needs("tmux")
@pytest.mark.parametrize("name", ["stintd", 'odd "$HOME" #{pid}'])
def test_tmux_shows_it_in_its_status_line(isolated_home, monkeypatch, name):
    monkeypatch.setenv("STINTD_HOME", str(isolated_home / name))
    Path(paths.status_file()).parent.mkdir(parents=True)
    config = isolated_home / "tmux.conf"
    config.write_text(snippet("tmux") + "set -g status-interval 1\n")
    server = ["tmux", "-S", str(isolated_home / "tmux"), "-f", str(config)]

    Path(paths.status_file()).write_text(f"{LINE} {int(time.time() + 600)}\n")
    subprocess.run([*server, "new-session", "-d", "-x", "160", "-y", "10", "cat"], check=True, timeout=PATIENCE)
    try:
        assert screen([*server, "attach"], lambda text: LINE in text)
        Path(paths.status_file()).write_text(f"a#b #{{pid}} 0:01 {int(time.time() + 600)}\n")
        assert screen([*server, "attach"], lambda text: "a#b #{pid} 0:01" in text), "a name is no format of tmux"
        Path(paths.status_file()).write_text(f"{LINE} {int(time.time() - 1)}\n")
        assert screen([*server, "attach"], lambda text: "0:01" not in text and LINE not in text, at_once=False), (
            "an old line goes"
        )
    finally:
        subprocess.run([*server, "kill-server"], check=False, timeout=PATIENCE)


def screen(command: list[str], is_shown, at_once: bool = True) -> bool:
    """Whether a client that attaches comes to show it: only one that looks has tmux run what is in its status line. Not
    `at_once`: what it shows after a while counts, because at first it shows nothing."""

    def look() -> bool:
        ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 160, 0, 0))
        words, environ = [command[0], "-u", *command[1:]], {**os.environ, "TERM": "xterm"}
        client = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, env=environ)
        os.close(theirs)
        os.set_blocking(ours, False)
        seen = b""
        try:
            until_at = time.monotonic() + 2.5
            while time.monotonic() < until_at and not (at_once and is_shown(_plain(seen))):
                if select.select([ours], [], [], 0.2)[0]:
                    try:
                        seen += os.read(ours, 65536)
                    except OSError:
                        break
        finally:
            client.terminate()
            client.wait(PATIENCE)
            os.close(ours)
        return is_shown(_plain(seen))

    return poll_until(look)


def _plain(seen: bytes) -> str:
    """What stands there since the screen was last cleared."""
    last = seen.decode(errors="replace").rsplit("\x1b[2J", 1)[-1]
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\(B", "", last)


def test_every_program_of_the_command_has_a_snippet_and_each_names_its_file(stint, isolated_home):
    assert set(PROGRAMS) == set(FILES)
    for name in PROGRAMS:
        outcome = stint("prompt", "--for", name)
        assert outcome.code == 0
        assert "@" not in outcome.out.replace("@STINT", ""), name
        assert outcome.out.startswith(("#", "//")), "says where it goes"
        assert shlex.quote(paths.status_file()) in outcome.out or paths.status_file() in outcome.out
    assert stint("prompt", "--for", "word").code == 2


def test_the_command_itself_shows_what_holds(stint, status):
    status()
    assert stint("prompt").out == LINE + "\n"
    status(ahead=-1)
    assert stint("prompt").out == ""
