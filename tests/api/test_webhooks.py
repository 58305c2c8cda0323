"""Webhooks through the surface: made, told, failing, parked, delivered again, with a carrier and a clock of the test's."""

import asyncio
import json
from datetime import timedelta

import pytest

from stintd.domain.model import Context
from stintd.engine import outbox
from stintd.engine.delivery.retry import Retry
from stintd.engine.intake.intake import ProvisionalTimer
from stintd.engine.step import DryRun
from stintd.engine.upkeep.housekeeping import sweep
from stintd.engine.upkeep.live_events import LiveEvents
from stintd.errors import Conflict
from stintd.ports import Failure, HttpResponse
from tests.api.daemon import Client
from tests.support import PATIENCE, wait_until
from tests.support.receivers import OK, Receivers

URL, OTHER = "https://one.example/hook", "https://two.example/hook"
DOWN = HttpResponse(500, {}, b"")
AWAY = Failure("unreachable", "no connection: refused")
FIELDS = {"id", "event", "createdAt", "sequence", "data"}


async def made(client, url=URL, *events, **more):
    return await client.post("/api/webhooks", {"url": url, "events": list(events) or ["time_entry.created"], **more}, 201)


async def work(client, hour=8):
    """A finished entry of twenty minutes."""
    body = {"projectName": "acme", "autoCreate": True, "start": f"2026-11-19T{hour:02}:00:00Z", "durationMinutes": 20}
    return await client.post("/api/entries", body, 201)


async def soon(probe, what=""):
    """Poll until `probe` answers something true; the database has threads of its own."""
    return await wait_until(probe, what)


def sent(daemon, count, url=""):
    """Until so many requests went out."""
    return soon(lambda: len(daemon.carrier.bodies(url)) >= count and daemon.carrier.bodies(url), f"{count} requests")


def shown(client, webhook, field, value):
    """Until the webhook shows this."""

    async def probe():
        return (await client.get(f"/api/webhooks/{webhook['id']}"))[field] == value

    return soon(probe, f"{field} is {value}")


def resting(daemon, webhook):
    """Until the lane of a webhook knows when it goes on."""
    return soon(lambda: "rest" in daemon.pusher._lanes[webhook["id"]]._deadlines._waits, "the lane rests")


async def deliveries(client, webhook, **query):
    return (await client.get(f"/api/webhooks/{webhook['id']}/deliveries", **query))["data"]


# ---------------------------------------------------------------- what is told


async def test_a_change_is_told_once_to_who_wants_it_and_to_nobody_else(daemon, client):
    webhook = await made(client)
    await made(client, OTHER, "project.deleted")
    entry = await work(client)
    body = (await sent(daemon, 1))[0]
    assert set(body) == FIELDS
    assert (body["event"], body["data"]["id"], body["createdAt"]) == ("time_entry.created", entry["id"], "2026-11-20T09:00:00Z")
    await shown(client, webhook, "waiting", 0)
    assert [one["state"] for one in await deliveries(client, webhook)] == ["delivered"]
    assert [one.url for one in daemon.carrier.got] == [URL]


async def test_every_event_of_entries_and_projects_is_told_in_the_order_of_the_change_log(daemon, client):
    await made(client, URL, *outbox.EVENTS)
    await client.post("/api/timer/start", {"projectName": "acme", "autoCreate": True})
    await daemon.clock.advance(minutes=20)
    await client.ask("PATCH", "/api/timer", {"description": "planning"})
    entry = (await client.post("/api/timer/stop"))["entry"]
    other = await work(client)
    await client.ask("DELETE", f"/api/entries/{other['id']}")
    empty = await client.post("/api/projects", {"name": "empty"})
    await client.ask("PATCH", f"/api/projects/{empty['id']}", {"name": "emptier"})
    await client.ask("DELETE", f"/api/projects/{empty['id']}")
    found = await soon(lambda: (b := daemon.carrier.bodies()) and b[-1]["event"] == "project.deleted" and b)
    told = [one["event"] for one in found]
    assert {"project.created", "project.updated", "project.deleted", "time_entry.created"} <= set(told)
    assert {"time_entry.started", "time_entry.updated", "time_entry.stopped", "time_entry.deleted"} <= set(told)
    sequences = [one["sequence"] for one in found]
    assert sequences == sorted(sequences)
    stopped = next(one for one in found if one["event"] == "time_entry.stopped")
    assert stopped["data"]["id"] == entry["id"]
    assert stopped["data"]["durationSeconds"] == 1200


async def test_without_a_webhook_nothing_is_kept_for_one(daemon, client):
    await work(client)
    assert await daemon.database.read(lambda conn: conn.execute("SELECT count(*) FROM outbox").fetchone()) == (0,)
    assert not daemon.engine.is_sending
    await made(client)
    assert (await client.get("/api/outbox", state="all"))["data"] == []


async def test_a_refused_command_tells_nobody(daemon, client):
    webhook = await made(client)
    answer = await client.ask(
        "POST", "/api/entries", {"projectName": "unknown", "start": "2026-11-19T08:00:00Z", "durationMinutes": 5}
    )
    assert answer.status == 404
    assert await deliveries(client, webhook) == []


async def test_what_is_rolled_back_is_told_to_nobody(daemon, client):
    webhook = await made(client, URL, "project.created")

    def fails(step):
        step.publish("project.created", {"id": "x"})
        raise Conflict("no")

    def tries(step):
        step.publish("project.created", {"id": "x"})
        raise DryRun("answer")

    with pytest.raises(Conflict):
        await daemon.engine.run(fails)
    assert await daemon.engine.run(tries) == "answer"
    assert await deliveries(client, webhook) == []


async def test_people_who_are_invited_join_and_leave_are_told(daemon, client):
    await made(client, URL, "user.invited", "user.joined", "user.removed")
    user = await client.post("/api/users", {"name": "Bo", "email": "bo@example.test"}, 201)
    await client.ask("PATCH", f"/api/users/{user['id']}", {"status": "active"})
    await client.ask("DELETE", f"/api/users/{user['id']}")
    told = [(one["event"], one["data"]["id"]) for one in await sent(daemon, 3)]
    assert told == [(f"user.{word}", user["id"]) for word in ("invited", "joined", "removed")]


# ---------------------------------------------------------------- making and changing


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://one.example/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://one.example:8080/"}, "url"),
        ({"url": "https://a:b@one.example/"}, "url"),
        ({"url": "ftp://one.example/", "allowPrivate": True}, "url"),
        ({"url": "http://169.254.169.254/", "allowPrivate": True}, "url"),
        ({"url": "https://one.example/\\@evil.example"}, "url"),
        ({"url": "one.example/hook"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["time_entry.exploded"]}, "events"),
        ({"events": "time_entry.created"}, "events"),
        ({"secret": "short"}, "secret"),
        ({"secret": "whsec_not base64 at all!"}, "secret"),
        ({"url": None}, "url"),
    ],
    ids=str,
)
async def test_a_webhook_that_cannot_be_is_refused_by_the_field_that_is_wrong(client, body, field):
    answer = await client.ask("POST", "/api/webhooks", {"url": URL, "events": ["time_entry.created"], **body})
    assert (answer.status, answer.body["code"], answer.body["details"]["field"]) == (422, "VALIDATION", field)
    assert (await client.get("/api/webhooks"))["data"] == []


async def test_a_caller_s_own_secret_is_taken_and_not_shown(daemon, client):
    webhook = await made(client, secret="a-secret-of-my-own-choice")
    assert webhook["secret"] is None
    assert daemon.secrets.load_valid(webhook["id"], daemon.clock.now()) == ["a-secret-of-my-own-choice"]


async def test_a_repeated_creation_makes_one_webhook_and_shows_its_secret_once(client):
    body = {"url": URL, "events": ["project.created"], "idempotencyKey": "once"}
    first, again = [await client.post("/api/webhooks", body, 201) for _ in range(2)]
    assert first["secret"].startswith("whsec_")
    assert (again["id"], again["secret"]) == (first["id"], None)
    assert len((await client.get("/api/webhooks"))["data"]) == 1


async def test_a_webhook_is_changed_switched_off_and_on_and_deleted(daemon, client):
    webhook = await made(client)
    path = f"/api/webhooks/{webhook['id']}"
    changed = (await client.ask("PATCH", path, {"url": OTHER, "events": ["project.created"], "revision": 1})).body
    assert (changed["url"], changed["events"], changed["revision"]) == (OTHER, ["project.created"], 2)
    assert (await client.ask("PATCH", path, {"url": URL, "revision": 1})).status == 409
    assert (await client.ask("PATCH", path, {"url": "http://one.example/"})).status == 422
    assert (await client.ask("PATCH", path, {"allowPrivate": True, "url": "http://127.0.0.1:9/x"})).status == 200
    assert (await client.ask("PATCH", path, {"allowPrivate": False})).status == 422
    assert (await client.ask("PATCH", path, {"enabled": False})).body["enabled"] is False
    await client.post("/api/projects", {"name": "quiet"})
    assert (await client.ask("POST", path + "/redeliver", {})).status == 409
    assert (await client.ask("PATCH", path, {"enabled": True})).body["enabled"] is True
    await client.post("/api/projects", {"name": "loud"})
    assert [one["data"]["name"] for one in await sent(daemon, 1)] == ["loud"]
    assert (await client.ask("DELETE", path)).status == 200
    assert (await client.ask("GET", path)).status == 404
    assert daemon.secrets._folder.names() == []
    assert (await client.get("/api/outbox", state="all"))["data"] == []


async def test_there_is_a_limit_to_how_many_there_are(client):
    for number in range(50):
        await made(client, f"https://one.example/{number}")
    assert (await client.ask("POST", "/api/webhooks", {"url": URL, "events": ["project.created"]})).status == 409
    pages = await client.get("/api/webhooks", limit=30)
    rest = await client.get("/api/webhooks", limit=30, cursor=pages["nextCursor"])
    assert len({one["id"] for one in pages["data"] + rest["data"]}) == 50


# ---------------------------------------------------------------- failing and coming back


async def test_a_failing_receiver_is_tried_again_with_growing_pauses_and_the_same_id(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = [DOWN, AWAY, HttpResponse(302, {"location": "http://169.254.169.254/"}, b""), OK]
    await work(client)
    await sent(daemon, 1)
    for number, pause in enumerate((5, 10, 20), start=1):
        await shown(client, webhook, "failures", number)
        await daemon.clock.advance(seconds=pause - 2)  # what was written down a moment ago may count from up to 1 s before
        assert len(daemon.carrier.got) == number
        await daemon.clock.advance(seconds=2.5)
        await sent(daemon, number + 1)
    await shown(client, webhook, "failures", 0)
    assert len({one["id"] for one in daemon.carrier.bodies()}) == 1
    assert len({one.headers["webhook-timestamp"] for one in daemon.carrier.got}) == 4
    (delivery,) = await deliveries(client, webhook)
    assert (delivery["state"], delivery["attempts"], delivery["lastStatus"], delivery["lastError"]) == ("delivered", 4, 204, None)


async def test_a_receiver_may_say_how_long_it_wants_to_be_left_alone(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = [HttpResponse(503, {"retry-after": "120"}, b""), OK]
    await work(client)
    await shown(client, webhook, "failures", 1)
    await daemon.clock.advance(seconds=119)
    assert len(daemon.carrier.got) == 1
    await daemon.clock.advance(seconds=2)
    await sent(daemon, 2)


async def test_later_changes_wait_for_an_earlier_one_and_then_go_past_it(daemon, client):
    await made(client)

    def indigestible(request):
        return DOWN if json.loads(request.body)["data"]["start"].startswith("2026-11-19T08") else OK

    daemon.carrier.answers[URL] = indigestible
    bad, good = await work(client, 8), await work(client, 9)
    await sent(daemon, 1)

    async def is_tried_again():
        await daemon.clock.advance(minutes=5)
        return (await client.get("/api/outbox"))["data"][0]["attempts"] > 5

    await soon(is_tried_again, "the earlier one is tried once more")
    told = [one["data"]["id"] for one in daemon.carrier.bodies()]
    assert told[:5] == [bad["id"]] * 5
    assert told[5] == good["id"]
    assert told.count(good["id"]) == 1


async def test_one_receiver_that_hangs_delays_no_other(daemon, client):
    await made(client)
    await made(client, OTHER)
    gate = daemon.carrier.hanging[URL] = asyncio.Event()
    for hour in range(8, 12):
        await work(client, hour)
    await sent(daemon, 4, OTHER)
    assert len(daemon.carrier.bodies(URL)) == 1
    gate.set()
    await sent(daemon, 4, URL)


async def parked(daemon, client, webhook):
    """Let time pass until what does not arrive is given up."""

    async def is_so():
        await daemon.clock.advance(minutes=50)
        (hook,) = [one for one in (await client.get("/api/webhooks"))["data"] if one["id"] == webhook["id"]]
        return hook["parked"] == 1

    await soon(is_so, "it is parked")


async def test_what_fails_for_a_day_is_parked_said_and_delivered_when_a_person_asks(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = AWAY
    entry = await work(client)
    await parked(daemon, client, webhook)
    (warning,) = [one for one in (await client.get("/api/status"))["warnings"] if one["code"] == "webhook_parked"]
    assert "refused" in warning["text"]
    (waiting,) = (await client.get("/api/outbox"))["data"]
    assert (waiting["state"], waiting["target"], waiting["kind"]) == ("parked", f"webhook:{webhook['id']}", "time_entry.created")
    daemon.carrier.answers[URL] = OK
    assert await client.post(f"/api/webhooks/{webhook['id']}/redeliver") == {"redelivered": 1}
    await shown(client, webhook, "parked", 0)
    assert {one["data"]["id"] for one in daemon.carrier.bodies()} == {entry["id"]}
    assert len({one["id"] for one in daemon.carrier.bodies()}) == 1
    await soon(lambda: not daemon.engine.health.warnings())


async def test_what_was_parked_has_another_day_when_it_is_delivered_again_and_is_said_after_a_restart(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = AWAY
    await work(client)
    await parked(daemon, client, webhook)
    await client.close()
    await daemon.stop()
    await daemon.start()
    await soon(lambda: [one.code for one in daemon.engine.health.warnings()] == ["webhook_parked"])
    daemon.carrier.answers[URL] = AWAY
    again = Client(daemon)
    await again.post(f"/api/webhooks/{webhook['id']}/redeliver")
    await sent(daemon, 1)
    await shown(again, webhook, "failures", 1)
    assert (await again.get(f"/api/webhooks/{webhook['id']}"))["parked"] == 0
    await again.close()


async def test_what_is_only_shown_provisionally_is_told_to_nobody(daemon, client):
    webhook = await made(client, URL, "time_entry.started")
    news = LiveEvents(daemon.engine)
    listener = daemon.engine.hub.listen()
    provisional = ProvisionalTimer(Context("watch", "edit", folder="/code/site"), daemon.clock.now())
    news.publish_provisional_timer(provisional)
    change = await asyncio.wait_for(listener.next(), PATIENCE)
    assert (change.kind, change.payload["provisional"]) == ("time_entry.started", True)
    assert await deliveries(client, webhook) == []


async def test_a_laptop_that_slept_for_days_parks_nothing_at_its_first_try(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = AWAY
    await work(client)
    await shown(client, webhook, "failures", 1)
    await daemon.clock.advance(days=3)
    await sent(daemon, 2)
    assert (await client.get(f"/api/webhooks/{webhook['id']}"))["parked"] == 0


async def test_a_receiver_that_is_gone_switches_its_webhook_off(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = HttpResponse(410, {}, b"")
    await work(client)
    await shown(client, webhook, "enabled", False)
    now = await client.get(f"/api/webhooks/{webhook['id']}")
    assert "410" in now["trouble"]
    assert now["parked"] == 1
    await work(client, 9)
    assert len(await deliveries(client, webhook)) == 1


async def test_what_was_delivered_can_be_delivered_again_with_its_id(daemon, client):
    webhook = await made(client)
    await work(client)
    await shown(client, webhook, "waiting", 0)
    await sent(daemon, 1)
    (delivery,) = await deliveries(client, webhook, state="delivered")
    again = await client.post(f"/api/webhooks/{webhook['id']}/redeliver", {"deliveryId": delivery["id"]})
    assert again == {"redelivered": 1}
    first, second = (await sent(daemon, 2))[:2]
    assert first == second
    other = await made(client, OTHER)
    answer = await client.ask("POST", f"/api/webhooks/{other['id']}/redeliver", {"deliveryId": delivery["id"]})
    assert answer.status == 404


async def test_a_lost_secret_is_a_reason_not_to_send_until_there_is_a_new_one(daemon, client):
    webhook = await made(client)
    daemon.secrets.drop(webhook["id"])
    await work(client)
    await shown(client, webhook, "failures", 1)
    assert "rotate" not in (error := (await deliveries(client, webhook))[0]["lastError"])
    assert "secret is lost" in error
    await client.post(f"/api/webhooks/{webhook['id']}/rotate")
    await client.post(f"/api/webhooks/{webhook['id']}/redeliver", {"deliveryId": (await deliveries(client, webhook))[0]["id"]})
    await sent(daemon, 1)


async def test_a_webhook_deleted_or_led_elsewhere_while_something_is_on_its_way_is_no_trouble(daemon, client):
    for hour, change in enumerate(("DELETE", "PATCH"), start=8):
        webhook = await made(client)
        gate = daemon.carrier.hanging[URL] = asyncio.Event()
        before = len(daemon.carrier.got)
        await work(client, hour)
        await sent(daemon, before + 1)
        body = None if change == "DELETE" else {"url": OTHER}
        assert (await client.ask(change, f"/api/webhooks/{webhook['id']}", body)).status == 200
        gate.set()
        await soon(lambda: not daemon.pusher._lanes)
    assert (await client.get("/api/outbox", state="all"))["data"][0]["state"] == "delivered"
    assert daemon.engine.health.warnings() == []


async def test_other_pauses_hold_from_the_next_failure_on(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = DOWN
    daemon.pusher.set_retry(Retry(timedelta(minutes=10)))
    await work(client)
    await shown(client, webhook, "failures", 1)
    (delivery,) = await deliveries(client, webhook)
    assert delivery["nextAttemptAt"] == "2026-11-20T09:10:00Z"


async def test_setting_the_clock_changes_no_pause_that_has_begun(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = [DOWN, OK]
    await work(client)
    await shown(client, webhook, "failures", 1)
    await resting(daemon, webhook)
    daemon.clock.jump(days=-300)
    await daemon.clock.advance(seconds=6)
    await sent(daemon, 2)


# ---------------------------------------------------------------- outbox and test


async def test_the_outbox_lists_pages_retries_and_drops(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = DOWN
    for hour in range(8, 13):
        await work(client, hour)
    await shown(client, webhook, "failures", 1)
    first = await client.get("/api/outbox", limit=3, target=f"webhook:{webhook['id']}", state="waiting")
    rest = await client.get("/api/outbox", limit=3, target=f"webhook:{webhook['id']}", cursor=first["nextCursor"])
    assert len(first["data"] + rest["data"]) == 5
    assert (await client.get("/api/outbox", target="webhook:none"))["data"] == []
    dropped = await client.post(f"/api/outbox/{first['data'][0]['id']}/drop")
    assert (dropped["state"], dropped["nextAttemptAt"]) == ("dropped", None)
    assert await client.post(f"/api/outbox/{first['data'][0]['id']}/drop") == dropped
    daemon.carrier.answers[URL] = OK
    retried = await client.post(f"/api/outbox/{first['data'][1]['id']}/retry")
    assert retried["state"] == "waiting"
    await sent(daemon, 5)
    await shown(client, webhook, "waiting", 0)
    assert (await client.ask("POST", f"/api/outbox/{first['data'][1]['id']}/drop")).status == 409
    assert (await client.ask("POST", "/api/outbox/nothing/retry")).status == 404


async def test_a_test_goes_past_the_queue_and_says_how_it_went(daemon, client):
    webhook = await made(client)
    path = f"/api/webhooks/{webhook['id']}/test"
    good = await client.post(path)
    assert (good["delivered"], good["status"], good["error"]) == (True, 204, None)
    assert daemon.carrier.bodies()[0]["event"] == "webhook.test"
    daemon.carrier.answers[URL] = HttpResponse(307, {}, b"")
    assert "redirects" in (await client.post(path))["error"]
    daemon.carrier.answers[URL] = AWAY
    assert (await client.post(path))["status"] is None
    assert (await client.ask("POST", "/api/webhooks/none/test", {})).status == 404


async def test_settled_deliveries_are_forgotten_after_a_week_and_parked_ones_are_kept(daemon, client):
    webhook = await made(client)
    await work(client, 8)
    await shown(client, webhook, "waiting", 0)
    await client.ask("PATCH", f"/api/webhooks/{webhook['id']}", {"enabled": False})
    await client.ask("PATCH", f"/api/webhooks/{webhook['id']}", {"enabled": True})
    daemon.carrier.answers[URL] = HttpResponse(410, {}, b"")
    await work(client, 9)
    await shown(client, webhook, "parked", 1)
    await daemon.clock.advance(days=8)
    await daemon.engine.run(sweep)
    assert [one["state"] for one in await deliveries(client, webhook)] == ["parked"]


async def test_what_waits_is_sent_after_a_restart_and_orphaned_secrets_go(daemon, client):
    webhook = await made(client)
    daemon.carrier.answers[URL] = DOWN
    await work(client)
    await shown(client, webhook, "failures", 1)
    daemon.secrets.begin("orphan", "x" * 20)
    await client.close()
    await daemon.stop()
    first = daemon.carrier.bodies()[0]["id"]
    daemon.carrier = Receivers()
    daemon.clock.jump(days=-300)
    await daemon.start()
    assert len(daemon.secrets._folder.names()) == 1
    await resting(daemon, webhook)
    await daemon.clock.advance(hours=12.1)
    assert [one["id"] for one in await sent(daemon, 1)] == [first]


async def test_pending_lanes_end_when_nothing_waits(daemon, client):
    await made(client)
    await work(client)
    await sent(daemon, 1)
    await soon(lambda: not daemon.pusher._lanes)
    assert not daemon.pusher._tasks
