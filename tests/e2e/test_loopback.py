"""The loopback port of a real daemon: found by its file, opened by a key of the command line, moved by a setting."""

import asyncio
import json
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support import PATIENCE, poll_until
from tests.support.daemon import Daemon


def told(daemon: Daemon) -> dict:
    return json.loads(Path(daemon.layout.http_json).read_text())


def ask(daemon: Daemon, path: str, key: str | None) -> tuple[int, dict]:
    request = urllib.request.Request(told(daemon)["url"] + path, headers={"X-API-Key": key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def make_key(daemon: Daemon, scope: str, name: str) -> str:
    made = daemon.stint("keys", "create", "--scope", scope, "--name", name, "--json").json
    assert set(made) == {"id", "key", "scope", "name"}
    return made["key"]


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path / "home") as one:
        yield one


def test_a_key_of_the_command_line_opens_the_port_until_it_is_revoked(daemon):
    about = told(daemon)
    assert (about["pid"], set(about)) == (daemon.process.pid, {"url", "pid", "version"})
    assert about["url"].startswith("http://127.0.0.1:")
    assert Path(daemon.layout.http_json).stat().st_mode & 0o777 == 0o600
    key = make_key(daemon, "read", "bar")
    assert ask(daemon, "/api/status", None)[0] == 401
    assert ask(daemon, "/api/status", key)[0] == 200
    listed = daemon.stint("keys", "list").out
    assert "bar" in listed
    assert key not in listed
    daemon.restart()
    assert ask(daemon, "/api/status", key)[0] == 200, "keys outlive a restart"
    daemon.stint("keys", "revoke", "bar")
    assert ask(daemon, "/api/status", key)[0] == 401
    assert "no keys" in daemon.stint("keys").out
    assert daemon.stint("keys", "revoke", "bar", check=False).code == 1
    assert key not in daemon.output()
    daemon.stop()
    assert not Path(daemon.layout.http_json).exists()


def test_a_key_made_for_people_says_how_to_use_it(daemon):
    out = daemon.stint("keys", "create", "--scope", "full").out
    assert len(out.splitlines()[0]) == 36
    assert told(daemon)["url"] in out
    assert daemon.stint("keys", "create", check=False).code == 1
    assert daemon.stint("keys", "create", "--scope", "root", check=False).code == 2


def test_a_port_that_is_taken_is_replaced_and_the_status_says_so(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        daemon = Daemon(tmp_path / "home")
        config = Path(daemon.layout.config)
        config.write_text(config.read_text().replace("port = 0", f"port = {port}"))
        with daemon:
            assert told(daemon)["url"] != f"http://127.0.0.1:{port}"
            warnings = daemon.client.get("/api/status")["warnings"]
            assert [one["code"] for one in warnings] == ["http_port"]
            assert str(port) in daemon.stint("status").out


def test_another_port_in_the_settings_moves_the_listener_while_it_runs(daemon):
    key = make_key(daemon, "read", "bar")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = Path(daemon.layout.config)
    before = told(daemon)["url"]
    config.write_text(config.read_text().replace("port = 0", f"port = {port}\nrate_limit = 7"))
    poll_until(lambda: told(daemon)["url"] == f"http://127.0.0.1:{port}", "the listener moved")
    assert ask(daemon, "/api/status", key)[0] == 200
    with pytest.raises(OSError, match=r"refused|reset"):
        urllib.request.urlopen(before + "/api/status", timeout=PATIENCE)


def test_a_key_of_one_client_sees_that_client_alone(daemon):
    for client in ("Acme", "Borg"):
        daemon.client.post("/api/projects", {"name": f"{client} site", "clientName": client})
    key = daemon.stint("keys", "create", "--scope", "write", "--name", "agent", "--client", "Acme", "--json").json["key"]
    assert "limited to Acme" in daemon.stint("keys").out
    status, found = ask(daemon, "/api/projects", key)
    assert (status, [one["name"] for one in found["data"]]) == (200, ["Acme site"])
    assert ask(daemon, "/api/status", key)[0] == 403
    assert daemon.stint("keys", "create", "--scope", "read", "--client", "Nobody", check=False).code == 1


def test_a_browser_extension_is_let_in_once_the_settings_list_it(daemon):
    key = make_key(daemon, "write", "browser")
    url = f"{told(daemon)['url']}/api/v1/users/current/heartbeats.bulk?api_key={key}"

    def browse() -> tuple[int, str | None]:
        body = json.dumps([{"entity": "https://github.com/a/b", "type": "url", "time": "1763630000"}]).encode()
        headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "chrome-extension://abc", "Sec-Fetch-Site": "cross-site"}
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=PATIENCE) as answer:
                return answer.status, answer.headers["Access-Control-Allow-Origin"]
        except urllib.error.HTTPError as error:
            return error.code, None

    assert browse() == (403, None)
    config = Path(daemon.layout.config)
    config.write_text(config.read_text().replace("port = 0", 'port = 0\nextension_origins = ["chrome-extension://abc"]'))
    poll_until(lambda: browse() == (202, "chrome-extension://abc"), "it is let in")
    assert key not in daemon.output(), "the address with the key in it is in no log"


def test_two_hundred_writers_on_both_listeners_are_all_kept_once_though_each_sends_twice(daemon):
    key, address = make_key(daemon, "write", "many"), told(daemon)["url"].removeprefix("http://")
    daemon.stint("projects", "add", "acme")

    async def send(number: int) -> tuple[bytes, str]:
        start = f"2024-10-{1 + number // 24:02d}T{number % 24:02d}:00:00Z"
        body = json.dumps({"projectName": "acme", "startTime": start, "durationMinutes": 30}).encode()
        head = (
            f"POST /api/entries HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n"
            f"X-API-Key: {key}\r\nIdempotency-Key: {number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        host, _, port = address.partition(":")
        path = daemon.layout.socket
        reader, writer = await (asyncio.open_connection(host, int(port)) if number % 2 else asyncio.open_unix_connection(path))
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
        return answer[:12], json.loads(answer.partition(b"\r\n\r\n")[2])["id"]

    async def twice(number: int) -> list[tuple[bytes, str]]:
        return [await send(number), await send(number)]

    async def everybody() -> list[list[tuple[bytes, str]]]:
        return await asyncio.gather(*(twice(number) for number in range(200)))

    answers = asyncio.run(everybody())
    assert {status for pair in answers for status, _ in pair} == {b"HTTP/1.1 201"}
    assert all(first == again for first, again in answers)
    kept = ask(daemon, "/api/entries?limit=500", key)[1]["data"]
    assert sorted(entry["id"] for entry in kept) == sorted(pair[0][1] for pair in answers)
