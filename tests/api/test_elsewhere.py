"""Work in folders outside every known one (containers, remote editors) makes no project: it is asked about once."""

import base64

import pytest

from stintd.domain.model import CheckoutFacts, CheckoutSignal

DAY = "2026-11-19"


@pytest.fixture
async def acme(daemon, client):
    """A project that was made for a repository of this machine."""
    path = "/code/acme"
    facts = CheckoutFacts(path, f"{path}/.git", f"{path}/.git", "main", "root:1", branch="main", head="a" * 40)
    daemon.intake.tell(CheckoutSignal(daemon.clock.now(), facts))
    await work(client, "/code/acme/a.py", hour=8)
    (one,) = (await client.get("/api/projects"))["data"]
    return one


async def work(client, path, hour=9, minutes=10, **fields):
    rows = [
        {"time": f"{DAY}T{hour:02}:{minute:02}:00Z", "kind": "edit", "source": "editor", "path": path, **fields}
        for minute in range(minutes + 1)
    ]
    assert (await client.post("/api/heartbeats", rows, 202))["rejected"] == []


async def sheet(client):
    rows = (await client.get("/api/entries", from_=DAY, to=DAY))["data"]
    return [row["projectName"] for row in rows][::-1]


async def questions(client):
    items = (await client.get("/api/review"))["items"]
    return [(one["text"], one["command"], one["seconds"]) for one in items if one["kind"] in ("suggestion", "unassigned")]


async def names(client):
    return [one["name"] for one in (await client.get("/api/projects?status=all"))["data"]]


async def test_a_container_of_a_project_is_proposed_for_it_and_waits_for_its_owner(client, acme):
    await work(client, "/workspaces/acme/src/x.py")
    await work(client, "/workspaces/acme/lib/y.py", hour=11)
    assert await sheet(client) == ["acme", None, None]
    assert await names(client) == ["acme"]
    (one,) = await questions(client)
    assert one == (
        "/workspaces/acme looks like acme: 24m there count for no project",
        "stint map /workspaces/acme acme",
        1440,
    )
    status = await client.get("/api/status")
    await client.post("/api/mappings", {"path": "/workspaces/acme", "project": "acme"})
    assert await sheet(client) == ["acme", "acme", "acme"]
    assert await questions(client) == []
    assert (await client.get("/api/status"))["reviewCount"] == status["reviewCount"] - 1
    await work(client, "/workspaces/acme/src/z.py", hour=13)
    assert await sheet(client) == ["acme", "acme", "acme", "acme"]


@pytest.mark.parametrize(
    "path", ["/app/main.py", "/tmp/scratch/x.py", "/workspaces/src/x.py", "/home/ada/x.py", "/code/notes/x.md"]
)
async def test_any_other_folder_is_kept_without_a_project_and_asked_about(client, acme, path):
    folder = path.rpartition("/")[0]
    await work(client, path)
    assert (await sheet(client), await names(client)) == (["acme", None], ["acme"])
    text = f"{folder} is no project's: 12m there count for no project"
    assert await questions(client) == [(text, f"stint map {folder} PROJECT", 720)]


async def test_folders_below_one_another_are_one_question(client, acme):
    await work(client, "/opt/lab/x.py")
    await work(client, "/opt/lab/deep/y.py", hour=11)
    assert [command for _, command, _ in await questions(client)] == ["stint map /opt/lab PROJECT"]


async def test_a_folder_that_holds_repositories_is_never_proposed_for_a_mapping(client, acme):
    """`stint map /code PROJECT` would take the hours of every repository there."""
    await work(client, "/code")
    await work(client, "/home/ada/lab/x.py", hour=11)
    (whole, lab) = sorted(command for _, command, _ in await questions(client))
    assert whole.startswith("stint edit ")
    assert lab == "stint map /home/ada/lab PROJECT"


async def test_a_start_there_is_refused_with_what_to_write_instead(client, acme):
    for path, remedy in (
        ("/code", "in the folder of a repository"),
        ("/", "in the folder of a repository"),
        ("/code/notes", "stint map"),
        ("/workspaces/acme", "stint map"),
        ("/home/ada", "stint map"),
    ):
        answer = await client.ask("POST", "/api/timer/start", {"path": path})
        assert (answer.status, answer.body["error"]) == (404, f"{path} has no project")
        assert remedy in answer.body["details"]["hint"]
    assert await names(client) == ["acme"]


async def test_a_name_that_its_sender_gives_counts_before_the_folder(client, acme):
    await work(client, "/workspaces/acme/x.py", project="acme")
    assert await sheet(client) == ["acme", "acme"]
    assert await questions(client) == []


async def test_wakatime_in_a_container_without_a_project_makes_none(daemon, client, acme):
    key = (await client.post("/api/keys", {"name": "editor", "scope": "write"}))["key"]
    head = {"Authorization": "Basic " + base64.b64encode(key.encode()).decode()}
    rows = [
        {
            "entity": "/workspaces/acme/src/x.py",
            "type": "file",
            "category": "coding",
            "time": 1795078800 + 60 * n,
            "is_write": True,
        }
        for n in range(8)
    ]
    answer = await client.ask("POST", "/api/v1/users/current/heartbeats.bulk", rows, head)
    assert {status for _, status in answer.body["responses"]} <= {201, 202}
    assert await names(client) == ["acme"]
