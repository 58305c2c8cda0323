"""`stint webhooks`: have other programs told of changes."""

import json
import sys

from stintd.cli.options import Operand, Option, Verb
from stintd.cli.short_ids import find_by_id
from stintd.cli.text import bold, clock, decimal_hours, dim, for_terminal, short_id, warn
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "remove", "deliveries", "test", "redeliver", "rotate")
ENTRY_EVENTS = tuple(f"time_entry.{word}" for word in ("created", "updated", "deleted", "started", "stopped"))
OPTIONS = (
    Option(
        "--event", "tell of this, like time_entry.stopped; several are possible (default: all of entries)", "EVENT", is_list=True
    ),
    Option("--url", "another receiver", "URL"),
    Option("--private", "the receiver is on this machine or in your own network; permits http", has_no=True),
    Option("--on", "send again"),
    Option("--off", "send nothing more"),
    Option("--secret-from", "sign with the secret in this file (- for standard input) instead of a new one", "FILE"),
)
DETAIL = """Every change is sent as a signed POST and tried again for a day while the receiver fails.
stint webhooks add https://example.com/hook --event time_entry.stopped --event project.created
stint webhooks test ID          stint webhooks deliveries ID
stint webhooks redeliver ID     (everything that was given up, or one: redeliver ID DELIVERY)
stint webhooks rotate ID        (a new secret; the old one stays valid for a day)"""


def webhook_of(control, word):
    """The webhook a person means: by its URL, a whole id, or the end or beginning of one."""
    found = list(control.every("/api/webhooks"))
    return next((one for one in found if one["url"] == word), None) or find_by_id(
        found, word, "webhook", "`stint webhooks` lists them"
    )


def state_of(webhook):
    """One word or two on how it goes."""
    if not webhook["enabled"]:
        return warn("off" + (f": {for_terminal(webhook['trouble'])}" if webhook["trouble"] else ""))
    counts = [f"{webhook[name]} {name}" for name in ("waiting", "parked") if webhook[name]]
    if webhook["failures"]:
        counts.insert(0, "failed once" if webhook["failures"] == 1 else f"failed {webhook['failures']} times")
    return warn(", ".join(counts)) if webhook["failures"] or webhook["parked"] else dim(", ".join(counts) or "well")


def _list(words, control):
    found = list(control.every("/api/webhooks"))
    if words.json:
        print(json.dumps(found))
        return
    for webhook in found:
        print(f"{dim(short_id(webhook['id']))}  {bold(for_terminal(webhook['url']))}  {state_of(webhook)}")
        print(f"        {dim(', '.join(webhook['events']))}")
    if not found:
        print(dim("no webhooks; `stint webhooks add URL` makes one"))


def _secret_in(path):
    try:
        if path == "-":
            return sys.stdin.readline().strip()
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", "name a file whose first line is the secret") from error


def _add(words, control):
    body = {"url": words.webhook, "events": words.event or list(ENTRY_EVENTS), "allowPrivate": bool(words.private)}
    if words.secret_from:
        body["secret"] = _secret_in(words.secret_from)
    _tell(words, control.post("/api/webhooks", body), "added")


def _tell(words, webhook, said):
    if words.json:
        print(json.dumps(webhook))
        return
    print(f"{said} {bold(for_terminal(webhook['url']))} ({short_id(webhook['id'])})")
    if webhook.get("secret"):
        print(webhook["secret"])
        print(dim("the secret that signs what is sent; it is not shown again"))


def _edit(words, control, path):
    body = {"url": words.url, "events": words.event or None, "allowPrivate": words.private}
    body = {name: value for name, value in body.items() if value is not None}
    if words.on or words.off:
        body["enabled"] = bool(words.on)
    if not body:
        raise Invalid("nothing to change was named", "stint webhooks edit ID --url URL | --event EVENT | --on | --off")
    _tell(words, control.patch(path, body), "changed")


def _deliveries(words, control, path):
    found = control.get(path + "/deliveries")["data"]
    if words.json:
        print(json.dumps(found))
        return
    for one in found:
        print(delivery_line(one))
    if not found:
        print(dim("nothing was sent yet"))


def delivery_line(delivery):
    """A delivery in one line."""
    if delivery.get("entryId"):
        return _entry_line(delivery)
    tries = f"{delivery['attempts']} tries" if delivery["attempts"] != 1 else "1 try"
    why = f"  {for_terminal(delivery['lastError'])}" if delivery["lastError"] else ""
    shown = warn(delivery["state"]) if delivery["state"] == "parked" else delivery["state"]
    when = delivery["createdAt"][:16].replace("T", " ")
    return f"{dim(short_id(delivery['id']))}  {when} UTC  {delivery['kind']}  {shown}, {tries}{why}"


def _entry_line(delivery):
    """An entry on its way to a billing system: which one, and how it goes."""
    shown = warn(delivery["state"]) if delivery["state"] == "parked" else delivery["state"]
    hours = decimal_hours(delivery["seconds"]) if delivery["seconds"] is not None else "-"
    said = f"  {for_terminal(delivery['description'])}" if delivery["description"] else ""
    why = f"  {for_terminal(delivery['lastError'])}" if delivery["lastError"] and delivery["state"] != "delivered" else ""
    again = f", again {clock(delivery['nextAttemptAt'])}" if delivery["attempts"] and delivery["nextAttemptAt"] else ""
    head = (
        f"{dim(short_id(delivery['id']))}  {delivery['day']}  {hours}  {for_terminal(delivery['project'] or 'no project')}{said}"
    )
    return f"{head}  {shown}{again}{why}"


def _test(words, control, path):
    tested = control.post(path + "/test")
    if words.json:
        print(json.dumps(tested))
    else:
        print(
            f"delivered ({tested['status']})" if tested["delivered"] else warn(f"not delivered: {for_terminal(tested['error'])}")
        )
    return 0 if tested["delivered"] else 1


def _redeliver(words, control, path):
    body = {}
    if words.delivery:
        found = list(control.every(path + "/deliveries"))
        body = {"deliveryId": find_by_id(found, words.delivery, "delivery", "`stint webhooks deliveries ID` lists them")["id"]}
    answer = control.post(path + "/redeliver", body)
    print(json.dumps(answer) if words.json else f"{answer['redelivered']} to be delivered again")


def run(words):
    control = Control()
    action = words.action or "list"
    if action == "list":
        return _list(words, control)
    if not words.webhook:
        asked, what = ("where to?", "URL") if action == "add" else (f"which webhook to {action}?", "ID")
        raise Invalid(asked, f"stint webhooks {action} {what}")
    if action == "add":
        return _add(words, control)
    path = f"/api/webhooks/{webhook_of(control, words.webhook)['id']}"
    if action == "remove":
        return _tell(words, control.delete(path), "removed")
    if action == "rotate":
        return _tell(words, control.post(path + "/rotate"), "gave a new secret to")
    return {"edit": _edit, "deliveries": _deliveries, "test": _test, "redeliver": _redeliver}[action](words, control, path)


VERBS = {
    "webhooks": Verb(
        "webhooks", run, "have other programs told of changes",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("WEBHOOK", "?"), Operand("DELIVERY", "?")), OPTIONS, DETAIL,
    )
}  # fmt: skip
