"""The daemon itself, and the one shape of errors."""

from stintd.protocol.errors import TABLE
from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    ANY_OBJECT,
    COUNT,
    FLAG,
    INSTANT,
    NULL_INSTANT,
    NULL_TEXT,
    NUMBER,
    TEXT,
    array,
    extend_obj,
    obj,
    ref,
)
from stintd.protocol.schemas.work import ENTRIES

KEY = obj({
    "id": TEXT, "name": TEXT, "scope": {"enum": ["read", "write", "full"]}, "clientId": NULL_TEXT, "clientName": NULL_TEXT,
    "projectId": NULL_TEXT, "projectName": NULL_TEXT,
    "createdAt": INSTANT, "lastUsedAt": NULL_INSTANT, "revokedAt": NULL_INSTANT,
})  # fmt: skip

SHAPES: dict[str, Schema] = {
    "Error": obj(
        {
            "error": {"type": "string", "description": "what went wrong, for people"},
            "code": {"enum": [row[0] for row in TABLE.values()]},
            "details": {"type": "object", "properties": {"hint": {"type": "string", "description": "what to do next"}}},
        },
        about="Every error has this shape. `details` depends on the error: for example, the timer that is in the way, the unknown"
        " fields, or the id under which the log has more.",
    ),
    "Health": obj({
        "status": {"enum": ["ok", "degraded", "starting"]}, "ready": FLAG, "version": TEXT, "warnings": COUNT, "pid": COUNT,
    }),
    "Status": obj({
        "version": TEXT, "ready": FLAG, "timers": ENTRIES, "todaySeconds": COUNT, "reviewCount": COUNT,
        "warnings": array(ref("Warning")), "sources": array(ref("Source")), "lagSeconds": NUMBER,
        "waitingHeartbeats": COUNT, "recording": FLAG, "now": INSTANT,
    }),
    "Warning": obj(
        {
            "code": TEXT, "severity": {"enum": ["info", "warning", "error"]}, "text": TEXT, "hint": TEXT,
            "subject": NULL_TEXT, "since": NULL_INSTANT,
        },
        about="A current problem, and how to fix it.",
    ),
    "Source": obj({"name": TEXT, "state": TEXT, "lastAt": NULL_INSTANT}),
    "Recording": obj({"recording": FLAG, "until": NULL_INSTANT}),
    "Backup": obj(
        {"name": TEXT, "path": TEXT, "at": INSTANT, "kind": TEXT, "bytes": COUNT},
        about="A backup of the database. `kind`: daily, manual, or before-NNNN (made before a schema change).",
    ),
    "Checkup": obj(
        {"findings": array(obj({"name": TEXT, "state": {"enum": ["ok", "warning", "error"]}, "text": TEXT, "hint": TEXT}))},
        about="What the daemon checked. `stint doctor` also checks what can only be checked from outside the daemon.",
    ),
    "Purged": obj(
        {
            "dryRun": FLAG, "entries": COUNT, "seconds": COUNT, "heartbeats": COUNT, "commits": COUNT, "sessions": COUNT,
            "edits": COUNT, "deliveries": array(obj({"target": TEXT, "entries": COUNT})), "stillWatched": array(TEXT),
            "files": array(TEXT), "editId": TEXT, "summary": TEXT, "isComplete": FLAG,
        },
        about="What was deleted, or would be. `deliveries`: entries that billing systems already have; they stay there. `files`:"
        " copies of the database, logs and unreadable messages that are removed or emptied. `stillWatched`: folders of the"
        " project where work is still recorded. `isComplete` is false if a file could not be removed, or if the database's log"
        " could not be emptied because a program was still reading it.",
    ),
    "Key": KEY,
    "MadeKey": extend_obj(KEY, {"key": NULL_TEXT}, about="`key` is the API key; in the answer to a repeated request it is null."),
    "ChangedSettings": {
        **ANY_OBJECT, "minProperties": 1,
        "description": "The settings to change, in their tables, like {\"time\": {\"idle_timeout\": \"20m\"}}.",
    },
    "Settings": {**ANY_OBJECT, "description": "The settings, in the same tables as in the files."},
}  # fmt: skip
