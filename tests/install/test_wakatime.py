"""The settings of WakaTime's clients: ours goes in and out, every other byte stays, and the key comes and goes with it."""

import configparser
import json
from pathlib import Path

import pytest

from stintd.errors import Conflict
from stintd.install.wakatime import ConfigText
from tests.support.daemon import Daemon

KEY = "7d1d6d3e-1111-4222-8333-444455556666"
OURS = ConfigText("http://127.0.0.1:7846/api/v1", KEY)
USED = "; mine\n[settings]\ndebug = false\napi_key = waka_11111111-1111-4111-8111-111111111111\nproxy =\n\n[projectmap]\nx = y"
WRITTEN = {
    "none": None, "empty": b"", "plain": b"[settings]\ndebug = true\n", "odd": b"\n# hello\n[git]\nsubmodules_disabled = true",
    "crlf": b"[settings]\r\nhidefilenames = false\r\n", "used": USED.encode(),
    "several": (USED + "\n[api_urls]\n.*work.* = https://wakapi.test|key\n").encode(),
}  # fmt: skip


def parsed(raw: bytes) -> configparser.ConfigParser:
    """As the Python client reads it: strictly."""
    found = configparser.ConfigParser(interpolation=None, strict=True, delimiters=("=",))
    found.optionxform = str
    found.read_string(raw.decode())
    return found


@pytest.mark.parametrize("name", ["none", "empty", "plain", "odd", "crlf"])
def test_a_file_without_a_key_gets_ours(name):
    raw = OURS.insert(WRITTEN[name])
    settings = parsed(raw)["settings"]
    assert settings["api_key"] == KEY
    assert settings["api_url"] == "http://127.0.0.1:7846/api/v1/users/current/heartbeats.bulk"
    assert OURS.missing(raw) == []


@pytest.mark.parametrize("name", ["used", "several"])
def test_a_file_in_use_keeps_its_server_and_gets_ours_beside_it(name):
    found = parsed(OURS.insert(WRITTEN[name]))
    assert found["settings"]["api_key"].startswith("waka_")
    assert found["api_urls"][".*"] == f"http://127.0.0.1:7846/api/v1|{KEY}"
    assert len(found["api_urls"]) == (2 if name == "several" else 1)


@pytest.mark.parametrize("raw", [b"[settings]\napi_url = https://x.test\n", b"[settings]\napi_key =\n", b"loose = 1\n", b"\xff"])
def test_what_could_be_meant_otherwise_is_left_alone(raw):
    with pytest.raises(Conflict):
        OURS.insert(raw)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wakatime")
    user = folder / "user"
    user.mkdir()
    with Daemon(folder / "home", environment={"HOME": str(user), "WAKATIME_HOME": ""}) as one:
        yield one


@pytest.fixture(params=list(WRITTEN))
def file(request, daemon):
    path = Path(daemon.environment["HOME"]) / ".wakatime.cfg"
    path.unlink(missing_ok=True)
    if WRITTEN[request.param] is not None:
        path.write_bytes(WRITTEN[request.param])
        path.chmod(0o640)
    yield path, WRITTEN[request.param]
    daemon.stint("hooks", "uninstall", "wakatime")


def names(daemon):
    return [one["name"] for one in daemon.client.get("/api/keys")["data"]]


def test_install_twice_and_uninstall_gives_back_the_same_bytes(daemon, file):
    file, before = file
    shown = daemon.stint("hooks", "install", "wakatime", "--dry-run").out
    assert "would" in shown
    assert (file.read_bytes() if file.exists() else None) == before
    assert names(daemon) == []
    daemon.stint("hooks", "install", "wakatime")
    once = file.read_bytes()
    assert names(daemon) == ["wakatime"]
    if before is not None:
        assert file.stat().st_mode & 0o777 == 0o640
    assert daemon.stint("hooks", "install", "wakatime").out == "nothing to change\n"
    assert file.read_bytes() == once
    state = json.loads(daemon.stint("hooks", "status", "wakatime", "--json").out)["agents"]["wakatime"]
    assert state == {"path": str(file), "state": "installed"}
    daemon.stint("hooks", "uninstall", "wakatime")
    assert (file.read_bytes() if file.exists() else None) == before
    assert names(daemon) == []


def test_no_key_is_shown_and_the_one_written_opens_the_door(daemon):
    file = Path(daemon.environment["HOME"]) / ".wakatime.cfg"
    file.write_bytes(WRITTEN["used"] + b"\n")
    shown = daemon.stint("hooks", "install", "wakatime").out
    key = parsed(file.read_bytes())["api_urls"][".*"].rpartition("|")[2]
    assert key not in shown
    assert "waka_" not in shown
    assert "wakatime-cli 2.0" in shown
    file.write_bytes(file.read_bytes() + b"[later]\nx = 1\n")
    daemon.client.delete("/api/keys", {"id": daemon.client.get("/api/keys")["data"][0]["id"]})
    daemon.stint("hooks", "install", "wakatime")
    assert parsed(file.read_bytes())["api_urls"][".*"].rpartition("|")[2] != key, "a key that was taken back is replaced"
    daemon.stint("hooks", "uninstall", "wakatime")
    assert file.read_bytes() == WRITTEN["used"] + b"\n[later]\nx = 1\n", "what somebody added meanwhile stays"
    file.unlink()


def test_a_file_that_cannot_be_read_is_left_alone_and_no_key_is_made(daemon):
    file = Path(daemon.environment["HOME"]) / ".wakatime.cfg"
    file.write_bytes(b"\xff\xfe")
    done = daemon.stint("hooks", "install", "wakatime", check=False)
    assert done.code == 1
    assert "UTF-8" in done.err + done.out
    assert file.read_bytes() == b"\xff\xfe"
    assert names(daemon) == []
    file.unlink()
