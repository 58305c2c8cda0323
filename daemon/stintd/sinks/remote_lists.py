"""Lists at a billing system: read page by page, as places for hours, and searched for the ids of clients and tags."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import TypeAlias

from stintd.jsonvalue import JsonBody, JsonObject
from stintd.ports import MISSING, REFUSED, TAKEN, UNKNOWN, Account, Connector, Item, Outcome, RemotePlace
from stintd.sinks.http_api import Answer, Api, create_outcome, id_in, is_number, precheck_failure, rows_of

ReadPage: TypeAlias = Callable[[Answer, int], list[JsonObject] | Outcome]
"""The rows of the page with this number (from 1), or why they cannot be read."""
IsEnd: TypeAlias = Callable[[Answer, int, int], bool | None]
"""Whether the page with this number, after which so many rows have been read, is the last; None where the answer does not
say: then the first empty page is the end."""


async def read_pages(
    api: Api,
    path: str,
    page_query: Callable[[int, int], Mapping[str, str | int]],
    read: ReadPage,
    is_end: IsEnd,
    most_pages: int,
) -> list[JsonObject] | Outcome:
    """Every page of a list, or why not: half a list would say that something is not there. `page_query` makes the query of a
    page from its number and from how many rows came before it."""
    out: list[JsonObject] = []
    for page in range(1, most_pages + 1):
        answer = await api.ask("GET", path, query=page_query(page, len(out)))
        rows = read(answer, page)
        if isinstance(rows, Outcome):
            return rows
        if rows and out and rows[0] == out[0]:  # the server shows its first page whatever it is asked for
            break
        out += rows
        end = is_end(answer, page, len(out))
        if end or (end is None and not rows):
            return out
        if not rows:
            break
    return Outcome(UNKNOWN, text="its list cannot be read to the end")


def places_of(rows: list[JsonObject], option: str) -> tuple[RemotePlace, ...]:
    """A place for each row with a name and an id; the id goes under `option`."""
    return tuple(RemotePlace(str(row.get("name", "")), {option: str(row.get("id", ""))}) for row in rows)


async def list_projects(api: Api, path: str) -> tuple[RemotePlace, ...] | Outcome:
    """The projects of a service that lists them in one answer."""
    answer = await api.ask("GET", path)
    rows = rows_of(answer)
    return places_of(rows, "project_id") if rows is not None else api.not_a("a list of projects", answer)


async def account_by_projects(api: Api, path: str) -> Account | Outcome:
    """A nameless account, for services that have no call that names it: its projects can be read."""
    places = await list_projects(api, path)
    return places if isinstance(places, Outcome) else Account("")


def project_place(outcome: Outcome, name: str, client: str = "") -> RemotePlace | Outcome:
    """The project that a create made, or why there is none."""
    return RemotePlace(name, {"project_id": outcome.remote_id}, client) if outcome.kind == TAKEN else outcome


def id_by_name(rows: list[JsonObject], name: str) -> str | None:
    """The id of the first row with this name, whatever its case."""
    return next((str(row.get("id")) for row in rows if str(row.get("name")).casefold() == name.casefold()), None)


def number_problem(ids: Mapping[str, str], service: str) -> Outcome | None:
    """Why an entry cannot be sent where one of these ids, by their options, is not a number; None when all are."""
    option = next((option for option, value in ids.items() if not is_number(value)), None)
    text = f"{option} is a number at {service}"
    return Outcome(REFUSED, text=text, remedy="`stint targets map` to another") if option else None


async def id_of_new(api: Api, path: str, body: JsonBody) -> str | Outcome:
    """Create something; its id, or why there is none."""
    answer = await api.ask("POST", path, body)
    outcome = create_outcome(api, answer, id_in(answer))
    return outcome.remote_id if outcome.kind == TAKEN else outcome


async def adopt_match(connector: Connector, same: list[JsonObject], item: Item) -> Outcome:
    """The outcome of a look, from the entries there of the same time and project. One with another description is an attempt at
    another entry of that time: it becomes this one, and the other is created again when it is looked for."""
    match = next((row for row in same if str(row.get("description") or "") == item.description), None)
    if match is not None or not same:
        return Outcome(MISSING) if match is None else Outcome(TAKEN, str(match.get("id")))
    remote_id = str(same[0].get("id"))
    outcome = await connector.update(remote_id, item)
    return replace(outcome, remote_id=remote_id) if outcome.kind == TAKEN else outcome


class TagIds:
    """The ids of tags by their names; tags that are missing are created. `path` creates one, `read_all` lists them."""

    def __init__(self, api: Api, path: str, read_all: Callable[[], Awaitable[list[JsonObject] | Outcome]]) -> None:
        self._api, self._path, self._read_all = api, path, read_all
        self._ids: dict[str, str] = {}

    async def find(self, names: tuple[str, ...]) -> list[str] | Outcome:
        """The ids of these tags. A tag that may not be created is left out: hours matter more than their labels."""
        if any(name not in self._ids for name in names):
            rows = await self._read_all()
            if isinstance(rows, Outcome):
                return precheck_failure(rows)
            self._ids |= {str(row.get("name")): str(row.get("id")) for row in rows}
        for name in names:
            if name not in self._ids:
                tag_id = await id_of_new(self._api, self._path, {"name": name})
                if isinstance(tag_id, Outcome) and tag_id.kind != REFUSED:
                    return precheck_failure(tag_id)
                self._ids[name] = "" if isinstance(tag_id, Outcome) else tag_id
        return [self._ids[name] for name in names if self._ids[name]]
