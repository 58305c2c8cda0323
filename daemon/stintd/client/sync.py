"""The blocking client. It needs only the standard library.

    client = Client()
    client.time_entries.start(project_name="acme", description="planning")
    client.time_entries.stop()

Each call opens its own connection, so several threads may use a client at the same time, and it keeps working after the daemon
was restarted. Every failure raises a `StintdError`.
"""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, TypeVar

from stintd.client import following, place, transport
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

    def __init__(self, client: "Client") -> None:
        self._client = client


def blocking(build: Callable[P, Request[T]]) -> Callable[Concatenate[Resource, P], T]:
    """A method that sends the request that `build` makes from its arguments, and waits for the answer."""

    def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._client.send(build(*args, **kwargs))

    return with_signature_of(method, build)  # type: ignore[no-any-return]


def paging(build: Callable[P, Request[Page[T]]]) -> Callable[Concatenate[Resource, P], Iterator[T]]:
    """A method that goes through all pages of a list."""

    def method(self: Resource, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        first, cursor = build(*args, **kwargs), None
        while True:
            page = self._client.send(first.page(cursor))
            yield from page.data
            cursor = page.next_cursor
            if not cursor:
                return

    return with_signature_of(method, build)  # type: ignore[no-any-return]


class Timer(Resource):
    """The running timers."""

    current = blocking(timer.current)
    start = blocking(timer.start)
    switch = blocking(timer.switch)
    continue_ = blocking(timer.continue_)
    stop = blocking(timer.stop)
    pause = blocking(timer.pause)
    resume = blocking(timer.resume)
    cancel = blocking(timer.cancel)
    update = blocking(timer.update)
    heartbeat = blocking(timer.heartbeat)


class TimeEntries(Resource):
    """Time entries."""

    list = blocking(time_entries.list_)
    every = paging(time_entries.list_)
    get = blocking(time_entries.get)
    create = blocking(time_entries.create)
    update = blocking(time_entries.update)
    delete = blocking(time_entries.delete)
    start = blocking(time_entries.start)
    stop = blocking(time_entries.stop)
    split = blocking(time_entries.split)
    merge = blocking(time_entries.merge)
    restore = blocking(time_entries.restore)
    evidence = blocking(time_entries.evidence)
    history = blocking(time_entries.history)
    why = blocking(time_entries.why)


class Projects(Resource):
    """Projects."""

    list = blocking(projects.list_)
    every = paging(projects.list_)
    get = blocking(projects.get)
    create = blocking(projects.create)
    update = blocking(projects.update)
    delete = blocking(projects.delete)
    budget = blocking(projects.budget)


class Clients(Resource):
    """Clients, to whom hours are billed."""

    list = blocking(clients.list_)
    every = paging(clients.list_)
    get = blocking(clients.get)
    create = blocking(clients.create)
    update = blocking(clients.update)
    delete = blocking(clients.delete)


class Tasks(Resource):
    """Tasks of projects."""

    list = blocking(tasks.list_)
    every = paging(tasks.list_)
    get = blocking(tasks.get)
    create = blocking(tasks.create)
    update = blocking(tasks.update)
    complete = blocking(tasks.complete)
    delete = blocking(tasks.delete)


class Users(Resource):
    """The people of the workspace."""

    list = blocking(users.list_)
    every = paging(users.list_)
    me = blocking(users.me)
    get = blocking(users.get)
    create = blocking(users.create)
    update = blocking(users.update)
    delete = blocking(users.delete)


class Reports(Resource):
    """Totals over a period."""

    get = blocking(reports.get)
    timesheet = blocking(reports.timesheet)


class Heartbeats(Resource):
    """Heartbeats."""

    send = blocking(heartbeats.send)
    send_all = blocking(heartbeats.send_all)
    list = blocking(heartbeats.list_)
    every = paging(heartbeats.list_)


class Outbox(Resource):
    """Deliveries that wait, and deliveries that were given up."""

    list = blocking(outbox.list_)
    every = paging(outbox.list_)
    retry = blocking(outbox.retry)
    drop = blocking(outbox.drop)


class Targets(Resource):
    """Billing systems."""

    list = blocking(targets.list_)
    connect = blocking(targets.connect)
    remove = blocking(targets.remove)
    map = blocking(targets.map_)
    map_all = blocking(targets.map_all)
    places = blocking(targets.places)
    make_place = blocking(targets.make_place)
    kind = blocking(targets.kind)
    choices = blocking(targets.choices)
    match = blocking(targets.match)
    sync = blocking(targets.sync)


class Webhooks(Resource):
    """Webhooks."""

    list = blocking(webhooks.list_)
    every = paging(webhooks.list_)
    get = blocking(webhooks.get)
    create = blocking(webhooks.create)
    update = blocking(webhooks.update)
    delete = blocking(webhooks.delete)
    test = blocking(webhooks.test)
    deliveries = blocking(webhooks.deliveries)
    redeliver = blocking(webhooks.redeliver)
    rotate = blocking(webhooks.rotate)


class Workspaces(Resource):
    """Workspaces: the personal one, and those of teams."""

    list = blocking(workspaces.list_)
    every = paging(workspaces.list_)
    summary = blocking(workspaces.summary)
    join = blocking(workspaces.join)


class Keys(Resource):
    """API keys for loopback TCP."""

    list = blocking(keys.list_)
    create = blocking(keys.create)
    revoke = blocking(keys.revoke)


class EventStream:
    """The stream of changes, for `for`: it waits for each change. After a broken connection or a restart of the daemon, the
    stream resumes automatically where it was; it neither leaves out nor repeats a change that the log keeps.

    Use it in one thread only. To resume there in a later run, keep `last_id` and pass it to `events(last_event_id=…)`.
    """

    def __init__(self, at: place.DaemonAddress, state: Following, sleep: Callable[[float], None] = time.sleep) -> None:  # noqa: TID251
        self._place, self._state, self._sleep = at, state, sleep
        self._answer: transport.Response | None = None
        self._blocks: Iterator[bytes] = iter(())
        self._is_closed = False
        while not state.is_position_known:
            self._step()

    @property
    def last_id(self) -> str | None:
        """The id of the last change that was returned; the stream resumes after it."""
        return self._state.last_id

    def __iter__(self) -> "EventStream":
        return self

    def __next__(self) -> Event:
        while not self._is_closed:
            event = self._state.take()
            if event is not None:
                return event
            self._step()
        raise StopIteration

    def _step(self) -> None:
        """Read a block; after a failure, wait before the next attempt."""
        try:
            if self._answer is None:
                self._connect()
            self._state.feed(next(self._blocks, None))
        except (Unavailable, RateLimited) as error:
            self._disconnect()
            self._sleep(self._state.pause(error))

    def _connect(self) -> None:
        headers = [*self._place.headers, *self._state.headers]
        self._answer = transport.send(
            self._place.address, "GET", following.ROUTE, headers=headers, timeout=self._state.silence, host=self._place.host
        )
        self._blocks = self._answer.blocks()
        if self._answer.status != 200:
            parse_answer(self._answer.status, self._answer.headers, self._answer.read())
        self._state.begin()

    def _disconnect(self) -> None:
        if self._answer is not None:
            self._answer.close()
        self._answer = None

    def close(self) -> None:
        """Close the stream."""
        self._is_closed = True
        self._disconnect()

    def __enter__(self) -> "EventStream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Client:
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

    def status(self) -> Status:
        """The running timers, today's total, and the warnings."""
        return self.send(daemon.status())

    def health(self) -> Health:
        """Whether the daemon works."""
        return self.send(daemon.health())

    def dashboard(self) -> Dashboard:
        """The running timers, today, the week, and what needs your attention."""
        return self.send(daemon.dashboard())

    def events(self, last_event_id: str | None = None, *, patience: float | None = 60.0) -> EventStream:
        """The changes from now on, or those after a place in the log. While the daemon is not running, the stream waits for it,
        at most `patience` seconds (None: for ever).
        """
        return EventStream(self._place, Following(last_event_id, patience))

    def request(self, method: str, route: str, body: Any = None, **query: Any) -> Any:
        """Call any route and return its JSON, for routes that have no method here."""
        return self.send(json_request(method, route, body, query))

    def send(self, request: Request[T]) -> T:
        """Send one request. After a broken connection, send it again if the daemon will not carry it out twice."""
        try:
            return self._send_once(request)
        except StintdError as error:
            if not request.may_repeat(error):
                raise request.explain(error) from error.__cause__
        try:
            return self._send_once(request)
        except StintdError as error:
            raise request.explain(error) from error.__cause__

    def _send_once(self, request: Request[T]) -> T:
        answer = transport.send(
            self._place.address,
            request.method,
            request.target,
            request.raw_body,
            [*self._place.headers, *request.headers],
            host=self._place.host,
            limit=self._timeout,
        )
        try:
            return request.answer(answer.status, answer.headers, answer.read())
        finally:
            answer.close()

    def close(self) -> None:
        """Does nothing, because no connection stays open between calls; it lets `with` accept a client."""

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
