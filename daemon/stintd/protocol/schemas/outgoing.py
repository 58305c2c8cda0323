"""What leaves this machine: webhooks and the outbox."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NULL_INSTANT,
    NULL_TEXT,
    TEXT,
    array,
    extend_obj,
    map_of,
    nullable,
    obj,
    ref,
)

NULL_DAY = nullable(DAY)
_STATES = ("waiting", "delivered", "parked", "dropped", "sending", "changed", "withdrawn", "gone")
_NULL_COUNT: Schema = {"type": ["integer", "null"]}
WEBHOOK = obj({
    "id": TEXT, "url": TEXT, "events": array(TEXT), "allowPrivate": FLAG, "enabled": FLAG, "trouble": NULL_TEXT,
    "failures": COUNT, "failingSince": NULL_INSTANT, "waiting": COUNT, "parked": COUNT, "secretRotatedAt": NULL_INSTANT,
    "createdAt": INSTANT, "updatedAt": INSTANT, "revision": COUNT,
})  # fmt: skip

_ACTIONS = ("create", "update", "delete", "replace", "correct")
SHAPES: dict[str, Schema] = {
    "Webhook": WEBHOOK,
    "MadeWebhook": extend_obj(
        WEBHOOK, {"secret": NULL_TEXT},
        about="`secret` is shown only once, and only if stintd created it; in the answer to a repeated request it is null.",
    ),
    "Delivery": obj(
        {
            "id": TEXT, "target": TEXT, "kind": TEXT, "state": {"enum": [*_STATES]},
            "attempts": COUNT, "nextAttemptAt": NULL_INSTANT, "lastAttemptAt": NULL_INSTANT, "lastStatus": _NULL_COUNT,
            "lastError": NULL_TEXT, "createdAt": INSTANT, "finishedAt": NULL_INSTANT,
            "entryId": NULL_TEXT, "reason": NULL_TEXT, "remedy": NULL_TEXT, "day": NULL_DAY, "seconds": _NULL_COUNT,
            "project": NULL_TEXT, "description": NULL_TEXT,
        },
        about="One delivery. `target` is its receiver: `webhook:ID`, or the name of a target. `kind` says what is delivered: an"
        " event or an entry. A repeated delivery has the same `id`. `reason` says why an entry waits, and `remedy` what to do"
        " about it. `day`, `seconds`, `project` and `description` are those that the target has, or should have.",
    ),
    "Target": obj({
        "name": TEXT, "kind": TEXT, "baseUrl": NULL_TEXT, "deliver": {"enum": ["approved", "auto"]}, "from": NULL_DAY,
        "state": {"enum": ["connecting", "well", "failing", "stopped"]}, "trouble": NULL_TEXT, "counts": map_of(COUNT),
        "live": FLAG, "callsPerHour": COUNT, "callsLeft": COUNT, "needs": array(TEXT), "map": array(ref("TargetRule")),
        "unknownProjects": array(TEXT),
    }),
    "TargetRule": obj(
        {
            "project": TEXT, "task": TEXT, "client": TEXT, "tag": TEXT, "billable": FLAG, "remote": map_of(TEXT),
            "rounding": {"type": "object"},
        },
        ["project", "task", "client", "tag", "billable", "rounding"],
        "Which hours go to which place (`remote`) at the target. All conditions that are set must match; of several matching"
        " rules, the most specific one applies.",
    ),
    "ConnectedTarget": obj({
        "name": TEXT, "kind": TEXT, "account": NULL_TEXT, "deliver": {"enum": ["approved", "auto"]}, "needs": array(TEXT),
        "projects": array(map_of(TEXT)),
    }),
    "TargetPlace": obj({"name": TEXT, "client": NULL_TEXT, "remote": map_of(TEXT), "gone": FLAG}),
    "TargetPlaces": obj({
        "data": array(ref("TargetPlace")), "nextCursor": NULL_TEXT, "listedAt": NULL_INSTANT, "trouble": NULL_TEXT,
    }),
    "TargetMatch": obj({
        "target": TEXT, "createsPlaces": FLAG, "listedAt": NULL_INSTANT, "trouble": NULL_TEXT,
        "proposals": array(ref("PlaceProposal")),
    }),
    "PlaceProposal": obj(
        {
            "project": TEXT, "task": NULL_TEXT, "client": NULL_TEXT,
            "how": {"enum": ["exact", "normalised", "fuzzy", "several", "none"]}, "place": NULL_TEXT, "remote": map_of(TEXT),
            "lacks": NULL_TEXT, "near": array(TEXT),
        },
        about="A project or task without a mapping, and the suggested place for it. `how` says how their names match: `fuzzy`"
        " means that they are only similar; with `several` or `none`, no place is suggested. `lacks`: what a mapping must name"
        " in addition. `near`: names of places that may be meant.",
    ),
    "MappedTarget": obj({"name": TEXT, "map": array(ref("TargetRule"))}),
    "TargetKind": obj({
        "kind": TEXT, "baseUrl": NULL_TEXT, "settings": array(TEXT), "needs": array(TEXT), "takes": array(TEXT), "live": FLAG,
        "createsPlaces": FLAG,
    }),
    "TargetChoice": obj({"name": TEXT, "value": TEXT}),
    "RemovedTarget": obj({"name": TEXT}),
    "Synced": obj(
        {"dryRun": FLAG, "targets": array(TEXT), "ready": COUNT, "kept": COUNT, "items": array(ref("Outlook"))},
        about="`items` has the first thousand deliveries; `ready` (to be sent) and `kept` (held back) count all of them.",
    ),
    "Outlook": obj(
        {
            "id": TEXT, "target": TEXT, "entryId": TEXT, "action": {"enum": [*_ACTIONS]}, "state": TEXT,
            "day": DAY, "start": NULL_INSTANT, "seconds": COUNT, "deliveredSeconds": COUNT, "project": NULL_TEXT,
            "task": NULL_TEXT, "description": TEXT, "billable": FLAG, "tags": array(TEXT), "remote": map_of(TEXT),
            "remoteId": NULL_TEXT, "reason": NULL_TEXT, "remedy": NULL_TEXT,
        },
        about="Exactly what would be sent. If it has a `reason`, it is held back; `remedy` says what to do about it.",
    ),
    "TestedWebhook": obj({"delivered": FLAG, "status": _NULL_COUNT, "error": NULL_TEXT, "deliveryId": TEXT}),
    "Redelivered": obj({"redelivered": COUNT}),
}  # fmt: skip
