"""The shim that agents call, under every shell: what it writes, and that no agent ever notices it."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from stintd.install import agentshim, shim
from stintd.sources.agents import read_message
from tests.hooks.test_shim import ODD_NAMES, full_disk
from tests.support import PATIENCE, poll_until
from tests.support.daemon import Daemon
from tests.support.shells import every_shell

MESSAGE = json.dumps({"session_id": "s1", "cwd": "/code/acme", "hook_event_name": "Stop", "text": "ü \\n"}).encode()


class Shimmed:
    """The shim in a folder of its own, and the spool it writes into."""

    def __init__(self, top: Path, spool: str = "spo ol'$x") -> None:
        self.spool, self.path = top / spool, top / "hooks" / agentshim.SHIM
        self.spool.mkdir(parents=True, exist_ok=True)
        self.path.parent.mkdir()
        self.path.write_bytes(agentshim.shim_text(str(self.spool)))
        self.path.chmod(0o755)

    def run(self, shell, cwd=None, env=None, stdin=MESSAGE, event="Stop", **more):
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.spool.parent)}
        return subprocess.run(
            [*shell, str(self.path), "claude-code", event],
            cwd=cwd or self.spool.parent,
            env={**clean, **(env or {})},
            input=stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            **more,
        )

    def files(self, count=1):
        """Their content once the children have copied everything."""
        poll_until(lambda: len(self._whole()) >= count, f"{count} whole messages in {list(self.spool.iterdir())}")
        return self._whole()

    def _whole(self):
        raws = [path.read_bytes() for path in sorted(self.spool.iterdir())]
        return [raw for raw in raws if raw.partition(b"\n")[2]]


@pytest.fixture
def shimmed(tmp_path) -> Shimmed:
    return Shimmed(tmp_path)


def is_silent(done) -> bool:
    return (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_folder_name_arrives_whole_and_nothing_in_it_is_run(shimmed, shell, name):
    folder = shimmed.spool.parent / name
    folder.mkdir()
    assert is_silent(shimmed.run(shell, cwd=folder))
    line, payload = read_message(shimmed.files()[0])
    assert (line.host, line.event, line.folder) == ("claude-code", "Stop", str(folder))
    assert payload == json.loads(MESSAGE)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("size", [0, 1, 1600, 70_000, 1_000_000])
def test_the_message_arrives_unchanged_whatever_its_size(shimmed, shell, size):
    message = b'{"a": "' + b"x\\n\xc3\xbc\t" * (size // 6) + b'"}\n\n'
    assert is_silent(shimmed.run(shell, stdin=message))
    poll_until(lambda: next(shimmed.spool.iterdir()).read_bytes().endswith(message), "the whole message")
    assert shimmed.files()[0].partition(b"\n")[2] == message


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, {}),
        ({"CLAUDE_CODE_ENTRYPOINT": "sdk-cli"}, {"entry": "sdk-cli"}),
        ({"CI": "true"}, {"ci": "true"}),
        ({"VSCODE_PID": "77"}, {"editor": "77"}),
        ({"CI": "a\tb\nc"}, {"ci": "1"}),
        ({"CLAUDE_CODE_ENTRYPOINT": "x\tparent=1"}, {}),
    ],
)
def test_what_the_environment_says_of_the_agent_is_noted(shimmed, shell, env, named):
    assert is_silent(shimmed.run(shell, env=env))
    found = read_message(shimmed.files()[0])[0].fields
    assert {name: value for name, value in found.items() if name in ("ci", "entry", "editor") and value} == named
    assert found["parent"] == str(os.getpid())


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="the kernel has no /proc")
@pytest.mark.parametrize("shell", every_shell())
def test_the_agents_terminal_and_beginning_are_noted(shimmed, shell):
    shimmed.run(shell)
    stat = Path("/proc/self/stat").read_text().rsplit(") ", 1)[1].split()
    named = read_message(shimmed.files()[0])[0].fields
    assert (named["tty"], named["started"]) == (stat[4], stat[19])


@pytest.mark.parametrize("shell", every_shell())
def test_a_process_number_that_comes_again_overwrites_nothing(shimmed, shell):
    script = "(. '{}');".format(str(shimmed.path).replace("'", "'\\''")) * 13
    done = subprocess.run(
        [*shell, "-c", script, "x", "claude-code", "Stop"], input=MESSAGE * 13, capture_output=True, check=False
    )
    assert (done.stdout, done.stderr) == (b"", b"")
    names = sorted(path.name for path in shimmed.spool.iterdir())
    assert len(names) >= 11
    assert {name.split(".")[2] for name in names if name.count(".") == 2} >= set("123456789")


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("what", ["missing", "a file", "a broken link"])
def test_a_spool_that_is_not_there_is_no_matter(shimmed, shell, what):
    shimmed.spool.rmdir()
    if what == "a file":
        shimmed.spool.write_text("")
    if what == "a broken link":
        shimmed.spool.symlink_to("nowhere")
    assert is_silent(shimmed.run(shell))


@pytest.mark.parametrize("shell", every_shell())
def test_a_spool_that_cannot_be_written_is_no_matter(shell):
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        shimmed = Shimmed(Path(top))
        shimmed.spool.chmod(0o500)
        # Root may write everywhere, so root steps down to somebody else for this.
        assert is_silent(shimmed.run(shell, cwd="/", user=65534 if os.geteuid() == 0 else None))
        assert list(shimmed.spool.iterdir()) == []


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("size", [10, 100_000])
def test_a_full_disk_is_no_matter(shimmed, shell, size):
    with full_disk(shimmed.spool):
        assert is_silent(shimmed.run(shell, stdin=b'{"a":"' + b"x" * size + b'"}'))


@pytest.mark.parametrize("shell", every_shell())
def test_strict_options_closed_input_and_missing_words_are_no_matter(shimmed, shell):
    assert is_silent(shimmed.run([*shell, "-eu"]))
    closed = subprocess.run(
        ["/bin/sh", "-c", 'exec "$@" <&-', "x", *shell, str(shimmed.path), "claude-code", "Stop"],
        capture_output=True,
        check=False,
    )
    assert is_silent(closed)
    assert is_silent(subprocess.run([*shell, str(shimmed.path)], input=b"", capture_output=True, check=False))
    empty = subprocess.run([*shell, str(shimmed.path), "codex", "Stop"], env={}, input=MESSAGE, capture_output=True, check=False)
    assert is_silent(empty)
    assert len(shimmed.files(2)) == 2


def test_an_agent_that_never_closes_its_end_is_not_waited_for_and_still_heard(shimmed):
    process = subprocess.Popen([str(shimmed.path), "claude-code", "Stop"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(MESSAGE)
    process.stdin.flush()
    assert process.wait(PATIENCE) == 0
    assert read_message(shimmed.files()[0])[1]["session_id"] == "s1"
    process.stdin.close()
    process.stdout.close()


@pytest.mark.parametrize("form", ["sh", "any", "csh"])
@pytest.mark.parametrize("shell", every_shell())
def test_the_call_in_the_settings_makes_the_agent_the_parent_and_is_silent_without_the_shim(shimmed, shell, form):
    command = agentshim.call(str(shimmed.path), "claude-code", "Stop", shell=form)
    env = {"PATH": "/bin:/usr/bin", "HOME": str(shimmed.path.parent)}
    run = [*shell, "-c", command]
    assert is_silent(subprocess.run(run, input=MESSAGE, capture_output=True, check=False, env=env))
    line, payload = read_message(shimmed.files()[0])
    assert (line.host, line.event, line.fields["parent"]) == ("claude-code", "Stop", str(os.getpid()))
    assert payload == json.loads(MESSAGE)
    shimmed.path.unlink()
    assert is_silent(subprocess.run(run, input=MESSAGE, capture_output=True, check=False, env=env))
    assert agentshim.is_call(command)
    assert not any(map(agentshim.is_call, ("echo stintd-agent", f"x; {command}", f"{command} | tee log", ":", None)))


@pytest.mark.parametrize("shell", ["fish", "zsh", "tcsh"])
def test_the_call_works_in_a_persons_own_shell(shimmed, shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here: install it from the distribution")
    command = agentshim.call(str(shimmed.path), "codex", "Stop", shell=agentshim.users_shell({"SHELL": f"/bin/{shell}"}))
    env = {"PATH": os.environ["PATH"], "HOME": str(shimmed.path.parent)}
    assert is_silent(subprocess.run([shell, "-c", command], input=MESSAGE, capture_output=True, check=False, env=env))
    named = read_message(shimmed.files()[0])[0].fields
    assert named["parent"] == str(os.getpid())
    assert named["started"].isdecimal() or not os.path.exists("/proc/self/stat")
    shimmed.path.unlink()
    assert is_silent(subprocess.run([shell, "-c", command], input=MESSAGE, capture_output=True, check=False, env=env))


def test_our_own_file_is_recognised_until_somebody_changes_it(shimmed):
    raw = shimmed.path.read_bytes()
    assert shim.recognise(raw) == shim.OwnFile("agent", True)
    assert shim.recognise(raw + b"x") == shim.OwnFile("agent", False)
    plugin = agentshim.plugin_text("/spool")
    assert shim.recognise(plugin) == shim.OwnFile("opencode", True)
    assert shim.recognise(plugin + b"x") == shim.OwnFile("opencode", False)


def test_no_agent_waits_for_a_daemon_that_is_up_stopped_or_gone(tmp_path):
    """A hook that waited would take until the daemon goes on, and here it does so only after the hook has ended."""
    with Daemon(tmp_path / "home") as daemon:
        shimmed = Shimmed(tmp_path, "home/spool")
        assert daemon.process is not None
        assert is_silent(shimmed.run([]))
        os.kill(daemon.process.pid, signal.SIGSTOP)
        try:
            assert is_silent(shimmed.run([]))
        finally:
            os.kill(daemon.process.pid, signal.SIGCONT)
        poll_until(lambda: not list(shimmed.spool.glob("agent-*")), "both were read")
        daemon.stop()
        assert is_silent(shimmed.run([]))
        assert len(list(shimmed.spool.glob("agent-*"))) == 1
