"""Back after a timer was paused by itself: asked once, answered by one command, and nothing waits for the answer."""

import pytest

PAUSED_AT = "2026-11-20T13:00:00Z"
"""Four hours after it was started, with no sign since."""


@pytest.fixture
async def asked(daemon, client):
    for name in ("beta", "acme"):
        await client.post("/api/projects", {"name": name}, 201)
    await client.post("/api/timer/start", {"projectName": "beta"}, 201)
    await daemon.clock.advance(hours=6)
    [notice] = await notices(client)
    assert (PAUSED_AT[11:16] in notice["text"], notice["hint"].count("stint return")) == (True, 4)
    return client


async def notices(asker):
    return [one for one in (await asker.get("/api/status"))["warnings"] if one["code"] == "paused"]


async def answer(asker, status=200, **body):
    told = await asker.ask("POST", "/api/timer/return", body)
    assert told.status == status, told.body
    if status == 200:
        assert await notices(asker) == []
        again = await asker.ask("POST", "/api/timer/return", body)
        assert again.status == 404, "it is asked once"
    return told.body


async def test_keep_takes_the_time_as_work(asked, daemon):
    timer = (await answer(asked, answer="keep"))["timer"]
    assert (timer["state"], timer["durationSeconds"], timer["pauses"]) == ("running", 6 * 3600, [])


async def test_drop_ends_the_timer_where_it_was_paused(asked):
    timer = (await answer(asked, answer="drop"))["timer"]
    assert (timer["state"], timer["end"], timer["durationSeconds"]) == ("finished", PAUSED_AT, 4 * 3600)


async def test_split_goes_on_since_then(asked):
    timer = (await answer(asked, answer="split", at="2026-11-20T14:30:00Z"))["timer"]
    assert (timer["state"], timer["durationSeconds"]) == ("running", 4 * 3600 + 1800)


async def test_assign_gives_the_time_to_another_project_and_the_timer_goes_on_from_now(asked, daemon):
    told = await answer(asked, answer="assign", projectName="acme")
    assert (told["timer"]["state"], told["timer"]["projectName"], told["timer"]["durationSeconds"]) == ("running", "beta", 0)
    assert (told["entry"]["projectName"], told["entry"]["start"], told["entry"]["durationSeconds"]) == ("acme", PAUSED_AT, 7200)
    await daemon.clock.advance(minutes=10)
    await asked.post("/api/timer/stop")
    entries = (await asked.get("/api/entries", from_="2026-11-20", to="2026-11-20"))["data"]
    assert sorted((one["projectName"], one["durationSeconds"]) for one in entries) == [
        ("acme", 7200),
        ("beta", 600),
        ("beta", 4 * 3600),
    ]


async def test_an_answer_is_one_step_that_can_be_undone(asked):
    await answer(asked, answer="assign", projectName="acme")
    await asked.post("/api/undo")
    entries = (await asked.get("/api/entries", from_="2026-11-20", to="2026-11-20"))["data"]
    assert [(one["projectName"], one["state"]) for one in entries] == [("beta", "paused")]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        ({"answer": "split"}, 422, "when"), ({"answer": "split", "at": "2026-11-20T12:00:00Z"}, 422, "when"),
        ({"answer": "assign"}, 422, "needs a project"), ({"answer": "assign", "projectName": "nobody"}, 404, "nobody"),
        ({"answer": "sleep"}, 422, "answer"), ({"answer": "keep", "timerId": "other"}, 404, "no timer"),
    ],
)  # fmt: skip
async def test_what_cannot_be_meant_is_refused_and_the_question_stays(asked, body, status, word):
    told = await answer(asked, status, **body)
    assert word in told["error"].lower()
    assert len(await notices(asked)) == 1


async def test_who_pauses_by_hand_is_not_asked_also_after_having_been_asked_before(asked):
    await asked.post("/api/timer/resume")
    assert await notices(asked) == []
    await asked.post("/api/timer/pause")
    assert await notices(asked) == []
    assert (await asked.ask("POST", "/api/timer/return", {"answer": "keep"})).status == 404
