"""A defect in deriving one piece of evidence: the evidence is kept, and nobody else's request is refused."""

from datetime import UTC, datetime, timedelta

from stintd.domain.mapping.resolver import Resolver
from stintd.engine.commands import timers
from stintd.engine.commands.timers import StartRequest
from tests.support.clock import FakeClock
from tests.support.engine import every, running

MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class Defect(Resolver):
    """A resolver that breaks on one project's evidence."""

    def resolve(self, context, entity=""):
        if context.project == "broken":
            raise RuntimeError("a defect")
        return super().resolve(context, entity)


async def test_evidence_that_cannot_be_derived_is_kept_and_blocks_nobody(tmp_path):
    clock = FakeClock(MORNING + timedelta(hours=5))
    async with running(tmp_path, clock) as daemon:
        state = daemon.engine.state
        whole = state.resolver

        def defective(conn, policy):
            resolver = whole(conn, policy)
            resolver.__class__ = Defect
            return resolver

        state.resolver = defective
        daemon.tell(*every(MORNING, 10, project="broken"))
        made = await daemon.engine.run(lambda step: timers.start(step, StartRequest(project_name="acme", auto_create=True)))
        assert made.value["timer"]["projectName"] == "acme"
        assert [warning.code for warning in daemon.engine.health.warnings()] == ["underived"]
        assert await daemon.rows("SELECT sum(count) AS n FROM span") == [{"n": 11}]
        assert daemon.engine.lag == 0
