"""schemathesis over the document: whatever it sends, the answer is one that the document promises, and never a defect."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from stintd.api import openapi
from stintd.api.route import read_body, read_query
from stintd.api.routes import ROUTES
from tests.api.probe import probing
from tests.support.clock import FakeClock

QUICK, THOROUGH = 6, 500
NOW = FakeClock().now()
AIMS = {
    "projectId": "project_id", "currentProjectId": "project_id", "fallbackProjectId": "project_id", "taskId": "task_id",
    "clientId": "client_id", "timerId": "entry_id", "editId": "edit_id", "id": "mapping_id",
}  # fmt: skip
"""Fields that hold an id, and what of."""


def written(moment):
    return moment.isoformat().replace("+00:00", "Z")


moments = st.one_of(
    st.integers(-3 * 1440, 1440).map(lambda minutes: written(NOW + timedelta(minutes=minutes))),
    st.datetimes(datetime(1971, 1, 1), datetime(8999, 12, 30), timezones=st.just(UTC)).map(written),
)
days = st.one_of(
    st.integers(-3, 3).map(lambda number: (NOW + timedelta(number)).date().isoformat()),
    st.dates(datetime(1971, 1, 1).date(), datetime(8999, 12, 30).date()).map(str),
)
schemathesis.openapi.format("date-time", moments)
schemathesis.openapi.format("date", days)
load_all_checks()


@pytest.fixture(scope="module")
def document():
    return schemathesis.openapi.from_dict(json.loads(openapi.text(ROUTES, "test")))


@pytest.fixture
def probe(tmp_path):
    with probing(tmp_path) as one:
        yield one


def aim(case, known, draw):
    """Most of the time name things that are there; nothing of interest happens to things that are not."""
    pick = lambda name: draw.draw(st.sampled_from(known[name]))  # noqa: E731
    for name in case.path_parameters or {}:
        if known.get(name) and draw.draw(st.integers(0, 3)):
            case.path_parameters[name] = pick(name)
    for fields in (case.query, case.body):
        for name in fields if isinstance(fields, dict) else {}:
            if name in AIMS and fields[name] is not None and draw.draw(st.booleans()):
                fields[name] = pick(AIMS[name])
            if name == "ids" and draw.draw(st.booleans()):
                fields[name] = draw.draw(st.lists(st.sampled_from(known["entry_id"]), min_size=2, max_size=3, unique=True))


def check_it_is_read(route, case, response):
    """What the document admits, the reader of requests takes; refused it may still be, for what it asks."""
    if not route.raw:
        read_query(route, response.request.url.partition("?")[2])
        raw = response.request.body
        read_body(route, json.loads(raw) if raw else None)
    # A field that is passed over may hold what no JSON of ours may: a NUL, a number without end; so may another protocol's.
    assert response.status_code != 400 or route.is_lenient or route.is_unparsed, response.text


def hammer(document, probe, route, examples):
    """Requests that fit the document and requests that do not."""
    operation = document[route.path][route.method]
    session = requests.Session()
    headers = {"Authorization": f"Bearer {probe.key}"}

    @settings(max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)), draw=st.data())
    def send(case, draw):
        is_fitting = case.meta is None or case.meta.generation.mode is GenerationMode.POSITIVE
        if is_fitting:
            aim(case, probe.known, draw)
        response = case.call(base_url=probe.url, headers=headers, session=session)
        # WakaTime's clients send a refused body again for ever: there each item is refused by itself.
        is_mixed = response.status_code == 202 and response.content and response.json().get("rejected")
        refused_one_by_one = route.is_for_extensions or is_mixed
        left_out = [positive_data_acceptance, ignored_auth, *([negative_data_rejection] if refused_one_by_one else [])]
        case.validate_response(response, excluded_checks=left_out)
        if is_fitting:
            check_it_is_read(route, case, response)

    send()


ENDING = [route for route in ROUTES if route.media != "text/event-stream"]
named = pytest.mark.parametrize("route", ENDING, ids=lambda route: f"{route.method} {route.path}")


@named
def test_no_request_gets_an_answer_that_the_document_does_not_promise(document, probe, route):
    hammer(document, probe, route, QUICK)


@pytest.mark.slow
@named
def test_no_request_of_hundreds_gets_an_answer_that_the_document_does_not_promise(document, probe, route):
    hammer(document, probe, route, THOROUGH)
