"""Days are those of the daemon's time zone, wherever the browser is; a day on which the clock changes has 23 or 25 hours."""

import pytest

from tests.dashboard import scene
from tests.dashboard.conftest import own_daemon
from tests.dashboard.window import Window
from tests.support import poll_until

SPRING, AUTUMN = "2026-03-29", "2025-10-26"
ROUND = """async ({ zone, day, clocks }) => {
  const time = await import(document.querySelector("script[src$='app.js']").src.replace("app.js", "lib/time.js"));
  time.setZone(zone);
  const instants = clocks.map((clock) => time.instantOf(day, clock));
  return instants.map((instant) => new Date(instant).toISOString().slice(11, 16) + " " + time.clock(instant));
}"""


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with own_daemon(tmp_path_factory.mktemp("zones"), TZ="Europe/Berlin") as daemon:
        scene.post_beats(
            daemon.client, scene.beats("00:10", "02:10", "atlas", SPRING), scene.beats("23:10", "23:50", "late", "2026-03-30")
        )
        yield daemon


@pytest.fixture(scope="module")
def tokyo(chromium, daemon):
    window = Window(chromium, daemon, timezone_id="Asia/Tokyo", locale="ja-JP")
    yield window
    window.context.close()


def test_clocks_are_those_of_the_daemons_zone_and_the_day_has_23_hours(tokyo, daemon):
    window = tokyo.enter(SPRING)
    assert window.label("atlas", "01:09").startswith("atlas, 01:09 – 04:11, 2h 02m")  # 01:09 to 04:11 with the hour left out
    window.page.get_by_role("button", name="Zoom in").click()
    hours = window.page.locator(".hour").all_inner_texts()
    assert "02:00" not in hours
    assert {"01:00", "03:00"} <= set(hours)
    window.page.get_by_role("button", name="Fit").click()
    sheet = window.editor(window.entry("atlas", "01:09"))
    sheet.get_by_label("To: time").fill("03:30")
    sheet.get_by_role("button", name="Save").click()
    poll_until(
        lambda: any(entry["end"] == f"{SPRING}T01:30:00Z" for entry in daemon.entries(from_=SPRING, to=SPRING)),
        "it ends then",
    )
    window.check()


def test_an_entry_of_the_night_belongs_to_the_day_of_its_owner(tokyo):
    window = tokyo.enter("2026-03-31")
    window.entry("late", "01:09").wait_for()


def test_clocks_that_a_change_skips_or_repeats_are_still_instants(tokyo):
    page = tokyo.enter(SPRING).page
    times = page.evaluate(ROUND, {"zone": "Europe/Berlin", "day": SPRING, "clocks": ["01:59", "02:30", "03:00"]})
    assert times == ["00:59 01:59", "01:30 03:30", "01:00 03:00"]
    times = page.evaluate(ROUND, {"zone": "Europe/Berlin", "day": AUTUMN, "clocks": ["01:59", "02:30", "03:00"]})
    assert times[0] == "23:59 01:59"
    assert times[1][6:] == "02:30"
    assert times[2] == "02:00 03:00"
    times = page.evaluate(ROUND, {"zone": "Asia/Kathmandu", "day": SPRING, "clocks": ["00:00", "23:59"]})
    assert times == ["18:15 00:00", "18:14 23:59"]
    times = page.evaluate(ROUND, {"zone": "Australia/Lord_Howe", "day": "2026-04-05", "clocks": ["00:30", "12:00"]})
    assert times == ["13:30 00:30", "01:30 12:00"]
