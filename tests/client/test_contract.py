"""Both forms over both listeners against one real daemon: the same calls, the same answers, and no hour twice."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from stintd.client import CLEAR, AsyncClient, Client
from stintd.client.transport import send
from stintd.errors import Conflict, Forbidden, Invalid, NotFound, RateLimited, StintdError, Unauthorized
from tests.client.forms import FORMS, blocking, play_async
from tests.support.control import FakeControl
from tests.support.daemon import Daemon

MORNING = datetime(2024, 11, 20, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with Daemon(tmp_path_factory.mktemp("contract") / "h", environment={"TZ": "UTC"}) as daemon:
        yield daemon


@pytest.fixture(scope="module")
def tcp(daemon):
    """A key of a scope, as the arguments of a client."""
    with open(daemon.layout.http_json) as file:
        url = json.load(file)["url"]

    def arguments(scope):
        key = daemon.client.post("/api/keys", {"scope": scope, "name": f"{scope} {datetime.now(UTC).timestamp()}"})["key"]
        return {"api_key": key, "base_url": url}

    return arguments


@pytest.fixture(params=["socket", "tcp"])
def where(request, daemon, tcp):
    return {"socket": daemon.layout.socket} if request.param == "socket" else tcp("full")


def a_day(name, at):
    """Everything the client can do with one project, on a day of its own."""
    client = yield lambda c: c.clients.create(f"Client of {name}")
    project = yield lambda c: c.projects.create(name, client_id=client.id, hourly_rate=Decimal("80.50"), currency="EUR")
    assert (project.hourly_rate, project.client_name, project.billable) == (80.5, client.name, True)
    task = yield lambda c: c.tasks.create("Draft", project_id=project.id, key="D-1", estimated_hours=2)
    entry = yield lambda c: c.time_entries.create(
        project.id, start=at, end=at + timedelta(hours=1), task_id=task.id, tags=["a", "b"], description='é ☃ "x"'
    )
    assert (entry.start, entry.duration_seconds, entry.tags, entry.task_name) == (at, 3600, ("a", "b"), "Draft")
    assert entry.description == 'é ☃ "x"'
    assert (yield lambda c: c.time_entries.get(entry.id)).id == entry.id
    changed = yield lambda c: c.time_entries.update(entry.id, tags=[], task_id=CLEAR, revision=entry.revision)
    assert (changed.tags, changed.task_id) == ((), None)
    with pytest.raises(Conflict):
        yield lambda c: c.time_entries.delete(entry.id, revision=entry.revision)
    one, two = yield lambda c: c.time_entries.split(entry.id, at + timedelta(minutes=15))
    assert (one.duration_seconds, two.duration_seconds) == (900, 2700)
    shown = yield lambda c: c.time_entries.list(since=at.date(), until=at.date(), project=name, limit=1)
    assert (len(shown), shown[0].id, bool(shown.next_cursor)) == (1, two.id, True)
    every = yield lambda c: c.time_entries.every(since=at.date(), until=at.date(), project_id=project.id, limit=1)
    assert [found.id for found in every] == [two.id, one.id]
    merged = yield lambda c: c.time_entries.merge([one.id, two.id])
    deleted = yield lambda c: c.time_entries.delete(merged.id, revision=merged.revision)
    assert (yield lambda c: c.time_entries.restore(deleted.id)).duration_seconds == 3600
    history = yield lambda c: c.time_entries.history(merged.id)
    assert [step.verb for step in history.data][:1] == ["add"]
    evidence = yield lambda c: c.time_entries.evidence(merged.id)
    assert (evidence.entry_id, evidence.entry.project_name) == (merged.id, name)
    assert (yield lambda c: c.time_entries.why(at + timedelta(minutes=5))).entry_id == merged.id
    report = yield lambda c: c.reports.get(since=at.date(), until=at.date(), project_id=project.id)
    assert (report.rows[0].seconds, report.rows[0].amount, report.totals.wall_seconds) == (3600, 80.5, 3600)
    sheet = yield lambda c: c.reports.timesheet(since=at.date(), until=at.date(), project=name)
    assert (sheet.days, sheet.totals.seconds) == ((at.date(),), 3600)
    budget = yield lambda c: c.projects.budget(project.id)
    assert (budget.hours_used, budget.spend) == (1.0, 80.5)
    assert (yield lambda c: c.tasks.complete(task.id)).status == "complete"
    assert (yield lambda c: c.projects.update(project.id, hourly_rate=CLEAR, billable=False)).hourly_rate is None
    yield from timers(project)
    yield from trouble(project)
    assert (yield lambda c: c.projects.update(project.id, archived=True)).archived
    assert (yield lambda c: c.clients.update(client.id, archived=True)).archived


def timers(project):
    started = yield lambda c: c.timer.start(project.id, description="first")
    again = yield lambda c: c.timer.start(project.id)
    assert (again.timer.id, again.timer.description) == (started.timer.id, "first")
    assert (yield lambda c: c.timer.pause()).state == "paused"
    assert (yield lambda c: c.timer.resume()).timer.state == "running"
    assert (yield lambda c: c.timer.update(description="second")).description == "second"
    assert (yield lambda c: c.timer.heartbeat(project.id)).id == started.timer.id
    current = yield lambda c: c.timer.current()
    assert started.timer.id in [timer.id for timer in current.timers]
    stopped = yield lambda c: c.time_entries.stop(project.id)
    assert (stopped.id, stopped.state, stopped.description) == (started.timer.id, "finished", "second")
    assert (yield lambda c: c.time_entries.stop(project.id)) is None
    assert (yield lambda c: c.timer.continue_()).timer.project_id == project.id
    assert (yield lambda c: c.timer.cancel(project.id)).project_id == project.id


def trouble(project):
    with pytest.raises(NotFound):
        yield lambda c: c.projects.get("nobody-at-all")
    with pytest.raises(Invalid):
        yield lambda c: c.time_entries.list(limit=9000)
    with pytest.raises(Invalid, match="time zone"):
        yield lambda c: c.time_entries.create(project.id, start=datetime(2024, 1, 1), duration_minutes=1)
    with pytest.raises(Invalid, match="empty"):
        yield lambda c: c.projects.get("")
    with pytest.raises(Conflict):
        yield lambda c: c.projects.create(project.name)
    with pytest.raises(NotFound):
        yield lambda c: c.request("GET", "/api/no-such-thing")
    with pytest.raises(NotFound):
        yield lambda c: c.time_entries.get("../../../api/status?x=1#y")
    assert (yield lambda c: c.request("GET", "/api/roots"))["data"] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_day_is_the_same_with_either_form_over_either_listener(form, where, daemon):
    listener = "socket" if "socket" in where else "tcp"
    at = MORNING + timedelta(days=7 * list(FORMS).index(form) + 30 * (listener == "tcp"))
    FORMS[form](a_day(f"{form} {listener}", at), **where)


def overview():
    status = yield lambda c: c.status()
    health = yield lambda c: c.health()
    assert status.ready
    assert health.ready
    dashboard = yield lambda c: c.dashboard()
    assert dashboard.workspace.id == (yield lambda c: c.workspaces.list())[0].id
    summary = yield lambda c: c.workspaces.summary(dashboard.workspace.id, since=date(2024, 1, 1), until=date(2024, 1, 2))
    assert (summary.totals.seconds, summary.since) == (0, datetime(2024, 1, 1, tzinfo=UTC))
    assert (yield lambda c: c.users.me()).id in {user.id for user in (yield lambda c: c.users.every())}
    sent = yield lambda c: c.heartbeats.send_all([{"project": "beats", "time": MORNING, "kind": "edit"}, {"project": 5}])
    assert sent.rejected[0].index == 1
    beats = yield lambda c: c.heartbeats.every(since=MORNING.date(), until=MORNING.date(), project="beats")
    assert [beat.time for beat in beats] == [MORNING]
    hook = yield lambda c: c.webhooks.create("http://127.0.0.1:9/x", ["time_entry.stopped"], allow_private=True)
    assert hook.secret
    assert (yield lambda c: c.webhooks.redeliver(hook.id)).redelivered == 0
    assert (yield lambda c: c.webhooks.update(hook.id, enabled=False)).enabled is False
    assert (yield lambda c: c.webhooks.test(hook.id)).delivered is False
    assert (yield lambda c: c.webhooks.rotate(hook.id)).secret != hook.secret
    assert hook.id in [one.id for one in (yield lambda c: c.webhooks.every())]
    assert len((yield lambda c: c.webhooks.deliveries(hook.id))) >= 0
    assert (yield lambda c: c.webhooks.delete(hook.id)).id == hook.id
    key = yield lambda c: c.keys.create("read")
    assert key.key
    assert key.id in [one.id for one in (yield lambda c: c.keys.list())]
    assert (yield lambda c: c.keys.revoke(key.id)).revoked_at is not None


@pytest.mark.parametrize("form", FORMS)
def test_what_there_is_to_see_is_the_same_with_either_form_over_either_listener(form, where):
    FORMS[form](overview(), **where)


@pytest.mark.parametrize("form", FORMS)
def test_a_key_opens_what_its_scope_says_and_a_wrong_one_nothing(form, daemon, tcp):
    def reading():
        yield lambda c: c.status()
        with pytest.raises(Forbidden):
            yield lambda c: c.time_entries.start(project_name="acme")

    def nothing():
        with pytest.raises(Unauthorized):
            yield lambda c: c.status()

    FORMS[form](reading(), **tcp("read"))
    FORMS[form](nothing(), **(tcp("read") | {"api_key": "00000000-0000-4000-8000-000000000000"}))


@pytest.mark.parametrize("form", FORMS)
def test_an_hour_whose_answer_was_lost_on_the_way_is_entered_once(form, daemon, isolated_home):
    """Between client and daemon stands one that carries the request there and drops the answer, the first time."""
    carried = []

    def carry(request):
        carried.append(request)
        headers = [("Idempotency-Key", request["headers"]["idempotency-key"])]
        raw = json.dumps(request["body"]).encode()
        answer = send(daemon.layout.socket, request["method"], request["path"], raw, headers)
        body = answer.read()
        head = f"HTTP/1.1 {answer.status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        return head + (body[:40] if len(carried) == 1 else body)

    between = FakeControl()
    between.answers["POST", "/api/entries"] = carry
    at = MORNING + timedelta(days=100 + list(FORMS).index(form))

    def entering():
        return (yield lambda c: c.time_entries.create(project_name="lost", start=at, duration_minutes=60, auto_create=True))

    try:
        entered = FORMS[form](entering())
    finally:
        between.close()
    day = at.date().isoformat()
    assert len(carried) == 2
    assert [one["id"] for one in daemon.entries(from_=day, to=day)] == [entered.id]


@pytest.mark.parametrize("form", FORMS)
def test_a_request_that_is_refused_before_it_was_read_whole_says_why(form, where):
    def too_much():
        with pytest.raises(Invalid) as caught:
            yield lambda c: c.projects.create("x" * 3_000_000)
        return caught.value

    assert "large" in str(FORMS[form](too_much(), **where))


def test_changes_are_told_over_either_listener(where):
    async def awaiting(name):
        client = AsyncClient(**where)
        async with client.events() as events:
            await client.projects.create(name)
            async for event in events:
                if event.kind == "project.created":
                    return event.payload["name"]

    listener = "socket" if "socket" in where else "tcp"
    assert asyncio.run(awaiting(f"told, awaited, {listener}")) == f"told, awaited, {listener}"
    client = Client(**where)
    with client.events() as events:
        client.projects.create(f"told, {listener}")
        assert next(event.payload["name"] for event in events if event.kind == "project.created") == f"told, {listener}"


def test_one_client_serves_several_threads_and_leaves_no_descriptor_open(daemon):
    def descriptors():
        return len(os.listdir("/proc/self/fd"))

    async def given_up():
        call = asyncio.create_task(AsyncClient(socket=daemon.layout.socket).status())
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    client = Client(socket=daemon.layout.socket)
    project = client.projects.create("threads")
    before = descriptors()
    starts = [MORNING + timedelta(days=300, minutes=10 * number) for number in range(32)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda start: client.time_entries.create(project.id, start=start, duration_minutes=5), starts))
    assert [one.start for one in made] == starts
    for _ in range(20):
        with pytest.raises(NotFound):
            client.projects.get("nobody-at-all")
        client.events().close()
    asyncio.run(given_up())
    assert descriptors() == before


def test_many_at_once_are_each_entered_once(daemon):
    async def all_of_them():
        client = AsyncClient(socket=daemon.layout.socket)
        await client.projects.create("many")
        starts = [MORNING + timedelta(days=200, minutes=10 * number) for number in range(40)]
        return await asyncio.gather(
            *(client.time_entries.create(project_name="many", start=start, duration_minutes=5) for start in starts)
        )

    made = asyncio.run(all_of_them())
    assert len({one.id for one in made}) == 40
    with Client(socket=daemon.layout.socket) as client:
        assert sum(one.duration_seconds for one in client.time_entries.every(project="many")) == 40 * 300


@pytest.mark.parametrize("form", FORMS)
def test_a_caller_over_its_limit_is_told_when_to_come_again(form, daemon, tcp):
    def asking():
        yield lambda c: c.status()
        yield lambda c: c.status()
        with pytest.raises(RateLimited) as caught:
            yield lambda c: c.status()
        return caught.value.retry_after

    caller = tcp("read")
    usual = daemon.client.get("/api/settings")["http"]["rate_limit"]
    daemon.client.patch("/api/settings", {"http": {"rate_limit": 2}})
    try:
        assert 0 < FORMS[form](asking(), **caller) <= 60
    finally:
        daemon.client.patch("/api/settings", {"http": {"rate_limit": usual}})


def test_the_stream_goes_on_over_a_kill_without_leaving_out_or_repeating_a_change(make_daemon):
    daemon = make_daemon().start()
    names = [f"p{number}" for number in range(5)]

    async def follow(ready):
        found = []
        async with AsyncClient(socket=daemon.layout.socket).events(patience=30) as events:
            ready.set()
            async for event in events:
                if event.kind == "project.created":
                    found.append((event.id, event.payload["name"]))
                if len(found) == len(names):
                    return found

    async def run():
        ready = asyncio.Event()
        async with asyncio.timeout(60):
            following = asyncio.create_task(follow(ready))
            await ready.wait()
            with Client(socket=daemon.layout.socket).events(patience=30) as events:
                await asyncio.to_thread(change)
                found = []
                while len(found) < len(names):
                    event = await asyncio.to_thread(next, events)
                    found += [(event.id, event.payload["name"])] if event.kind == "project.created" else []
                return found, await following

    def change():
        for number, name in enumerate(names):
            if number == 3:
                daemon.kill()
                daemon.start()
            Client(socket=daemon.layout.socket).projects.create(name)

    one, other = asyncio.run(run())
    assert one == other
    assert [name for _, name in one] == names
    assert len({mark for mark, _ in one}) == len(names)


def test_forms_tell_the_same_errors_in_the_same_words(daemon):
    def failing():
        found = []
        for call in (
            lambda c: c.projects.get("x"),
            lambda c: c.time_entries.create(project_name="acme"),
            lambda c: c.timer.start(on_running="dance"),
            lambda c: c.timer.update(timer_id="x", description="y"),
        ):
            try:
                yield call
            except StintdError as error:
                found.append((error.code, error.message, error.hint, error.details))
        return found

    one, other = (form(failing(), socket=daemon.layout.socket) for form in (blocking, play_async))
    assert one == other
    assert len(one) == 4
