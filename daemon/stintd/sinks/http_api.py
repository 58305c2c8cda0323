"""What an answer of a billing system means, the same for all of them unless a connector knows better; and the asking."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

from stintd.clock import Clock
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
    Login,
    Outcome,
    OutcomeKind,
    Request,
    Response,
)  # fmt: skip

ANSWER_LIMIT = 1024 * 1024
SURELY_UNSENT = frozenset({"refused", "unreachable", "tls"})
WORDS_LIMIT = 200
LONGEST_PAUSE = timedelta(days=1)


class Api:
    """Asks one server with the headers its credentials need. `calls` counts, for the budget; the key is never shown."""

    def __init__(self, carrier: Carrier, clock: Clock, login: Login, headers: Mapping[str, str]) -> None:
        self._carrier, self.clock, self._headers = carrier, clock, headers
        self._base = login.base_url.rstrip("/")
        self._secrets = [told for told in (login.key, headers.get("Authorization", "").rpartition(" ")[2]) if told]
        self.calls, self.speaks_json = 0, True

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response | Failure:
        """One request; a body goes as JSON."""
        self.calls += 1
        url = self._base + path + ("?" + urlencode(query) if query else "")
        raw = b"" if body is None else self.raw(body)
        head = {**self._headers, **(headers or {}), "Accept": "application/json"}
        if raw:
            head["Content-Type"] = "application/json"
        return await self._carrier.send(Request(
            method, url, head, raw, may_be_private=True, total_seconds=30.0, answer_bytes=ANSWER_LIMIT,
        ))  # fmt: skip

    @staticmethod
    def raw(body: Any) -> bytes:
        """The very bytes a body is sent as."""
        return json.dumps(body, ensure_ascii=False).encode()

    def judged(self, answer: Response | Failure, verb: str) -> Outcome:
        """What an answer means for a create, update, delete or look (`read`). `taken` for any 2xx: whoever needs an id reads
        the body first."""
        if isinstance(answer, Failure):
            kind: OutcomeKind = UNSENT if answer.kind in SURELY_UNSENT else UNKNOWN
            return Outcome(kind, text=answer.text)
        return self._of_status(answer, verb)

    def unread(self, answer: Response | Failure, what: str) -> Outcome:
        """Why an answer to a question cannot be used: it failed, or it is `what` ("no list of projects")."""
        judged = self.judged(answer, "read")
        return judged if judged.kind != TAKEN else Outcome(REFUSED, text=f"its answer is {what}", status=judged.status)

    def _of_status(self, answer: Response, verb: str) -> Outcome:
        status, said = answer.status, self.said(answer)
        if 200 <= status < 300:
            if self.speaks_json and "html" in answer.headers.get("content-type", ""):
                return Outcome(UNKNOWN, text="it answered with a web page: is a proxy or a sign-in in between?", status=status)
            return Outcome(TAKEN, status=status, pause=self._pause(answer) if _is_spent(answer) else None)
        if status == 401:
            return Outcome(STOPPED, text=f"the credentials are not accepted{said}", status=status)
        if status in (402, 425, 429):
            return Outcome(UNSENT, text=f"it asks to slow down ({status})", pause=self._pause(answer), status=status)
        if status in (404, 410) and verb in ("update", "delete"):
            return Outcome(TAKEN, status=status) if verb == "delete" else _lost(status)
        if status == 408 or status >= 500:
            return Outcome(UNKNOWN, text=f"it answered {status}{said}", pause=self._pause(answer), status=status)
        if 300 <= status < 400:
            return Outcome(UNSENT, text=f"it answered {status}: redirects are not followed; is base_url right?", status=status)
        if status == 423:
            return locked(f"the period is locked there{said}", status)
        return Outcome(REFUSED, text=f"refused with {status}{said}", remedy=_REMEDY.get(status, _MEND), status=status)

    def said(self, answer: Response) -> str:
        """The server's own words, made harmless."""
        found = parsed(answer)
        told = next((found[name] for name in _WORDS if found.get(name)), "") if isinstance(found, dict) else found
        text = self.cleaned(_words(told)) if isinstance(found, str | dict) else ""
        return f": {text}" if text else ""

    def cleaned(self, text: str) -> str:
        """Words from outside, without control characters, without the key (however it was sent), and not too many."""
        text = "".join(one if one.isprintable() else " " for one in text).strip()
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text[:WORDS_LIMIT]

    def _pause(self, answer: Response) -> timedelta | None:
        """Retry-After, or when a quota begins anew; the longer of both."""
        now, found = self.clock.now(), []
        for name in ("retry-after", "x-ratelimit-reset", "x-toggl-quota-resets-in"):
            pause = _pause_of(answer.headers.get(name), now)
            if pause is not None:
                found.append(min(pause, LONGEST_PAUSE))
        return max(found, default=None)


_MEND = "`stint edit` the entry, or `stint outbox retry ID` once the target takes it"
_REMEDY = {
    403: "it may be locked or approved there: unlock it there, then `stint outbox retry ID`",
    404: "the place it is mapped to is not there: `stint targets map` names another",
}


def locked(text: str, status: int | None = None) -> Outcome:
    """The period of an entry is locked, submitted or approved there."""
    remedy = "open the period there (it is tried again once a day, or `stint outbox retry ID`), or `stint outbox drop ID`"
    return Outcome(LOCKED, text=text, remedy=remedy, status=status)


_WORDS = ("error", "err", "message", "Message", "detail", "errorMessages", "errors")
"""Where services put what they say, the first that says something."""


def _words(told: Any, depth: int = 3) -> str:
    """Words in a text, a list of them, or by the field they are about."""
    if isinstance(told, list) and depth:
        return "; ".join(_words(one, depth - 1) for one in told)
    if isinstance(told, dict) and depth:
        plain = next((told[name] for name in ("message", "Message") if name in told), None)
        within = told if plain is None else {"": plain}
        return "; ".join((f"{name}: " if name else "") + _words(one, depth - 1) for name, one in within.items())
    return told if isinstance(told, str) else json.dumps(told)


def _lost(status: int) -> Outcome:
    text = "somebody removed it there"
    return Outcome(LOST, text=text, remedy="`stint outbox retry ID` makes it anew, `drop ID` leaves it", status=status)


def _is_spent(answer: Response) -> bool:
    """Whether a success says that it was the last one that its quota allows for now."""
    return any(answer.headers.get(name, "").strip() == "0" for name in ("x-ratelimit-remaining", "x-toggl-quota-remaining"))


def _pause_of(text: str | None, now: datetime) -> timedelta | None:
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


def parsed(answer: Response | Failure) -> Any:
    """The JSON of an answer, None when it is none, is cut, or says it is something else."""
    if isinstance(answer, Failure) or answer.is_cut or "json" not in answer.headers.get("content-type", "json"):
        return None
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):  # the latter of brackets a thousand deep
        return None


def made(api: Api, answer: Response | Failure, remote_id: str | None) -> Outcome:
    """The outcome of a create: a success that does not tell an id leaves a question."""
    judged = api.judged(answer, "create")
    if judged.kind != TAKEN:
        return judged
    if remote_id:
        return Outcome(TAKEN, remote_id, status=judged.status, pause=judged.pause)
    return Outcome(UNKNOWN, text=f"it answered {judged.status} without saying what it made", status=judged.status)


def id_in(answer: Response | Failure) -> str | None:
    """The id an answer names, at its top or inside `data`, `entry`, `timeEntry`; text or a number."""
    found = parsed(answer)
    for inner in ("data", "entry", "timeEntry", "time_entry"):
        if isinstance(found, dict) and "id" not in found and isinstance(found.get(inner), dict):
            found = found[inner]
    given = found.get("id") if isinstance(found, dict) else None
    return str(given) if isinstance(given, str | int) and not isinstance(given, bool) and given != "" else None


def listed(answer: Response | Failure) -> list[dict[str, Any]] | None:
    """The objects of a list, bare or in an envelope; None when that cannot be read: half a list would say that something is
    not there."""
    found = parsed(answer)
    if isinstance(found, dict):
        found = next(
            (
                found[name]
                for name in ("data", "items", "entries", "projects", "timeEntries")
                if isinstance(found.get(name), list)
            ),
            None,
        )
    return found if isinstance(found, list) and all(isinstance(one, dict) for one in found) else None


def status_of(answer: Response | Failure) -> int:
    """The status, 0 when there is no answer."""
    return answer.status if isinstance(answer, Response) else 0


def unlisted(api: Api, answer: Response | Failure) -> Outcome:
    """The outcome of a look whose list cannot be read: it says nothing of what is there."""
    judged = api.judged(answer, "read")
    return Outcome(UNKNOWN, text="its list of entries cannot be read") if judged.kind in (TAKEN, REFUSED) else judged


def before(outcome: Outcome) -> Outcome:
    """What went wrong with a question that comes before a write: nothing was written, and no entry is to blame."""
    if outcome.kind == REFUSED:
        return replace(outcome, kind=STOPPED if outcome.status in (403, 404) else UNSENT)
    return replace(outcome, kind=UNSENT) if outcome.kind == UNKNOWN else outcome


def seconds_of(value: Any) -> int | None:
    """An instant as seconds since the epoch: RFC 3339 text, or a number of seconds or milliseconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value / 1000 if value > 10**11 else value)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo is not None else None
