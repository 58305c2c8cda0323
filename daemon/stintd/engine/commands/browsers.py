"""Browsers that show the dashboard: signed in by a one-time link, and signed out again. Each has a row among the API keys, so
it is listed and revoked like a key.
"""

from stintd.domain.model import to_us
from stintd.engine.apikeys import BROWSER, BROWSER_LASTS, browser_hash
from stintd.engine.queries import keys
from stintd.engine.rows import Row
from stintd.engine.step import Step
from stintd.engine.wire_types import KeyJson
from stintd.store import rowio
from stintd.store.row_types import ApiKeyRow
from stintd.store.rowio import exists, fetch_all


def sign_in(step: Step, cookie: str, proof: str) -> KeyJson:
    """Sign in a browser that will send these two halves. Expired browsers are taken off the list."""
    now_us = to_us(step.now)
    for row in _browser_rows(step):
        if row["created_us"] <= to_us(step.now - BROWSER_LASTS):
            rowio.update(step.conn, "api_key", row["id"], {"revoked_us": now_us})
    new_row: Row = {
        "id": step.new_id(),
        "name": _unique_name(step),
        "scope": "full",
        "hash": browser_hash(cookie, proof),
        "created_us": now_us,
    }
    rowio.insert(step.conn, "api_key", new_row)
    return keys.key_json(keys.find_key(step.conn, new_row["id"]))


def sign_out_all(step: Step) -> list[str]:
    """Sign out every browser; answers the ids of their keys."""
    key_ids = [row["id"] for row in _browser_rows(step)]
    for key_id in key_ids:
        rowio.update(step.conn, "api_key", key_id, {"revoked_us": to_us(step.now)})
    return key_ids


def _browser_rows(step: Step) -> list[ApiKeyRow]:
    return fetch_all(
        step.conn, ApiKeyRow, "SELECT * FROM api_key WHERE revoked_us IS NULL AND substr(hash, 1, ?) = ?", (len(BROWSER), BROWSER)
    )


def _unique_name(step: Step) -> str:
    """A name that is unique by its minute, then by a number."""
    base, number = f"browser {step.now:%Y-%m-%d %H:%M}", 1
    name = base
    while exists(step.conn, "SELECT 1 FROM api_key WHERE name = ? AND revoked_us IS NULL", (name,)):
        number += 1
        name = f"{base} ({number})"
    return name
