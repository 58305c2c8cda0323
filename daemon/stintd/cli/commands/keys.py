"""`stint keys`: make, list, revoke keys for programs that call over the loopback port."""

import json

from stintd import paths
from stintd.cli.catalog import find_key
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb
from stintd.cli.text import bold, dim, for_terminal
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "create", "revoke")
SCOPES = ("read", "write", "full")
OPTIONS = (
    Option("--scope", "what it may do: read, write (timers, entries, heartbeats), full", "SCOPE", choices=SCOPES),
    Option("--name", "what to call it", "NAME"),
    Option("--client", "let it see and change only this client's projects", "CLIENT"),
    Option("--project", "let it see and change only this project", "PROJECT"),
    Option("--all", "list revoked ones as well"),
)
SHAPE = (
    Column("key", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("scope", gives_way=True, least=5),
    Column("use", gives_way=True, least=9),
    Column("id", may_go=True, paint=lambda text, row: dim(text)),
)
DETAIL = """A key lets a program call http://127.0.0.1 instead of the control socket. It is shown once, when it is made.
stint keys create --scope write --name editor
stint keys create --scope write --name acme-agent --client Acme
stint keys revoke editor"""


def _list(words, control):
    found = control.get("/api/keys", status="all" if words.all else "active")["data"]
    if words.json:
        print(json.dumps(found))
        return
    if not found:
        print(dim("no keys; `stint keys create --scope write --name NAME` makes one"))
        return
    rows = [[for_terminal(key["name"]), _reach(key), _use(key), key["id"]] for key in found]
    print("\n".join(table(SHAPE, rows, columns())))


def _reach(key):
    within = key["projectName"] or key["clientName"]
    return f"{key['scope']} within {for_terminal(within)}" if within else key["scope"]


def _use(key):
    if key["revokedAt"]:
        return "revoked"
    return f"last used {key['lastUsedAt'][:16].replace('T', ' ')} UTC" if key["lastUsedAt"] else "never used"


def _create(words, control):
    if not words.scope:
        raise Invalid("what may the key do?", "stint keys create --scope read|write|full")
    named = {"name": words.name, "clientName": words.client, "projectName": words.project}
    key = control.post("/api/keys", {"scope": words.scope, **{name: text for name, text in named.items() if text}})
    if words.json:
        print(json.dumps({name: key[name] for name in ("id", "key", "scope", "name")}))
        return
    print(key["key"])
    print(dim(f"{for_terminal(key['name'])} ({key['scope']}); it is not shown again. Send it as Authorization: Bearer KEY"))
    url = _url()
    print(dim(f"to {url}" if url else "the loopback port is not open; `stint status` says why"))


def _url():
    """Where programs with keys find the daemon; None when nowhere."""
    try:
        with open(paths.home_layout().http_json, encoding="utf-8") as file:
            return json.load(file).get("url")
    except (OSError, ValueError):
        return None


def _revoke(words, control):
    if not words.key:
        raise Invalid("which key to revoke?", "stint keys revoke NAME; `stint keys list` shows them")
    key = find_key(control, words.key)
    gone = control.delete("/api/keys", {"id": key["id"]})
    print(json.dumps(gone) if words.json else f"revoked {bold(for_terminal(gone['name']))}; it opens nothing any more")


def run(words):
    control = Control()
    {"list": _list, "create": _create, "revoke": _revoke}[words.action or "list"](words, control)


VERBS = {
    "keys": Verb(
        "keys", run, "keys for programs that call over the loopback port",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("KEY", "?")), OPTIONS, DETAIL,
    )
}  # fmt: skip
