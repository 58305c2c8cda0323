"""Drains the outbox: a lane for each webhook that has something to send; the lane ends when nothing is left. Loop thread.
Nothing here runs or wakes up while nothing waits. Each webhook has its own lane, so that a receiver that hangs delays no
other.
"""

import asyncio
import json
from dataclasses import replace
from functools import partial
from typing import Any

from stintd.engine.delivery.retry import Retry
from stintd.engine.delivery.webhooklane import WebhookLane, WebhookTools, WebhookView, is_taken, reason, signed_request, status_of
from stintd.engine.engine import Engine
from stintd.engine.outbox import TARGET, body_of
from stintd.engine.supervisor import Supervisor
from stintd.errors import NotFound
from stintd.store import outbox
from stintd.store.ids import new_id
from stintd.store.row_types import WebhookRow
from stintd.store.rowio import fetch_all, fetch_one

TEST_EVENT = "webhook.test"
STOP_SECONDS = 1.0


class WebhookSender:
    """One per daemon. Commands and the engine's steps name the targets that have something to look at."""

    def __init__(self, tools: WebhookTools, supervisor: Supervisor) -> None:
        self.tools, self._supervisor = tools, supervisor
        self.secrets = tools.secrets
        self._engine: Engine = tools.engine
        self._lanes: dict[str, WebhookLane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._is_stopping = False

    async def start(self) -> None:
        """Continue with what waited before the start."""
        self._engine.on_outgoing.subscribe(self.wake_lanes)
        webhooks, waiting = await self._engine.database.read(
            lambda conn: (fetch_all(conn, WebhookRow, "SELECT id, enabled FROM webhook"), outbox.targets(conn))
        )
        if webhooks:
            self._engine.note_sending()
        await asyncio.to_thread(self.secrets.sweep, {row["id"] for row in webhooks})
        self.wake_lanes(set(waiting))

    def wake_lanes(self, targets: set[str]) -> None:
        """Look at these webhooks again."""
        for target in targets:
            webhook_id = target.removeprefix(TARGET)
            if webhook_id in self._lanes:
                self._lanes[webhook_id].wake()
            elif target.startswith(TARGET) and not self._is_stopping:
                lane = self._lanes[webhook_id] = WebhookLane(self.tools, webhook_id, self._report)
                self._tasks[webhook_id] = self._supervisor.start(f"webhook {webhook_id}", partial(self._run, lane))

    def set_retry(self, retry: Retry) -> None:
        """Use these pauses from now on; one that has begun keeps its length."""
        self.tools = replace(self.tools, retry=retry)
        for lane in self._lanes.values():
            lane.tools = self.tools

    async def stop(self) -> None:
        """Begin no further delivery, and give those under way a moment, so that they need not be sent twice."""
        self._is_stopping = True
        for lane in self._lanes.values():
            lane.stop()
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=STOP_SECONDS)

    async def test(self, webhook_id: str) -> dict[str, Any]:
        """Send a test now, past the queue, and answer its outcome: `{delivered, status, error, deliveryId}`."""
        clock = self._engine.clock
        webhook = await self._engine.database.read(partial(_load_webhook, webhook_id))
        delivery_id = new_id(clock.now())
        data = {"webhookId": webhook_id, "events": json.loads(webhook["events"])}
        body = body_of(delivery_id, TEST_EVENT, clock.now(), data)
        answer = await self.tools.carrier.send(signed_request(self.tools, webhook, delivery_id, TEST_EVENT, body))
        error = None if is_taken(answer) else reason(answer)
        return {"delivered": error is None, "status": status_of(answer), "error": error, "deliveryId": delivery_id}

    async def _run(self, lane: WebhookLane) -> None:
        await lane.run()
        del self._lanes[lane.webhook_id], self._tasks[lane.webhook_id]

    def _report(self, webhook_id: str, view: WebhookView) -> None:
        """Raise or clear the warning about parked deliveries."""
        if view.webhook is not None:
            self._engine.note_sending()
        health = self._engine.health
        if view.webhook is None or not view.parked:
            health.clear("webhook_parked", webhook_id)
            return
        count = "one delivery" if view.parked == 1 else f"{view.parked} deliveries"
        health.raise_warning(
            "webhook_parked",
            f"{count} to the webhook {webhook_id} could not be made: {view.error}",
            f"fix the receiver, then run `stint webhooks redeliver {webhook_id}`; `stint outbox` shows them",
            subject=webhook_id,
        )


def _load_webhook(webhook_id: str, conn: Any) -> WebhookRow:
    row = fetch_one(conn, WebhookRow, "SELECT * FROM webhook WHERE id = ?", (webhook_id,))
    if row is None:
        raise NotFound(f"there is no webhook {webhook_id[:40]}", "`stint webhooks` lists them")
    return row
