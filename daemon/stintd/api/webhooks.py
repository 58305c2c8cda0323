"""The routes of what leaves this machine: webhooks and the outbox. Secrets of webhooks pass through here and nowhere else."""

import asyncio
from functools import partial

from stintd.api.daemon import Shape
from stintd.api.dispatch import command, query, value_of
from stintd.api.route import Answered, Call, Request, Route, fields
from stintd.api.surface import Surface
from stintd.engine import outbox as outgoing
from stintd.engine.commands import deliveries, webhooks
from stintd.engine.delivery import webhook_signature
from stintd.engine.delivery.webhook_secrets import new_secret
from stintd.engine.queries import outbox
from stintd.engine.queries import webhooks as webhook_lists
from stintd.errors import Invalid
from stintd.jsonvalue import object_at
from stintd.protocol.fields import FLAG, ID, IDEMPOTENCY_KEY, choice, choices, field, text, whole
from stintd.protocol.schemas.words import page, ref

_delete = command(webhooks.delete)


async def create(surface: Surface, call: Call, request: Request) -> Answered:
    """Create a webhook. Its secret is stored in a file and nowhere else: not even as a digest among the idempotency keys."""
    secret = call.arguments.pop("secret", None)
    if secret is not None and (problem := webhook_signature.secret_problem(secret)):
        raise Invalid(f"secret {problem}", "leave it out to get one", {"field": "secret"})
    call.body = {name: value for name, value in object_at(call.body).items() if name != "secret"}
    secrets = surface.daemon.pusher.secrets
    reply = await command(lambda step, **values: webhooks.create(step, secrets, secret, **values))(surface, call, request)
    surface.daemon.engine.note_sending()
    return reply


async def delete(surface: Surface, call: Call, request: Request) -> Answered:
    """Delete a webhook, then its secret."""
    answer = value_of(await _delete(surface, call, request))
    await asyncio.to_thread(surface.daemon.pusher.secrets.drop, answer["id"])
    return answer


async def rotate(surface: Surface, call: Call, request: Request) -> Shape:
    """Create a new secret, shown only once; the old one stays valid for a day. The file is written after the commit:
    a client that gets no answer still has the secret in force."""
    engine, secret = surface.daemon.engine, new_secret()
    answer = await engine.run(partial(webhooks.note_rotation, **call.arguments), call.caller.name)
    await asyncio.to_thread(surface.daemon.pusher.secrets.rotate, answer["id"], secret, engine.clock.now())
    return {**answer, "secret": secret}


async def test(surface: Surface, call: Call, request: Request) -> Answered:
    """Send a test event now and answer how it went."""
    answer = await surface.daemon.pusher.test(call.arguments["webhook_id"])
    return answer


PAGE = (field("limit", whole(1, 500)), field("cursor", text(400)))
KEY, REVISION = field("idempotencyKey", IDEMPOTENCY_KEY), field("revision", whole(1, 2**31))
URL, HOOK = text(2000), "/api/webhooks/{webhook_id}"
STATE = field("state", choice(*outbox.STATE_WORDS))
ROUTES = [
    Route("GET", "/api/webhooks", query(webhook_lists.listing), "webhooks", "full", query=fields(*PAGE), answer=page("Webhook")),
    Route("POST", "/api/webhooks", create, "create a webhook; its secret is shown only once", "full",
          fields(field("url", URL, required=True), field("events", choices(*outgoing.EVENTS), required=True),
                 field("secret", text(256)), field("allowPrivate", FLAG), KEY), creates=True, answer=ref("MadeWebhook")),
    Route("GET", HOOK, query(webhook_lists.webhook), "one webhook", "full", answer=ref("Webhook")),
    Route("PATCH", HOOK, command(webhooks.change), "change a webhook", "full",
          fields(field("url", URL), field("events", choices(*outgoing.EVENTS)), field("allowPrivate", FLAG),
                 field("enabled", FLAG), REVISION), answer=ref("Webhook"), reads_if_match=True),
    Route("DELETE", HOOK, delete, "delete a webhook and its waiting deliveries", "full", answer=ref("Webhook"),
          reads_if_match=True),
    Route("GET", HOOK + "/deliveries", query(webhook_lists.deliveries), "past and waiting deliveries", "full",
          query=fields(*PAGE, STATE), answer=page("Delivery")),
    Route("POST", HOOK + "/test", test, "send a test event now", "full", fields(), answer=ref("TestedWebhook")),
    Route("POST", HOOK + "/redeliver", command(deliveries.redeliver), "deliver again: one, or all that are parked", "full",
          fields(field("deliveryId", ID)), answer=ref("Redelivered")),
    Route("POST", HOOK + "/rotate", rotate, "create a new secret, shown only once", "full", fields(),
          answer=ref("MadeWebhook")),
    Route("GET", "/api/outbox", query(outbox.listing), "what waits to be delivered",
          query=fields(*PAGE, STATE, field("target", text(255))), answer=page("Delivery")),
    Route("POST", "/api/outbox/{delivery_id}/retry", command(deliveries.retry_now), "try a delivery again now", "full",
          fields(), answer=ref("Delivery")),
    Route("POST", "/api/outbox/{delivery_id}/drop", command(deliveries.drop), "drop a delivery", "full", fields(),
          answer=ref("Delivery")),
]  # fmt: skip
