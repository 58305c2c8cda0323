"""How ClickTime wraps what it says: an envelope with the data, errors and where in a list one is."""

from collections.abc import Mapping
from typing import Any

from stintd.ports import REFUSED, TAKEN, UNKNOWN, Failure, Outcome, Response
from stintd.sinks.http_api import Api, parsed

PAGE, PAGES = 500, 100


def data(answer: Response | Failure) -> Any:
    """What an answer holds; None when it tells of errors, whatever its status says."""
    return None if errors(answer) else inner(answer)


def inner(answer: Response | Failure) -> Any:
    """What the envelope holds, errors or not."""
    found = parsed(answer)
    return found.get("data") if isinstance(found, dict) else None


def errors(answer: Response | Failure) -> str:
    """The errors an answer tells of, as one text."""
    found = parsed(answer)
    given = found.get("errors") if isinstance(found, dict) else None
    texts = [_error(one) for one in given[:3]] if isinstance(given, list) else []
    return "; ".join(one for one in texts if one)


def _error(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    details = one.get("MessageDetail")
    more = [str(detail) for detail in details[:3]] if isinstance(details, list) else []
    return " ".join([str(one.get("Message") or one.get("Field") or "it did not say why"), *more])


def refused(api: Api, text: str, status: int | None) -> Outcome:
    """A success that tells of errors is none."""
    return Outcome(REFUSED, text=f"refused: {api.cleaned(text)}", remedy="`stint edit` the entry", status=status)


def written(api: Api, answer: Response | Failure, verb: str) -> Outcome:
    """How a change or a removal went."""
    outcome, told = api.judged(answer, verb), errors(answer)
    is_success = outcome.kind == TAKEN and (outcome.status or 0) < 300  # what is gone already is taken away, too
    return refused(api, told, outcome.status) if is_success and told else outcome


def unread(api: Api, answer: Response | Failure, what: str) -> Outcome:
    """Why an answer to a question cannot be used."""
    outcome, told = api.judged(answer, "read"), errors(answer)
    if outcome.kind != TAKEN:
        return outcome
    return refused(api, told, outcome.status) if told else Outcome(UNKNOWN, text=f"its answer is {what}", status=outcome.status)


async def everything(api: Api, path: str, query: Mapping[str, str]) -> list[dict[str, Any]] | Outcome:
    """Every page of a list, or why not: half of it would say that something is not there.

    Whether answers say how many there are in all, and how many a page has at most, is not documented: where they do not,
    an empty page is the end.
    """
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        answer = await api.ask("GET", path, query={**query, "limit": PAGE, "offset": len(found)})
        rows, total = data(answer), _total(answer)
        if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
            return unread(api, answer, "no list")
        is_lost = not rows and total is not None and total > len(found)
        if is_lost or (rows and found and rows[0] == found[0]):  # the second: a server that always shows the first page
            break
        found += rows
        if not rows or (total is not None and len(found) >= total):
            return found
    return Outcome(UNKNOWN, text="its list cannot be read to its end")


def _total(answer: Response | Failure) -> int | None:
    found = parsed(answer)
    page = found.get("page") if isinstance(found, dict) else None
    count = page.get("count") if isinstance(page, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) else None
