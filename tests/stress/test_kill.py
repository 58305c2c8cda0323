"""kill -9 at random moments under three clients: what was answered is there once, and the daemon is soon back."""

import random
import time

import pytest

from tests.stress.audit import audit
from tests.stress.numbered import three_clients
from tests.support import poll_until

BACK = 60.0
"""Seconds from start to the first answer, at most."""
AUDIT_EVERY = 25


def rounds(quick, slow):
    return [pytest.param(quick, id=f"{quick} kills"), pytest.param(slow, id=f"{slow} kills", marks=pytest.mark.slow)]


def progress(clients):
    return sum(len(client.ledger.answered) for client in clients)


@pytest.mark.parametrize("kills", rounds(8, 500))
def test_nothing_answered_is_lost_or_doubled_by_kill_9_at_random_moments(make_daemon, kills):
    rng, daemon, starts = random.Random(kills), make_daemon(), []
    clients = three_clients(daemon.client.path)
    daemon.start(is_ready=False)
    for client in clients:
        client.start()
    for number in range(kills):
        before = progress(clients)
        pause_until = time.monotonic() + rng.uniform(0.0, 0.6)
        poll_until(lambda: progress(clients) > before + 5 and time.monotonic() > pause_until, "commands are answered")  # noqa: B023
        daemon.kill()
        if number % AUDIT_EVERY == AUDIT_EVERY - 1:
            assert not audit(daemon.home, [client.ledger for client in clients]).lost
        began = time.monotonic()
        daemon.start(is_ready=False)
        starts.append(time.monotonic() - began)
    for client in clients:
        client.halt()
    rebuilt = daemon.client.post("/api/rebuild", {"dryRun": True}, timeout=120)
    assert daemon.stop() == 0
    verdict = audit(daemon.home, [client.ledger for client in clients])
    assert verdict.is_good, verdict
    assert verdict.answered > 20 * kills
    assert (rebuilt["created"], rebuilt["updated"], rebuilt["deleted"]) == (0, 0, 0)
    assert sorted(starts)[len(starts) // 2] < BACK, starts
    print(f"{kills} kills, {verdict.answered} answered, slowest start {max(starts):.2f} s")


def test_a_killed_daemon_answers_an_old_command_as_it_did_before(make_daemon):
    daemon = make_daemon().start()
    body = {
        "projectName": "acme",
        "autoCreate": True,
        "description": "once",
        "idempotencyKey": "k",
        "startTime": "2021-05-05T10:00:00Z",
        "durationMinutes": 5,
    }
    first = daemon.client.post("/api/entries", body)
    daemon.kill()
    daemon.start()
    assert daemon.client.post("/api/entries", body) == first
    assert len(daemon.entries()) == 1
    daemon.stop()
