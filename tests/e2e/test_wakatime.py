"""WakaTime's real client against a real daemon: nothing lost, nothing doubled, and the right project in every layout of git."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import repos
from tests.support.daemon import Daemon
from tests.support.peers import needs_wakatime, wakatime

pytestmark = needs_wakatime
PLUGIN = ("--plugin", "vim/9.0 vim-wakatime/12.0.0")


@pytest.fixture
def code(tmp_path):
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


@pytest.fixture
def daemon(tmp_path, code):
    with Daemon(tmp_path / "home", [code]) as one:
        yield one


def configure(daemon: Daemon, home: Path) -> None:
    """As its owner would."""
    home.mkdir(exist_ok=True)
    daemon.stint("hooks", "install", "wakatime", HOME=str(home), WAKATIME_HOME="")


def told(daemon: Daemon) -> list[dict]:
    return list(daemon.client.every("/api/heartbeats", source="editor"))


def test_the_clients_heartbeat_is_stored_once_with_its_place(daemon, code, tmp_path):
    repo = repos.make(code / "acme", is_live=True)
    configure(daemon, tmp_path / "ada")
    at = str(time.time())
    for _ in range(2):
        done = wakatime(tmp_path / "ada", "--entity", str(repo.path / "work.txt"), "--time", at, "--write", *PLUGIN)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
    [row] = told(daemon)
    assert (row["project"], row["branch"], row["entity"], row["kind"], row["client"]) == (
        "acme",
        "main",
        "work.txt",
        "edit",
        "vim",
    )


def test_what_was_queued_while_the_daemon_was_down_arrives_later_all_of_it(daemon, code, tmp_path):
    repo, home = repos.make(code / "acme", is_live=True), tmp_path / "ada"
    configure(daemon, home)
    file, now = str(repo.path / "work.txt"), time.time()
    config = Path(daemon.layout.config)
    port = json.loads(Path(daemon.layout.http_json).read_text())["url"].rpartition(":")[2]
    config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
    daemon.kill()
    many = [{"entity": file, "timestamp": now - 10 * number, "is_write": True} for number in range(1, 61)]
    assert wakatime(home, "--entity", file, "--time", str(now), *PLUGIN, extra=many).returncode == 102
    daemon.start()
    for _ in range(2):
        assert wakatime(home, "--entity", file, "--time", str(now), *PLUGIN).returncode == 0
    assert len(told(daemon)) == 61
    daemon.kill()
    daemon.start()
    assert wakatime(home, "--entity", file, "--time", str(now), *PLUGIN, extra=many[:24]).returncode == 0
    assert len(told(daemon)) == 61, "answered is kept, and what is sent again is known"


def test_a_key_that_is_not_ours_sends_nothing_and_loses_nothing(daemon, code, tmp_path):
    repo, home = repos.make(code / "acme", is_live=True), tmp_path / "ada"
    configure(daemon, home)
    daemon.stint("keys", "revoke", "wakatime")
    words = ("--entity", str(repo.path / "work.txt"), "--time", str(time.time()), *PLUGIN)
    assert wakatime(home, *words).returncode == 104
    assert told(daemon) == []
    configure(daemon, home)
    assert wakatime(home, *words).returncode == 0
    assert len(told(daemon)) == 1


def layouts(code: Path) -> dict[str, tuple[Path, str]]:
    """The nine layouts in which clients were seen to guess: where a file lies, and whose it is."""
    app = repos.make(code / "app", is_live=True)
    app.worktree(code / "app-wt", "feature/wt")
    app.worktree(code / "app-detached", "gone").detach()
    source = repos.make(code.parent / "lib", is_live=True)
    app.submodule(source, "lib")
    inner = repos.make(code / "modules" / "repo", is_live=True)
    inner.worktree(code / "modules" / "repo-wt", "topic")
    app.clone(code / "tool.git", "--bare")
    subprocess.run(
        ["git", "-C", str(code / "tool.git"), "remote", "set-url", "origin", "https://git.test/ada/tool.git"], check=True
    )
    subprocess.run(["git", "-C", str(code / "tool.git"), "worktree", "add", "-q", str(code / "tool-main"), "main"], check=True)
    (code / "proj").mkdir()
    app.clone(code / "proj" / ".bare", "--bare")
    subprocess.run(
        ["git", "-C", str(code / "proj" / ".bare"), "remote", "set-url", "origin", "https://git.test/ada/proj.git"], check=True
    )
    (code / "proj" / ".git").write_text("gitdir: ./.bare\n")
    subprocess.run(["git", "-C", str(code / "proj"), "worktree", "add", "-q", "main", "main"], check=True, capture_output=True)
    (code / "link").symlink_to(code / "app")
    return {
        "plain": (code / "app/work.txt", "app"),
        "worktree": (code / "app-wt/work.txt", "app"),
        "detached": (code / "app-detached/work.txt", "app"),
        "submodule": (code / "app/lib/work.txt", "app"),
        "modules": (code / "modules/repo/work.txt", "repo"),
        "worktree of it": (code / "modules/repo-wt/work.txt", "repo"),
        "bare": (code / "tool-main/work.txt", "tool"),
        ".bare": (code / "proj/main/work.txt", "proj"),
        "link": (code / "link/work.txt", "app"),
    }


def test_the_project_is_right_in_all_nine_layouts(tmp_path, code):
    found = layouts(code)
    with Daemon(tmp_path / "home", [code]) as daemon:
        configure(daemon, tmp_path / "ada")
        now = time.time()
        extra = [
            {"entity": str(path), "timestamp": now - 10 * number, "is_write": True}
            for number, (path, _) in enumerate(found.values(), 1)
        ]
        first = extra.pop(0)
        words = ("--entity", first["entity"], "--time", str(first["timestamp"]), "--write", *PLUGIN)
        assert wakatime(tmp_path / "ada", *words, extra=extra).returncode == 0
        rows = sorted(told(daemon), key=lambda row: row["time"], reverse=True)
        assert {name: row["project"] for name, row in zip(found, rows, strict=True)} == {
            name: project for name, (_, project) in found.items()
        }
        branches = dict(zip(found, (row["branch"] for row in rows), strict=True))
        assert (branches["worktree"], branches["detached"], branches["worktree of it"]) == ("feature/wt", None, "topic")
