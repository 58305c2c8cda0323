"""Totals of a period, and what a rebuild changed."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    ACTOR,
    COUNT,
    DAY,
    FLAG,
    INSTANT,
    NULL_INSTANT,
    NULL_NUMBER,
    NULL_TEXT,
    NUMBER,
    TEXT,
    WHOLE,
    array,
    extend_obj,
    map_of,
    nullable,
    obj,
    ref,
)

_SUMS_AT_TARGET = {"roundedSeconds": COUNT, "deliveredSeconds": COUNT}
_FIGURES = {
    "key": TEXT, "name": TEXT, "seconds": COUNT, "handsOnSeconds": COUNT, "supervisedSeconds": COUNT, "agentSeconds": COUNT,
    "billableSeconds": COUNT, "amount": NULL_NUMBER, "currency": NULL_TEXT, "amounts": map_of(NUMBER), "entries": COUNT,
}  # fmt: skip
ROW = obj(_FIGURES)
_REPORT_ROW = obj({**_FIGURES, **_SUMS_AT_TARGET}, list(_SUMS_AT_TARGET))
_DAYS = map_of(COUNT)
_AT_TARGET = {"roundedDays": _DAYS, "roundedSeconds": COUNT, "deliveredDays": _DAYS, "deliveredSeconds": COUNT}
"""Only present if a target is named."""
_COMPARED_ENTRY = obj({
    "id": TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "taskName": NULL_TEXT, "start": INSTANT,
    "end": NULL_INSTANT, "description": TEXT, "actor": ACTOR,
})  # fmt: skip

_DIFFERENCE = obj(
    {
        "dryRun": FLAG, "created": COUNT, "updated": COUNT, "deleted": COUNT, "beforeSeconds": COUNT,
        "afterSeconds": COUNT,
        "projects": array(obj({"projectId": NULL_TEXT, "name": NULL_TEXT, "beforeSeconds": COUNT, "afterSeconds": COUNT})),
        "entries": array(obj({"before": nullable(_COMPARED_ENTRY), "after": nullable(_COMPARED_ENTRY)})),
    },
    about="What recomputing the entries changed, or would change.",
)  # fmt: skip

SHAPES: dict[str, Schema] = {
    "Report": obj(
        {
            "from": INSTANT, "to": INSTANT, "timezone": TEXT,
            "groupBy": {"enum": ["project", "client", "task", "tag", "branch", "commit", "day", "week"]},
            "rows": array(ref("ReportRow")), "totals": extend_obj(_REPORT_ROW, {"wallSeconds": COUNT}),
        },
        about="`seconds` is your own time; agents' time is separate and never included.",
    ),
    "ReportRow": _REPORT_ROW,
    "Timesheet": obj({
        "from": DAY, "to": DAY, "timezone": TEXT, "days": array(DAY),
        "rows": array(obj({
            "clientId": NULL_TEXT, "clientName": NULL_TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT,
            "taskId": NULL_TEXT, "taskName": NULL_TEXT, "days": _DAYS, "seconds": COUNT, "billableSeconds": COUNT,
            "supervisedSeconds": COUNT, "agentSeconds": COUNT, **_AT_TARGET,
        }, list(_AT_TARGET))),
        "totals": obj(
            {"days": _DAYS, "seconds": COUNT, "supervisedSeconds": COUNT, "agentSeconds": COUNT, **_AT_TARGET}, list(_AT_TARGET)
        ),
    }),
    "Correction": obj(
        {
            "day": DAY, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "clientName": NULL_TEXT, "taskName": NULL_TEXT,
            "actor": ACTOR, "approvedSeconds": COUNT, "nowSeconds": COUNT, "differenceSeconds": WHOLE,
            "cause": {"enum": ["evidence", "open"]},
        },
        about="Approved hours of one day that have changed since. `cause` is `evidence` if evidence came later (which does not"
        " change approved hours), or `open` if the day also has hours that are not approved: new ones, or hours that were edited"
        " after unapproving.",
    ),
    "Review": obj(
        {
            "from": INSTANT, "to": INSTANT, "timezone": TEXT, "count": COUNT, "lookedAt": NULL_INSTANT,
            "items": array(obj({
                "kind": {"enum": ["question", "gap", "suggestion", "project", "unassigned", "unconfirmed", "long", "target",
                                  "changed", "uncounted",
                                  "correction", "meeting"]},
                "text": TEXT, "command": TEXT, "day": nullable(DAY), "start": NULL_INSTANT, "end": NULL_INSTANT,
                "seconds": {"type": ["integer", "null"]}, "entryId": NULL_TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT,
                "title": NULL_TEXT, "id": NULL_TEXT, "folders": array(TEXT), "days": {"type": ["integer", "null"]},
                "agentSeconds": {"type": ["integer", "null"]},
            })),
            "blind": array(obj({"start": INSTANT, "end": INSTANT, "reason": TEXT})),
        },
        about="What needs your decision. Each item has the command that settles it; replace the words in capitals. `blind`: times"
        " when stintd did not watch; you may have worked then, although nothing was recorded. A `question` asks"
        " whether `folders` are the same project as another folder; `id` is what POST /api/review/{id} answers, and"
        " `seconds`, `agentSeconds` and `days` are the time whose project it decides.",
    ),
    "Answered": obj(
        {
            "id": TEXT, "answer": {"enum": ["same", "own", "another"]}, "editId": TEXT, "seconds": COUNT, "agentSeconds": COUNT,
            "days": COUNT, "folders": array(obj({"path": TEXT, "projectId": TEXT, "projectName": NULL_TEXT})),
        },
        about="An answer whose hours are whose: which project each folder has now, and how much time moved. `editId` undoes it.",
    ),
    "Looked": obj({"lookedAt": INSTANT}),
    "Difference": _DIFFERENCE,
    "Backfilled": extend_obj(
        _DIFFERENCE,
        {
            "source": {"enum": ["all", "git", "agents"]}, "editId": NULL_TEXT,
            "repositories": COUNT, "acts": COUNT, "files": COUNT, "lines": COUNT, "unreadableLines": COUNT,
            "troubles": array(obj({"path": TEXT, "why": TEXT})), "sessions": COUNT, "unwanted": COUNT,
            "heartbeats": obj({"new": COUNT, "known": COUNT, "live": COUNT, "notRecorded": COUNT}),
            "days": array(obj({
                "day": DAY, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "handsOnSeconds": WHOLE,
                "supervisedSeconds": WHOLE, "agentSeconds": WHOLE,
                "band": {"anyOf": [obj({"lowSeconds": COUNT, "highSeconds": COUNT}), {"type": "null"}]},
            })),
        },
        about="What the import of past hours changed, or would change. `days`: how much more or less time each project has on"
        " each day. `band`: the range that contains the true length in four of five cases; null where it is not needed.",
    ),
    "Imported": obj(
        {
            "importId": TEXT, "dryRun": FLAG, "outcomes": array({"enum": ["added", "known", "overlaps"]}),
            "overlaps": array(obj({
                "index": COUNT, "id": TEXT,
                "with": array(obj({"id": TEXT, "projectName": NULL_TEXT, "start": INSTANT, "end": NULL_INSTANT})),
            })),
            "addedSeconds": COUNT, "takenSeconds": COUNT, "projectsCreated": array(TEXT), "unknownProjects": array(TEXT),
            "others": map_of(COUNT), "heartbeatsPassed": COUNT,
        },
        about="What a batch added, or would add. `outcomes` has one item for each entry, in their order. `others` counts what"
        " else is new. `heartbeatsPassed` counts the heartbeats that were left out because stintd has evidence of its own from"
        " that time.",
    ),
    "BackfillUndone": obj({"edit": ref("Edit"), "entries": COUNT}),
    "BackfillState": obj({"running": FLAG, "files": COUNT, "filesRead": COUNT, "bytes": COUNT, "bytesRead": COUNT}),
}  # fmt: skip
