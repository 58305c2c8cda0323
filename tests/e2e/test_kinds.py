"""Every kind of target, connected with the installed command to a server over real HTTP, holds one entry through its life."""

from contextlib import ExitStack

from tests.support import poll_until
from tests.support.billing import FAKES
from tests.support.billing.fake import Served
from tests.support.daemon import Daemon

DAY = "2026-01-05"
WORK = {"projectName": "acme", "autoCreate": True, "description": "work", "startTime": f"{DAY}T09:00:00Z", "durationMinutes": 30}


def connected(daemon, kind, served):
    fake = served.fake
    options = [word for name, value in fake.options.items() for word in ("--set", f"{name}={value}")]
    shown = daemon.stint(
        "connect", kind, "--url", served.url, "--key-from", "-", "--from", DAY, "--settle", "0s", *options, stdin=fake.key + "\n"
    )
    assert f"connected {kind}" in shown.out
    daemon.client.post(f"/api/targets/{kind}/map", {"project": "acme", "remote": dict(fake.remote)})


def test_an_entry_is_made_changed_and_taken_away_at_every_kind_of_target(tmp_path):
    with ExitStack() as stack:
        servers = {kind: Served(fake()) for kind, fake in FAKES.items()}
        for served in servers.values():
            stack.callback(served.close)
        daemon = stack.enter_context(Daemon(tmp_path / "home"))
        for kind, served in servers.items():
            connected(daemon, kind, served)

        def holds(*lines):
            for kind, served in servers.items():
                poll_until(lambda fake=served.fake: [line[1:] for line in fake.sheet()] == list(lines), f"{kind} holds {lines}")

        entry = daemon.client.post("/api/entries", WORK)["id"]
        daemon.stint("approve", DAY)
        daemon.stint("sync")
        holds((1800, "work"))
        daemon.stint("unapprove", DAY)
        daemon.client.patch(f"/api/entries/{entry}", {"description": "better"})
        daemon.stint("approve", DAY)
        daemon.stint("sync")
        holds((1800, "better"))
        daemon.stint("unapprove", DAY)
        daemon.client.delete(f"/api/entries/{entry}")
        daemon.stint("sync")
        holds()
        poll_until(lambda: daemon.stint("outbox").out.startswith("nothing is waiting"), "and the daemon knows")
