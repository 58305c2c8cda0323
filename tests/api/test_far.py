"""What lies far away: periods that reach to the ends of time, over evidence that is there."""

import pytest

from stintd.api.routes import ROUTES
from tests.api.test_routes import full_body, name_of, path_of

PERIODS = [route for route in ROUTES if {"from", "to"} <= {*(route.query or {}), *(route.body or {})}]
ENDS = [("1970-01-01", "8999-12-31"), ("8999-12-30", "8999-12-31"), ("1970-01-01T00:00:00Z", "8999-12-31T23:59:59.999999Z")]


@pytest.mark.parametrize("route", PERIODS, ids=name_of)
async def test_a_period_to_the_end_of_time_is_no_defect(client, route):
    beats = [{"project": "acme", "time": f"2026-11-20T08:{minute:02d}:00Z"} for minute in range(0, 40, 2)]
    await client.post("/api/heartbeats", beats)
    await client.post("/api/projects", {"name": "none"})
    for since, until in ENDS:
        if route.method == "GET":
            answer = await client.ask("GET", f"{path_of(route)}?from={since}&to={until}")
        else:
            body = {**full_body(route), "from": since, "to": until, "projectName": "none"}
            answer = await client.ask(route.method, path_of(route), {k: v for k, v in body.items() if k in route.body})
        assert answer.status in (200, 404, 409, 422), answer.body


async def test_a_minute_at_the_end_of_time_has_no_evidence_yet(client):
    await client.post("/api/heartbeats", {"project": "acme"})
    for instant in ("1970-01-01T00:00:00Z", "8999-12-31T23:59:59Z"):
        answer = await client.ask("GET", f"/api/why?at={instant}")
        assert answer.status in (200, 422), answer.body
