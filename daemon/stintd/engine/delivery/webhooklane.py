"""Delivery to one webhook: one delivery at a time, the oldest first. Loop thread.

Order: a delivery that fails holds back those behind it for its first `ORDERED_TRIES` attempts (a little over a minute); then they
go past it, so that one delivery the receiver cannot process stops nothing. After each failure comes a pause that doubles. All
state is in the database: a lane that is started again continues where it stopped, and repeats an attempt whose outcome was not
recorded, with the same id.
"""

import random
from collections.abc import Callable
from functools import partial
from sqlite3 import Connection

from stintd import __version__
from stintd.clock import Clock
from stintd.domain.model import to_us
from stintd.engine.delivery import webhook_signature
from stintd.engine.delivery.lane import Act, Lane
from stintd.engine.delivery.retry import LONGEST_RETRY_AFTER, Retry, parse_retry_after
from stintd.engine.delivery.webhook_attempt import Attempt, settle
from stintd.engine.delivery.webhook_secrets import WebhookSecrets
from stintd.engine.engine import Engine
from stintd.engine.outbox import target_of
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.ports import Carrier, Failure, HttpRequest, HttpResponse
from stintd.store import outbox
from stintd.store.row_types import OutboxRow, WebhookRow
from stintd.store.rowio import fetch_one

ORDERED_TRIES = 5
USER_AGENT = f"stintd/{__version__}"


DEFAULT_RETRY = Retry()


@frozen
class WebhookTools:
    """The parts shared by every lane. `chance` gives numbers from 0 to 1."""

    engine: Engine
    secrets: WebhookSecrets
    carrier: Carrier
    retry: Retry = DEFAULT_RETRY
    chance: Callable[[], float] = random.random


@frozen
class WebhookView:
    """What the database holds: the webhook, the next delivery and the one after it, how many are parked and why."""

    webhook: WebhookRow | None
    head: OutboxRow | None = None
    straggler: OutboxRow | None = None
    parked: int = 0
    error: str = ""


LONGEST_WAIT = 2 * LONGEST_RETRY_AFTER
"""The longest pause, whatever the settings and a server say."""


class _Deadlines:
    """Turns instants of the wall clock into waits on the monotonic one: setting the clock changes no wait that has begun, and
    a wait read from the database is never longer than the longest pause.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[str, tuple[int, float]] = {}

    def wait(self, name: str, at_us: int | None) -> float:
        """Seconds until `at_us`, 0 if it has passed."""
        if at_us is None:
            return 0.0
        deadline = self._waits.get(name)
        if deadline is None or deadline[0] != at_us:
            ahead = (at_us - to_us(self._clock.now())) / 1e6
            deadline = self._waits[name] = (at_us, self._clock.monotonic() + min(max(ahead, 0.0), LONGEST_WAIT.total_seconds()))
        return max(0.0, deadline[1] - self._clock.monotonic())


class WebhookLane(Lane[WebhookView]):
    """Runs until nothing waits. `on_look` receives the state read each time, for warnings."""

    def __init__(self, tools: WebhookTools, webhook_id: str, on_view: Callable[[str, WebhookView], None]) -> None:
        super().__init__(tools.engine)
        self.tools, self.webhook_id, self._on_view = tools, webhook_id, on_view
        self._deadlines = _Deadlines(self._clock)

    def _load_view(self, conn: Connection) -> WebhookView:
        webhook = fetch_one(conn, WebhookRow, "SELECT * FROM webhook WHERE id = ?", (self.webhook_id,))
        if webhook is None:
            return WebhookView(None)
        target = target_of(self.webhook_id)
        head, straggler = outbox.head(conn, target, ORDERED_TRIES), outbox.straggler(conn, target, ORDERED_TRIES)
        last = fetch_one(
            conn,
            OutboxRow,
            "SELECT error FROM outbox WHERE target = ? AND state = 'parked' ORDER BY last_try_us DESC LIMIT 1",
            (target,),
        )
        parked = outbox.count(conn, target, outbox.PARKED) if last is not None else 0
        return WebhookView(webhook, head, straggler, parked, webhook["trouble"] or (last["error"] if last is not None else ""))

    def _report(self, view: WebhookView) -> None:
        self._on_view(self.webhook_id, view)

    def _next_act(self, view: WebhookView) -> tuple[float, Act | None]:
        """The head as soon as it may be sent; while none is due, a straggler."""
        webhook = view.webhook
        if webhook is None or not webhook["enabled"]:
            return 0.0, None
        rest = self._deadlines.wait("rest", webhook["rest_us"])
        waits = [
            (max(rest, self._deadlines.wait(name, row["next_us"])), row)
            for name, row in (("head", view.head), ("straggler", view.straggler))
            if row is not None
        ]
        if not waits:
            return 0.0, None
        wait, row = min(waits, key=lambda wait_row: wait_row[0])
        return wait, partial(self._deliver, webhook, row)

    async def _deliver(self, webhook: WebhookRow, row: OutboxRow) -> None:
        try:
            request = signed_request(self.tools, webhook, row["id"], row["kind"], row["body"])
        except StintdError as error:
            answer: HttpResponse | Failure = Failure("refused", error.message)
        else:
            answer = await self.tools.carrier.send(request)
        pause, retry = None, self.tools.retry
        if not is_taken(answer):
            retry_after = None
            if isinstance(answer, HttpResponse):
                retry_after = parse_retry_after(answer.headers.get("retry-after"), self._clock.now())
            pause = retry.pause(webhook["failures"] + 1, retry_after, self.tools.chance)
        attempt = Attempt(row["seq"], status_of(answer), "" if pause is None else reason(answer), pause)
        await self._record(lambda step: settle(step, self.webhook_id, attempt, self.tools.retry))


def signed_request(tools: WebhookTools, webhook: WebhookRow, delivery_id: str, event: str, body: str) -> HttpRequest:
    """The request of one attempt, signed now; `unavailable` when the secret is lost."""
    now, raw = tools.engine.clock.now(), body.encode()
    secrets = tools.secrets.load_valid(webhook["id"], now)
    headers = webhook_signature.headers(secrets, delivery_id, event, now, raw)
    return HttpRequest("POST", webhook["url"], {**headers, "User-Agent": USER_AGENT}, raw, bool(webhook["allow_private"]))


def is_taken(answer: HttpResponse | Failure) -> bool:
    """Whether the receiver accepted it: any 2xx."""
    return isinstance(answer, HttpResponse) and 200 <= answer.status < 300


def status_of(answer: HttpResponse | Failure) -> int | None:
    """The HTTP status, if there was one."""
    return answer.status if isinstance(answer, HttpResponse) else None


def reason(answer: HttpResponse | Failure) -> str:
    """Why it was not accepted, for people; of a server's answer only the status code is shown."""
    if isinstance(answer, Failure):
        return answer.text
    if 300 <= answer.status < 400:
        return f"the receiver answered {answer.status}: redirects are not followed"
    return f"the receiver answered {answer.status}"
