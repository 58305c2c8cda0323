"""Projects, clients, tasks, people, and where work goes to: repositories, roots, mappings."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import (
    COUNT,
    FLAG,
    INSTANT,
    NULL_FLAG,
    NULL_INSTANT,
    NULL_NUMBER,
    NULL_TEXT,
    NUMBER,
    TEXT,
    WHOLE,
    array,
    extend_obj,
    obj,
    ref,
)

MAPPING = obj(
    {
        "id": TEXT, "position": WHOLE, "path": NULL_TEXT, "remote": NULL_TEXT, "branch": NULL_TEXT, "project": NULL_TEXT,
        "projectId": NULL_TEXT, "client": NULL_TEXT, "task": NULL_TEXT, "billable": NULL_FLAG, "tags": array(TEXT),
        "since": NULL_INSTANT,
    },
    about="Which project a folder, remote or branch belongs to; the first mapping that matches wins.",
)  # fmt: skip

SHAPES: dict[str, Schema] = {
    "Project": obj(
        {
            "id": TEXT, "name": TEXT, "aliases": array(TEXT), "clientId": NULL_TEXT, "clientName": NULL_TEXT,
            "hourlyRate": NULL_NUMBER, "currency": NULL_TEXT, "budgetHours": NULL_NUMBER, "budgetAmount": NULL_NUMBER,
            "billable": FLAG, "billAgentTime": FLAG, "billSupervised": FLAG, "defaultTask": NULL_TEXT, "archived": FLAG,
            "origin": TEXT, "repos": array(obj({"id": TEXT, "name": TEXT, "remote": TEXT})), "revision": COUNT,
            "createdAt": INSTANT,
        },
        about="`aliases`: its earlier names, by which it is found as well."
        " `billable`: whether new entries are billable. That is a setting of the project; without it, they are billable if"
        " the project has a client.",
    ),
    "Budget": obj({
        "projectId": TEXT, "hoursUsed": NUMBER, "hoursLimit": NULL_NUMBER, "spend": NULL_NUMBER, "spendCap": NULL_NUMBER,
        "currency": NULL_TEXT,
    }),
    "Task": obj({
        "id": TEXT, "key": TEXT, "name": TEXT, "projectId": TEXT, "status": {"enum": ["active", "complete"]},
        "estimatedHours": NULL_NUMBER, "hourlyRate": NULL_NUMBER, "revision": COUNT,
    }),
    "Client": obj({"id": TEXT, "name": TEXT, "archived": FLAG, "revision": COUNT}),
    "User": obj(
        {
            "id": TEXT, "name": TEXT, "email": NULL_TEXT, "role": {"enum": ["owner", "manager", "standard"]},
            "status": {"enum": ["active", "invited"]}, "workspaceId": NULL_TEXT, "createdAt": NULL_INSTANT,
            "revision": COUNT, "emails": array(TEXT), "timezone": TEXT, "deviceId": NULL_TEXT,
        },
        ["emails", "timezone", "deviceId"],
        "A person in the workspace. Only you have the fields `emails`, `timezone` and `deviceId`.",
    ),
    "Repo": obj({
        "id": TEXT, "name": TEXT, "remote": TEXT, "identity": TEXT, "projectId": NULL_TEXT, "projectName": NULL_TEXT,
        "path": NULL_TEXT, "branch": NULL_TEXT, "tier": NULL_TEXT, "folders": COUNT, "lastActiveAt": NULL_INSTANT,
        "checkouts": array(ref("Checkout")),
    }),
    "Checkout": obj(
        {
            "path": TEXT, "kind": TEXT, "branch": NULL_TEXT, "head": TEXT, "gone": FLAG, "trouble": TEXT,
            "lastActiveAt": NULL_INSTANT, "projectId": NULL_TEXT, "projectName": NULL_TEXT, "why": TEXT, "tier": TEXT,
            "folders": COUNT,
        },
        ["tier", "folders"],
        "A work tree of a repository, the project that work there counts as now, and why. It has `tier` and `folders` only while"
        " it is watched.",
    ),
    "Root": obj({
        "path": TEXT, "state": {"enum": ["watched", "missing"]}, "repos": COUNT, "origin": TEXT,
    }),
    "RemovedRoot": obj({"path": TEXT}),
    "Mapping": MAPPING,
    "ChangedMapping": extend_obj(MAPPING, {"difference": ref("Difference")}),
}  # fmt: skip
