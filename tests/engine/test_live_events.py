"""What the stream tells between commits: heartbeats, work just noticed, warnings."""

from dataclasses import replace
from datetime import UTC, datetime

from stintd.domain.model import Context
from stintd.engine.intake.intake import ProvisionalTimer
from stintd.engine.upkeep.live_events import FLOOD, LiveEvents
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def wired(daemon):
    news = LiveEvents(daemon.engine)
    daemon.engine.on_admitted.subscribe(news.note_heartbeats)
    daemon.engine.health.on_change.subscribe(news.publish_warnings)
    return news


async def until(listener, kind, count=1):
    found = []
    while len(found) < count:
        change = await listener.next()
        found += [change] if change.kind == kind else []
    return found


async def test_a_heartbeat_is_told_with_its_project_and_is_in_no_log(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        wired(daemon)
        daemon.tell(beat(NOW))
        await daemon.sheet()
        listener = daemon.engine.hub.listen()
        daemon.tell(beat(NOW, kind="read", origin_id="x"))
        (told,) = await until(listener, "heartbeat")
        assert (told.seq, told.payload["project"], told.payload["kind"], told.payload["id"]) == (0, "acme", "read", "x")


async def test_of_a_flood_only_the_first_heartbeats_are_told(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        wired(daemon)
        listener = daemon.engine.hub.listen()
        daemon.tell(*every(NOW, 4, 0.01))
        await until(listener, "heartbeat", FLOOD)
        daemon.tell(beat(NOW, origin_id="last"))
        assert (await until(listener, "heartbeat"))[0].payload["id"] == "last"


async def test_work_just_noticed_is_told_as_a_provisional_timer_until_one_runs(tmp_path):
    async with running(tmp_path, FakeClock(NOW)) as daemon:
        news = wired(daemon)
        listener = daemon.engine.hub.listen()
        timer = ProvisionalTimer(Context("watch", "edit", "human", project="acme", branch="main"), NOW)
        news.publish_provisional_timer(replace(timer, context=replace(timer.context, project=None, folder="/code/acme")))
        (told,) = await until(listener, "time_entry.started")
        assert (told.payload["provisional"], told.payload["projectName"], told.payload["state"]) == (True, "acme", "running")
        daemon.tell(beat(NOW))
        await daemon.sheet()
        await until(listener, "heartbeat")
        news.publish_provisional_timer(timer)
        daemon.tell(beat(NOW, kind="read"))
        while (change := await listener.next()).kind != "heartbeat":
            assert change.kind != "time_entry.started"
        daemon.engine.health.raise_warning("x", "broken", "mend it")
        (warned,) = await until(listener, "health")
        assert [one["text"] for one in warned.payload["warnings"]] == ["broken"]
