"""One HTTP client for JSON, and what an answer of a billing system means: the same for all of them unless a connector knows
better."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal, TypeAlias
from urllib.parse import urlencode

from stintd.clock import Clock
from stintd.jsonvalue import Json, JsonBody, JsonObject, rows_at, value_at
from stintd.ports import (
    LOCKED,
    LOST,
    REFUSED,
    STOPPED,
    TAKEN,
    UNKNOWN,
    UNSENT,
    Carrier,
    Failure,
    HttpRequest,
    HttpResponse,
    Login,
    Outcome,
    OutcomeKind,
)

ANSWER_LIMIT = 1024 * 1024
SURELY_UNSENT = frozenset({"refused", "unreachable", "tls"})
TEXT_LIMIT = 200
LONGEST_PAUSE = timedelta(days=1)

Answer: TypeAlias = HttpResponse | Failure
Verb: TypeAlias = Literal["create", "update", "delete", "read"]
"""What a request was for: the same status means different things for different verbs."""


class Api:
    """Sends requests to one server with the headers its credentials need. `calls` counts them, for the budget; texts that it
    returns never contain the key."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login, headers: Mapping[str, str]) -> None:
        self._carrier, self.clock, self._headers = carrier, clock, headers
        self._base = login.base_url.rstrip("/")
        self._secrets = [secret for secret in (login.key, headers.get("Authorization", "").rpartition(" ")[2]) if secret]
        self.calls, self.speaks_json = 0, True

    async def ask(
        self,
        method: str,
        path: str,
        body: JsonBody = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; a body goes as JSON."""
        self.calls += 1
        url = self._base + path + ("?" + urlencode(query) if query else "")
        raw = b"" if body is None else self.encode(body)
        head = {**self._headers, **(headers or {}), "Accept": "application/json"}
        if raw:
            head["Content-Type"] = "application/json"
        return await self._carrier.send(
            HttpRequest(
                method,
                url,
                head,
                raw,
                may_be_private=True,
                total_seconds=30.0,
                answer_bytes=ANSWER_LIMIT,
            )
        )

    @staticmethod
    def encode(body: JsonBody) -> bytes:
        """The exact bytes that are sent for a body."""
        return json.dumps(body, ensure_ascii=False).encode()

    def outcome_of(self, answer: Answer, verb: Verb) -> Outcome:
        """What an answer means. `taken` for any 2xx: a caller that needs an id reads the body first."""
        if isinstance(answer, Failure):
            return Outcome(UNSENT if answer.kind in SURELY_UNSENT else UNKNOWN, text=answer.text)
        return self._outcome_of_status(answer, verb)

    def not_a(self, what: str, answer: Answer, kind: OutcomeKind = REFUSED) -> Outcome:
        """Why the answer to a question cannot be used: the request failed, or the answer is not `what` ("a list of projects").
        `unknown` carries no status then: that a list cannot be read is not about one entry."""
        outcome = self.outcome_of(answer, "read")
        if outcome.kind != TAKEN:
            return outcome
        return Outcome(kind, text=f"its answer is not {what}", status=None if kind == UNKNOWN else outcome.status)

    def _outcome_of_status(self, answer: HttpResponse, verb: Verb) -> Outcome:
        status, message = answer.status, self.message_of(answer)
        if 200 <= status < 300:
            if self.speaks_json and "html" in answer.headers.get("content-type", ""):
                text = "it answered with a web page: is there a proxy or a sign-in page in between?"
                return Outcome(UNKNOWN, text=text, status=status)
            return Outcome(TAKEN, status=status, pause=self._pause(answer) if _is_spent(answer) else None)
        if status == 401:
            return Outcome(STOPPED, text=f"the credentials are not accepted{message}", status=status)
        if status in (402, 425, 429):
            return Outcome(UNSENT, text=f"it asks to slow down ({status})", pause=self._pause(answer), status=status)
        if status in (404, 410) and verb in ("update", "delete"):
            return Outcome(TAKEN, status=status) if verb == "delete" else _lost_outcome(status)
        if status == 408 or status >= 500:
            return Outcome(UNKNOWN, text=f"it answered {status}{message}", pause=self._pause(answer), status=status)
        if 300 <= status < 400:
            return Outcome(UNSENT, text=f"it answered {status}: redirects are not followed; is base_url right?", status=status)
        if status == 423:
            return lock_outcome(f"the period is locked there{message}", status)
        return Outcome(REFUSED, text=f"refused with {status}{message}", remedy=_REMEDY.get(status, _FIX), status=status)

    def message_of(self, answer: HttpResponse) -> str:
        """The server's own message as ": MESSAGE", cleaned; "" when it sent none."""
        body = json_of(answer)
        message = next((body[name] for name in _MESSAGE_FIELDS if body.get(name)), "") if isinstance(body, dict) else body
        text = self.clean(_plain_message(message)) if isinstance(body, str | dict) else ""
        return f": {text}" if text else ""

    def clean(self, text: str) -> str:
        """Text from outside without control characters and without the key (however it was sent), cut to `TEXT_LIMIT`."""
        text = printable(text).strip()
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text[:TEXT_LIMIT]

    def _pause(self, answer: HttpResponse) -> timedelta | None:
        """Retry-After, or the time until a quota is renewed; the longer of both."""
        now, pauses = self.clock.now(), []
        for name in ("retry-after", "x-ratelimit-reset", "x-toggl-quota-resets-in"):
            pause = _parse_pause(answer.headers.get(name), now)
            if pause is not None:
                pauses.append(min(pause, LONGEST_PAUSE))
        return max(pauses, default=None)


_FIX = "`stint edit` the entry, or `stint outbox retry ID` once the target accepts it"
_REMEDY = {
    403: "it may be locked or approved there: unlock it there, then `stint outbox retry ID`",
    404: "what it is mapped to does not exist there: `stint targets map` to another",
}
_MESSAGE_FIELDS = ("error", "err", "message", "Message", "detail", "errorMessages", "errors")
"""Where services put their messages; the first one that is not empty counts."""


def printable(text: str) -> str:
    """Text from outside with a blank for each control character."""
    return "".join(char if char.isprintable() else " " for char in text)


def _plain_message(message: Json, depth: int = 3) -> str:
    """The text of a message: a text, a list of them, or an object of them by the field they are about."""
    if isinstance(message, list) and depth:
        return "; ".join(_plain_message(part, depth - 1) for part in message)
    if isinstance(message, dict) and depth:
        own_text = next((message[name] for name in ("message", "Message") if name in message), None)
        parts = message if own_text is None else {"": own_text}
        return "; ".join((f"{name}: " if name else "") + _plain_message(part, depth - 1) for name, part in parts.items())
    return message if isinstance(message, str) else json.dumps(message)


# ---------------------------------------------------------------- outcomes


def lock_outcome(text: str, status: int | None = None) -> Outcome:
    """`locked`: the period of an entry is locked, submitted or approved there."""
    remedy = "open the period there (it is tried again once a day, or `stint outbox retry ID`), or `stint outbox drop ID`"
    return Outcome(LOCKED, text=text, remedy=remedy, status=status)


def _lost_outcome(status: int) -> Outcome:
    text = "it was removed there"
    return Outcome(LOST, text=text, remedy="`stint outbox retry ID` creates it again, `drop ID` leaves it removed", status=status)


def _is_spent(answer: HttpResponse) -> bool:
    """Whether a success says that it was the last one that the quota allows for now."""
    return any(answer.headers.get(name, "").strip() == "0" for name in ("x-ratelimit-remaining", "x-toggl-quota-remaining"))


def _parse_pause(text: str | None, now: datetime) -> timedelta | None:
    """Seconds, an instant in seconds since the epoch, or a date."""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        number = int(text[:12])
        return timedelta(seconds=number if number < 10**9 else max(0, number - int(now.timestamp())))
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(), (at if at.tzinfo else at.replace(tzinfo=now.tzinfo)) - now)


def create_outcome(api: Api, answer: Answer, remote_id: str | None) -> Outcome:
    """The outcome of a create: `unknown` after a success that does not tell the new id."""
    outcome = api.outcome_of(answer, "create")
    if outcome.kind != TAKEN:
        return outcome
    if remote_id:
        return Outcome(TAKEN, remote_id, status=outcome.status, pause=outcome.pause)
    return Outcome(UNKNOWN, text=f"it answered {outcome.status} without the id of what it created", status=outcome.status)


def precheck_failure(outcome: Outcome) -> Outcome:
    """The outcome of a write whose preceding question failed: nothing was written, and the entry is not to blame."""
    if outcome.kind == REFUSED:
        return replace(outcome, kind=STOPPED if outcome.status in (403, 404) else UNSENT)
    return replace(outcome, kind=UNSENT) if outcome.kind == UNKNOWN else outcome


def explain_refusal(refusal: Outcome, state: object, kinds: tuple[OutcomeKind, ...] = (LOCKED,)) -> Outcome:
    """The reason for a refusal, read just after it: what was open before the write may have been closed (or have gone) since.
    The refusal itself where `state` gives no such reason."""
    return replace(state, status=refusal.status) if isinstance(state, Outcome) and state.kind in kinds else refusal


def unreadable_list(api: Api, answer: Answer, *, or_refused: bool = False) -> Outcome:
    """The outcome of a look whose list of entries cannot be read: it says nothing about what is there. `or_refused`: nor does
    a refusal."""
    outcome = api.outcome_of(answer, "read")
    is_unreadable = outcome.kind == TAKEN or (or_refused and outcome.kind == REFUSED)
    return Outcome(UNKNOWN, text="its list of entries cannot be read") if is_unreadable else outcome


# ---------------------------------------------------------------- reading answers


def json_of(answer: Answer) -> Json:
    """The JSON of an answer; None when it has none, is cut off, or says it is something else."""
    if isinstance(answer, Failure) or answer.is_cut or "json" not in answer.headers.get("content-type", "json"):
        return None
    try:
        body: Json = json.loads(answer.body)
    except (ValueError, RecursionError):  # the latter of brackets a thousand deep
        return None
    return body


def id_in(answer: Answer) -> str | None:
    """The id an answer names, at its top or inside `data`, `entry`, `timeEntry`; text or a number."""
    body = json_of(answer)
    for name in ("data", "entry", "timeEntry", "time_entry"):
        if isinstance(body, dict) and "id" not in body and isinstance(body.get(name), dict):
            body = body[name]
    return id_of(value_at(body, "id"))


def id_of(value: Json) -> str | None:
    """An id as text; None when it is empty, or neither text nor a whole number."""
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def rows_of(answer: Answer) -> list[JsonObject] | None:
    """The objects of a list, bare or in an envelope; None when the list cannot be read in full: half a list would say that
    something is not there."""
    body = json_of(answer)
    if isinstance(body, dict):
        lists = (body.get(name) for name in ("data", "items", "entries", "projects", "timeEntries"))
        body = next((rows for rows in lists if isinstance(rows, list)), None)
    return rows_at(body)


def rows_or_problem(api: Api, answer: Answer, what: str) -> list[JsonObject] | Outcome:
    """The objects of a successful list, or why it is not `what` ("a list of projects")."""
    rows = rows_of(answer)
    return rows if rows is not None and status_of(answer) < 300 else api.not_a(what, answer)


def status_of(answer: Answer) -> int:
    """The status, 0 when there is no answer."""
    return answer.status if isinstance(answer, HttpResponse) else 0


def is_number(text: str) -> bool:
    """Whether a text is a whole number in plain digits."""
    return text.isascii() and text.isdigit()


def seconds_of(value: Json) -> int | None:
    """An instant as seconds since the epoch: RFC 3339 text, or a number of seconds or milliseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value / 1000 if value > 10**11 else value)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo is not None else None


def rfc3339(seconds: int) -> str:
    """An instant as UTC text, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_day(seconds: int) -> str:
    """The day of an instant in UTC."""
    return rfc3339(seconds)[:10]
