"""`stint dash`: a link, a browser that is told to open it, and sending browsers away."""

import json
import stat
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.support import PATIENCE
from tests.support.daemon import Daemon


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("dash") / "home") as one:
        yield one


def browser(tmp_path, text: str) -> dict[str, str]:
    """A program in the place of the browser."""
    program = tmp_path / "browser"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return {"BROWSER": str(program), "DISPLAY": "", "WAYLAND_DISPLAY": ""}


def opened(url: str) -> tuple[int, str]:
    """The status of a GET that follows nothing, and where it leads."""

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *args):
            return None

    try:
        with urllib.request.build_opener(Stay).open(url, timeout=PATIENCE) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Location", "")


def test_the_browser_is_given_the_link_that_is_printed(daemon, tmp_path):
    told = daemon.stint("dash", **browser(tmp_path, f'printf "%s" "$1" > {tmp_path}/url'))
    url = told.out.splitlines()[0]
    assert (tmp_path / "url").read_text() == url
    address = json.loads(Path(daemon.layout.http_json).read_text())["url"]
    assert url.startswith(f"{address}/dash/open/")
    status, where = opened(url)
    assert (status, where[:7]) == (303, "/#page=")
    assert opened(url)[0] == 401, "it works once"


@pytest.mark.parametrize(("arguments", "program"), [((), None), ((), "exit 1"), (("--no-open",), "touch called")])
def test_without_a_browser_the_link_is_printed_with_what_to_do(daemon, tmp_path, arguments, program):
    none = {"BROWSER": "", "DISPLAY": "", "WAYLAND_DISPLAY": "", "WSL_DISTRO_NAME": ""}
    told = daemon.stint("dash", *arguments, cwd=tmp_path, **(browser(tmp_path, program) if program else none)).out
    assert "/dash/open/" in told.splitlines()[0]
    assert "works once" in told
    assert not (tmp_path / "called").exists()


def test_the_link_as_json_opens_nothing(daemon, tmp_path):
    told = daemon.stint("dash", "--json", **browser(tmp_path, f"touch {tmp_path}/called")).json
    assert set(told) == {"url", "expiresAt"}
    assert not (tmp_path / "called").exists()


def test_browsers_are_sent_away_and_counted(daemon):
    daemon.stint("dash", "--revoke")
    assert daemon.stint("dash", "--revoke").out == "no browser was signed in\n"
    for _ in range(2):
        assert opened(daemon.stint("dash", "--no-open").out.splitlines()[0])[0] == 303
    assert daemon.stint("keys").out.count("browser 20") == 2
    assert daemon.stint("dash", "--revoke").out == "signed out 2 browsers\n"
    assert "no keys" in daemon.stint("keys").out


def test_a_browser_stays_in_over_a_restart_and_no_secret_of_it_is_on_the_disk(daemon):
    url = daemon.stint("dash", "--no-open").out.splitlines()[0]
    address, token = url.split("/dash/open/")
    request = urllib.request.Request(url)
    cookie = proof = ""

    class Keep(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, req, fp, code, msg, headers, newurl):
            nonlocal cookie, proof
            cookie, proof = headers["Set-Cookie"].partition(";")[0], newurl.partition("#page=")[2]

    with pytest.raises(urllib.error.HTTPError):
        urllib.request.build_opener(Keep).open(request, timeout=PATIENCE)
    port = int(address.rpartition(":")[2])
    Path(daemon.layout.config).write_text(f"[http]\nport = {port}\n")
    daemon.restart()
    ask = urllib.request.Request(f"{address}/api/health", headers={"Cookie": cookie, "X-Stint-Page": proof})
    with urllib.request.urlopen(ask, timeout=PATIENCE) as answer:
        assert answer.status == 200
    secrets = [cookie.partition("=")[2].encode(), proof.encode(), token.encode()]
    for path in daemon.home.rglob("*"):
        if path.is_file():
            assert not [one for one in secrets if one in path.read_bytes()], path


def test_without_a_daemon_it_says_so(tmp_path):
    told = Daemon(tmp_path / "home").stint("dash", check=False)
    assert told.code == 4
    assert "stint up" in told.err
