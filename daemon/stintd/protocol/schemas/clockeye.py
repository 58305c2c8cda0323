"""Answers of ClockEye's paths, in its shape."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import COUNT, FLAG, INSTANT, NULL_INSTANT, NULL_TEXT, TEXT, array, obj, ref

SHAPES: dict[str, Schema] = {
    "ClockEyeEntry": obj(
        {
            "id": TEXT, "user_id": NULL_TEXT, "project_id": NULL_TEXT, "task_id": NULL_TEXT, "description": TEXT,
            "start_time": INSTANT, "end_time": NULL_INSTANT, "duration": {"type": ["integer", "null"], "minimum": 0},
            "billable": FLAG,
        },
        about="A time entry. `duration` is in seconds, and null while its timer runs.",
    ),
    "ClockEyePage": obj({
        "data": array(ref("ClockEyeEntry")), "page": COUNT, "per_page": COUNT, "total": COUNT, "total_pages": COUNT,
    }),
}  # fmt: skip
