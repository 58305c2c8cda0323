"""What the stream tells between commits: heartbeats, work just noticed, warnings."""

from dataclasses import replace
from datetime import UTC, datetime

from stintd.domain.model import Context
from stintd.engine.intake.intake import ProvisionalTimer
from stintd.engine.upkeep.live_events import FLOOD, LiveEvents
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def connect_live_events(daemon):
    news = LiveEvents(daemon.engine)
    daemon.engine.on_admitted.subscribe(news.note_heartbeats)
    daemon.engine.health.on_change.subscribe(news.publish_warnings)
    return news


async def wait_for_changes(listener, kind, count=1):
    changes = []
    while len(changes) < count:
        change = await listener.next()
        changes += [change] if change.kind == kind else []
    return changes


async def test_a_heartbeat_is_told_with_its_project_and_is_in_no_log(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        connect_live_events(daemon)
        daemon.tell(beat(NOW))
        await daemon.sheet()
        listener = daemon.engine.hub.listen()
        daemon.tell(beat(NOW, kind="read", origin_id="x"))
        (change,) = await wait_for_changes(listener, "heartbeat")
        assert (change.seq, change.payload["project"], change.payload["kind"], change.payload["id"]) == (0, "acme", "read", "x")


async def test_of_a_flood_only_the_first_heartbeats_are_told(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        connect_live_events(daemon)
        listener = daemon.engine.hub.listen()
        daemon.tell(*every(NOW, 4, 0.01))
        await wait_for_changes(listener, "heartbeat", FLOOD)
        daemon.tell(beat(NOW, origin_id="last"))
        assert (await wait_for_changes(listener, "heartbeat"))[0].payload["id"] == "last"


async def test_work_just_noticed_is_told_as_a_provisional_timer_until_one_runs(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        news = connect_live_events(daemon)
        listener = daemon.engine.hub.listen()
        timer = ProvisionalTimer(Context("watch", "edit", "human", project="acme", branch="main"), NOW)
        news.publish_provisional_timer(replace(timer, context=replace(timer.context, project=None, folder="/code/acme")))
        shown = (await wait_for_changes(listener, "time_entry.started"))[0].payload
        assert (shown["provisional"], shown["projectName"], shown["state"]) == (True, "acme", "running")
        daemon.tell(beat(NOW))
        await daemon.sheet()
        await wait_for_changes(listener, "heartbeat")
        news.publish_provisional_timer(timer)
        daemon.tell(beat(NOW, kind="read"))
        while (change := await listener.next()).kind != "heartbeat":
            assert change.kind != "time_entry.started"
        daemon.engine.health.raise_warning("x", "broken", "mend it")
        (warned,) = await wait_for_changes(listener, "health")
        assert [warning["text"] for warning in warned.payload["warnings"]] == ["broken"]
