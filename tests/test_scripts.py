"""The scripts a newcomer runs: they find the project from anywhere, name what is missing, and leave nothing behind."""

import os
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support import PATIENCE, poll_until
from tests.support.repos import make

TOP = Path(__file__).parents[1]
SCRIPTS = ("run", "test", "bench", "watchprobe", "environment")
OURS = Path(sys.executable).parents[1]


@pytest.fixture
def installed(tmp_path, monkeypatch) -> Path:
    """A virtual environment that counts as installed: `stint` there runs the package of this checkout."""
    venv = tmp_path / "my venv"
    (venv / "bin").mkdir(parents=True)
    start = f'#!/bin/sh\nPYTHONPATH="{TOP / "daemon"}:$PYTHONPATH" exec "{sys.executable}" '
    for name, rest in {"python": '"$@"\n', "stint": '-m stintd.cli.main "$@"\n'}.items():
        (venv / "bin" / name).write_text(start + rest)
        (venv / "bin" / name).chmod(0o755)
    total = subprocess.run(["cksum"], stdin=open(TOP / "pyproject.toml"), capture_output=True, text=True, check=True)  # noqa: SIM115
    for stamp in ("installed", "installed-test", "installed-dev"):
        (venv / stamp).write_text(f"{TOP} {total.stdout.strip()}")
    monkeypatch.setenv("STINTD_VENV", str(venv))
    return venv


def run(name: str, *words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(TOP / "scripts" / name), *words],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_plain_sh(name):
    assert subprocess.run(["sh", "-n", str(TOP / "scripts" / name)], capture_output=True).stderr == b""


def test_every_script_is_in_the_readme():
    words = (TOP / "scripts" / "README.md").read_text()
    there = {path.name for path in (TOP / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK)}
    assert there == {"run", "test", "bench", "picture", "reference", "vendor", "watchprobe"}
    assert all(f"`{name}" in words for name in there)


def test_the_bench_names_its_rows_and_refuses_others(installed, tmp_path):
    listed = run("bench", "--list", cwd=tmp_path)
    assert {"http", "watch", "hook", "visible"} <= set(listed.stdout.split()), listed.stderr
    assert run("bench", "nonsense", cwd=tmp_path).returncode == 2


def test_without_a_new_enough_python_it_says_which_and_how(tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("dirname", "sh"):
        (tools / tool).symlink_to(f"/usr/bin/{tool}" if Path(f"/usr/bin/{tool}").exists() else f"/bin/{tool}")
    done = run("run", cwd=tmp_path, PATH=str(tools), PYTHON="", STINTD_VENV=str(tmp_path / "venv"))
    assert done.returncode == 1
    assert "Python 3.11" in done.stderr
    assert "PYTHON=" in done.stderr
    assert not (tmp_path / "venv").exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_run_watches_the_folder_it_is_started_in_and_ends_cleanly(installed, tmp_path, ending):
    code = tmp_path / "my code"
    repo = make(code / "acme")
    home = Path(os.environ["STINTD_HOME"])
    with open(tmp_path / "out", "wb") as out:
        shown = subprocess.Popen([str(TOP / "scripts" / "run")], cwd=code, stdout=out, stderr=subprocess.STDOUT)
    try:
        poll_until(lambda: "control socket" in (tmp_path / "out").read_text(), "it has begun")
        repo.write("notes.txt", "a thought")
        poll_until(lambda: "acme" in (tmp_path / "out").read_text().replace(str(code), ""), "the edit is shown")
        shown.send_signal(ending)
        assert shown.wait(PATIENCE) == 0, (tmp_path / "out").read_text()
    finally:
        shown.terminate()  # nothing when it has ended; it takes its daemon along
        shown.wait(PATIENCE)
    assert f"watching {code}" in (tmp_path / "out").read_text()
    assert not (home / "run" / "control.sock").exists()


def test_the_page_of_commands_is_what_the_commands_say():
    done = subprocess.run(
        [sys.executable, str(TOP / "scripts" / "reference"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def newest(tmp_path):
    """A virtual environment of the newest releases, where pip only notes what it was asked for; its own status is given."""

    def make(status=0):
        venv = tmp_path / "newest"
        (venv / "bin").mkdir(parents=True)
        pip = f'echo "$@" >> "{venv}/pip.log"; exit {status}'
        text = f'#!/bin/sh\n[ "$1 $2" != "-m pip" ] || {{ {pip}; }}\nexec "{sys.executable}" "$@"\n'
        (venv / "bin" / "python").write_text(text)
        (venv / "bin" / "python").chmod(0o755)
        return venv

    return make


def test_newest_tests_the_smoke_part_with_releases_that_no_bound_of_ours_holds_back(newest, tmp_path):
    venv = newest()
    others = tmp_path / "others"
    done = run(
        "test", "--newest", "--collect-only", "-q", "-n", "0", cwd=tmp_path, STINTD_NEWEST_VENV=str(venv), STINTD_VENV=str(others)
    )
    assert done.returncode == 0, done.stderr
    asked = (venv / "newest.txt").read_text().split()
    assert {"aiohttp>=3.14.3", "watchdog>=7.1", "psutil>=5.9"} <= set(asked)
    assert "mcp>=2.3,<3" in asked, "what only tests need stays within its bounds"
    upgrade, ours = (venv / "pip.log").read_text().splitlines()
    assert f"--upgrade --upgrade-strategy eager -r {venv}/newest.txt" in upgrade
    assert f"--no-deps -e {TOP}" in ours
    assert f"  aiohttp {version('aiohttp')}\n" in done.stderr
    for part in ("e2e/test_start", "e2e/test_delivery", "cli/test_daemon", "api/test_dashboard", "sources/test_watch_inotify"):
        assert f"tests/{part}.py" in done.stdout
    assert "tests/domain" not in done.stdout
    assert not others.exists(), "the usual environment is not touched"


def test_newest_without_a_network_says_so_and_tests_nothing(newest, tmp_path):
    venv = newest(status=1)
    done = run("test", "--newest", cwd=tmp_path, STINTD_NEWEST_VENV=str(venv))
    assert done.returncode == 1
    assert "Nothing was tested" in done.stderr
    assert "network" in done.stderr
    assert done.stdout == ""
