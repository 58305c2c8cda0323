"""Webhooks of a real daemon with real receivers: nothing lost when it is killed, no secret anywhere but in its file."""

import json
import random
import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil
import pytest

from stintd.errors import StintdError
from tests.support import PATIENCE, poll_until
from tests.support.receivers import Receiver

QUICK = '[webhooks]\nretry_initial = "0.1s"\nretry_max = "1s"\n'
EVENTS = ["time_entry.created", "project.created"]
PACE = 0.06
"""Seconds between two changes: the receiver that fails half of the time must be able to keep up."""


def made(daemon, receiver, *events, **more):
    body = {"url": receiver.url, "events": list(events) or EVENTS, "allowPrivate": True, **more}
    return daemon.client.post("/api/webhooks", body)


def work(number):
    day = f"2021-{1 + number // 500:02}-{1 + number // 20 % 25:02}"
    return {
        "projectName": "acme",
        "autoCreate": True,
        "description": f"n{number}",
        "startTime": f"{day}T{number % 20:02}:00:00Z",
        "durationMinutes": 10,
        "idempotencyKey": f"k{number}",
    }


class Writer(threading.Thread):
    """Enters numbered work, each until it is answered, whatever happens to the daemon."""

    def __init__(self, client):
        super().__init__(daemon=True)
        self.client, self.answered, self.is_over = client, {}, threading.Event()

    def run(self):
        number = 0
        while not self.is_over.is_set():
            try:
                entry = self.client.post("/api/entries", work(number))
            except (StintdError, OSError):
                self.is_over.wait(0.02)
                continue
            self.answered[entry["id"]] = number
            number += 1
            self.is_over.wait(PACE)


def unreliable(rng):
    """Stores what it gets and then, most first times, does not say so: fails, redirects, drops the connection, cuts its
    answer short."""

    def behave(handler, got, times):
        wicked = rng.randrange(8) if times < 3 else 0
        if wicked == 1:
            handler.answer(500)
        elif wicked == 2:
            handler.answer(307, "Location: http://169.254.169.254/")
        elif wicked == 3:
            handler.wfile.write(b"HTTP/1.1 20")
        elif wicked != 4:  # 4: the connection is closed without a word
            handler.answer(204)

    return behave


def hanging(handler, got, times):
    handler.rfile.read()  # until the other side gives up


def children(daemon):
    return [one for one in psutil.Process(daemon.process.pid).children() if "stintd.sinks.worker" in one.cmdline()]


@pytest.fixture
def receivers():
    made = []

    def make(behaviour=None):
        made.append(Receiver(behaviour))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.mark.parametrize("kills", [pytest.param(3, id="3 kills"), pytest.param(60, id="60 kills", marks=pytest.mark.slow)])
def test_every_change_arrives_with_one_id_whatever_the_receiver_does_and_however_often_the_daemon_is_killed(
    make_daemon, receivers, kills
):
    rng, daemon = random.Random(kills), make_daemon(config=QUICK)
    bad, good, stuck = receivers(unreliable(random.Random(1))), receivers(), receivers(hanging)
    daemon.start(is_ready=False)
    hooks = [made(daemon, one) for one in (bad, good)]
    made(daemon, stuck)
    writer = Writer(daemon.client)
    writer.start()
    for _ in range(kills):
        before, pause_until = len(writer.answered), time.monotonic() + rng.uniform(0.0, 0.8)
        poll_until(lambda: len(writer.answered) > before + 3 and time.monotonic() > pause_until, "work is entered")  # noqa: B023
        sending = children(daemon)
        daemon.kill()
        psutil.wait_procs(sending, timeout=PATIENCE)
        assert not [one for one in sending if one.is_running()], "the process that sends ends with the daemon"
        daemon.start(is_ready=False)
    writer.is_over.set()
    writer.join()
    left = lambda hook: daemon.client.get(f"/api/webhooks/{hook['id']}")["waiting"]  # noqa: E731
    poll_until(lambda: not any(left(hook) for hook in hooks), "everything is delivered")
    for receiver in (bad, good):
        told = defaultdict(set)
        for got in list(receiver.ledger.got):
            body = json.loads(got.body)
            assert body["id"] == got.id
            if body["event"] == "time_entry.created":
                told[body["data"]["id"]].add(got.id)
        assert set(told) == set(writer.answered), "each change arrived"
        assert {len(ids) for ids in told.values()} == {1}, "with one id"
    assert len(stuck.ledger.ids()) >= 1
    assert len(bad.ledger.got) > len(bad.ledger.ids()), "some arrived more than once"
    assert daemon.stop() == 0
    print(f"{kills} kills, {len(writer.answered)} entries, {len(bad.ledger.got)} requests at the unreliable receiver")


def test_a_receiver_that_hangs_delays_no_other(make_daemon, receivers):
    daemon = make_daemon(config=QUICK).start(is_ready=False)
    stuck, good = receivers(hanging), receivers()
    made(daemon, stuck)
    made(daemon, good)
    daemon.client.post("/api/entries", work(0))
    poll_until(lambda: stuck.ledger.got and len(good.ledger.ids()) >= 2, "both are told")
    began = time.monotonic()
    daemon.client.post("/api/entries", work(1))
    poll_until(lambda: len(good.ledger.ids()) >= 3, "the good one is told")
    assert time.monotonic() - began < 8, "it does not wait for the ten seconds that the other one gets"
    began = time.monotonic()
    assert daemon.stop() == 0
    assert time.monotonic() - began < 60, "a service manager kills after 90 s"


def test_the_worker_is_replaced_when_it_is_killed(make_daemon, receivers):
    daemon = make_daemon(config=QUICK).start(is_ready=False)
    good = receivers()
    made(daemon, good, "time_entry.created")
    for number in range(4):
        daemon.client.post("/api/entries", work(number))
        poll_until(lambda number=number: len(good.ledger.ids()) > number, "it is told")
        for one in children(daemon):
            one.kill()
    assert len(good.ledger.ids()) == 4
    daemon.stop()


def everything(daemon):
    """Every byte that the daemon keeps, but for the files that are there to hold secrets, and its processes' arguments."""
    for path in Path(daemon.home).rglob("*"):
        if path.is_file() and not path.is_symlink() and path.parent != Path(daemon.layout.secrets):
            yield str(path), path.read_bytes()
    for process in (psutil.Process(daemon.process.pid), *psutil.Process(daemon.process.pid).children(recursive=True)):
        yield f"arguments of {process.pid}", " ".join(process.cmdline()).encode()


def test_a_secret_is_in_its_file_and_nowhere_else(make_daemon, receivers):
    daemon = make_daemon(config=QUICK)
    daemon.arguments = ["--log", "debug"]
    daemon.start(is_ready=False)
    good, bad = receivers(), receivers(lambda handler, got, times: handler.answer(500))
    own = "canary-of-my-own-choice"
    ours = made(daemon, good, idempotencyKey="once")
    mine = made(daemon, bad, secret=own, idempotencyKey="twice")
    rotated = daemon.client.post(f"/api/webhooks/{ours['id']}/rotate")["secret"]
    canaries = [ours["secret"], own, rotated]
    daemon.client.post("/api/entries", work(0))
    poll_until(lambda: len(good.ledger.ids()) >= 2 and len(bad.ledger.got) >= 2, "both are told")
    asked = [made(daemon, good, idempotencyKey="once"), made(daemon, bad, secret=own, idempotencyKey="twice")]
    for path in (
        "/api/webhooks",
        "/api/outbox?state=all",
        "/api/status",
        f"/api/webhooks/{mine['id']}",
        f"/api/webhooks/{ours['id']}/deliveries",
        "/api/settings",
        "/api/openapi",
    ):
        asked.append(daemon.client.get(path))
    asked.append(daemon.client.post(f"/api/webhooks/{ours['id']}/test"))
    asked.append(daemon.client.patch(f"/api/webhooks/{ours['id']}", {"enabled": False}))
    asked.append(daemon.stint("webhooks", "list", "--json").out)
    with pytest.raises(StintdError) as refused:
        made(daemon, good, secret="canary with a space in it")
    asked.append([refused.value.message, refused.value.hint, refused.value.details])
    shown = json.dumps(asked)
    daemon.client.delete(f"/api/webhooks/{ours['id']}")
    kept = list(everything(daemon))
    assert any(path.endswith("stintd.db") for path, _ in kept)
    for canary in (*canaries, "canary with"):
        assert canary not in shown
        assert [where for where, content in kept if canary.encode() in content] == []
    secrets = Path(daemon.layout.secrets)
    assert [path.name for path in secrets.iterdir()] == [f"webhook-{mine['id']}"]
    assert (secrets.stat().st_mode & 0o777, (secrets / f"webhook-{mine['id']}").stat().st_mode & 0o777) == (0o700, 0o600)
    daemon.stop()


def test_the_daemon_loads_no_tls_and_its_worker_ends_when_nothing_is_to_be_sent(make_daemon, receivers):
    daemon = make_daemon(config=QUICK).start(is_ready=False)
    assert children(daemon) == []
    good = receivers()
    made(daemon, good)
    assert children(daemon) == []
    daemon.client.post("/api/entries", work(0))
    poll_until(lambda: good.ledger.ids(), "it is told")
    assert len(children(daemon)) == 1
    maps = Path(f"/proc/{daemon.process.pid}/maps")
    if maps.exists():
        assert "libssl" not in maps.read_text()
    sending = children(daemon)
    assert daemon.stop() == 0
    _, alive = psutil.wait_procs(sending, timeout=PATIENCE)
    assert alive == []
