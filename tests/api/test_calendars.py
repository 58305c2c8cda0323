"""Calendars at an address: fetched by the carrier, at most hourly, only when asked, and kept."""

import os
import stat
from dataclasses import replace

import aiohttp
import pytest

from stintd.domain.meeting import MeetingRule
from stintd.engine.upkeep.calendars import CalendarSettings
from stintd.ports import Failure, HttpResponse

URL = "https://calendar.example/private-token/mine.ics"
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
    b"DTSTART:20261119T070000Z\r\nDTEND:20261119T080000Z\r\nSUMMARY:Planning\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
WEEK = {"from": "2026-11-16", "to": "2026-11-20"}


@pytest.fixture
def address(daemon):
    daemon.chosen_calendars = CalendarSettings(addresses=(URL,), rules=(MeetingRule("plan*", project="acme"),))
    daemon.carrier.answers[URL] = HttpResponse(200, {}, ICS)
    return daemon


async def meetings(client):
    return [item for item in (await client.get("/api/review", **WEEK))["items"] if item["kind"] == "meeting"]


def warnings(daemon):
    return [warning.text for warning in daemon.engine.health.warnings() if warning.code == "calendar"]


async def test_an_address_is_fetched_hourly_at_most_and_kept_for_its_owner_alone(address, client):
    await client.get("/api/status")
    await client.get("/api/dashboard")
    assert address.carrier.got == []
    for _ in range(2):
        [line] = await meetings(client)
        assert (line["projectName"], line["title"], line["seconds"]) == ("acme", "Planning", 3600)
    await client.get("/api/gaps", **WEEK)
    [request] = address.carrier.got
    assert (request.method, request.may_be_private) == ("GET", False)
    await address.clock.advance(minutes=61)
    await meetings(client)
    assert len(address.carrier.got) == 2
    [file] = os.listdir(address.folder / "calendars")
    assert stat.S_IMODE(os.stat(address.folder / "calendars" / file).st_mode) == 0o600


@pytest.mark.parametrize(
    ("answer", "why"),
    [(Failure("unreachable", "no connection"), "no connection"), (HttpResponse(302, {}, b""), "answered 302"),
     (HttpResponse(200, {}, ICS, is_cut=True), "larger than 4 MiB")],
)  # fmt: skip
async def test_what_cannot_be_fetched_is_a_warning_without_the_secret_and_the_kept_one_is_told(address, client, answer, why):
    assert len(await meetings(client)) == 1
    address.carrier.answers[URL] = answer
    await address.clock.advance(minutes=61)
    for _ in range(2):
        assert len(await meetings(client)) == 1
        [warning] = warnings(address)
        assert why in warning
        assert ("calendar.example" in warning, "private-token" in warning) == (True, False)
    assert len(address.carrier.got) == 2
    await address.clock.advance(minutes=61)
    assert len(await meetings(client)) == 1
    assert (len(address.carrier.got), why in warnings(address)[0]) == (3, True)
    address.carrier.answers[URL] = HttpResponse(200, {}, ICS)
    await address.clock.advance(minutes=61)
    assert (len(await meetings(client)), warnings(address)) == (1, [])


async def test_what_is_ignored_or_covered_is_not_proposed(address, client):
    settings = address.chosen_calendars
    address.chosen_calendars = replace(settings, rules=(MeetingRule("plan*", ignore=True),))
    assert await meetings(client) == []
    address.chosen_calendars = settings
    span = {"start": "2026-11-19T07:00:00Z", "end": "2026-11-19T07:45:00Z"}
    await client.post("/api/entries", {"projectName": "acme", "autoCreate": True, **span}, 201)
    [line] = await meetings(client)
    assert (line["start"], line["end"], line["seconds"]) == ("2026-11-19T07:45:00Z", "2026-11-19T08:00:00Z", 900)


@pytest.mark.parametrize(("scope", "shown"), [("read", "https://…"), ("write", "https://…"), ("full", URL)])
async def test_only_full_keys_see_the_addresses_of_calendars(address, client, scope, shown):
    address.set_settings(values={**address.core.live.value.values, "calendar.addresses": (URL,)})
    await address.open_loopback()
    key = (await client.post("/api/keys", {"scope": scope}))["key"]
    async with aiohttp.ClientSession() as session:
        address_of = f"http://127.0.0.1:{address.port}/api/settings"
        async with session.get(address_of, headers={"Authorization": f"Bearer {key}"}) as answer:
            assert (await answer.json())["calendar"]["addresses"] == [shown]
