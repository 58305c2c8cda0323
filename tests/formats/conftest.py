"""A home with a week of hours: pauses, midnight, both changes of the clock, parallel work, hostile text."""

import pytest

from tests.support.daemon import Daemon

ZONE = "Europe/Berlin"


# hledger rounds each session of a day to hundredths of an hour: every one of these is a multiple of 36 s.
def one(project, start, end, **more):
    return {"projectName": project, "start": start, "end": end, **more}


ENTRIES = (
    one("acme", "2026-10-24T23:30:00Z", "2026-10-25T03:00:36Z", description="=1+1; \"cut\", ü"),
    one("acme", "2026-03-29T00:12:00Z", "2026-03-29T02:20:24Z", taskName="DEV-12"),
    one("client: beta  \"b\"", "2026-11-19T22:30:00Z", "2026-11-20T00:45:36Z", tags=["a;b,c", "\\"]),
    one("acme", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z", description="line\nbreak\tand tab"),
    one("gämma", "2026-11-20T09:00:00Z", "2026-11-20T10:00:36Z", description="x" * 300),
    one("gämma", "2026-11-20T09:30:00Z", "2026-11-20T10:00:00Z", overlap=True),
)  # fmt: skip
PAUSED = "start,end,project,pauses\n2026-11-21T08:00:00Z,2026-11-21T11:30:36Z,acme,2026-11-21T09:00:00Z/2026-11-21T09:30:00Z\n"
RUNS = len(ENTRIES) + 2
TOTAL = 10836 + 12636 + 7704 + 8136 + 3600 + 3636 + 1800


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The daemon of that home; `TOTAL` is its seconds."""
    with Daemon(tmp_path_factory.mktemp("home") / "h", environment={"TZ": ZONE}) as daemon:
        for entry in ENTRIES:
            daemon.client.post("/api/entries", {**entry, "autoCreate": True})
        daemon.stint("import", "csv", "-", stdin=PAUSED)
        yield daemon
