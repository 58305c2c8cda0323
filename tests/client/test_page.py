"""CLIENT.md is run, block by block, in one home with a real daemon: what it prints is what people get."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.page import blocks_of, disagreements
from tests.support import PATIENCE
from tests.support.daemon import Daemon

TOP = Path(__file__).parents[2]
PAGE = TOP / "daemon" / "CLIENT.md"
BLOCKS = blocks_of(PAGE)
PYTHON = [block for block in BLOCKS if block.language == "python"]
SHELL = [block for block in BLOCKS if block.language == "sh"]
needs_curl = pytest.mark.skipif(
    shutil.which("curl") is None or shutil.which("bash") is None, reason="curl and bash are needed: apt-get install curl bash"
)


def name(block):
    return f"line {block.line}"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A daemon, a folder to work in, and an environment in which `stint` and `python3` are ours."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "bin").mkdir()
    for word, module in (("stint", "-m stintd.cli.main"), ("python3", "")):
        script = folder / "bin" / word
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
        script.chmod(0o755)
    environment = {"HOME": str(folder), "TZ": "UTC", "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    with Daemon(folder / "h", environment=environment) as daemon:
        for variable in [word for word in daemon.environment if word.startswith(("STINTD_API", "XDG_", "GIT_"))]:
            del daemon.environment[variable]
        key = daemon.stint("keys", "create", "--scope", "read", "--name", "page", "--json").json["key"]
        with open(daemon.layout.http_json) as file:
            url = json.load(file)["url"]
        yield daemon, folder, {**daemon.environment, "KEY": key, "URL": url}


@pytest.fixture(scope="module")
def printed(home):
    """What each Python block printed: they build on one another, as on the page."""
    _, folder, environment = home
    how = {"cwd": folder, "env": environment, "capture_output": True, "text": True, "timeout": 60}
    return [subprocess.run([sys.executable, "-c", block.code], **how, check=False) for block in PYTHON]


@pytest.mark.parametrize("number", range(len(PYTHON)), ids=lambda number: name(PYTHON[number]))
def test_a_python_example_prints_what_the_page_says(printed, number):
    done = printed[number]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == PYTHON[number].answer


@pytest.fixture(scope="module")
def spoken(home, printed):
    """What each block of the shell said, all in one shell: (exit code, output, complaints)."""
    _, folder, environment = home
    script = []
    for number, block in enumerate(SHELL):
        (folder / f"{number}.sh").write_text(block.code)
        script.append(f". ./{number}.sh > {number}.out 2> {number}.err; echo $? > {number}.code")
    del environment["KEY"], environment["URL"]
    subprocess.run(["bash", "-c", "\n".join(script)], cwd=folder, env=environment, timeout=PATIENCE, check=True)
    return [
        (int((folder / f"{n}.code").read_text()), (folder / f"{n}.out").read_text(), (folder / f"{n}.err").read_text())
        for n in range(len(SHELL))
    ]


@needs_curl
@pytest.mark.parametrize("number", range(len(SHELL)), ids=lambda number: name(SHELL[number]))
def test_a_curl_example_answers_what_the_page_says(spoken, number):
    code, out, complaints = spoken[number]
    assert (code, complaints) == (0, ""), out
    if SHELL[number].answer:
        assert disagreements(json.loads(SHELL[number].answer), json.loads(out[out.index("{") :])) == []
    else:
        assert out.strip()


def test_the_page_shows_every_method_of_the_client():
    from stintd.client import Client

    text = PAGE.read_text()
    client = Client(socket="/nowhere")
    parts = {word: part for word, part in vars(client).items() if not word.startswith("_")}
    assert {word for word in parts if f"`{word}`" not in text} == set()
    for part in [client, *parts.values()]:
        methods = {word for word in dir(part) if not word.startswith("_") and callable(getattr(part, word))}
        assert {word for word in methods - {"ask", "close"} if f"`{word}`" not in text and f".{word}`" not in text} <= {"request"}
