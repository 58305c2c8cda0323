"""A start that survives its dependencies: libraries that come to need what the daemon's process leaves out."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.support import poll_until
from tests.support.daemon import SOURCES

pytestmark = pytest.mark.smoke

ASKS_PACKAGE = "from . import ClientTimeout"
ALREADY_RUNNING = 5
IN_FULL = re.compile(r"WARNING stintd\.cli\.\S+: (.+ loaded in full.*)")


@pytest.fixture
def plant(tmp_path):
    """Plant a line in a copy of aiohttp, as a release could bring it; the search path that has the copy first."""

    def write(line, file="web_request.py"):
        site = tmp_path / "site"
        package = Path(aiohttp.__file__).parent
        shutil.copytree(package, site / "aiohttp")
        text = (package / file).read_text()
        where = re.search(r"^(?:import|from) ", text, re.MULTILINE).start()
        (site / "aiohttp" / file).write_text(f"{text[:where]}{line}\n{text[where:]}")
        return {"PYTHONPATH": os.pathsep.join([str(site), str(SOURCES)])}

    return write


def warnings_in(daemon):
    """What the log says of libraries that are loaded in full."""
    return IN_FULL.findall(Path(daemon.layout.log_file).read_text())


def answer_to(path, raw):
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(10)
        channel.connect(path)
        channel.sendall(raw)
        return b"".join(iter(lambda: channel.recv(65536), b""))


def test_with_an_aiohttp_that_asks_for_its_client_up_starts_warns_once_and_serves(make_daemon, plant):
    daemon = make_daemon(environment=plant(ASKS_PACKAGE))
    try:
        assert "stintd is running" in daemon.stint("up").out
        [warning] = warnings_in(daemon)
        assert f"aiohttp {aiohttp.__version__}" in warning
        assert "3 MiB" in warning
        assert "ClientTimeout" in warning, "what asked for it is named"
        assert "Traceback" not in Path(daemon.layout.log_file).read_text()
        assert daemon.client.get("/api/status")["warnings"] == [], "nothing works less"
        head, _, body = answer_to(daemon.layout.socket, b"\x00 is not HTTP\r\n\r\n").partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body)["code"], "errors of aiohttp's compiled parser are recognised: there is one copy of them"
        assert len(warnings_in(daemon)) == 1
    finally:
        daemon.stint("down")


def test_a_second_daemon_is_refused_as_ever_when_the_libraries_were_loaded_in_full(make_daemon, plant):
    daemon = make_daemon(environment=plant(ASKS_PACKAGE)).start()
    first = daemon.process
    second = daemon.launch()
    try:
        poll_until(lambda: second.poll() is not None, "the second ends")
        assert second.returncode == ALREADY_RUNNING
        assert first.poll() is None
    finally:
        daemon.process = first


NEEDS = {
    "a name of the package": (ASKS_PACKAGE, "web_server.py", ["aiohttp"]),
    "an attribute of the package": ("import aiohttp; aiohttp.ClientSession.close", "web_protocol.py", ["aiohttp"]),
    "TLS": ("import ssl", "web_request.py", ["OpenSSL"]),
    "a context": ("import sys; sys.modules['ssl'].SSLContext", "web_request.py", ["aiohttp", "OpenSSL"]),
    "a hash of OpenSSL's": ("from _hashlib import scrypt", "helpers.py", ["OpenSSL"]),
    "both": (f"{ASKS_PACKAGE}; import ssl", "web_request.py", ["aiohttp", "OpenSSL"]),
}
"""By what is needed: the line that needs it, the file it stands in, and what is loaded in full."""


@pytest.mark.parametrize("need", NEEDS)
def test_whatever_a_library_needs_is_loaded_with_one_warning_each(make_daemon, plant, need):
    line, file, names = NEEDS[need]
    daemon = make_daemon(environment=plant(line, file)).start()
    warnings = warnings_in(daemon)
    assert [warning.split()[0] for warning in warnings] == names, daemon.output()
    daemon.stop()


def test_a_python_without_hashes_of_its_own_gets_those_of_openssl(make_daemon, plant):
    """Some distributions build Python so; hashlib then logs tracebacks instead of failing."""
    environment = plant("")
    site = Path(environment["PYTHONPATH"].split(os.pathsep)[0])
    (site / "sitecustomize.py").write_text("import sys\nfor name in ('_sha2', '_sha256'): sys.modules[name] = None\n")
    daemon = make_daemon(environment=environment).start()
    assert [warning.split()[0] for warning in warnings_in(daemon)] == ["OpenSSL"], daemon.output()
    assert "Traceback" not in daemon.output()
    daemon.stop()


def test_a_library_that_cannot_be_loaded_at_all_says_what_it_misses(make_daemon, plant):
    daemon = make_daemon(environment=plant("import there_is_no_such_thing"))
    done = daemon.stint("up", check=False)
    assert done.code == 1
    assert "there_is_no_such_thing" in done.err
    assert warnings_in(daemon) == []


def test_what_is_asked_for_later_is_loaded_then_in_the_same_process():
    code = """
import logging, sys
logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stdout)
from stintd.cli import run
run.load_app()
import aiohttp, aiohttp.web_request as request
assert "aiohttp.client" not in sys.modules
assert not hasattr(aiohttp, "web_ws"), "modules of the package are no reason"
assert not hasattr(aiohttp, "__all__"), "nor is what looks a module over"
assert "aiohttp.client" not in sys.modules
from aiohttp import ClientTimeout, ClientSession
assert sys.modules["aiohttp"] is aiohttp and sys.modules["aiohttp.web_request"] is request
assert not hasattr(aiohttp, "nothing")
"""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [line] = done.stdout.splitlines()
    assert line.startswith(f"WARNING aiohttp {aiohttp.__version__} ")


def test_modules_that_nobody_uses_as_a_rule_are_loaded_when_they_are_used():
    code = """
import sys
from stintd.cli import run
run.load_app()
assert not {"idna.core", "_bz2", "_lzma"} & set(sys.modules), "loaded at the start"
import bz2, idna, lzma, shutil
from yarl import URL
assert URL("http://bücher.example/").raw_host == "xn--bcher-kva.example"
assert bz2.decompress(bz2.compress(b"x")) == lzma.decompress(lzma.compress(b"x")) == b"x"
assert {"bztar", "xztar"} <= {name for name, *_ in shutil.get_archive_formats()}
assert not hasattr(idna, "nothing") and sys.modules["idna"] is idna
"""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
