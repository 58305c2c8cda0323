"""What leaves this machine: webhooks and the outbox."""

from stintd.protocol.schemas.words import (
    COUNT,
    FLAG,
    INSTANT,
    NULL_INSTANT,
    NULL_TEXT,
    TEXT,
    Schema,
    array,
    obj,
    wider,
)

_NULL_COUNT: Schema = {"type": ["integer", "null"]}
WEBHOOK = obj({
    "id": TEXT, "url": TEXT, "events": array(TEXT), "allowPrivate": FLAG, "enabled": FLAG, "trouble": NULL_TEXT,
    "failures": COUNT, "failingSince": NULL_INSTANT, "waiting": COUNT, "parked": COUNT, "secretRotatedAt": NULL_INSTANT,
    "createdAt": INSTANT, "updatedAt": INSTANT, "revision": COUNT,
})  # fmt: skip

SHAPES: dict[str, Schema] = {
    "Webhook": WEBHOOK,
    "MadeWebhook": wider(
        WEBHOOK, {"secret": NULL_TEXT},
        about="`secret` is shown this once, and only where we made it; a repeated request is answered without it.",
    ),
    "Delivery": obj(
        {
            "id": TEXT, "target": TEXT, "kind": TEXT, "state": {"enum": ["waiting", "delivered", "parked", "dropped"]},
            "attempts": COUNT, "nextAttemptAt": NULL_INSTANT, "lastAttemptAt": NULL_INSTANT, "lastStatus": _NULL_COUNT,
            "lastError": NULL_TEXT, "createdAt": INSTANT, "finishedAt": NULL_INSTANT,
        },
        about="`target` is who gets it (`webhook:ID`), `kind` what it is (an event); the receiver knows a repetition by `id`.",
    ),
    "TestedWebhook": obj({"delivered": FLAG, "status": _NULL_COUNT, "error": NULL_TEXT, "deliveryId": TEXT}),
    "Redelivered": obj({"redelivered": COUNT}),
}  # fmt: skip
