"""Whether connectors ask, and fakes answer, as the machine-readable documents of the services say.

The documents are not ours to hand on: `STINTD_SPECS` names the folder they are in. What a document says wrongly or leaves
out stands in the table, with the reason; everything else that differs is a fault of the connector (what it asked) or of the
fake (what it answered).
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from stintd.ports import Failure, HttpRequest, HttpResponse
from tests.support.billing.fake import Fake
from tests.support.billing.swagger import METHODS, translate

HOST = "http://spec"
SPECS = os.environ.get("STINTD_SPECS", "")
HOW = "set STINTD_SPECS to the folder with the machine-readable documents of the services"
ASKED, ANSWERED = "asked", "answered"


@dataclass(frozen=True, slots=True)
class Sloppy:
    """What of a document is known not to hold: on which side, in which operation (`POST /time_entries`, as the document
    writes it; "" for all), which complaint (a regular expression), and why."""

    side: str
    operation: str
    complaint: str
    why: str


@dataclass(frozen=True, slots=True)
class Contract:
    """Which document a kind follows. `prefix` is put before paths that lack it. `beside`: paths that the document leaves
    out, though the service has them (regular expressions, each with where that is known from)."""

    file: str
    prefix: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)
    sloppy: tuple[Sloppy, ...] = ()


CONTRACTS: dict[str, Contract] = {
    "clicktime": Contract(
        "clicktime-v2.reconstructed.openapi.json",
        sloppy=(
            Sloppy(ANSWERED, "", "Hours: .* is not of type .number", "met as text, too"),
            Sloppy(ANSWERED, "", "^data: None", "a success that tells of errors holds nothing"),
            Sloppy(ANSWERED, "POST /Me/TimeEntries", "http status: 201", "rebuilt from a client that takes any success"),
        ),
    ),
    "clickup": Contract("clickup-v2.official.openapi.json", "/v2", sloppy=(
        Sloppy(ANSWERED, "POST /v2/team/{team_Id}/time_entries", "'(data|id)' was unexpected|^: '.*' is a required property",
               "it shows a create without any id; programs in the field read data.id"),
        Sloppy(ANSWERED, "PUT /v2/team/{team_id}/time_entries/{timer_id}", "'data' was unexpected",
               "it says nothing of the answer"),
        Sloppy(ANSWERED, "GET /v2/team/{team_Id}/time_entries", "is not of type 'string'", "its own example has numbers"),
        Sloppy(ANSWERED, "GET /v2/team/{team_id}/time_entries/current", "^data: ",
               "it does not say what is answered while no timer runs"),
        Sloppy(ANSWERED, "", "is valid under each of|^folders|features",
               "what it says of these fits no answer, its example included"),
    )),
    "clockify": Contract(
        "clockify-v1.time-entry.openapi.yaml", "/v1",
        {
            r"/v1/user|/v1/workspaces": "the document is a part: that of time entries",
            r"/v1/workspaces/[^/]+/(projects|tags|clients).*": "the same",
        },
    ),
    "harvest": Contract("harvest-v2.time-slice.openapi.json"),
    "jira": Contract(
        "jira-cloud-v3.worklog-slice.openapi.json", beside={r"/rest/api/3/search(/jql)?": "the document is a part: no search"},
        sloppy=tuple(
            Sloppy(side, "", r"(started|created|updated): '.*[+-]\d{4}' is not a 'date-time'",
                   "its own examples write the offset without a colon, and the service takes nothing else")
            for side in (ASKED, ANSWERED)
        ),
    ),
    "tempo": Contract("tempo-v4.core.openapi.yaml", beside={r"/rest/api/3/.*": "Jira's, which its people are found in"}),
    "toggl": Contract(
        "toggl-track-v9.time-entries.repaired.swagger.json",
        beside={r"/workspaces/[^/]+/clients": "the document is a part"},
        sloppy=(
            Sloppy(ASKED, "GET /workspaces/{workspace_id}/projects", "no such query: |sort_pinned",
                   "it calls forms what stands in the address, and demands them all"),
            Sloppy(ANSWERED, "GET /workspaces/{workspace_id}/projects", "'client_id', 'id'|'id'", "it leaves their ids out"),
        ),
    ),
    "wakatime": Contract(
        "wakatime-v1.external-durations.derived.openapi.yaml",
        beside={r"/users/current(/projects)?": "the document is a part: that of external durations"},
    ),
}  # fmt: skip


@cache
def judge_of(kind: str) -> "Judge":
    """Whoever judges a kind: made once, for reading a large document takes a second."""
    contract = CONTRACTS[kind]
    return Judge(contract, document(contract.file))


def document(file: str) -> Mapping[str, Any]:
    """A document of the folder, as OpenAPI 3 for one made-up server."""
    text = (Path(SPECS) / file).read_text()
    found = json.loads(text) if file.endswith(".json") else yaml.safe_load(text)
    opened = translate(found) if "swagger" in found else found
    merged = _merge_all_of(_without_oauth(opened), opened)
    paths = {path: {name: told for name, told in one.items() if name != "servers"} for path, one in merged["paths"].items()}
    return {**merged, "paths": paths, "servers": [{"url": HOST}]}


def _without_oauth(found: dict[str, Any]) -> dict[str, Any]:
    """Without a way to log in that no connector goes, and that the validator warns of."""
    parts = found.get("components", {})
    schemes = {name: one for name, one in parts.get("securitySchemes", {}).items() if one["type"] != "oauth2"}
    ways = [one for one in found.get("security", []) if one.keys() <= schemes.keys()]
    return {**found, "security": ways, "components": {**parts, "securitySchemes": schemes}}


def _merge_all_of(told: Any, whole: Mapping[str, Any]) -> Any:
    """The same with every `allOf` of objects as one object: each of its parts alone would forbid what the others name."""
    if isinstance(told, list):
        return [_merge_all_of(one, whole) for one in told]
    if not isinstance(told, dict):
        return told
    parts = [resolve_ref(one, whole) for one in told["allOf"]] if isinstance(told.get("allOf"), list) else []
    if not parts or not all("properties" in one for one in parts):
        return {name: _merge_all_of(one, whole) for name, one in told.items()}
    fields: dict[str, Any] = {}
    for one in [*parts, told]:
        fields |= _merge_all_of(one.get("properties", {}), whole)
    required = [name for one in [*parts, told] for name in one.get("required", [])]
    return {
        "type": "object",
        "properties": fields,
        **({"required": required} if required else {}),
        **({"nullable": True} if told.get("nullable") else {}),
    }


def resolve_ref(told: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a `$ref` refers to; anything else as it is."""
    found: Any = told
    if "$ref" in told:
        found = whole
        for step in told["$ref"].removeprefix("#/").split("/"):
            found = found[step]
    return found


class Judge:
    """Compares with one document. `told` is what differs: side, operation and complaint."""

    def __init__(self, contract: Contract, found: Mapping[str, Any]) -> None:
        self._contract, self._document = contract, found
        # Fields that the document does not name are a misspelling until the table says otherwise.
        self._api = OpenAPI.from_dict({**found}, config=Config(additional_properties_default_policy="forbid"))
        self.told: list[tuple[str, str, str]] = []
        self.judged = 0

    def of(self, request: HttpRequest, answer: HttpResponse | Failure) -> None:
        """Judge a request, and its answer unless it is an error that the document does not describe."""
        place = urlsplit(request.url)
        path = place.path if place.path.startswith(self._contract.prefix) else self._contract.prefix + place.path
        if any(re.fullmatch(one, path) for one in self._contract.beside):
            return
        self.judged += 1
        operation, declared = self._operation(request.method, path)
        if declared is None:
            self._tell(ASKED, operation, ["no such path or method"])
            return
        asked = MockRequest(
            HOST,
            request.method,
            path,
            args=dict(parse_qsl(place.query)),
            headers=dict(request.headers),
            data=request.body or None,
        )
        self._tell(
            ASKED,
            operation,
            [
                *self._undeclared_queries(path, declared, place.query),
                *self._complaints_of(self._api.request_validator.iter_errors(asked)),
            ],
        )
        if not isinstance(answer, Failure) and (answer.status < 400 or str(answer.status) in declared["responses"]):
            replied = MockResponse(answer.body, answer.status, dict(answer.headers), answer.headers["content-type"])
            self._tell(ANSWERED, operation, self._complaints_of(self._api.response_validator.iter_errors(asked, replied)))

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any] | None]:
        """How the document calls what was asked for: a fixed path goes before one with a name in it."""
        fitting = [one for one in self._document["paths"] if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", one), path)]
        for one in sorted(fitting, key=lambda known: known.count("{")):
            if method.lower() in METHODS and method.lower() in self._document["paths"][one]:
                return f"{method} {one}", self._document["paths"][one][method.lower()]
        return f"{method} {path}", None

    def _undeclared_queries(self, path: str, declared: Mapping[str, Any], query: str) -> Iterator[str]:
        operation = next(one for one in self._document["paths"].values() if declared in one.values())
        given = [resolve_ref(one, self._document) for one in [*operation.get("parameters", []), *declared.get("parameters", [])]]
        names = {one["name"].removesuffix("[]") for one in given if one["in"] == "query"}
        yield from (f"no such query: {name}" for name, _ in parse_qsl(query) if name.removesuffix("[]") not in names)

    def _complaints_of(self, errors: Any) -> Iterator[str]:
        for error in errors:
            yield from complaints(error)

    def _tell(self, side: str, operation: str, found: Any) -> None:
        for complaint in found:
            is_known = any(
                one.side == side and one.operation in ("", operation) and re.search(one.complaint, complaint)
                for one in self._contract.sloppy
            )
            if not is_known:
                self.told.append((side, operation, complaint))


def complaints(error: Exception) -> Iterator[str]:
    """What an error of the validator is about, the innermost causes with their place."""
    inner = getattr(error, "schema_errors", None)
    if inner:
        yield from (f"{'/'.join(str(step) for step in one.absolute_path)}: {one.message}" for one in inner)
    elif error.__cause__ is not None and isinstance(error.__cause__, Exception):
        yield from complaints(error.__cause__)
    else:
        yield f"{type(error).__name__}: {error}"


class Judged:
    """A fake that has what goes through it judged, except answers that are faulty on purpose."""

    def __init__(self, fake: Fake, judge: Judge) -> None:
        self._fake, self.judge = fake, judge

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        answer = await self._fake.send(request)
        self.judge.of(request, Failure("timeout", "") if self._fake.is_faulty else answer)
        return answer


def judge_calls(kind: str, fake: Fake) -> Judged:
    """What this kind asks and is answered from now on, against the document of its table line."""
    judge = judge_of(kind)
    judge.told, judge.judged = [], 0
    return Judged(fake, judge)
