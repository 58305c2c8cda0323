"""The checks of `stint doctor` that only the running daemon can make: watches, queues, time zone, billing systems. They
change nothing, and ask nobody outside this machine unless the owner says so. Loop thread.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.targetlane import LaneTools
from stintd.engine.engine import Engine
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.ports import Outcome
from stintd.store import deliveries

KEYLESS = "webhook"
"""The kind of target that needs no secret: the owner's own receiver."""
BACKLOG = 5000
"""More heartbeats than this waiting for the database are reported."""


@frozen
class Check:
    """One finding: `state` is ok, warning or error."""

    name: str
    state: str
    text: str
    hint: str = ""


@frozen
class Watches:
    """How many watches are in use, how many stintd may use, how many the system allows (0: unknown); and what could not be
    watched.
    """

    used: int
    budget: int
    limit: int
    troubles: Sequence[str] = ()


@frozen
class Doctor:
    """The parts it checks. `watches` and `zone` return the current state; `planned` are the connected billing systems."""

    engine: Engine
    tools: LaneTools
    watches: Callable[[], Watches]
    zone: Callable[[], str]
    planned: Callable[[], Mapping[str, TargetLink]]

    async def findings(self, online: bool) -> list[dict[str, Any]]:
        """All findings, the most interesting first. `online`: each billing system is asked to which account the credentials
        belong.
        """
        checks = [self._backlog(), self._watches(), self._zone()]
        states = await self.engine.database.read(deliveries.targets)
        for name, link in self.planned().items():
            checks.append(await self._target(name, link, states.get(name), online))
        return [{"name": check.name, "state": check.state, "text": check.text, "hint": check.hint} for check in checks]

    def _backlog(self) -> Check:
        lag, damaged = self.engine.lag, self.engine.journal.damaged_bytes
        if lag > BACKLOG:
            return Check("journal", "warning", f"{lag} heartbeats wait to be stored", "check the disk; see `stint status`")
        if damaged:
            return Check(
                "journal",
                "warning",
                f"{damaged} bytes of the journal were damaged and never acknowledged",
                "nothing that was acknowledged is lost; check the disk if it happens again",
            )
        return Check("journal", "ok", f"{lag} heartbeats wait to be stored")

    def _watches(self) -> Check:
        watches = self.watches()
        usage = f"{watches.used} of {watches.budget} watches in use"
        if watches.troubles:
            return Check(
                "watches",
                "warning",
                f"{usage}; {watches.troubles[0]}",
                "see `stint repos`; folders without a watch are scanned regularly instead",
            )
        if watches.limit and watches.budget and watches.used * 10 > watches.budget * 9:
            hint = f"sudo sysctl fs.inotify.max_user_watches={watches.limit * 4}"
            return Check("watches", "warning", f"{usage}: nearly all that stintd may use", hint)
        return Check("watches", "ok", usage)

    def _zone(self) -> Check:
        ours, machine = self.engine.policy.zone, self.zone()
        if ours != machine:
            return Check("zone", "warning", f"days are counted in {ours}, but the machine is in {machine} now", "`stint restart`")
        return Check("zone", "ok", f"days are counted in {ours}")

    async def _target(self, name: str, link: TargetLink, state: Mapping[str, Any] | None, online: bool) -> Check:
        label, hint = f"target {name}", f"`stint connect {name}` tries it and saves what works"
        try:
            secret = await self.tools.keys.load_secret(link.target)
        except StintdError as error:
            return Check(label, "error", error.message, error.hint or hint)
        if not secret and link.target.kind != KEYLESS:
            return Check(label, "error", "its key is missing from secrets/", hint)
        if state is not None and state["stopped"]:
            return Check(label, "error", f"nothing is sent: {state['trouble']}", f"{hint}; entries wait meanwhile")
        if online:
            return await self._ask(label, link, secret, hint)
        if state is not None and state["failures"]:
            return Check(
                label,
                "warning",
                f"{state['failures']} failures in a row, the last: {state['trouble']}",
                f"it is retried automatically; `stint sync {name}` retries it now",
            )
        return Check(label, "ok", "its credentials exist; --online tries them")

    async def _ask(self, label: str, link: TargetLink, secret: str, hint: str) -> Check:
        try:
            account = await self.tools.make(link.target, secret).check()
        except StintdError as error:
            return Check(label, "error", error.message, error.hint or hint)
        if isinstance(account, Outcome):
            return Check(label, "error", account.text, hint)
        return Check(label, "ok", f"the credentials work{f' ({account.name})' if account.name else ''}")
