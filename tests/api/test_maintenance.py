"""Backups and the daemon's own look at itself, over the socket; each answer is held against its schema."""

import os

import aiohttp
import pytest

from tests.api.test_entries import added


async def test_a_backup_is_made_listed_and_made_once_for_a_repeated_request(client, daemon):
    await added(client, "09:00", "10:00")
    first = await client.post("/api/backup", {"idempotencyKey": "b1"}, 201)
    assert os.path.getsize(first["path"]) == first["bytes"]
    again = await client.post("/api/backup", {"idempotencyKey": "b1"})
    assert again == first
    listed = (await client.get("/api/backup"))["data"]
    assert [one["name"] for one in listed] == [first["name"]]
    assert listed[0]["kind"] == "manual"


async def test_a_backup_that_cannot_be_made_says_why(client, daemon):
    await added(client, "09:00", "10:00")
    daemon.database.backup_folder = daemon.folder / "file"
    daemon.database.backup_folder.write_text("no folder")
    answer = await client.ask("POST", "/api/backup", {})
    assert answer.status == 503
    assert answer.body["details"]["hint"]


async def test_the_daemon_looks_at_itself(client):
    found = (await client.get("/api/doctor"))["findings"]
    assert {one["name"]: one["state"] for one in found} == {"journal": "ok", "watches": "ok", "zone": "ok"}


@pytest.mark.parametrize("body", [{"label": "x"}, {"idempotencyKey": ""}])
async def test_what_a_backup_does_not_take_is_refused(client, body):
    assert (await client.ask("POST", "/api/backup", body)).status in (400, 422)


async def test_a_limited_or_reading_key_makes_no_backup_and_purges_nothing(client, daemon):
    await added(client, "09:00", "10:00", "acme")
    port = await daemon.open_loopback()
    for body in ({"scope": "write", "name": "w"}, {"scope": "full", "name": "l", "projectName": "acme"}):
        key = (await client.post("/api/keys", body, 201))["key"]
        await daemon.apikeys.reload()
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session:
            for path, sent in (("backup", {}), ("purge", {"projectName": "acme"})):
                async with session.post(f"http://127.0.0.1:{port}/api/{path}", json=sent) as answer:
                    assert answer.status == 403, (body, path)
            async with session.get(f"http://127.0.0.1:{port}/api/doctor") as answer:
                assert answer.status == 403
    assert (await client.get("/api/backup"))["data"] == []
