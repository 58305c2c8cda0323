"""Entries and timers, and their evidence."""

from stintd.protocol import beats, fields
from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    ACTOR,
    COUNT,
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

ENTRIES = array(ref("Entry"))
NULL_ENTRY = nullable(ref("Entry"))
VERDICT: Schema = {"enum": ["work", "away", "unassigned", "supervised", "autonomous"]}
_SPAN = {"start": INSTANT, "end": INSTANT}

ENTRY = obj(
    {
        "id": TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "clientId": NULL_TEXT, "clientName": NULL_TEXT,
        "taskId": NULL_TEXT, "taskName": NULL_TEXT, "description": TEXT, "start": INSTANT, "end": NULL_INSTANT,
        "durationSeconds": COUNT, "state": {"enum": ["waiting", "running", "paused", "finished"]}, "actor": ACTOR,
        "origin": {"enum": ["auto", "manual", "backfill", "import"]}, "handsOnSeconds": COUNT, "supervisedSeconds": COUNT,
        "billable": FLAG, "tags": array(TEXT), "pauses": array(obj({"start": INSTANT, "end": NULL_INSTANT})),
        "branch": NULL_TEXT, "repo": NULL_TEXT, "commits": array(ref("Commit")), "sessionId": NULL_TEXT,
        "pinned": array({"enum": ["time", "project", "text"]}), "locked": FLAG, "approvedAt": NULL_INSTANT,
        "confirmed": FLAG, "lastEvidenceAt": NULL_INSTANT, "userId": NULL_TEXT, "workspaceId": NULL_TEXT,
        "revision": COUNT, "updatedAt": INSTANT,
        "deliveries": array(obj({"target": TEXT, "state": TEXT, "remoteId": NULL_TEXT})), "provisional": FLAG,
    },
    ["provisional"],
    "A time entry; one without `end` is a timer. `durationSeconds` leaves out pauses; of a running timer, it counts up to now."
    " `provisional`: stintd has only just noticed this work, and it may still turn out to be noise.",
)  # fmt: skip

EVIDENCE = obj(
    {
        "entryId": NULL_TEXT, "entry": NULL_ENTRY, "start": INSTANT, "end": NULL_INSTANT,
        "heartbeats": array(ref("Heartbeat")), "commits": array(ref("Commit")),
        "sessions": array(obj({"sessionId": TEXT, "agent": NULL_TEXT, "start": INSTANT, "end": NULL_INSTANT,
                               "endReason": NULL_TEXT})),
        "absences": array(obj({**_SPAN, "kind": {"enum": ["suspend", "lock", "shutdown", "off"]}})),
        "blind": array(obj({**_SPAN, "reason": TEXT})),
        "gaps": array(obj({**_SPAN, "verdict": VERDICT, "reason": TEXT})),
        "folders": array(obj({"path": TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "why": TEXT, "isWaiting": FLAG})),
    },
    about="The evidence for an entry, or for a stretch of time without one. `gaps`: each silence in it, and why it counted as"
    " work or not. `folders`: where the work happened, the project that work there counts as now, and why; `isWaiting` while a"
    " question in GET /api/review has no answer.",
)  # fmt: skip

EDIT = obj(
    {"editId": TEXT, "at": INSTANT, "who": TEXT, "verb": TEXT, "summary": TEXT, "undoneAt": NULL_INSTANT},
    about="One change that a person made.",
)
_NEIGHBOUR = obj({"entryId": TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT})

_PATH: Schema = {**fields.PATH.schema, "maxLength": beats.LIMITS["path"]}
_TEXT_FIELDS = {
    name: {"type": ["string", "null"], "maxLength": limit, "pattern": fields.NO_NUL} for name, limit in beats.LIMITS.items()
}

SHAPES: dict[str, Schema] = {
    "Entry": ENTRY,
    "MadeEntry": extend_obj(
        ENTRY, {"takenSeconds": COUNT, "notice": NULL_TEXT, "projectCreated": FLAG},
        about="A new entry. `takenSeconds`: how much automatic time it replaced.",
    ),
    "Commit": obj({"sha": TEXT, "subject": TEXT, "time": INSTANT}),
    "CurrentTimers": obj({"timer": NULL_ENTRY, "timers": ENTRIES}),
    "StartedTimer": obj({"timer": NULL_ENTRY, "stopped": ENTRIES, "projectCreated": FLAG}),
    "ResumedTimer": obj({"timer": NULL_ENTRY, "stopped": ENTRIES}),
    "Returned": obj({"timer": ref("Entry"), "entry": NULL_ENTRY}),
    "TimerAnswer": obj({"timer": NULL_ENTRY}),
    "EntryAnswer": obj({"entry": NULL_ENTRY}),
    "EntriesAnswer": obj({"entries": ENTRIES}),
    "Evidence": EVIDENCE,
    "Why": extend_obj(EVIDENCE, {"at": INSTANT}),
    "Edit": EDIT,
    "History": obj({
        "entryId": TEXT,
        "data": array(extend_obj(EDIT, {"isCreated": FLAG, "isDeleted": FLAG,
                                   "changes": map_of(obj({"before": {}, "after": {}}))})),
    }),
    "Undone": obj({"edit": ref("Edit"), "entries": ENTRIES}),
    "Gap": obj(
        {"id": TEXT, **_SPAN, "durationSeconds": COUNT, "verdict": VERDICT, "reason": TEXT, "before": _NEIGHBOUR,
         "after": _NEIGHBOUR, "meetings": array(obj({
             "text": TEXT, "command": TEXT, **_SPAN, "title": TEXT, "projectName": NULL_TEXT, "taskName": NULL_TEXT,
         }))},
        about="A stretch of time without an entry, between two entries of one day. `meetings`: the meetings in your calendars"
        " that could fill it; only GET /api/gaps looks them up.",
    ),
    "Approval": obj(
        {
            "entries": ENTRIES, "count": COUNT, "seconds": COUNT, "editId": TEXT, "waitingCount": COUNT, "waitingSeconds": COUNT,
            "notice": NULL_TEXT,
        },
        about="What was approved or unapproved. `waitingCount` entries were left out because they wait for the answer to a"
        " question in GET /api/review; `notice` says so.",
    ),
    "Moved": obj({"dryRun": FLAG, "entries": ENTRIES, "seconds": COUNT, "notice": NULL_TEXT}),
    "Heartbeat": obj(
        {
            "id": NULL_TEXT, "time": INSTANT, "project": NULL_TEXT, "projectId": NULL_TEXT, "taskName": NULL_TEXT,
            "repo": NULL_TEXT, "path": NULL_TEXT, "branch": NULL_TEXT, "entity": NULL_TEXT, "kind": TEXT, "source": TEXT,
            "client": NULL_TEXT, "actor": ACTOR, "device": NULL_TEXT, "sessionId": NULL_TEXT,
        },
        about="One moment of evidence, with the project that it belongs to now.",
    ),
    "GivenHeartbeat": obj(
        {
            **_TEXT_FIELDS, "time": nullable(fields.INSTANT.schema), "path": nullable(_PATH),
            "project": nullable(fields.text(beats.LIMITS["project"]).schema), "pid": nullable(fields.PID.schema),
        },
        beats.KNOWN,
        "One moment of work. Without `time`, it happened now; without `kind`, it is an edit. A field that is null counts as"
        " absent.",
    ),
    "TakenHeartbeats": obj({
        "accepted": COUNT, "duplicates": COUNT, "rejected": array(obj({"index": COUNT, "error": TEXT})),
    }),
}  # fmt: skip
