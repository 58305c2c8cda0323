"""The git shim under every shell: what it writes, and that git never notices it."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from stintd.install import shim
from stintd.sources.hookline import parse_line
from tests.support import PATIENCE
from tests.support.shells import every_shell

NOT_UTF8 = b"raw\xff".decode(errors="surrogateescape")
ODD_NAMES = ["plain", "two words", "tab\there", "line\nbreak", "50%", "%09%25", "über", NOT_UTF8,
             "$(touch pwned)`touch pwned`", "quote'\"quote", "*?[a]", "-n", "end\n"]  # fmt: skip


class Shimmed:
    """One shim in a folder of its own, and the spool it writes into."""

    def __init__(self, top: Path, hook: str = "post-commit", spool: str = "spo ol'$x") -> None:
        self.spool, self.path, self.hook = top / spool, top / "hooks" / hook, hook
        self.spool.mkdir(parents=True)
        self.path.parent.mkdir()
        self.path.write_text(shim.shim_text(hook, str(self.spool)))
        self.path.chmod(0o755)

    def run(self, shell, *args, cwd=None, env=None, stdin=b""):
        clean = {"PATH": os.environ["PATH"], "HOME": str(self.spool.parent)}
        return subprocess.run(
            [*shell, str(self.path), *args],
            cwd=cwd or self.spool.parent,
            env={**clean, **(env or {})},
            input=stdin,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )

    def lines(self):
        texts = [path.read_text(errors="surrogateescape") for path in sorted(self.spool.iterdir())]
        assert all(text.endswith("\n") for text in texts)
        return [parse_line(line) for text in texts for line in text.split("\n")[:-1]]


@pytest.fixture
def shimmed(tmp_path) -> Shimmed:
    return Shimmed(tmp_path)


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("name", ODD_NAMES)
def test_any_folder_name_arrives_whole_and_nothing_in_it_is_run(shimmed, shell, name):
    folder = shimmed.spool.parent / name
    folder.mkdir()
    done = shimmed.run(shell, cwd=folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [line.folder for line in shimmed.lines()] == [str(folder)]
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize(
    ("hook", "args", "words"),
    [
        ("post-commit", (), ()),
        ("post-checkout", ("a" * 40, "b" * 40, "1"), ("a" * 40, "b" * 40, "1")),
        ("post-merge", ("0",), ("0",)),
        ("post-rewrite", ("rebase",), ("rebase",)),
        ("pre-push", ("origin", "https://user:secret@example.test/x"), ("origin",)),
        ("pre-push", ("https://user:secret@example.test/x", "https://user:secret@example.test/x"), ("",)),
        ("pre-push", ("git@example.test:x", "git@example.test:x"), ("",)),
        ("post-merge", (), ("",)),
    ],
)
def test_each_hook_writes_its_words_and_never_a_url(tmp_path, shell, hook, args, words):
    shimmed = Shimmed(tmp_path, hook)
    assert shimmed.run(shell, *args).returncode == 0
    (line,) = shimmed.lines()
    assert (line.hook, line.words) == (hook, words)
    assert "secret" not in "".join(path.read_text() for path in shimmed.spool.iterdir())


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({}, {}),
        ({"CLAUDECODE": "1"}, {"agent": "claude-code"}),
        ({"CODEX_THREAD_ID": "x\ty"}, {"agent": "codex"}),
        ({"GEMINI_CLI": "1"}, {"agent": "gemini"}),
        ({"CURSOR_AGENT": "1"}, {"agent": "cursor"}),
        ({"AI_AGENT": "some\nthing\tnew"}, {"agent": "other"}),
        ({"AI_AGENT": "x", "COPILOT_CLI": "1"}, {"agent": "copilot"}),
        ({"CODEX_HOME": "/x", "AIDER_MODEL": "y", "CLAUDE_CODE_USE_BEDROCK": "1"}, {}),
        ({"GIT_REFLOG_ACTION": "pull --rebase origin"}, {"during": "pull"}),
        ({"GIT_REFLOG_ACTION": "rebase (start)"}, {"during": "rebase"}),
    ],
)
def test_the_environment_tells_who_acts_and_in_what(shimmed, shell, env, named):
    shimmed.run(shell, env=env)
    assert shimmed.lines()[0].fields == named


@pytest.mark.parametrize("shell", every_shell())
def test_a_process_number_that_comes_again_overwrites_nothing(shimmed, shell):
    script = "(. '{0}'); (. '{0}'); (. '{0}')".format(str(shimmed.path).replace("'", "'\\''"))
    assert subprocess.run([*shell, "-c", script], check=False, capture_output=True, cwd="/").stderr == b""
    assert len(shimmed.lines()) == 3
    assert len(list(shimmed.spool.iterdir())) == 3


@pytest.mark.parametrize("shell", every_shell())
def test_when_every_name_is_taken_lines_are_added_with_their_own_time(shimmed, shell):
    script = ("(. '{0}');" * 13).format(str(shimmed.path).replace("'", "'\\''"))
    subprocess.run([*shell, "-c", script], check=True, capture_output=True, cwd="/")
    lines = shimmed.lines()
    assert len(lines) == 13
    assert len(list(shimmed.spool.iterdir())) == 10
    assert sum(line.time is not None for line in lines) == 3


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("what", ["missing", "a file", "a broken link"])
def test_a_spool_that_is_not_there_is_no_matter(shimmed, shell, what):
    shimmed.spool.rmdir()
    if what == "a file":
        shimmed.spool.write_text("")
    if what == "a broken link":
        shimmed.spool.symlink_to("nowhere")
    done = shimmed.run(shell)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("shell", every_shell())
def test_a_spool_that_cannot_be_written_is_no_matter(shell):
    with tempfile.TemporaryDirectory() as top:
        os.chmod(top, 0o755)
        shimmed = Shimmed(Path(top))
        shimmed.spool.chmod(0o500)
        # Root may write everywhere, so root steps down to somebody else for this.
        done = subprocess.run(
            [*shell, str(shimmed.path)],
            cwd="/",
            capture_output=True,
            check=False,
            env={},
            user=65534 if os.geteuid() == 0 else None,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert list(shimmed.spool.iterdir()) == []


@contextlib.contextmanager
def full_disk(folder: Path):
    """A file system of one page, full. Skips where mounting is not allowed."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (folder / "filler").write_bytes(b"x" * 4096)
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("shell", every_shell())
def test_a_full_disk_is_no_matter_and_the_empty_file_is_used_once_there_is_room(shimmed, shell):
    with full_disk(shimmed.spool):
        done = shimmed.run(shell)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        assert len(list(shimmed.spool.iterdir())) <= 2


@pytest.mark.parametrize("shell", every_shell())
def test_strict_shell_options_from_outside_do_not_break_it(shimmed, shell):
    done = subprocess.run([*shell, "-eu", str(shimmed.path)], capture_output=True, check=False, cwd="/")
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(shimmed.lines()) == 1


@pytest.mark.parametrize("shell", every_shell())
@pytest.mark.parametrize("writes", [True, False])
def test_the_hook_that_was_there_gets_everything_and_decides(tmp_path, shell, writes):
    shimmed = Shimmed(tmp_path, "pre-push")
    kept = Path(f"{shimmed.path}.before-stintd")
    kept.write_text('#!/bin/sh\nprintf "<%s>" "$@"\ncat\necho said >&2\nexit 7\n')
    kept.chmod(0o755)
    if not writes:
        shimmed.spool.rmdir()
    done = shimmed.run(shell, "origin", "two words", "*", stdin=b"refs\0raw\n", env={"CLAUDECODE": "1"})
    assert (done.returncode, done.stdout, done.stderr) == (7, b"<origin><two words><*>refs\0raw\n", b"said\n")


@pytest.mark.parametrize("shell", every_shell())
def test_the_hook_that_was_there_finds_its_environment_unchanged(shimmed, shell):
    kept = Path(f"{shimmed.path}.before-stintd")
    kept.write_text("#!/bin/sh\numask\nset -o | grep noclobber\nenv | grep -v '^_=' | sort\n")
    kept.chmod(0o755)
    through = shimmed.run(shell, env={"SOME": "thing"}).stdout
    env = {"PATH": os.environ["PATH"], "HOME": str(shimmed.spool.parent), "SOME": "thing"}
    direct = subprocess.run([str(kept)], cwd=shimmed.spool.parent, capture_output=True, check=True, env=env).stdout
    hidden = (b"SHLVL=", b"OLDPWD=")
    assert [line for line in through.splitlines() if not line.startswith(hidden)] == [
        line for line in direct.splitlines() if not line.startswith(hidden)
    ]


@pytest.mark.parametrize("shell", every_shell())
def test_a_kept_hook_that_git_would_not_run_is_not_run_either(shimmed, shell):
    kept = Path(f"{shimmed.path}.before-stintd")
    kept.write_text("#!/bin/sh\nexit 9\n")
    kept.chmod(0o644)
    assert shimmed.run(shell).returncode == 0


def test_our_own_file_is_recognised_until_somebody_changes_it(tmp_path):
    raw = shim.shim_text("post-commit", "/spool").encode()
    assert shim.recognise(raw) == shim.OwnFile("post-commit", True)
    assert shim.recognise(raw + b"echo more\n") == shim.OwnFile("post-commit", False)
    assert shim.recognise(raw.replace(b"post-commit", b"post-merge")) == shim.OwnFile("post-merge", False)
    assert shim.recognise(b"#!/bin/sh\n# stintd hook\n") is None
    assert shim.recognise(b"") is None


def test_it_starts_no_process(tmp_path):
    shimmed = Shimmed(tmp_path, "post-checkout")
    done = subprocess.run(
        ["/bin/sh", str(shimmed.path), "a" * 40, "b" * 40, "1"],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        check=False,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(shimmed.lines()) == 1
