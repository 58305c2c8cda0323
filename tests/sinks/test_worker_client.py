"""The worker process: begun when needed, ended when idle, replaced when it dies. A real process, a clock of the test's."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from stintd.ports import Failure, HttpRequest, HttpResponse
from stintd.sinks import wire
from stintd.sinks.worker_client import Courier
from tests.support import wait_until
from tests.support.clock import FakeClock
from tests.support.receivers import Receiver


@pytest.fixture
async def courier():
    one = Courier(FakeClock())
    yield one
    await one.close()


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


def ask(url, body=b"{}", **more):
    return HttpRequest("POST", url, {"X-Secret": "canary-in-a-header"}, body, True, **more)


async def gone(pid):
    return await wait_until(
        lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE, f"{pid} has ended"
    )


async def arrived(receiver):
    await wait_until(lambda: receiver.ledger.got, "something arrives")


def test_lines_carry_any_bytes_and_both_kinds_of_answers():
    request = HttpRequest("PUT", "https://x.example/", {"A": "ü\n"}, bytes(range(256)), True, 1.5, 2.5, 10)
    assert wire.read_request(wire.request_line(7, request)) == (7, request)
    for answer in (HttpResponse(200, {"a": "b"}, bytes(range(256)), True), Failure("tls", "no")):
        told = wire.answer_line(7, answer)
        assert told.count(b"\n") == 1
        assert wire.read_answer(told) == (7, answer)


async def test_one_worker_serves_many_at_once_and_ends_when_idle(courier, receiver):
    assert courier.pid is None
    answers = await asyncio.gather(*(courier.send(ask(receiver.url, b"%d" % number)) for number in range(30)))
    assert {answer.status for answer in answers} == {204}
    assert sorted(int(got.body) for got in receiver.ledger.got) == list(range(30))
    pid = courier.pid
    await courier._clock.advance(seconds=29)
    assert courier.pid == pid
    await courier._clock.advance(seconds=2)
    assert courier.pid is None
    assert await gone(pid)
    assert (await courier.send(ask(receiver.url))).status == 204
    assert courier.pid not in (None, pid)


async def test_a_worker_that_dies_is_replaced_and_who_waited_hears_of_it(courier, receiver):
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()
    receiver.behaviour = lambda handler, got, times: asyncio.run_coroutine_threadsafe(gate.wait(), loop).result()
    waiting = asyncio.create_task(courier.send(ask(receiver.url)))
    await arrived(receiver)
    os.kill(courier.pid, signal.SIGKILL)
    assert (await waiting).kind == "worker"
    gate.set()
    receiver.behaviour = lambda handler, got, times: handler.answer(200)
    assert (await courier.send(ask(receiver.url))).status == 200


async def test_a_worker_that_is_stuck_is_killed(receiver):
    courier = Courier(FakeClock(), grace=0.2)
    await courier.send(ask(receiver.url))
    pid = courier.pid
    os.kill(pid, signal.SIGSTOP)
    assert (await courier.send(ask(receiver.url, total_seconds=0.2))).kind == "worker"
    assert await gone(pid)
    assert (await courier.send(ask(receiver.url))).status == 204
    await courier.close()


async def test_the_worker_ends_with_its_input_whatever_it_does(courier, receiver):
    receiver.behaviour = lambda handler, got, times: handler.rfile.read()
    task = asyncio.create_task(courier.send(ask(receiver.url)))
    await arrived(receiver)
    pid = courier.pid
    courier._process.stdin.close()
    assert await gone(pid)
    assert (await task).kind == "worker"


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="the process is looked into through /proc (Linux)")
async def test_the_worker_s_arguments_and_environment_hold_nothing_of_ours(courier, receiver, monkeypatch):
    monkeypatch.setenv("STINTD_SECRET", "canary-in-the-environment")
    monkeypatch.setenv("HTTPS_PROXY", "http://canary-in-the-environment/")
    await courier.send(ask(receiver.url + "?canary-in-the-url"))
    about = Path(f"/proc/{courier.pid}")
    assert b"canary" not in (about / "cmdline").read_bytes() + (about / "environ").read_bytes()


async def test_a_worker_that_cannot_be_started_is_a_failure(courier, monkeypatch):
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    assert (await courier.send(ask("http://127.0.0.1:1/"))).kind == "worker"
