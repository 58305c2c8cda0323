"""The client for asyncio. It needs only the standard library, and has the same methods as the blocking client.

    client = AsyncClient()
    await client.time_entries.start(project_name="acme", description="planning")
    await client.time_entries.stop()

Each call opens its own connection, so calls may run at the same time, and a client keeps working after the daemon was
restarted. Every failure raises a `StintdError`. Use a client in one event loop only; it starts no thread.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from stintd.client import following, place, stream, transport
from stintd.client.following import Following
from stintd.client.request import Request, json_request, parse_answer, with_signature_of
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


def awaiting(build: Callable[P, Request[T]]) -> Callable[Concatenate[Resource, P], Coroutine[Any, Any, T]]:
    """A method that sends the request that `build` makes from its arguments."""

    async def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._client.send(build(*args, **kwargs))

    return with_signature_of(method, build)  # type: ignore[no-any-return]


def paging(build: Callable[P, Request[Page[T]]]) -> Callable[Concatenate[Resource, P], AsyncIterator[T]]:
    """A method that goes through all pages of a list."""

    async def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[T]:
        first, cursor = build(*args, **kwargs), None
        while True:
            page = await self._client.send(first.page(cursor))
            for row in page.data:
                yield row
            cursor = page.next_cursor
            if not cursor:
                return

    return with_signature_of(method, build)  # type: ignore[no-any-return]


class Timer(Resource):
    """The running timers."""

    current = awaiting(timer.current)
    start = awaiting(timer.start)
    switch = awaiting(timer.switch)
    continue_ = awaiting(timer.continue_)
    stop = awaiting(timer.stop)
    pause = awaiting(timer.pause)
    resume = awaiting(timer.resume)
    cancel = awaiting(timer.cancel)
    update = awaiting(timer.update)
    heartbeat = awaiting(timer.heartbeat)


class TimeEntries(Resource):
    """Time entries."""

    list = awaiting(time_entries.list_)
    every = paging(time_entries.list_)
    get = awaiting(time_entries.get)
    create = awaiting(time_entries.create)
    update = awaiting(time_entries.update)
    delete = awaiting(time_entries.delete)
    start = awaiting(time_entries.start)
    stop = awaiting(time_entries.stop)
    split = awaiting(time_entries.split)
    merge = awaiting(time_entries.merge)
    restore = awaiting(time_entries.restore)
    evidence = awaiting(time_entries.evidence)
    history = awaiting(time_entries.history)
    why = awaiting(time_entries.why)


class Projects(Resource):
    """Projects."""

    list = awaiting(projects.list_)
    every = paging(projects.list_)
    get = awaiting(projects.get)
    create = awaiting(projects.create)
    update = awaiting(projects.update)
    delete = awaiting(projects.delete)
    budget = awaiting(projects.budget)


class Clients(Resource):
    """Clients, to whom hours are billed."""

    list = awaiting(clients.list_)
    every = paging(clients.list_)
    get = awaiting(clients.get)
    create = awaiting(clients.create)
    update = awaiting(clients.update)
    delete = awaiting(clients.delete)


class Tasks(Resource):
    """Tasks of projects."""

    list = awaiting(tasks.list_)
    every = paging(tasks.list_)
    get = awaiting(tasks.get)
    create = awaiting(tasks.create)
    update = awaiting(tasks.update)
    complete = awaiting(tasks.complete)
    delete = awaiting(tasks.delete)


class Users(Resource):
    """The people of the workspace."""

    list = awaiting(users.list_)
    every = paging(users.list_)
    me = awaiting(users.me)
    get = awaiting(users.get)
    create = awaiting(users.create)
    update = awaiting(users.update)
    delete = awaiting(users.delete)


class Reports(Resource):
    """Totals over a period."""

    get = awaiting(reports.get)
    timesheet = awaiting(reports.timesheet)


class Heartbeats(Resource):
    """Heartbeats."""

    send = awaiting(heartbeats.send)
    send_all = awaiting(heartbeats.send_all)
    list = awaiting(heartbeats.list_)
    every = paging(heartbeats.list_)


class Outbox(Resource):
    """Deliveries that wait, and deliveries that were given up."""

    list = awaiting(outbox.list_)
    every = paging(outbox.list_)
    retry = awaiting(outbox.retry)
    drop = awaiting(outbox.drop)


class Targets(Resource):
    """Billing systems."""

    list = awaiting(targets.list_)
    connect = awaiting(targets.connect)
    remove = awaiting(targets.remove)
    map = awaiting(targets.map_)
    map_all = awaiting(targets.map_all)
    places = awaiting(targets.places)
    make_place = awaiting(targets.make_place)
    kind = awaiting(targets.kind)
    choices = awaiting(targets.choices)
    match = awaiting(targets.match)
    sync = awaiting(targets.sync)


class Webhooks(Resource):
    """Webhooks."""

    list = awaiting(webhooks.list_)
    every = paging(webhooks.list_)
    get = awaiting(webhooks.get)
    create = awaiting(webhooks.create)
    update = awaiting(webhooks.update)
    delete = awaiting(webhooks.delete)
    test = awaiting(webhooks.test)
    deliveries = awaiting(webhooks.deliveries)
    redeliver = awaiting(webhooks.redeliver)
    rotate = awaiting(webhooks.rotate)


class Workspaces(Resource):
    """Workspaces: the personal one, and those of teams."""

    list = awaiting(workspaces.list_)
    every = paging(workspaces.list_)
    summary = awaiting(workspaces.summary)
    join = awaiting(workspaces.join)


class Keys(Resource):
    """API keys for loopback TCP."""

    list = awaiting(keys.list_)
    create = awaiting(keys.create)
    revoke = awaiting(keys.revoke)


class AsyncEventStream:
    """The stream of changes, for `async for`: each change as it happens. After a broken connection or a restart of the daemon,
    the stream resumes automatically where it was; it neither leaves out nor repeats a change that the log keeps.

    It connects when the first change is requested, or with `async with`. To resume there in a later run, keep `last_id`.
    """

    def __init__(
        self, at: place.DaemonAddress, state: Following, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._place, self._state, self._sleep = at, state, sleep
        self._answer: stream.AsyncResponse | None = None
        self._is_closed = False

    @property
    def last_id(self) -> str | None:
        """The id of the last change that was returned; the stream resumes after it."""
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
        """Read a block; after a failure, wait before the next attempt."""
        try:
            async with _limit(self._state.silence):
                if self._answer is None:
                    await self._connect()
                assert self._answer is not None
                self._state.feed(await self._answer.next_block())
        except (Unavailable, RateLimited) as error:
            await self._disconnect()
            await self._sleep(self._state.pause(error))

    async def _connect(self) -> None:
        self._answer = await stream.send(self._place, "GET", following.ROUTE, headers=self._state.headers)
        if self._answer.status != 200:
            parse_answer(self._answer.status, self._answer.headers, await self._answer.read())
        self._state.begin()

    async def _disconnect(self) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            await answer.close()

    async def close(self) -> None:
        """Close the stream."""
        self._is_closed = True
        await self._disconnect()

    async def __aenter__(self) -> "AsyncEventStream":
        while not self._state.is_position_known:
            await self._step()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()


@asynccontextmanager
async def _limit(seconds: float) -> AsyncIterator[None]:
    """A deadline that raises the same error as the blocking client."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise transport.connection_error(error) from error


class AsyncClient:
    """The daemon on this machine. Without arguments, the client uses your control socket, which needs no key. With `api_key`
    (or `STINTD_API_KEY`), it uses loopback TCP: the address `base_url`, or else the one that the daemon published.

    `timeout`: seconds until the whole answer must have arrived.
    """

    def __init__(
        self, api_key: str | None = None, base_url: str | None = None, *, socket: str | None = None, timeout: float = 30.0
    ) -> None:
        self._place, self._timeout = place.find_daemon(api_key, base_url, socket), timeout
        self.timer, self.time_entries, self.reports = Timer(self), TimeEntries(self), Reports(self)
        self.projects, self.clients, self.tasks, self.users = Projects(self), Clients(self), Tasks(self), Users(self)
        self.heartbeats, self.keys = Heartbeats(self), Keys(self)
        self.webhooks, self.workspaces = Webhooks(self), Workspaces(self)
        self.outbox, self.targets = Outbox(self), Targets(self)

    async def status(self) -> Status:
        """The running timers, today's total, and the warnings."""
        return await self.send(daemon.status())

    async def health(self) -> Health:
        """Whether the daemon works."""
        return await self.send(daemon.health())

    async def dashboard(self) -> Dashboard:
        """The running timers, today, the week, and what needs your attention."""
        return await self.send(daemon.dashboard())

    def events(self, last_event_id: str | None = None, *, patience: float | None = 60.0) -> AsyncEventStream:
        """The changes from now on, or those after a place in the log. While the daemon is not running, the stream waits for it,
        at most `patience` seconds (None: for ever).
        """
        return AsyncEventStream(self._place, Following(last_event_id, patience))

    async def request(self, method: str, route: str, body: Any = None, **query: Any) -> Any:
        """Call any route and return its JSON, for routes that have no method here."""
        return await self.send(json_request(method, route, body, query))

    async def send(self, request: Request[T]) -> T:
        """Send one request. After a broken connection, send it again if the daemon will not carry it out twice."""
        try:
            return await self._send_once(request)
        except StintdError as error:
            if not request.may_repeat(error):
                raise request.explain(error) from error.__cause__
        try:
            return await self._send_once(request)
        except StintdError as error:
            raise request.explain(error) from error.__cause__

    async def _send_once(self, request: Request[T]) -> T:
        async with _limit(self._timeout):
            answer = await stream.send(self._place, request.method, request.target, request.raw_body, request.headers)
            try:
                return request.answer(answer.status, answer.headers, await answer.read())
            finally:
                await answer.close()

    async def close(self) -> None:
        """Does nothing, because no connection stays open between calls; it lets `async with` accept a client."""

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()
