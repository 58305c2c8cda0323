"""Manual timers that their owner forgot, sessions whose process died, recording switched off, project files."""

from datetime import UTC, datetime, timedelta

from stintd.domain.mapping.projectfile import ProjectFile
from stintd.domain.model import Absence, AbsenceSignal, CheckoutFacts, CheckoutSignal
from stintd.engine.commands import sessions, timers
from stintd.engine.commands.timers import StartRequest
from stintd.engine.queries.notices import notices
from stintd.engine.sheet.derive import learn_files
from stintd.engine.view import View
from tests.support.clock import FakeClock
from tests.support.engine import beat, every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def start(daemon, name, **more):
    return await daemon.engine.run(lambda step: timers.start(step, StartRequest(project_name=name, auto_create=True, **more)))


async def load_notices(daemon):
    policy, clock = daemon.engine.policy, daemon.clock
    return await daemon.engine.read(lambda conn: notices(View(conn, clock.now(), policy)))


async def test_a_forgotten_manual_timer_pauses_four_hours_after_its_last_sign_and_asks(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        await start(daemon, "acme")
        await clock.advance(hours=5)
        (timer,) = await daemon.rows("SELECT * FROM entry")
        assert timer["state"] == "paused"
        (notice,) = await load_notices(daemon)
        assert notice["code"] == "paused"
        assert "13:00" in notice["text"]
        assert "stint return keep" in notice["hint"]


async def test_an_absence_over_fifteen_minutes_pauses_a_manual_timer_where_it_began(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        await start(daemon, "acme")
        clock.move(minutes=60)
        daemon.intake.tell(AbsenceSignal(Absence(MORNING + 20 * MINUTE, MORNING + 50 * MINUTE, "suspend")))
        await daemon.sheet()
        (timer,) = await daemon.rows("SELECT pauses FROM entry")
        assert str(int((MORNING + 20 * MINUTE).timestamp() * 1e6)) in timer["pauses"]


async def test_evidence_elsewhere_in_a_timers_shadow_is_said_with_the_command_that_mends_it(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        await start(daemon, "beta")
        clock.move(minutes=45)
        daemon.tell(*every(MORNING + 31 * MINUTE, 13, project="acme"))
        (notice,) = await load_notices(daemon)
        assert notice["hint"] == "stint switch acme --at 09:30"
        assert [row["project"] for row in await daemon.sheet()] == ["beta"]


async def test_a_session_whose_process_died_ends_at_its_last_sign_of_life(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        await start(daemon, "acme", session_id="s1", source="agent", pid=4242)
        await clock.advance(minutes=1)
        daemon.tell(beat(clock.now(), kind="prompt", source="agent", session="s1"))
        await daemon.sheet()
        await clock.advance(minutes=5)
        await daemon.engine.run(lambda step: sessions.note_process(step, "s1", 1.0, "boot"))
        await daemon.engine.run(lambda step: sessions.end_lost_session(step, "s1"))
        assert await daemon.rows("SELECT end_reason FROM session") == [{"end_reason": "its process ended"}]
        assert all(row["state"] == "finished" for row in await daemon.sheet())


async def test_nothing_is_stored_while_recording_is_off_nor_late_from_that_time(tmp_path):
    clock = FakeClock(MORNING)
    async with running(tmp_path, clock) as daemon:
        recording = daemon.core.recording
        await recording.switch_off(None)
        clock.move(minutes=30)
        assert daemon.tell(beat(clock.now()))[0] == 0
        await recording.switch_on()
        clock.move(minutes=30)
        daemon.tell(beat(MORNING + 10 * MINUTE), beat(clock.now()))
        (row,) = await daemon.sheet()
        assert row["start_us"] >= (MORNING + 59 * MINUTE).timestamp() * 1e6


async def test_a_project_file_that_appears_corrects_the_past_too(tmp_path):
    facts = CheckoutFacts("/code/thing", "/code/thing/.git", "/code/thing/.git", "main", "root:abc", head="abc")
    async with running(tmp_path, FakeClock(MORNING + 120 * MINUTE)) as daemon:
        daemon.intake.tell(CheckoutSignal(MORNING, facts))
        daemon.tell(*[beat(MORNING + n * MINUTE, path="/code/thing/a.py", project=None) for n in range(20)])
        assert [row["project"] for row in await daemon.sheet()] == ["thing"]
        file = ProjectFile("/code/thing", "acme", is_trusted=True)
        await daemon.engine.run(lambda step: learn_files(step, "/code/thing", (file,)))
        assert [row["project"] for row in await daemon.sheet()] == ["acme"]
