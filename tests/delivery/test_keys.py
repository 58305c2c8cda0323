"""Where the key of a target comes from, with real commands and a real keyring: late, wrong, hanging, and a new one each time."""

import asyncio
import os
import signal
from datetime import timedelta

import pytest

from stintd.domain.billing.delivery import DELIVERED
from stintd.domain.billing.target import Target
from stintd.engine.delivery.credentials import TargetKeys
from stintd.errors import Unavailable
from stintd.secret import SecretFolder
from tests.delivery.harness import desk, target_of
from tests.support import poll_until
from tests.support.billing.clockme import ClockMeFake

BACKEND = '''
import os, time
from keyring.backend import KeyringBackend

class Keyring(KeyringBackend):
    """A file a service and user, as a desktop's keyring would keep them."""
    priority = 1

    def get_password(self, service, username):
        if service == "hanging":
            time.sleep(600)
        if service == "locked":
            raise RuntimeError("the keyring is locked")
        path = os.path.join(os.environ["KEYS_AT"], service + "-" + username)
        return open(path).read() if os.path.exists(path) else None

    def set_password(self, service, username, password):
        open(os.path.join(os.environ["KEYS_AT"], service + "-" + username), "w").write(password)

    def delete_password(self, service, username):
        os.unlink(os.path.join(os.environ["KEYS_AT"], service + "-" + username))
'''


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o700)
    return str(path)


def keys_of(folder, seconds=20.0):
    return TargetKeys(SecretFolder(str(folder / "secrets")), {}, seconds)


def told(**key):
    return Target("acme", "clockme", key=key)


@pytest.fixture
def keyring(tmp_path, monkeypatch):
    """The package `keyring` with a backend of files, chosen by its environment."""
    (tmp_path / "filering.py").write_text(BACKEND)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "filering.Keyring")
    monkeypatch.setenv("KEYS_AT", str(tmp_path))
    return tmp_path


async def test_a_keyring_is_asked_by_service_and_user(keyring):
    (keyring / "clickup-acme").write_text("k-of-the-ring")
    assert await keys_of(keyring).load_secret(told(api_key_keyring="clickup/acme")) == "k-of-the-ring"
    with pytest.raises(Unavailable, match="returned no secret"):
        await keys_of(keyring).load_secret(told(api_key_keyring="clickup/nobody"))
    with pytest.raises(Unavailable, match="returned no secret"):
        await keys_of(keyring).load_secret(told(api_key_keyring="locked/acme"))


async def test_a_keyring_that_waits_for_a_person_holds_up_nobody(keyring):
    """While it hangs the loop goes on; then it is given up, and nothing of it is left running."""
    turns = 0

    async def turn():
        nonlocal turns
        while True:
            await asyncio.sleep(0.01)
            turns += 1

    beside = asyncio.ensure_future(turn())
    with pytest.raises(Unavailable, match="does not answer within 1 s"):
        await keys_of(keyring, 1.0).load_secret(told(api_key_keyring="hanging/acme"))
    beside.cancel()
    assert turns > 3


async def test_a_system_without_any_keyring_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    with pytest.raises(Unavailable, match=r"the keyring .clickup/acme. returned no secret"):
        await keys_of(tmp_path).load_secret(told(api_key_keyring="clickup/acme"))


async def test_a_command_says_the_key_on_its_first_line(tmp_path):
    command = script(tmp_path / "vault tool", "echo '  k-1  '; echo more; echo noise >&2")
    assert await keys_of(tmp_path).load_secret(told(api_key_cmd=f"'{command}' --for acme")) == "k-1"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("echo k-1; exit 3", "returned no secret"),
        ("exit 0", "returned no secret"),
        ("echo; echo k-1; exit 1", "returned no secret"),
    ],
)
async def test_a_command_that_fails_gives_no_key(tmp_path, text, problem):
    with pytest.raises(Unavailable, match=problem) as told_why:
        await keys_of(tmp_path).load_secret(told(api_key_cmd=script(tmp_path / "vault", text)))
    assert "k-1" not in f"{told_why.value} {told_why.value.hint}"


@pytest.mark.parametrize(
    ("command", "problem"), [("/nonexistent/vault", "cannot be run"), ("'open", "cannot be read"), (" ", "empty")]
)
async def test_a_command_that_is_none_is_named(tmp_path, command, problem):
    with pytest.raises(Unavailable, match=problem):
        await keys_of(tmp_path).load_secret(told(api_key_cmd=command))


async def test_a_command_that_hangs_is_ended_with_all_it_began(tmp_path):
    command = script(tmp_path / "vault", f"sleep 600 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(Unavailable, match="does not answer"):
        await keys_of(tmp_path, 1.0).load_secret(told(api_key_cmd=command))
    child = int((tmp_path / "child").read_text())

    def is_gone():
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{child}/stat", encoding="ascii") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"

    try:
        poll_until(is_gone, "what it began ends")
    finally:
        if not is_gone():
            os.kill(child, signal.SIGKILL)


def rotating(folder):
    """A vault that hands out another key each time it is asked."""
    return script(folder / "vault", f"echo x >> {folder}/asked; echo k-$(wc -l < {folder}/asked | tr -d ' ')")


async def test_a_key_that_expired_is_asked_for_again_and_the_entry_goes_at_once_and_once(tmp_path):
    target = target_of("clockme", deliver="auto", key={"api_key_cmd": rotating(tmp_path)}, settle=timedelta())
    fake = ClockMeFake(key="k-1")
    async with desk(tmp_path, fake=fake, target=target) as one:
        await one.add(9)
        await arrived(one, 1)
        fake.key = "k-2"
        await one.add(11)
        await arrived(one, 2)
        assert [seconds for _, seconds, _ in fake.sheet()] == [3600, 3600]
        warnings = {warning.code for warning in one.engine.health.warnings()}
        assert "delivery_stopped" not in warnings
    assert (tmp_path / "asked").read_text().count("x") == 2


async def test_a_key_that_stays_the_refused_one_stops_the_target_with_a_warning(tmp_path):
    command = script(tmp_path / "vault", f"echo x >> {tmp_path}/asked; echo k-old")
    target = target_of("clockme", deliver="auto", key={"api_key_cmd": command}, settle=timedelta())
    fake = ClockMeFake(key="k-9")
    async with desk(tmp_path, fake=fake, target=target) as one:
        await one.add(9)
        await for_(one, lambda: "delivery_stopped" in {warning.code for warning in one.engine.health.warnings()})
        assert fake.sheet() == []
        assert (tmp_path / "asked").read_text().count("x") == 2


async def arrived(one, number):
    async def is_there():
        return (await one.states()).count(DELIVERED) == number

    await for_(one, is_there)


async def for_(one, probe):
    for _ in range(1500):
        found = probe()
        if await found if asyncio.iscoroutine(found) else found:
            return
        await one.pass_time(1 / 60)
    raise AssertionError(await one.states())
