"""Looks up tasks at connected billing systems, for API clients that name a task unknown here. Loop thread. Nothing is written
there. Half of a target's calls an hour are reserved for deliveries. Lists are remembered for ten minutes, without a timer to
wake for them.
"""

import re
from collections.abc import Sequence
from typing import Any, TypeVar

from stintd.domain.billing.target import Target, TargetRule
from stintd.domain.mapping.naming import normal_name
from stintd.domain.model import to_us
from stintd.engine.delivery import attempt
from stintd.engine.delivery.attempt import HOUR_US
from stintd.engine.delivery.plan import TargetLink
from stintd.engine.delivery.targets import BillingTargets
from stintd.engine.resolver import names_of_projects
from stintd.errors import Invalid, StintdError, Unavailable
from stintd.frozen import frozen
from stintd.ports import MISSING, Outcome, RemoteList, RemoteTask, TaskBook, TaskConnector
from stintd.store import deliveries
from stintd.store.row_types import NamedProjectRow, TargetRow
from stintd.store.rowio import fetch_all
from stintd.store.scope import ReadLimit

LISTS_SECONDS = 600.0
MOST_LISTS = 3
"""Most lists of one name that are searched."""
Thing = TypeVar("Thing", RemoteList, RemoteTask)
_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


@frozen
class TaskQuery:
    """How an API client names a task: by id or custom id, or by name within a list."""

    task_id: str | None = None
    task_name: str | None = None
    list_name: str | None = None

    @property
    def text(self) -> str:
        return f"ID '{self.task_id[:100]}'" if self.task_id else f"name '{(self.task_name or '')[:100]}'"


@frozen
class FoundRemoteTask:
    """A task and the target that has it."""

    target: str
    task: RemoteTask

    @property
    def key(self) -> str:
        """Its key here."""
        return self.task.custom_id or self.task.id


class TaskLookup:
    """One per daemon."""

    def __init__(self, targets: BillingTargets) -> None:
        self._targets = targets
        self._lists: dict[str, tuple[float, tuple[RemoteList, ...]]] = {}

    async def find(self, query: TaskQuery, limit: ReadLimit | None) -> FoundRemoteTask | None:
        """The task at the first target within the client's limit that has it; None if none has. `invalid` if several tasks of
        a list have the name, `unavailable` if no target has it and one could not be asked.
        """
        trouble: Unavailable | None = None
        for link in await self._reachable_targets(limit):
            try:
                task = await self._ask_target(link, query)
            except Unavailable as error:
                trouble = error
                continue
            if task is not None:
                return FoundRemoteTask(link.target.name, task)
        if trouble is not None:
            raise trouble
        return None

    def rules_for(self, task_id: str | None) -> list[TargetRule]:
        """Rules that map a local task to the remote task of that id: then it is known here by another name."""
        rules = [rule for link in self._targets.planned.values() if link.able.has_tasks for rule in link.target.rules]
        return [
            rule for rule in rules if task_id and rule.task and rule.remote.get("task_id", "").casefold() == task_id.casefold()
        ]

    async def _reachable_targets(self, limit: ReadLimit | None) -> list[TargetLink]:
        """The targets with tasks that an API client may use: a limited one only those whose rules all lie within its reach."""
        links = [link for link in self._targets.planned.values() if link.able.has_tasks]
        if limit is None or not links:
            return links
        engine = self._targets.tools.engine
        rows = await engine.read(lambda conn: fetch_all(conn, NamedProjectRow, _NAMES), limit)
        names = await engine.read(lambda conn: [name for names in names_of_projects(conn).values() for name in names], limit)
        return [link for link in links if _is_within(link.target, names, rows, limit)]

    async def _ask_target(self, link: TargetLink, query: TaskQuery) -> RemoteTask | None:
        name, tools = link.target.name, self._targets.tools
        state = (await tools.engine.database.read(deliveries.targets)).get(name)
        if state is None:
            return None
        self._check_budget(link, state, query)
        connector = await self._make_connector(link, query)
        before = connector.calls
        try:
            task = await (
                self._find_by_id(connector.tasks, query) if query.task_id else self._find_by_name(connector.tasks, link, query)
            )
        finally:
            calls = connector.calls - before
            await tools.engine.run(lambda step: attempt.count_calls(step, name, calls), "daemon")
        if isinstance(task, Outcome):
            if task.kind == MISSING:
                return None
            raise _cannot_ask(name, query, task.text or "it did not say why")
        return task

    def _check_budget(self, link: TargetLink, state: TargetRow, query: TaskQuery) -> None:
        name, clock = link.target.name, self._targets.tools.engine.clock
        is_this_hour = 0 <= to_us(clock.now()) - state["window_us"] < HOUR_US
        if state["stopped"]:
            raise _cannot_ask(name, query, state["trouble"])
        if is_this_hour and state["used"] * 2 >= (link.target.calls_per_hour or link.able.calls_per_hour):
            raise _cannot_ask(name, query, "the other half of its calls an hour is reserved for deliveries")

    async def _make_connector(self, link: TargetLink, query: TaskQuery) -> TaskConnector:
        tools = self._targets.tools
        try:
            connector: Any = tools.make(link.target, await tools.keys.load_secret(link.target))
        except StintdError as error:
            raise _cannot_ask(link.target.name, query, error.message) from error
        assert isinstance(connector, TaskConnector), link.target.kind
        return connector

    async def _find_by_id(self, book: TaskBook, query: TaskQuery) -> RemoteTask | Outcome:
        if not _ID.fullmatch(query.task_id or ""):
            return Outcome(MISSING)
        return await book.task(query.task_id or "")

    async def _find_by_name(self, book: TaskBook, link: TargetLink, query: TaskQuery) -> RemoteTask | Outcome:
        if not query.list_name or not query.task_name:
            return Outcome(MISSING)
        lists = await self._load_lists(book, link.target.name)
        if isinstance(lists, Outcome):
            return lists
        matches: list[RemoteTask] = []
        for remote_list in _filter_by_name(lists, query.list_name)[:MOST_LISTS]:
            tasks = await book.tasks_of(remote_list)
            if isinstance(tasks, Outcome):
                return tasks
            matches += _filter_by_name(tasks, query.task_name)
        return _pick_only(matches, query)

    async def _load_lists(self, book: TaskBook, target: str) -> tuple[RemoteList, ...] | Outcome:
        now = self._targets.tools.engine.clock.monotonic()
        stored = self._lists.get(target)
        if stored is not None and now - stored[0] < LISTS_SECONDS:
            return stored[1]
        lists = await book.lists()
        if not isinstance(lists, Outcome):
            self._lists[target] = now, lists
        return lists


_NAMES = "SELECT p.name, c.name AS client_name FROM project p LEFT JOIN client c ON c.id = p.client_id WHERE p.deleted = 0"


def _is_within(target: Target, names: Sequence[str], rows: Sequence[NamedProjectRow], limit: ReadLimit) -> bool:
    projects = {name.casefold() for name in names}
    clients = {row["client_name"].casefold() for row in rows if row["client_name"] and limit.project_id is None}
    return bool(target.rules) and all(
        rule.project.casefold() in projects if rule.project else (rule.client or "").casefold() in clients
        for rule in target.rules
    )


def _filter_by_name(things: Sequence[Thing], name: str) -> list[Thing]:
    return [thing for thing in things if normal_name(thing.name) == normal_name(name)]


def _pick_only(matches: Sequence[RemoteTask], query: TaskQuery) -> RemoteTask | Outcome:
    """The only task, or of several the only open one."""
    left = [task for task in matches if task.is_open] or list(matches)
    if len(left) > 1:
        ids = ", ".join(task.custom_id or task.id for task in left[:5])
        raise Invalid(f"several tasks of {query.list_name} have the {query.text}: {ids}", "send taskId", {"field": "taskId"})
    return left[0] if left else Outcome(MISSING)


def _cannot_ask(target: str, query: TaskQuery, why: str) -> Unavailable:
    return Unavailable(
        f"Task with {query.text} is not known here, and {target} could not be asked: {why}",
        "try again later; tasks that stintd knows are found anyway (`stint tasks add` creates one)",
    )
