"""No secret leaves the place it was put into: database, log at debug level, crash report, doctor, bundle, process list, API."""

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import psutil
import pytest

from tests.support import PATIENCE, poll_until
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served
from tests.support.daemon import SOURCES, Daemon

BY = {
    "file": "s3cret-by-file-0001",
    "env": "s3cret-by-variable-0002",
    "cmd": "s3cret-by-command-0003",
    "own": "s3cret-kept-by-us-0004",
}
TARGET = """
[targets.{name}]
kind = "clockme"
base_url = "{url}"
{source}
from = 2021-01-01
deliver = "auto"
settle = "0s"
retry_initial = "0.1s"
[[targets.{name}.map]]
remote = {{ project_id = "p1" }}
"""
ENTRY = {"projectName": "acme", "autoCreate": True, "startTime": "2021-03-01T10:00:00Z", "durationMinutes": 25}


class Echo(ClockMeFake):
    """Says the key it was sent in its own answer, which some servers do."""

    def _route(self, request):
        if request.method == "POST" and "refuse" in (request.body or b"").decode():
            return 422, {"error": f"not with {request.headers.get('Authorization')}"}
        return super()._route(request)


@pytest.fixture
def served():
    servers = {name: Served(Echo(key=secret)) for name, secret in BY.items()}
    yield servers
    for server in servers.values():
        server.close()


@pytest.fixture
def daemon(tmp_path, served):
    """Four targets, a key each from another place, at debug level."""
    (tmp_path / "key").write_text(BY["file"] + "\n")
    (tmp_path / "key").chmod(0o600)
    (tmp_path / "vault").write_text(f"#!/bin/sh\necho {BY['cmd']}\n")
    (tmp_path / "vault").chmod(0o700)
    sources = {
        "file": f'api_key_file = "{tmp_path}/key"',
        "env": 'api_key_env = "ACME_TOKEN"',
        "cmd": f'api_key_cmd = "{tmp_path}/vault"',
    }
    config = "".join(TARGET.format(name=name, url=served[name].url, source=source) for name, source in sources.items())
    one = Daemon(tmp_path / "home", config=config, environment={"ACME_TOKEN": BY["env"]})
    one.arguments = ["--log", "debug"]
    with one:
        words = ["--kind", "clockme", "--url", served["own"].url, "--deliver", "auto", "--from", "2021-01-01", "--settle", "0s"]
        asked = one.stint("connect", "own", *words, "--key-from", "-", stdin=BY["own"] + "\n")
        one.stint("targets", "map", "own", "project_id=p1")
        assert BY["own"] not in asked.out + asked.err
        yield one


def held(folder: Path, words: list[str]) -> dict[str, list[str]]:
    """By file, which of the words its bytes hold; not of the places that hold a key for us."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and path.parent.name != "secrets":
            data = path.read_bytes()
            found[str(path.relative_to(folder))] = [word for word in words if word.encode() in data]
    return {name: known for name, known in found.items() if known}


def command_lines(daemon: Daemon) -> str:
    root = psutil.Process(daemon.process.pid)
    lines = []
    for process in (root, *root.children(recursive=True)):
        try:
            lines.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return "\n".join(lines)


def test_no_secret_in_database_log_crash_report_doctor_process_list_or_answers(daemon, served, tmp_path):
    words, seen = list(BY.values()), []
    for description in ("fine", "refuse"):
        daemon.client.post(
            "/api/entries", {**ENTRY, "description": description, "startTime": f"2021-03-0{1 + len(seen)}T10:00:00Z"}
        )
        seen.append(command_lines(daemon))
    poll_until(lambda: all(len(server.fake.ledger) == 1 for server in served.values()), "each target has the entry it takes")
    parked = poll_until(
        lambda: len(found) == 4 and found if (found := list(daemon.client.every("/api/outbox", state="parked"))) else None
    )
    assert all("not with" in json.dumps(one) for one in parked), "the server's words are kept, its echo of the key is not"
    seen.append(command_lines(daemon))
    assert [word for word in words if word in "\n".join(seen)] == []
    routes = ("/api/targets", "/api/outbox?state=all", "/api/status", "/api/settings", "/api/doctor?online=true")
    told = "".join(json.dumps(daemon.client.get(route)) for route in routes)
    assert [word for word in words if word in told] == []
    for argv in (
        ("doctor",),
        ("doctor", "--json", "--online"),
        ("targets",),
        ("outbox",),
        ("config", "get"),
        ("sync", "--dry-run"),
    ):
        outcome = daemon.stint(*argv, check=False)
        assert [word for word in words if word in outcome.out + outcome.err] == [], argv
    crash(daemon, tmp_path)
    assert Path(daemon.layout.log, "stint-crash.txt").exists()
    daemon.stint("backup")
    assert held(daemon.home, words) == {}
    for name in ("target-own",):
        assert oct((Path(daemon.layout.secrets) / name).stat().st_mode & 0o777) == "0o600"


def crash(daemon: Daemon, tmp_path: Path) -> None:
    """A defect of ours while the key is at hand: `stint connect` fails where it would send it."""
    (tmp_path / "patch").mkdir()
    (tmp_path / "patch" / "sitecustomize.py").write_text(
        "import stintd.client.control as c\n"
        "def broken(self, route, body=None, timeout=30.0):\n    raise KeyError(route)\n"
        "c.Control.post = broken\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "stintd.cli.main", "connect", "other", "--kind", "clockme", "--key-from", "-"],
        env={**daemon.environment, "PYTHONPATH": f"{tmp_path / 'patch'}:{SOURCES}"},
        input=BY["own"] + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.returncode == 3, done.stderr
    assert [word for word in BY.values() if word in done.stdout + done.stderr] == []


def unpacked(path: Path) -> dict[str, str]:
    with tarfile.open(path) as bundle:
        return {one.name: bundle.extractfile(one).read().decode() for one in bundle.getmembers()}


def test_a_bundle_holds_what_helps_and_no_secret(daemon, tmp_path):
    hook = daemon.client.post(
        "/api/webhooks", {"url": "https://hooks.example.test/services/T0/B0/pathsecretpathsecret", "events": ["project.created"]}
    )
    own = "0wn+ch0sen/secret=of-the-owner"
    daemon.client.post("/api/webhooks", {"url": "https://hooks.example.test/b", "events": ["project.created"], "secret": own})
    key = daemon.stint("keys", "create", "--scope", "read", "--json").json["key"]
    daemon.client.post("/api/entries", {**ENTRY, "description": "words of the owner"})
    old = "an0ther-key-of-last-year"
    with open(daemon.layout.log_file, "a") as log:
        log.write(f"asked with {BY['file']}\nAuthorization: Bearer {old}\nhttps://user:{old}@example.test/x?token={old}\n{key}\n")
        log.write(f"api_key={old} password: {old}\n{hook['secret']}\nsigned with {own} today\n")
    target = tmp_path / "bundle.tar.gz"
    assert str(target) in daemon.stint("doctor", "--bundle", str(target), check=False).out
    assert oct(target.stat().st_mode & 0o777) == "0o600"
    parts = unpacked(target)
    everything = "\n".join(parts.values())
    assert [word for word in (*BY.values(), key, old, own, hook["secret"], "pathsecret") if word in everything] == []
    assert "words of the owner" not in everything
    found = json.loads(parts["stintd-bundle/doctor.json"])
    assert {"daemon", "database", "target file"} <= {one["name"] for one in found}
    settings = json.loads(parts["stintd-bundle/settings.json"])
    assert settings["config.toml"]["targets"]["env"]["api_key_env"] == "ACME_TOKEN"
    assert settings["config.toml"]["targets"]["cmd"]["api_key_cmd"] == "[secret]"
    assert "asked with [secret]" in parts["stintd-bundle/log/stintd.log"]
    assert json.loads(parts["stintd-bundle/versions.json"])["stintd"]
    assert "stintd.db" in parts["stintd-bundle/files.txt"]
    again = daemon.stint("doctor", "--bundle", str(target), check=False)
    assert (again.code, "exists already" in again.err) == (1, True)


def test_names_are_hidden_on_request(daemon, tmp_path):
    code = tmp_path / "zebraclient" / "okapirepo"
    code.mkdir(parents=True)
    daemon.client.post("/api/roots", {"path": str(code)})
    daemon.client.post("/api/entries", {**ENTRY, "projectName": "giraffeproject"})
    with open(daemon.layout.log_file, "a") as log:
        log.write(f"looking through {code} of giraffeproject\n")
    plain, hidden = tmp_path / "plain.tar.gz", tmp_path / "hidden.tar.gz"
    daemon.stint("doctor", "--bundle", str(plain), check=False)
    daemon.stint("doctor", "--bundle", str(hidden), "--hide-names", check=False)
    words = ("zebraclient", "okapirepo", "giraffeproject")
    assert [word for word in words if word in "\n".join(unpacked(plain).values())] == list(words)
    assert [word for word in words if word in "\n".join(unpacked(hidden).values())] == []
    assert "name-" in unpacked(hidden)["stintd-bundle/log/stintd.log"]


def test_a_bundle_can_be_made_while_nothing_runs(tmp_path):
    daemon = Daemon(tmp_path / "home")
    outcome = daemon.stint("doctor", "--bundle", str(tmp_path / "b.tar.gz"), check=False)
    assert outcome.code == 0, outcome.err
    assert "not running" in unpacked(tmp_path / "b.tar.gz")["stintd-bundle/status.json"]
    assert daemon.stint("doctor", "--hide-names", check=False).code == 1


def test_the_log_is_rotated_as_the_settings_say(tmp_path):
    daemon = Daemon(tmp_path / "home", config="[log]\nmegabytes = 1\nkeep = 2\n")
    daemon.arguments = ["--log", "debug"]
    log = Path(daemon.layout.log_file)
    for _ in range(5):
        with log.open("a") as file:
            file.write("x" * 1_000_001 + "\n")
        with daemon:
            daemon.stint("add", "--create", "acme", "1m", check=False)
    names = sorted(path.name for path in log.parent.iterdir())
    assert names == ["stintd.log", "stintd.log.1", "stintd.log.2"]
    assert log.stat().st_size < 1_000_000
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in log.parent.iterdir())
