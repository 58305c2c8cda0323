"""The answers to WakaTime's clients: the field names are WakaTime's, the values come from the timesheet."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    ANY_OBJECT,
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NULL_INSTANT,
    NULL_TEXT,
    NUMBER,
    TEXT,
    array,
    extend_obj,
    nullable,
    obj,
    ref,
)

_LENGTH = obj({
    "total_seconds": NUMBER, "digital": TEXT, "decimal": TEXT, "text": TEXT, "hours": COUNT, "minutes": COUNT,
})  # fmt: skip
_SHARE = extend_obj(_LENGTH, {"name": TEXT, "seconds": COUNT, "percent": NUMBER})
_SHARES = array(ref("WakaTimeShare"))
_LISTS = {
    "categories": _SHARES, "projects": _SHARES, "languages": _SHARES, "editors": _SHARES, "operating_systems": _SHARES,
    "machines": _SHARES, "dependencies": _SHARES,
}  # fmt: skip
_DAY = obj(
    {
        "grand_total": _LENGTH, **_LISTS, "branches": _SHARES, "entities": _SHARES,
        "range": obj({"date": DAY, "start": INSTANT, "end": INSTANT, "text": TEXT, "timezone": TEXT}),
    },
    ["branches", "entities"],
    "`grand_total` is the user's own time. Agents' time is not part of it: it is in the category AI Coding.",
)  # fmt: skip
_ID = {"data": obj({"id": TEXT})}
_ERRORS = {"errors": {"type": "object", "additionalProperties": array(TEXT)}}
_SPAN = {"start": INSTANT, "end": INSTANT, "timezone": TEXT}
_PART = {"text": TEXT, "digital": TEXT, "decimal": TEXT}
_NULL: Schema = {"type": "null"}

BODY: Schema = {
    "description": "Heartbeats as WakaTime's clients send them: `entity` and `time` (seconds) are required, everything else is"
    " optional. A body is never refused: each item is accepted or refused on its own.",
    "anyOf": [ANY_OBJECT, array(ANY_OBJECT)],
}

SHAPES: dict[str, Schema] = {
    "WakaTimeNobody": obj({"data": {"type": "array", "maxItems": 0}}),
    "WakaTimeNothing": obj({"data": _NULL}),
    "WakaTimeTaken": obj(
        {"responses": array({"type": "array", "minItems": 2, "maxItems": 2,
                             "items": {"anyOf": [obj(_ID), obj(_ERRORS), {"enum": [201, 400]}]}})},
        about="For each item, in order, an answer and a status: 201, or 400 if the item was refused. Do not send a refused item"
        " again: stintd has stored it in a file.",
    ),
    "WakaTimeOne": {"anyOf": [obj(_ID), obj({"data": _NULL, **_ERRORS})]},
    "WakaTimeShare": _SHARE,
    "WakaTimeDay": _DAY,
    "WakaTimeToday": obj({"data": ref("WakaTimeDay"), "cached_at": INSTANT, "has_team_features": FLAG}),
    "WakaTimeSummaries": obj({
        "data": array(ref("WakaTimeDay")), "start": INSTANT, "end": INSTANT,
        "cumulative_total": obj({"seconds": NUMBER, **_PART}),
        "daily_average": obj({"seconds": COUNT, "text": TEXT, "days_including_holidays": COUNT, "holidays": COUNT,
                              "days_minus_holidays": COUNT}),
    }),
    "WakaTimeStats": obj({"data": obj({
        "range": TEXT, "status": TEXT, "is_up_to_date": FLAG, "is_including_today": FLAG, **_SPAN, "total_seconds": NUMBER,
        "human_readable_total": TEXT, "daily_average": COUNT, "human_readable_daily_average": TEXT,
        "human_readable_range": TEXT, "days_including_holidays": COUNT, "days_minus_holidays": COUNT, "holidays": COUNT,
        "best_day": nullable(obj({"date": DAY, "total_seconds": NUMBER, "text": TEXT})), "username": TEXT, **_LISTS,
    })}),
    "WakaTimeDurations": obj({
        "data": array(obj({"time": NUMBER, "duration": NUMBER, "project": TEXT, "category": TEXT, "entity": TEXT,
                           "language": TEXT, "editor": TEXT, "branch": TEXT}, ["entity", "language", "editor", "branch"])),
        "branches": array(TEXT), **_SPAN,
    }),
    "WakaTimeBeats": obj({
        "data": array(obj({"time": NUMBER, "entity": TEXT, "type": TEXT, "project": NULL_TEXT, "branch": NULL_TEXT,
                           "language": NULL_TEXT, "category": TEXT})), **_SPAN,
    }),
    "WakaTimeAllTime": obj({"data": obj({
        **_PART, "total_seconds": NUMBER, "is_up_to_date": FLAG,
        "range": obj({**_SPAN, "start_date": DAY, "end_date": DAY}),
    })}),
    "WakaTimeProjects": obj({
        "data": array(obj({"id": TEXT, "name": TEXT, "created_at": INSTANT, "last_heartbeat_at": NULL_INSTANT,
                           "has_public_url": FLAG, "archived": FLAG})),
        "total": COUNT, "total_pages": COUNT, "page": COUNT,
    }),
    "WakaTimeUser": obj({"data": obj({
        "id": TEXT, "username": TEXT, "display_name": TEXT, "full_name": NULL_TEXT, "email": NULL_TEXT, "timezone": TEXT,
        "has_premium_features": FLAG, "has_team_features": FLAG, "is_email_public": FLAG, "last_heartbeat_at": NULL_INSTANT,
        "photo": NULL_TEXT, "plan": TEXT, "created_at": NULL_INSTANT,
    })}),
    "WakaTimeAgents": obj({
        "data": array(obj({"id": TEXT, "value": TEXT, "editor": TEXT, "os": TEXT, "last_seen_at": INSTANT,
                           "is_browser_extension": FLAG})), "total_pages": COUNT,
    }),
}  # fmt: skip
