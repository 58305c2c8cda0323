"""What a power failure would leave: nothing may be called stored before the disk has it.

The order of the calls tells: strace writes them down. (kill -9 cannot show this, because the kernel's memory survives it.)
"""

import os
import re
import shutil
import subprocess

import pytest

from tests.support import PATIENCE, poll_until

CALL = re.compile(r"\b(pwrite64|fdatasync|write|unlink)\((?:\d+<([^>]*)>|\"([^\"]*)\")")


@pytest.fixture(autouse=True)
def needs_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to see the calls: install the package strace (apt install strace)")
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here: allow ptrace (kernel.yama.ptrace_scope=0, or CAP_SYS_PTRACE in a container)")


def calls(trace):
    """(call, file) of every write and flush of the database's log and the journal so far."""
    found = [(match[1], match[2] or match[3]) for match in CALL.finditer(trace.read_text())]
    return [(call, path.rpartition(".")[2]) for call, path in found if path.endswith((".journal", ".db-wal"))]


def test_the_journal_forgets_heartbeats_only_when_the_disk_has_them_elsewhere(make_daemon, tmp_path):
    trace = tmp_path / "trace"
    daemon = make_daemon(wrapper=["strace", "-D", "-f", "-y", "-o", str(trace), "-e", "trace=pwrite64,fdatasync,write,unlink"])
    daemon.start()
    before = len(calls(trace))
    daemon.client.post("/api/heartbeats", {"project": "acme", "entity": "main.c"})
    marks = ("write", "journal")
    poll_until(lambda: calls(trace)[before:].count(marks) == 3, "the file's head, the heartbeat, the mark that it is stored")
    done = calls(trace)[before:]
    last_mark = len(done) - 1 - done[::-1].index(marks)
    log = [call for call, file in done[:last_mark] if file == "db-wal"]
    assert "pwrite64" in log
    assert log[-1] == "fdatasync", done


def test_a_disk_that_does_not_confirm_the_journal_is_said_until_it_does(make_daemon, tmp_path):
    daemon = make_daemon()
    process = daemon.start().process
    daemon.client.post("/api/heartbeats", {"project": "acme", "entity": "main.c"})
    journal = poll_until(lambda: next((tmp_path / "home" / "journal").glob("*.journal"), None), "the journal's file")
    strace = ["strace", "-f", "-o", os.devnull, "-P", str(journal), "-e", "trace=fdatasync", "-e", "inject=fdatasync:error=EIO"]
    injector = subprocess.Popen([*strace, "-p", str(process.pid)], stderr=subprocess.DEVNULL)
    try:
        poll_until(lambda: said(daemon, "one"), "the warning")
        assert "cannot be flushed" in daemon.stint("status").out
    finally:
        injector.terminate()
        injector.wait(PATIENCE)
    poll_until(lambda: not said(daemon, "two"), "the warning goes")


def said(daemon, entity):
    daemon.client.post("/api/heartbeats", {"project": "acme", "entity": entity})
    return any(warning["code"] == "journal" for warning in daemon.client.get("/api/status")["warnings"])
