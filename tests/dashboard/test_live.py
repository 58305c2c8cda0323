"""What happens while the page is open: timers, another window, another program, a daemon that stops and starts again."""

import re

import pytest

from tests.dashboard import scene
from tests.dashboard.test_today import wait_for_spans
from tests.dashboard.window import Window
from tests.support import poll_until

BROKEN = ("ERR_CONNECTION_REFUSED", "ERR_FAILED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET")
"""What the browser itself reports when a connection ends."""


@pytest.fixture(scope="module")
def filled(daemon):
    scene.post_beats(daemon.client, scene.beats("09:00", "10:00", "atlas"), scene.beats("11:00", "12:00", "borealis"))
    return daemon


def running(daemon):
    return [(timer["projectName"], timer["state"]) for timer in daemon.client.get("/api/timer/current")["timers"]]


def test_a_timer_is_started_paused_resumed_switched_and_stopped(filled, window):
    page = window.enter(None).page
    card = page.locator(".card.timers")
    card.get_by_label("Start a timer").fill("atlas")
    card.get_by_label("Description").fill("by hand")
    card.get_by_role("button", name="Start").click()
    card.locator(".timer.running", has_text="atlas").wait_for()
    assert running(filled) == [("atlas", "running")]
    before = card.locator(".ticking").inner_text()
    poll_until(lambda: card.locator(".ticking").inner_text() != before, "it ticks")
    card.get_by_role("button", name="Pause").click()
    card.locator(".timer.paused").wait_for()
    card.get_by_role("button", name="Resume").click()
    card.locator(".timer.running").wait_for()
    card.get_by_label("Start a timer").fill("borealis")
    card.get_by_role("button", name="Switch").click()
    card.locator(".timer.running", has_text="borealis").wait_for()
    assert running(filled) == [("borealis", "running")]
    card.get_by_label("Start a timer").fill("a third")
    card.get_by_role("button", name="Start in parallel").click()
    card.locator(".timer.running", has_text="a third").wait_for()
    assert len(running(filled)) == 2
    card.locator(".timer", has_text="borealis").get_by_role("button", name="Stop").click()
    poll_until(lambda: running(filled) == [("a third", "running")], "the other one is stopped")
    card.locator(".timer", has_text="a third").get_by_role("button", name="Stop").click()
    card.get_by_text("No timer running").wait_for()
    assert running(filled) == []


def test_a_timer_that_another_program_starts_appears_within_a_second_or_so(filled, window):
    page = window.enter(None).page
    filled.stint("start", "atlas", "-m", "from the terminal")
    page.locator(".timer.running", has_text="atlas").wait_for(timeout=5000)
    page.locator(".timeline .entry.running").first.wait_for()
    filled.stint("stop")
    page.get_by_text("No timer running").wait_for(timeout=5000)


def test_evidence_that_arrives_is_drawn(filled, window):
    page = window.enter("2026-03-17").page
    page.get_by_text("No entries on this day").wait_for()
    scene.post_beats(filled.client, scene.beats("09:00", "09:40", "atlas", "2026-03-17"))
    page.locator(".timeline .entry", has_text="atlas").wait_for()
    page.locator(".strip .seen").wait_for()


def test_two_windows_stay_in_step(filled, window):
    other = window.enter().second()
    window.drag(window.entry("borealis", "10:59"), 30 * window.per_minute())
    window.entry("borealis", "11:30", other).wait_for(timeout=5000)
    other.get_by_role("button", name="Undo").first.click()
    window.entry("borealis", "10:59").wait_for(timeout=5000)
    sheet = window.editor(window.entry("borealis", "10:59"))
    assert "borealis" in sheet.inner_text()
    window.entry("borealis", "10:59", other).focus()
    other.keyboard.press("Delete")
    window.page.get_by_text("This entry no longer exists").wait_for()
    window.page.keyboard.press("Escape")
    other.keyboard.press("Control+z")
    window.entry("borealis", "10:59").wait_for()
    wait_for_spans(filled, ("borealis", "10:59", "12:01"))


def test_the_daemon_may_be_restarted_while_the_page_is_open(chromium, make_daemon):
    daemon = make_daemon(config="")
    daemon.start()
    # the same port after the restart, as with a fixed http.port
    port = int(re.search(r":(\d+)", daemon.client.post("/api/dashboard/links")["url"])[1])
    with open(daemon.layout.config, "w") as config:
        config.write(f"[http]\nport = {port}\n")
    scene.post_beats(daemon.client, scene.beats("09:00", "10:00", "atlas"))
    window = Window(chromium, daemon).enter()
    daemon.stop()
    window.page.locator("[data-state=away]").wait_for()
    window.page.get_by_text("stintd is not responding.").wait_for()
    window.drag(window.entry("atlas", "08:59"), 30 * window.per_minute())
    window.page.locator(".line.bad", has_text="stintd is not responding").wait_for()
    window.entry("atlas", "08:59").wait_for()
    daemon.start()
    scene.post_beats(daemon.client, scene.beats("11:00", "12:00", "borealis"))
    window.wait_until_live()
    window.entry("borealis", "10:59").wait_for()
    assert window.page.locator(".away").count() == 0
    window.drag(window.entry("atlas", "08:59"), 30 * window.per_minute())
    wait_for_spans(daemon, ("atlas", "09:30", "10:32"))
    window.expected = BROKEN
    window.check()
    window.page.goto(window.url)
    blind = window.page.locator(".strip .blind").first
    blind.wait_for(state="attached")
    assert "not watched: the daemon was not running" in blind.get_attribute("title")
    window.context.close()


def test_a_browser_that_is_signed_out_says_so_and_shows_nothing_new(chromium, filled):
    window = Window(chromium, filled).enter()
    output = filled.stint("dash", "--revoke").out
    assert re.fullmatch(r"signed out \d+ browsers?\n", output)
    window.page.get_by_text("This browser is not signed in").wait_for()
    assert window.page.locator(".timeline").count() == 0
    window.page.reload()
    window.page.get_by_text("Sign in to see your hours").wait_for()
    window.expected = ("401", *BROKEN)
    window.check()
    window.context.close()
    del filled.browser_state  # this signed out the other windows of this file as well
