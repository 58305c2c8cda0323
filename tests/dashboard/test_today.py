"""The day's page: looked at, dragged, edited, split, merged, deleted, undone, filled, by mouse and by keyboard."""

import pytest

from tests.dashboard import scene
from tests.dashboard.scene import DAY
from tests.support import until


def spans(daemon, day=DAY):
    return [(one["projectName"], one["start"][11:16], one["end"][11:16]) for one in daemon.entries(from_=day, to=day)]


@pytest.fixture
def day(daemon, window):
    """A day with three stretches of work; taken back to that after the test."""
    if not daemon.entries(from_=DAY, to=DAY):
        scene.told(
            daemon.client, scene.beats("09:00", "10:00", "atlas"), scene.beats("11:00", "12:00", "borealis"),
            scene.beats("13:00", "14:00", "atlas"),
        )  # fmt: skip
    before = spans(daemon)
    edits = {one["editId"] for one in daemon.client.get("/api/edits", limit=500)["data"]}
    yield window.enter()
    for one in daemon.client.get("/api/edits", limit=500)["data"]:
        if one["editId"] not in edits and not one["undoneAt"]:
            daemon.client.post("/api/undo", {"editId": one["editId"]})
    assert spans(daemon) == before


def test_the_day_shows_entries_evidence_gaps_and_sums(day):
    assert day.page.locator(".timeline .entry").count() == 3
    assert day.page.locator(".strip .seen.handsOn").count() == 3
    assert day.page.locator(".timeline .gap").count() == 2
    assert day.page.locator("h1").inner_text() == "Tuesday 10 March"
    assert "3h" in day.page.locator(".totals .sum").inner_text()
    assert day.label("borealis", "10:59").startswith("borealis, 10:59 – 12:01")


def test_dragging_an_entry_moves_it_and_undo_brings_it_back(day, daemon):
    before = spans(daemon)
    day.drag(day.entry("borealis", "10:59"), 30 * day.per_minute())
    day.said("borealis")
    until(lambda: ("borealis", "11:30", "12:32") in spans(daemon), 10, "it is moved")
    day.page.locator(".line button", has_text="Undo").click()
    day.said("Undone")
    until(lambda: spans(daemon) == before, 10, "it is back")
    day.entry("borealis", "10:59").wait_for()
