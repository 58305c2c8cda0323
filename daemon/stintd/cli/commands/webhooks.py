"""`stint webhooks`: notify other programs of changes."""

import json
import sys

from stintd.cli.answer import Answer, Rows
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.short_ids import find_by_id
from stintd.cli.text import bold, clock, decimal_hours, dim, for_terminal, local_time, short_id, warn
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "add", "edit", "remove", "deliveries", "test", "redeliver", "rotate")
ENTRY_EVENTS = tuple(f"time_entry.{word}" for word in ("created", "updated", "deleted", "started", "stopped"))
OPTIONS = (
    Option(
        "--event",
        "send this event, like time_entry.stopped; may be repeated (default: all events of entries)",
        "EVENT",
        is_list=True,
    ),
    Option("--url", "a new address of the receiver", "URL"),
    Option("--private", "whether the receiver may use http, or be on this machine or in a private network", has_no=True),
    Option("--on", "switch it on"),
    Option("--off", "switch it off"),
    Option("--secret-from", "sign with the secret from this file (- for standard input) instead of a new one", "FILE"),
)
DETAIL = """Every change is sent as a signed POST. If the receiver fails, stintd tries again for a day.
stint webhooks add https://example.com/hook --event time_entry.stopped --event project.created
stint webhooks test ID                 send a test event now
stint webhooks deliveries ID           list what was sent, and what waits
stint webhooks redeliver ID            send everything that was given up once more
stint webhooks redeliver ID DELIVERY   send this delivery once more
stint webhooks rotate ID               create a new secret; the old one stays valid for a day"""


def find_webhook(control: Control, word: str) -> Answer:
    """The webhook with this URL or id; the beginning or end of an id is enough."""
    webhooks: Rows = list(control.every("/api/webhooks"))
    for webhook in webhooks:
        if webhook["url"] == word:
            return webhook
    match: Answer = find_by_id(webhooks, word, "webhook", "`stint webhooks` lists them")
    return match


def state_of(webhook: Answer) -> str:
    """The state of a webhook in a few words."""
    if not webhook["enabled"]:
        return warn("off" + (f": {for_terminal(webhook['trouble'])}" if webhook["trouble"] else ""))
    counts = [f"{webhook[name]} {name}" for name in ("waiting", "parked") if webhook[name]]
    if webhook["failures"]:
        counts.insert(0, "failed once" if webhook["failures"] == 1 else f"failed {webhook['failures']} times")
    return warn(", ".join(counts)) if webhook["failures"] or webhook["parked"] else dim(", ".join(counts) or "ok")


def _list(words: Words, control: Control) -> None:
    webhooks = list(control.every("/api/webhooks"))
    if words.json:
        print(json.dumps(webhooks))
        return
    for webhook in webhooks:
        print(f"{dim(short_id(webhook['id']))}  {bold(for_terminal(webhook['url']))}  {state_of(webhook)}")
        print(f"        {dim(', '.join(webhook['events']))}")
    if not webhooks:
        print(dim("no webhooks yet; `stint webhooks add URL` adds one"))


def _secret_in(path: str) -> str:
    try:
        if path == "-":
            return sys.stdin.readline().strip()
        with open(path, encoding="utf-8") as file:
            return file.readline().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} cannot be read: {error}", "choose a file whose first line is the secret") from error


def _add(words: Words, control: Control) -> None:
    body = {"url": words.webhook, "events": words.event or list(ENTRY_EVENTS), "allowPrivate": bool(words.private)}
    if words.webhook.startswith("http://") and not words.private:
        raise Invalid("only https:// is allowed", "add --private for a receiver on this machine or in your own network")
    if words.secret_from:
        body["secret"] = _secret_in(words.secret_from)
    _tell(words, control.post("/api/webhooks", body), "added")


def _tell(words: Words, webhook: Answer, verb: str) -> None:
    if words.json:
        print(json.dumps(webhook))
        return
    print(f"{verb} {bold(for_terminal(webhook['url']))} ({short_id(webhook['id'])})")
    if webhook.get("secret"):
        print(webhook["secret"])
        print(dim("the secret that signs each message; it will not be shown again"))


def _edit(words: Words, control: Control, path: str) -> None:
    body = {"url": words.url, "events": words.event or None, "allowPrivate": words.private}
    body = {name: value for name, value in body.items() if value is not None}
    if words.on or words.off:
        body["enabled"] = bool(words.on)
    if not body:
        raise Invalid("nothing to change", "stint webhooks edit ID --url URL | --event EVENT | --on | --off")
    _tell(words, control.patch(path, body), "changed")


def _deliveries(words: Words, control: Control, path: str) -> None:
    deliveries = control.get(path + "/deliveries")["data"]
    if words.json:
        print(json.dumps(deliveries))
        return
    for delivery in deliveries:
        print(delivery_line(delivery))
    if not deliveries:
        print(dim("nothing has been sent yet"))


def delivery_line(delivery: Answer) -> str:
    """A delivery in one line."""
    if delivery.get("entryId"):
        return _entry_line(delivery)
    tries = f"{delivery['attempts']} attempts" if delivery["attempts"] != 1 else "1 attempt"
    why = f"  {for_terminal(delivery['lastError'])}" if delivery["lastError"] else ""
    state = warn(delivery["state"]) if delivery["state"] == "parked" else delivery["state"]
    when = f"{local_time(delivery['createdAt']):%Y-%m-%d %H:%M}"
    return f"{dim(short_id(delivery['id']))}  {when}  {delivery['kind']}  {state}, {tries}{why}"


def _entry_line(delivery: Answer) -> str:
    """An entry on its way to a billing system, and the state of its delivery."""
    state = warn(delivery["state"]) if delivery["state"] == "parked" else delivery["state"]
    hours = decimal_hours(delivery["seconds"]) if delivery["seconds"] is not None else "-"
    description = f"  {for_terminal(delivery['description'])}" if delivery["description"] else ""
    why = f"  {for_terminal(delivery['lastError'])}" if delivery["lastError"] and delivery["state"] != "delivered" else ""
    again = f", next attempt {clock(delivery['nextAttemptAt'])}" if delivery["attempts"] and delivery["nextAttemptAt"] else ""
    project = for_terminal(delivery["project"] or "no project")
    head = f"{dim(short_id(delivery['id']))}  {delivery['day']}  {hours}  {project}{description}"
    return f"{head}  {state}{again}{why}"


def _test(words: Words, control: Control, path: str) -> int:
    tested = control.post(path + "/test")
    if words.json:
        print(json.dumps(tested))
    else:
        print(
            f"delivered ({tested['status']})" if tested["delivered"] else warn(f"not delivered: {for_terminal(tested['error'])}")
        )
    return 0 if tested["delivered"] else 1


def _redeliver(words: Words, control: Control, path: str) -> None:
    body = {}
    if words.delivery:
        deliveries = list(control.every(path + "/deliveries"))
        body = {
            "deliveryId": find_by_id(deliveries, words.delivery, "delivery", "`stint webhooks deliveries ID` lists them")["id"]
        }
    answer = control.post(path + "/redeliver", body)
    print(json.dumps(answer) if words.json else f"{answer['redelivered']} to be delivered again")


def run(words: Words) -> int | None:
    control = Control()
    action = words.action or "list"
    if action == "list":
        _list(words, control)
        return None
    if not words.webhook:
        question, what = (
            ("which address should receive the events?", "URL") if action == "add" else (f"which webhook to {action}?", "ID")
        )
        raise Invalid(question, f"stint webhooks {action} {what}")
    if action == "add":
        _add(words, control)
        return None
    path = f"/api/webhooks/{find_webhook(control, words.webhook)['id']}"
    if action == "remove":
        _tell(words, control.delete(path), "removed")
        return None
    if action == "rotate":
        _tell(words, control.post(path + "/rotate"), "made a new secret for")
        return None
    if action == "test":
        return _test(words, control, path)
    {"edit": _edit, "deliveries": _deliveries, "redeliver": _redeliver}[action](words, control, path)
    return None


VERBS = {
    "webhooks": Verb(
        "webhooks",
        run,
        "notify other programs of changes",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("WEBHOOK", "?"), Operand("DELIVERY", "?")),
        OPTIONS,
        DETAIL,
    )
}
