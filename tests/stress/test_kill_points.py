"""The daemon killed at the k-th call that changes a file, from the making of the database to the first commands.

strace sends the signal before the call takes effect; its counts are per thread, so k runs over the calls of the thread
that makes most of them.
"""

import os
import shutil
import subprocess
from collections import Counter

import pytest

from tests.stress.audit import audit
from tests.stress.numbered import three_clients
from tests.support import poll_until
from tests.support.daemon import Daemon

CALLS = ("write", "pwrite64", "fsync", "fdatasync", "rename", "unlink", "ftruncate")
COMMANDS = 4
"""So many of each client are answered before the daemon is killed anyway."""
SPREAD = 12


def strace(*options: str, to: str = os.devnull) -> list[str]:
    # -D: strace is the grandchild, so that the process we hold is the daemon itself.
    return ["strace", "-D", "-f", "-o", to, *options]


@pytest.fixture(autouse=True)
def needs_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not there to kill at a call: install the package strace (apt install strace)")
    if subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False).returncode:
        pytest.skip("strace may not trace here: allow ptrace (kernel.yama.ptrace_scope=0, or CAP_SYS_PTRACE in a container)")


def answered(clients):
    return min(len(client.ledger.answered) for client in clients)


def run_until(daemon, clients, is_over):
    """A daemon under strace that serves the clients until something is over; killed then, if it is not dead already."""
    process = daemon.launch()
    for client in clients:
        client.start()
    poll_until(lambda: process.poll() is not None or is_over(), "the daemon is killed or has answered")
    is_hit = process.poll() is not None
    daemon.kill()
    return is_hit


def counted(daemon: Daemon) -> dict[str, int]:
    """How often the busiest thread makes each call in a run that is not disturbed."""
    trace = daemon.home.parent / "trace"
    daemon.wrapper = strace("-e", f"trace={','.join(CALLS)}", to=str(trace))
    clients = three_clients(daemon.client.path)
    run_until(daemon, clients, lambda: answered(clients) >= COMMANDS)
    for client in clients:
        client.halt()
    lines = poll_until(lambda: "killed by SIGKILL" in (text := trace.read_text()) and text.splitlines(), "strace ends")
    found: Counter[tuple[str, str]] = Counter()
    for line in lines:
        thread, _, call = line.partition(" ")
        name = call.strip().partition("(")[0]
        if name in CALLS:
            found[name, thread] += 1
    return {name: max((count for (call, _), count in found.items() if call == name), default=0) for name in CALLS}


def killed_at(daemon: Daemon, call: str, k: int) -> bool:
    """One run that dies at the k-th call, and what must hold after the restart. Whether it was the call that killed."""
    daemon.wrapper = strace("-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={k}")
    clients = three_clients(daemon.client.path)
    is_hit = run_until(daemon, clients, lambda: answered(clients) >= COMMANDS)
    daemon.wrapper = []
    daemon.start(is_ready=False)
    before = [len(client.ledger.answered) for client in clients]
    poll_until(lambda: all(len(c.ledger.answered) > n for c, n in zip(clients, before, strict=True)), "all go on")
    for client in clients:
        client.halt()
    assert daemon.stop() == 0
    verdict = audit(daemon.home, [client.ledger for client in clients])
    assert verdict.is_good, (call, k, verdict)
    shutil.rmtree(daemon.home)
    return is_hit


def spread(counts: dict[str, int], wanted: int) -> list[tuple[str, int]]:
    """Points spread over all calls: one in the middle of each, and the rest where there are most calls."""
    points = {(call, max(1, count // 2)) for call, count in counts.items() if count}
    busiest = max(counts, key=counts.__getitem__)
    missing = max(0, wanted - len(points))
    points |= {(busiest, 1 + counts[busiest] * (step + 1) // (missing + 1)) for step in range(missing)}
    return sorted(points)


def test_nothing_answered_is_lost_or_doubled_by_a_kill_at_chosen_calls(make_daemon):
    points = spread(counted(make_daemon("counted")), SPREAD)
    hits = [killed_at(make_daemon(f"{call}-{k}"), call, k) for call, k in points]
    assert sum(hits) >= len(points) // 2, dict(zip(points, hits, strict=True))


@pytest.mark.slow
def test_nothing_answered_is_lost_or_doubled_by_a_kill_at_any_call(make_daemon):
    counts = counted(make_daemon("counted"))
    points = [(call, k) for call, count in counts.items() for k in range(1, count + 1)]
    hits = [killed_at(make_daemon(f"{call}-{k}"), call, k) for call, k in points]
    print(f"{len(hits)} points, {sum(hits)} of them reached: {counts}")
    assert sum(hits) > len(hits) * 0.8
