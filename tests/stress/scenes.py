"""Scenes that need a place of their own (a small disk, lowered limits): run by tests inside a user namespace.

`python -m tests.stress.scenes SCENE FOLDER`; what does not hold is an AssertionError on standard error.
"""

import subprocess
import sys
from pathlib import Path

from stintd.errors import StorageFull
from tests.stress.audit import audit
from tests.stress.numbered import three_clients
from tests.support import PATIENCE, poll_until, repos
from tests.support.daemon import Daemon

SMALL = 6 << 20


def mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True)


def codes(daemon: Daemon) -> set[str]:
    return {warning["code"] for warning in daemon.client.get("/api/status")["warnings"]}


def fill(path: Path) -> None:
    """Take what room there is."""
    with path.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)) == size:
                    pass
            except OSError:
                continue


def full_disk(folder: Path) -> None:
    """Full while three clients write, full again with nobody writing, and freed each time."""
    mount("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder))
    daemon = Daemon(folder / "home").start()
    process = daemon.process
    clients = three_clients(daemon.client.path)
    for client in clients:
        client.start()
    for _ in range(2):
        before = [len(client.ledger.answered) for client in clients]
        poll_until(lambda b=before: all(len(c.ledger.answered) > n + 3 for c, n in zip(clients, b, strict=True)), "answers")
        hurt = sum(client.ledger.refused.get("storage_full", 0) for client in clients)
        fill(folder / "filler")
        poll_until(lambda h=hurt: sum(c.ledger.refused.get("storage_full", 0) for c in clients) > h + 5, "507")
        assert daemon.client.get("/api/health")["status"] == "degraded"
        assert "storage" in codes(daemon)
        assert daemon.client.get("/api/entries")["data"]
        assert daemon.client.get("/api/heartbeats")["data"]
        assert daemon.client.get("/api/reports", **{"from": "2021-01-01", "to": "2021-12-31"})["totals"]["seconds"]
        told = daemon.stint("status").out
        assert "full" in told, told
        (folder / "filler").unlink()
        poll_until(lambda: "storage" not in codes(daemon), "the warning goes")
    for client in clients:
        client.halt()
    assert daemon.process is process
    assert process.poll() is None
    assert daemon.stop() == 0
    verdict = audit(daemon.home, [client.ledger for client in clients])
    assert verdict.is_good, verdict
    print("answered", verdict.answered, [client.ledger.refused for client in clients])


def full_disk_alone(folder: Path) -> None:
    """The disk fills up and is freed with nobody asking for anything: the warning goes by itself."""
    mount("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder))
    daemon = Daemon(folder / "home").start()
    daemon.client.post("/api/timer/start", {"projectName": "acme", "autoCreate": True})
    poll_until(lambda: is_refused(daemon, folder / "filler") and "storage" in codes(daemon), "the full disk is told")
    assert len(daemon.client.get("/api/timer/current")["timers"]) == 1
    (folder / "filler").unlink()
    poll_until(lambda: "storage" not in codes(daemon), "the warning goes by itself")
    assert daemon.client.post("/api/timer/stop", {})["entry"]
    assert daemon.stop() == 0


def is_refused(daemon: Daemon, filler: Path) -> bool:
    """Whether a start is refused for want of room; what the daemon itself gave back is taken again."""
    fill(filler)
    try:
        daemon.client.post("/api/timer/start", {"projectName": f"p{filler.stat().st_ctime_ns}", "autoCreate": True})
    except StorageFull:
        return True
    return False


def full_at_start(folder: Path) -> None:
    """A disk without a byte left at the start: refused with a sentence, or served; never a traceback."""
    mount("-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder))
    with Daemon(folder / "home") as daemon:
        daemon.client.post("/api/projects", {"name": "acme"})
    fill(folder / "filler")
    command = [sys.executable, "-m", "stintd.cli.run"]
    done = subprocess.run(command, env=daemon.environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2), done
    assert "is full" in done.stderr, done
    told = daemon.stint("up", check=False)
    assert told.code == 1, told
    assert "full" in told.err, told
    (folder / "filler").unlink()
    with daemon:
        assert [project["name"] for project in daemon.client.every("/api/projects")] == ["acme"]


def no_watches(folder: Path) -> None:
    """The system allows fewer watches than the folders need."""
    swept_instead(folder, "max_inotify_watches", 20, "the budget of watches is used up")


def no_instances(folder: Path) -> None:
    """The system allows no inotify instance at all."""
    swept_instead(folder, "max_inotify_instances", 0, "files cannot be watched")


def swept_instead(folder: Path, limit: str, value: int, reason: str) -> None:
    """A lowered limit is said, with what mends it, and an edit is noticed all the same."""
    Path("/proc/sys/user", limit).write_text(str(value))
    repo = repos.init(folder / "code" / "acme", is_live=True)
    for number in range(30):
        repo.write(f"part{number}/main.c")
    repo.git("add", ".")
    repo.git("commit", "-q", "-m", "all")
    with Daemon(folder / "home", [folder / "code"]) as daemon:
        poll_until(lambda: "watch_limit" in codes(daemon), "the warning")
        told = daemon.stint("status").out
        assert reason in told, told
        assert "fs.inotify.max_user_watches" in told, told
        assert "max_user_instances" in told, told
        checkout = next(daemon.client.every("/api/repos"))["checkouts"][0]
        assert (checkout["tier"], checkout["trouble"].startswith(reason)) == ("swept", True), checkout
        repo.write("part7/main.c", "int main;\n")
        repo.commit("by hand", name="part8/main.c")
        poll_until(
            lambda: {"edit", "commit"} <= {beat["kind"] for beat in daemon.client.get("/api/heartbeats")["data"]}, "a sweep"
        )


SCENES = {scene.__name__: scene for scene in (full_disk, full_disk_alone, full_at_start, no_watches, no_instances)}

if __name__ == "__main__":
    SCENES[sys.argv[1]](Path(sys.argv[2]))
