"""Creates, changes and deletes webhooks. The callers of these functions write the files with secrets."""

from stintd.domain.address import endpoint_refusal, parse_endpoint
from stintd.domain.model import to_us
from stintd.engine.commands.deliveries import events_text
from stintd.engine.commands.entry_rows import check_revision
from stintd.engine.delivery.webhook_attempt import park_waiting
from stintd.engine.delivery.webhook_secrets import WebhookSecrets, new_secret
from stintd.engine.outbox import target_of
from stintd.engine.queries.webhooks import find_webhook, webhook_json
from stintd.engine.reply import Reply
from stintd.engine.step import Step
from stintd.engine.wire_types import MadeWebhookJson, WebhookJson
from stintd.errors import Conflict, Invalid
from stintd.store import outbox, rowio
from stintd.store.row_types import WebhookRow
from stintd.store.rowio import fetch_one

MOST_WEBHOOKS = 50
"""Most webhooks of one home; every change is stored once for each."""


def create(
    step: Step, secrets: WebhookSecrets, chosen_secret: str | None, url: str, events: tuple[str, ...], allow_private: bool = False
) -> Reply[MadeWebhookJson]:
    """Create a webhook. Its secret is shown only in this answer, unless the client chose it (`chosen_secret`)."""
    _check_url(url, allow_private)
    (count,) = step.conn.execute("SELECT count(*) FROM webhook").fetchone()
    if count >= MOST_WEBHOOKS:
        raise Conflict(f"there are {MOST_WEBHOOKS} webhooks already", "delete one that is no longer needed")
    webhook_id = step.new_id()
    row = {
        "id": webhook_id,
        "url": url,
        "events": events_text(events),
        "allow_private": int(allow_private),
        "created_us": to_us(step.now),
        "updated_us": to_us(step.now),
    }
    secret = chosen_secret or new_secret()
    # Before the commit: a webhook without a secret could sign nothing. The file of a failed commit is removed at the next start.
    secrets.begin(webhook_id, secret)
    rowio.insert(step.conn, "webhook", row)
    return Reply({**_webhook_json(step, webhook_id), "secret": None}, secret={} if chosen_secret else {"secret": secret})


def _check_url(url: str, may_be_private: bool) -> None:
    endpoint = parse_endpoint(url)
    refusal = "must be a whole URL in plain characters, like https://example.com/hook" if endpoint is None else ""
    refusal = refusal or (endpoint_refusal(endpoint, may_be_private) if endpoint is not None else "")
    if refusal:
        raise Invalid(f"url {refusal}", "see WEBHOOKS.md for where webhooks may lead", {"field": "url"})


def change(
    step: Step,
    webhook_id: str,
    url: str | None = None,
    events: tuple[str, ...] | None = None,
    allow_private: bool | None = None,
    enabled: bool | None = None,
    revision: int | None = None,
) -> WebhookJson:
    """Change a webhook. Another URL, or switching it on, clears earlier failures of its receiver."""
    row = find_webhook(step, webhook_id)
    check_revision(row, revision)
    values = _changes(row, url, events, allow_private)
    if "url" in values or "allow_private" in values:
        _check_url(row["url"] if url is None else url, bool(row["allow_private"] if allow_private is None else allow_private))
    if "url" in values or enabled:
        values |= {"failures": 0, "failing_us": None, "rest_us": None}
    if enabled is not None and enabled != bool(row["enabled"]):
        values |= {"enabled": int(enabled), "trouble": ""}
    if rowio.differences(row, values):
        values |= {"revision": row["revision"] + 1, "updated_us": to_us(step.now)}
        rowio.update(step.conn, "webhook", webhook_id, values)
        step.outgoing.add(target_of(webhook_id))
        if enabled is False:
            park_waiting(step, webhook_id)
    return _webhook_json(step, webhook_id)


def _changes(row: WebhookRow, url: str | None, events: tuple[str, ...] | None, allow_private: bool | None) -> dict[str, object]:
    columns = {
        "url": url,
        "events": None if events is None else events_text(events),
        "allow_private": None if allow_private is None else int(allow_private),
    }
    return rowio.differences(row, {name: value for name, value in columns.items() if value is not None})


def delete(step: Step, webhook_id: str, revision: int | None = None) -> WebhookJson:
    """Delete a webhook and every delivery that waits for it."""
    row = find_webhook(step, webhook_id)
    check_revision(row, revision)
    answer = _webhook_json(step, webhook_id)
    rowio.delete(step.conn, "webhook", webhook_id)
    outbox.forget(step.conn, target_of(webhook_id))
    step.outgoing.add(target_of(webhook_id))
    return answer


def note_rotation(step: Step, webhook_id: str) -> WebhookJson:
    """Note that a webhook is about to get a new secret."""
    row = find_webhook(step, webhook_id)
    values = {"rotated_us": to_us(step.now), "revision": row["revision"] + 1, "updated_us": to_us(step.now)}
    rowio.update(step.conn, "webhook", webhook_id, values)
    return _webhook_json(step, webhook_id)


def _webhook_json(step: Step, webhook_id: str) -> WebhookJson:
    row = fetch_one(step.conn, WebhookRow, "SELECT * FROM webhook WHERE id = ?", (webhook_id,))
    assert row is not None
    return webhook_json(step, row)
