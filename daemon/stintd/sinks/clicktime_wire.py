"""How ClickTime wraps its answers: an envelope with the data, errors, and the position in a list."""

from collections.abc import Mapping

from stintd.jsonvalue import Json, JsonObject, rows_at, value_at
from stintd.ports import REFUSED, TAKEN, UNKNOWN, Outcome
from stintd.sinks.http_api import Answer, Api, Verb, json_of
from stintd.sinks.remote_lists import read_pages

PAGE, PAGES = 500, 100


def data(answer: Answer) -> Json:
    """The data of an answer; None when it reports errors, whatever its status is."""
    return None if errors(answer) else inner(answer)


def inner(answer: Answer) -> Json:
    """What the envelope holds, with errors or without."""
    return value_at(json_of(answer), "data")


def errors(answer: Answer) -> str:
    """The errors an answer reports, as one text."""
    reported = value_at(json_of(answer), "errors")
    texts = [_error(error) for error in reported[:3]] if isinstance(reported, list) else []
    return "; ".join(text for text in texts if text)


def _error(error: Json) -> str:
    if not isinstance(error, dict):
        return str(error)
    details = error.get("MessageDetail")
    more = [str(detail) for detail in details[:3]] if isinstance(details, list) else []
    return " ".join([str(error.get("Message") or error.get("Field") or "it did not say why"), *more])


def refusal(api: Api, text: str, status: int | None) -> Outcome:
    """The outcome of a success that reports errors: it is none."""
    return Outcome(REFUSED, text=f"refused: {api.clean(text)}", remedy="`stint edit` the entry", status=status)


def write_outcome(api: Api, answer: Answer, verb: Verb) -> Outcome:
    """The outcome of a change or a removal."""
    outcome, message = api.outcome_of(answer, verb), errors(answer)
    is_success = outcome.kind == TAKEN and (outcome.status or 0) < 300  # `taken` also means that it was removed before
    return refusal(api, message, outcome.status) if is_success and message else outcome


def read_problem(api: Api, answer: Answer, what: str) -> Outcome:
    """Why the answer to a question cannot be used: it reports errors, or is not `what`."""
    outcome, message = api.outcome_of(answer, "read"), errors(answer)
    if outcome.kind != TAKEN:
        return outcome
    if message:
        return refusal(api, message, outcome.status)
    return Outcome(UNKNOWN, text=f"its answer is not {what}", status=outcome.status)


async def read_all(api: Api, path: str, query: Mapping[str, str]) -> list[JsonObject] | Outcome:
    """Every page of a list, or why not.

    Whether answers say how many rows there are in all, and how many rows a page has at most, is not documented: where they do
    not, an empty page is the end.
    """

    def rows_in(answer: Answer, page: int) -> list[JsonObject] | Outcome:
        rows = rows_at(data(answer))
        return rows if rows is not None else read_problem(api, answer, "a list")

    def is_end(answer: Answer, page: int, seen: int) -> bool | None:
        total = value_at(json_of(answer), "page", "count")
        return seen >= total if isinstance(total, int) and not isinstance(total, bool) else None

    return await read_pages(api, path, lambda page, seen: {**query, "limit": PAGE, "offset": seen}, rows_in, is_end, PAGES)
