"""Every action of ClickTime's list does what it says, by the request that our documentation names for it."""

import re
from pathlib import Path

import aiohttp
import pytest

from stintd.api.routes import TABLE
from tests.api.test_entries import DAY, at

TOP = Path(__file__).parents[2]
ROW = re.compile(r"^\| ([a-z]+(?:-[a-z]+)+) \| ([A-Z]+) `(/api/[^`]+)` \|", re.MULTILINE)
ACTIONS = {key: (method, path) for key, method, path in ROW.findall((TOP / "daemon" / "COMPATIBLE.md").read_text())}
NAMED = re.findall(r"^\| [^|]+ \| ([a-z-]+) \|", (TOP / "tests" / "data" / "seeds" / "clicktime.txt").read_text(), re.MULTILINE)
KINDS = ("client", "job", "task", "user", "time-entry")
CREATE = {
    "client": {"name": "Acme"}, "job": {"name": "atlas", "hourlyRate": 90, "currency": "EUR"},
    "task": {"name": "log in", "key": "DEV-1", "estimatedHours": 4},
    "user": {"name": "Mona", "email": "mona@example.com", "role": "manager"},
    "time-entry": {"start": at("10:00"), "end": at("11:30"), "description": "the login", "tags": ["call"]},
}  # fmt: skip
UPDATE = {
    "client": {"name": "Acme Ltd"}, "job": {"name": "atlas two", "budgetHours": 40.0}, "task": {"estimatedHours": 6.0},
    "user": {"role": "standard"}, "time-entry": {"description": "the login, again", "billable": True},
}  # fmt: skip
FILTERS = {
    "client": {"search": "acme"}, "job": {"search": "atlas"}, "task": {"search": "log in"}, "user": {"role": "manager"},
    "time-entry": {"from": DAY, "to": DAY, "search": "login"},
}  # fmt: skip


async def act(client, key, body=None, query="", **ids):
    method, path = ACTIONS[key]
    for name, value in ids.items():
        path = path.replace("{" + name + "}", value)
    return await client.ask(method, path + query, body)


async def created(client, kind, work=None):
    body = CREATE[kind] | ({"projectId": work} if work else {})
    answer = await act(client, f"create-{kind}", body)
    assert answer.status == 201, answer.body
    return body, answer.body


@pytest.fixture
async def job(client):
    """A job that tasks and entries can be of."""
    return (await client.post("/api/jobs", {"name": "work"}, 201))["id"]


def of(kind, job):
    return job if kind in ("task", "time-entry") else None


def list_key(kind):
    return "list-time-entries" if kind == "time-entry" else f"list-{kind}s"


def test_every_action_of_its_list_is_documented_and_has_a_route():
    assert len(NAMED) == 19
    assert set(NAMED) <= set(ACTIONS)
    for method, path in ACTIONS.values():
        assert TABLE.find(method, path.replace("{id}", "x"))[0].method == method
    whole = {f"{verb}-{kind}" for verb in ("get", "create", "update", "delete") for kind in KINDS}
    assert set(ACTIONS) == whole | {list_key(kind) for kind in KINDS} | {"get-current-user", "get-time-report"}


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_created_can_be_read_and_listed(client, job, kind):
    body, made = await created(client, kind, of(kind, job))
    assert made == made | {name: value for name, value in body.items() if not name.startswith("budget")}
    one = await act(client, f"get-{kind}", id=made["id"])
    assert one.status == 200
    assert made == made | one.body
    listed = await act(client, list_key(kind), query="?" + "&".join(f"{k}={v}" for k, v in FILTERS[kind].items()))
    assert listed.status == 200
    assert [found["id"] for found in listed.body["data"]] == [made["id"]]
    assert listed.body["data"][0] == one.body


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_updated_is_so_and_nothing_else_changed(client, job, kind):
    _, made = await created(client, kind, of(kind, job))
    before = (await act(client, f"get-{kind}", id=made["id"])).body
    answer = await act(client, f"update-{kind}", {**UPDATE[kind], "revision": before["revision"]}, id=made["id"])
    assert answer.status == 200, answer.body
    after = (await act(client, f"get-{kind}", id=made["id"])).body
    assert answer.body == after
    assert after == before | UPDATE[kind] | {
        name: after[name] for name in ("revision", "updatedAt", "pinned", "aliases") if name in after
    }
    assert after["revision"] == before["revision"] + 1
    again = await act(client, f"update-{kind}", {**UPDATE[kind], "revision": before["revision"]}, id=made["id"])
    assert (again.status, again.body["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_deleted_is_gone(client, job, kind):
    _, made = await created(client, kind, of(kind, job))
    gone = await act(client, f"delete-{kind}", id=made["id"])
    assert (gone.status, gone.body["id"]) == (200, made["id"])
    for key in (f"get-{kind}", f"delete-{kind}"):
        missing = await act(client, key, id=made["id"])
        assert (missing.status, missing.body["code"]) == (404, "NOT_FOUND")
    assert made["id"] not in [one["id"] for one in (await act(client, list_key(kind))).body["data"]]


@pytest.mark.parametrize("kind", KINDS)
async def test_creating_without_what_it_needs_is_refused_by_field(client, job, kind):
    answer = await act(client, f"create-{kind}", {"colour": "red", **CREATE[kind]})
    assert (answer.status, answer.body["code"]) == (422, "VALIDATION")
    assert answer.body["details"]["fields"] == ["colour"]
    short = await act(client, f"create-{kind}", {})
    assert (short.status, short.body["code"]) == (422, "VALIDATION")


async def test_what_hours_rest_on_is_not_deleted(client):
    acme = (await client.post("/api/clients", {"name": "Acme"}, 201))["id"]
    atlas = (await client.post("/api/jobs", {"name": "atlas", "clientId": acme}, 201))["id"]
    task = (await client.post("/api/tasks", {"name": "log in", "projectId": atlas}, 201))["id"]
    await created(client, "time-entry", atlas)
    await client.post("/api/entries", {"projectId": atlas, "start": at("12:00"), "durationMinutes": 5, "taskId": task}, 201)
    for kind, which in (("client", acme), ("job", atlas), ("task", task)):
        refused = await act(client, f"delete-{kind}", id=which)
        assert (refused.status, refused.body["code"]) == (409, "CONFLICT")
        assert refused.body["details"]["hint"]


async def test_the_current_user_and_the_report_answer(client, job):
    await created(client, "time-entry", job)
    me = await act(client, "get-current-user")
    assert (me.status, me.body["role"]) == (200, "owner")
    report = await act(client, "get-time-report", query=f"?from={DAY}&to={DAY}&groupBy=project&userId={me.body['id']}")
    assert report.status == 200
    assert [(row["name"], row["seconds"]) for row in report.body["rows"]] == [("work", 5400)]
    assert report.body["totals"]["seconds"] == 5400


async def test_a_key_that_may_write_creates_work_but_no_people(client, daemon):
    port = await daemon.open_loopback()
    made = await client.post("/api/keys", {"scope": "write", "name": "writer"}, 201)
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers={"X-API-Key": made["key"]}) as session:
        for kind, status in (("client", 201), ("job", 201), ("user", 403)):
            method, path = ACTIONS[f"create-{kind}"]
            async with session.request(method, path, json=CREATE[kind]) as answer:
                assert answer.status == status, kind
