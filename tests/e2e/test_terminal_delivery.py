"""Connecting and mapping as a person does it: at a terminal, answering questions."""

import os
import pty
import subprocess
import sys

import pytest

from tests.support import PATIENCE
from tests.support.billing.clickup import ClickUpFake
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon


@pytest.fixture
def daemon(tmp_path):
    with Daemon(tmp_path / "home") as daemon:
        yield daemon


@pytest.fixture
def served():
    servers = []

    def serve(fake):
        servers.append(Served(fake))
        return servers[-1].url

    yield serve
    for one in servers:
        one.close()


def at_terminal(daemon, typed, *words):
    """What a command prints at a terminal where this was typed ahead."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "stintd.cli.main", *words],
        env={**daemon.environment, "TERM": "dumb"},
        stdin=follower,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    os.close(follower)
    os.write(leader, typed.encode())
    out, told = process.communicate(timeout=PATIENCE)
    os.close(leader)
    assert process.returncode == 0, told
    return out, told


def key_of(tmp_path, fake):
    file = tmp_path / "key"
    file.write_text(fake.key + "\n")
    return str(file)


def test_what_a_kind_needs_is_taken_from_what_the_service_offers(daemon, served, tmp_path):
    fake = ClickUpFake()
    daemon.client.post("/api/projects", {"name": "atlas"})
    out, _ = at_terminal(
        daemon, "", "connect", "work", "--kind", "clickup", "--url", served(fake), "--key-from", key_of(tmp_path, fake)
    )
    assert "team_id: " in out
    assert "(9012)" in out
    assert "connected work" in out
    assert "stint targets match work" in out


def test_projects_are_mapped_after_asking_and_what_is_only_alike_is_asked_for_itself(daemon, served, tmp_path):
    fake = ClockMeFake(projects={"p1": "Atlas", "p2": "Documentation"})
    for name in ("atlas", "documentatoin", "zebra"):
        daemon.client.post("/api/projects", {"name": name})
    daemon.stint("connect", "clockme", "--url", served(fake), "--key-from", key_of(tmp_path, fake))
    out, asked = at_terminal(daemon, "y\nn\n", "targets", "match", "clockme")
    assert "map 1 with the same name? [y/N]" in asked
    assert "documentatoin is only similar: map it to Documentation? [y/N]" in asked
    assert "1 mapped, 2 left" in out
    rules = daemon.client.get("/api/targets")["data"][0]["map"]
    assert rules == [{"project": "atlas", "remote": {"project_id": "p1"}}]
    assert "nothing was mapped" not in out
    shown = daemon.stint("targets", "match", "clockme", "--json").json
    assert [one["project"] for one in shown["proposals"]] == ["documentatoin", "zebra"]


def test_a_client_is_rounded_its_own_way_from_the_command_line(daemon, served, tmp_path):
    fake = ClockMeFake()
    daemon.stint("connect", "clockme", "--url", served(fake), "--key-from", key_of(tmp_path, fake))
    daemon.stint("targets", "map", "clockme", "--client", "corp", "--rounding", "up:15", "--minimum", "30m", "project_id=p1")
    daemon.stint("targets", "map", "clockme", "--billable", "no", "project_id=p1")
    told = daemon.stint("targets").out
    assert "client corp (up to 15m, at least 30m) → project_id=p1" in told
    assert "not billable → project_id=p1" in told
    wrong = daemon.stint("targets", "map", "clockme", "--client", "x", "--rounding", "sideways:15", "project_id=p1", check=False)
    assert (wrong.code, "mode is one of" in wrong.err) == (1, True)
