"""`stint keys`: create, list and revoke API keys for programs that use the loopback port."""

import json

from stintd import paths
from stintd.cli.answer import Answer
from stintd.cli.catalog import find_key
from stintd.cli.layout import Column, columns, table
from stintd.cli.options import Operand, Option, Verb, Words
from stintd.cli.text import bold, dim, for_terminal, local_time
from stintd.client.control import Control
from stintd.errors import Invalid

ACTIONS = ("list", "create", "revoke")
SCOPES = ("read", "write", "full")
OPTIONS = (
    Option("--scope", "what the key may do: read, write (timers, entries, heartbeats) or full", "SCOPE", choices=SCOPES),
    Option("--name", "a name for the key", "NAME"),
    Option("--client", "limit it to the projects of this client", "CLIENT"),
    Option("--project", "limit it to this project", "PROJECT"),
    Option("--all", "also list revoked keys"),
)
SHAPE = (
    Column("key", gives_way=True, least=10, paint=lambda text, row: bold(text)),
    Column("scope", gives_way=True, least=5),
    Column("use", gives_way=True, least=9),
    Column("id", may_go=True, paint=lambda text, row: dim(text)),
)
DETAIL = """A key lets a program use http://127.0.0.1 instead of the control socket. It is shown only when it is created.
stint keys create --scope write --name editor
stint keys create --scope write --name acme-agent --client Acme
stint keys revoke editor"""


def _list(words: Words, control: Control) -> None:
    keys = control.get("/api/keys", status="all" if words.all else "active")["data"]
    if words.json:
        print(json.dumps(keys))
        return
    if not keys:
        print(dim("no keys yet; `stint keys create --scope write --name NAME` creates one"))
        return
    rows = [[for_terminal(key["name"]), _scope_text(key), _last_use_text(key), key["id"]] for key in keys]
    print("\n".join(table(SHAPE, rows, columns())))


def _scope_text(key: Answer) -> str:
    limit = key["projectName"] or key["clientName"]
    return f"{key['scope']}, limited to {for_terminal(limit)}" if limit else str(key["scope"])


def _last_use_text(key: Answer) -> str:
    if key["revokedAt"]:
        return "revoked"
    return f"last used {local_time(key['lastUsedAt']):%Y-%m-%d %H:%M}" if key["lastUsedAt"] else "never used"


def _create(words: Words, control: Control) -> None:
    if not words.scope:
        raise Invalid("a key needs a scope", "stint keys create --scope read|write|full")
    fields = {"scope": words.scope, "name": words.name, "clientName": words.client, "projectName": words.project}
    key = control.post("/api/keys", {name: text for name, text in fields.items() if text})
    if words.json:
        print(json.dumps({name: key[name] for name in ("id", "key", "scope", "name")}))
        return
    print(key["key"])
    label = f"{for_terminal(key['name'])} ({key['scope']})"
    print(dim(f"{label}; this key will not be shown again. Send it as Authorization: Bearer KEY"))
    url = _url()
    print(dim(f"API clients: {url}" if url else "the loopback port is not open; `stint status` says why"))


def _url() -> str | None:
    """The address for API clients; None while the port is not open."""
    try:
        with open(paths.home_layout().http_json, encoding="utf-8") as file:
            url: str | None = json.load(file).get("url")
            return url
    except (OSError, ValueError):
        return None


def _revoke(words: Words, control: Control) -> None:
    if not words.key:
        raise Invalid("which key to revoke?", "stint keys revoke NAME; `stint keys` lists them")
    key = find_key(control, words.key)
    revoked = control.delete("/api/keys", {"id": key["id"]})
    print(json.dumps(revoked) if words.json else f"revoked {bold(for_terminal(revoked['name']))}; it no longer works")


def run(words: Words) -> None:
    control = Control()
    {"list": _list, "create": _create, "revoke": _revoke}[words.action or "list"](words, control)


VERBS = {
    "keys": Verb(
        "keys",
        run,
        "API keys for programs that use the loopback port",
        (Operand("ACTION", "?", choices=ACTIONS), Operand("KEY", "?")),
        OPTIONS,
        DETAIL,
    )
}
