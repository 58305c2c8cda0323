"""The client for asyncio, of the standard library only; the same requests as the blocking one, awaited.

    client = AsyncClient()
    await client.time_entries.start(project_name="acme", description="planning")
    await client.time_entries.stop()

Each call is a connection of its own, so calls may overlap and a client survives a restart of the daemon. Every failure
is a `StintdError`. For the event loop it is used in; it starts no thread.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from stintd.client import following, place, stream, transport
from stintd.client.following import Following
from stintd.client.request import Ask, dressed, parsed, untyped
from stintd.client.requests import (
    clients,
    daemon,
    heartbeats,
    keys,
    outbox,
    projects,
    reports,
    targets,
    tasks,
    time_entries,
    timer,
    users,
    webhooks,
    workspaces,
)
from stintd.errors import RateLimited, StintdError, Unavailable
from stintd.protocol.types import Dashboard, Event, Health, Page, Status

P = ParamSpec("P")
T = TypeVar("T")


class Resource:
    """Requests of one kind, as methods."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client


def awaited(build: Callable[P, Ask[T]]) -> Callable[Concatenate[Resource, P], Coroutine[Any, Any, T]]:
    """A method that sends what `build` makes of its arguments, when it is awaited."""

    async def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._client.ask(build(*args, **kwargs))

    return dressed(method, build)  # type: ignore[no-any-return]


def paging(build: Callable[P, Ask[Page[T]]]) -> Callable[Concatenate[Resource, P], AsyncIterator[T]]:
    """A method that goes through all pages of a list."""

    async def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        first, cursor = build(*args, **kwargs), None
        while True:
            page = await self._client.ask(first.page(cursor))
            for one in page.data:
                yield one
            cursor = page.next_cursor
            if not cursor:
                return

    return dressed(method, build)  # type: ignore[no-any-return]


class Timer(Resource):
    """What runs."""

    current = awaited(timer.current)
    start = awaited(timer.start)
    switch = awaited(timer.switch)
    continue_ = awaited(timer.continue_)
    stop = awaited(timer.stop)
    pause = awaited(timer.pause)
    resume = awaited(timer.resume)
    cancel = awaited(timer.cancel)
    update = awaited(timer.update)
    heartbeat = awaited(timer.heartbeat)


class TimeEntries(Resource):
    """What was worked."""

    list = awaited(time_entries.list_)
    every = paging(time_entries.list_)
    get = awaited(time_entries.get)
    create = awaited(time_entries.create)
    update = awaited(time_entries.update)
    delete = awaited(time_entries.delete)
    start = awaited(time_entries.start)
    stop = awaited(time_entries.stop)
    split = awaited(time_entries.split)
    merge = awaited(time_entries.merge)
    restore = awaited(time_entries.restore)
    evidence = awaited(time_entries.evidence)
    history = awaited(time_entries.history)
    why = awaited(time_entries.why)


class Projects(Resource):
    """What is worked on."""

    list = awaited(projects.list_)
    every = paging(projects.list_)
    get = awaited(projects.get)
    create = awaited(projects.create)
    update = awaited(projects.update)
    delete = awaited(projects.delete)
    budget = awaited(projects.budget)


class Clients(Resource):
    """Whom hours are billed to."""

    list = awaited(clients.list_)
    every = paging(clients.list_)
    get = awaited(clients.get)
    create = awaited(clients.create)
    update = awaited(clients.update)
    delete = awaited(clients.delete)


class Tasks(Resource):
    """Tasks of projects."""

    list = awaited(tasks.list_)
    every = paging(tasks.list_)
    get = awaited(tasks.get)
    create = awaited(tasks.create)
    update = awaited(tasks.update)
    complete = awaited(tasks.complete)
    delete = awaited(tasks.delete)


class Users(Resource):
    """The people of the workspace."""

    list = awaited(users.list_)
    every = paging(users.list_)
    me = awaited(users.me)
    get = awaited(users.get)
    create = awaited(users.create)
    update = awaited(users.update)
    delete = awaited(users.delete)


class Reports(Resource):
    """Sums over a period."""

    get = awaited(reports.get)
    timesheet = awaited(reports.timesheet)


class Heartbeats(Resource):
    """Evidence."""

    send = awaited(heartbeats.send)
    send_all = awaited(heartbeats.send_all)
    list = awaited(heartbeats.list_)
    every = paging(heartbeats.list_)


class Outbox(Resource):
    """What waits to leave this machine."""

    list = awaited(outbox.list_)
    every = paging(outbox.list_)
    retry = awaited(outbox.retry)
    drop = awaited(outbox.drop)


class Targets(Resource):
    """Billing systems."""

    list = awaited(targets.list_)
    connect = awaited(targets.connect)
    remove = awaited(targets.remove)
    map = awaited(targets.map_)
    map_all = awaited(targets.map_all)
    places = awaited(targets.places)
    make_place = awaited(targets.make_place)
    kind = awaited(targets.kind)
    choices = awaited(targets.choices)
    match = awaited(targets.match)
    sync = awaited(targets.sync)


class Webhooks(Resource):
    """Who is told of changes."""

    list = awaited(webhooks.list_)
    every = paging(webhooks.list_)
    get = awaited(webhooks.get)
    create = awaited(webhooks.create)
    update = awaited(webhooks.update)
    delete = awaited(webhooks.delete)
    test = awaited(webhooks.test)
    deliveries = awaited(webhooks.deliveries)
    redeliver = awaited(webhooks.redeliver)
    rotate = awaited(webhooks.rotate)


class Workspaces(Resource):
    """The personal workspace, and those of teams."""

    list = awaited(workspaces.list_)
    every = paging(workspaces.list_)
    summary = awaited(workspaces.summary)
    join = awaited(workspaces.join)


class Keys(Resource):
    """Keys of callers on loopback TCP."""

    list = awaited(keys.list_)
    create = awaited(keys.create)
    revoke = awaited(keys.revoke)


class AsyncEventStream:
    """The changes as they happen, one after the other, with `async for`. It goes on by itself where it was when the
    connection breaks or the daemon is restarted, without leaving out or repeating what the log keeps.

    It begins with the first change asked for, or with `async with`. `last_id` is the place to go on from in another run.
    """

    def __init__(self, at: place.Place, state: Following, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._place, self._state, self._sleep = at, state, sleep
        self._answer: stream.Answer | None = None
        self._is_closed = False

    @property
    def last_id(self) -> str | None:
        """The place after which the stream goes on."""
        return self._state.last_id

    def __aiter__(self) -> "AsyncEventStream":
        return self

    async def __anext__(self) -> Event:
        while not self._is_closed:
            event = self._state.take()
            if event is not None:
                return event
            await self._step()
        raise StopAsyncIteration

    async def _step(self) -> None:
        """Read a block; after a failure, wait for the next try."""
        try:
            async with _limit(self._state.silence):
                if self._answer is None:
                    await self._open()
                assert self._answer is not None
                self._state.feed(await self._answer.next_block())
        except (Unavailable, RateLimited) as error:
            await self._shut()
            await self._sleep(self._state.pause(error))

    async def _open(self) -> None:
        self._answer = await stream.send(self._place, "GET", following.ROUTE, headers=self._state.headers)
        if self._answer.status != 200:
            parsed(self._answer.status, self._answer.headers, await self._answer.read())
        self._state.begin()

    async def _shut(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.close()

    async def close(self) -> None:
        """End it."""
        self._is_closed = True
        await self._shut()

    async def __aenter__(self) -> "AsyncEventStream":
        while not self._state.is_placed:
            await self._step()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


@asynccontextmanager
async def _limit(seconds: float) -> AsyncIterator[None]:
    """A deadline, told as the blocking client tells it."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise transport.broken(error) from error


class AsyncClient:
    """The daemon of this machine. Without arguments it is asked over the control socket of this home, which needs no key;
    with `api_key` (or `STINTD_API_KEY`) over loopback TCP, where `base_url` says, else where the daemon says it listens.

    `timeout`: seconds until the whole of an answer must be there.
    """

    def __init__(
        self, api_key: str | None = None, base_url: str | None = None, *, socket: str | None = None, timeout: float = 30.0
    ) -> None:
        self._place, self._timeout = place.find(api_key, base_url, socket), timeout
        self.timer, self.time_entries, self.reports = Timer(self), TimeEntries(self), Reports(self)
        self.projects, self.clients, self.tasks, self.users = Projects(self), Clients(self), Tasks(self), Users(self)
        self.heartbeats, self.keys = Heartbeats(self), Keys(self)
        self.webhooks, self.workspaces = Webhooks(self), Workspaces(self)
        self.outbox, self.targets = Outbox(self), Targets(self)

    async def status(self) -> Status:
        """What runs, today's total, and what is degraded."""
        return await self.ask(daemon.status())

    async def health(self) -> Health:
        """Whether the daemon works."""
        return await self.ask(daemon.health())

    async def dashboard(self) -> Dashboard:
        """What runs, today, the week, and what needs a look."""
        return await self.ask(daemon.dashboard())

    def events(self, last_event_id: str | None = None, *, patience: float | None = 60.0) -> AsyncEventStream:
        """The changes from now on, or from after a place in the log. While the daemon is away they are waited for, for
        `patience` seconds (None: for ever).
        """
        return AsyncEventStream(self._place, Following(last_event_id, patience))

    async def request(self, method: str, route: str, body: Any = None, **query: Any) -> Any:
        """Any route as JSON, for what has no method here."""
        return await self.ask(untyped(method, route, body, query))

    async def ask(self, ask: Ask[T]) -> T:
        """Send one request; once more after a broken connection, if it cannot be done twice."""
        try:
            return await self._once(ask)
        except StintdError as error:
            if not ask.may_repeat(error):
                raise ask.failed(error) from error.__cause__
        try:
            return await self._once(ask)
        except StintdError as error:
            raise ask.failed(error) from error.__cause__

    async def _once(self, ask: Ask[T]) -> T:
        async with _limit(self._timeout):
            answer = await stream.send(self._place, ask.method, ask.target, ask.raw_body, ask.headers)
            try:
                return ask.answer(answer.status, answer.headers, await answer.read())
            finally:
                await answer.close()

    async def close(self) -> None:
        """Nothing stays open between calls; here so that a client can stand in an `async with`."""

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
