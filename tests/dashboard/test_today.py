"""The page Today by mouse: entries are shown, dragged, drawn, edited, split, merged, deleted, restored; gaps are filled."""

import re

import pytest

from tests.dashboard import scene
from tests.dashboard.scene import DAY
from tests.support import poll_until


def spans(daemon, day=DAY):
    return [(entry["projectName"], entry["start"][11:16], entry["end"][11:16]) for entry in daemon.entries(from_=day, to=day)]


def wait_for_spans(daemon, *wanted):
    poll_until(lambda: set(wanted) <= set(spans(daemon)), f"{wanted} in {spans(daemon)}")


@pytest.fixture
def day(daemon, window):
    """A day with three stretches of work. Each test must leave it as it was."""
    if not daemon.entries(from_=DAY, to=DAY):
        scene.post_beats(
            daemon.client,
            scene.beats("09:00", "10:00", "atlas"),
            scene.beats("11:00", "12:00", "borealis"),
            scene.beats("13:00", "14:00", "atlas"),
        )
    before = spans(daemon)
    earlier = {edit["editId"] for edit in daemon.client.get("/api/edits", limit=500)["data"]}
    yield window.enter()
    for edit in daemon.client.get("/api/edits", limit=500)["data"]:
        if edit["editId"] not in earlier and not edit["undoneAt"]:
            daemon.client.post("/api/undo", {"editId": edit["editId"]})
    assert spans(daemon) == before, "every change can be undone"


def test_the_day_shows_entries_evidence_gaps_and_sums(day):
    page = day.page
    assert page.locator(".timeline .entry").count() == 3
    assert page.locator(".strip .seen.handsOn").count() == 3
    assert page.locator(".timeline .gap").count() == 2
    assert page.locator("h1").inner_text() == "Tuesday 10 March"
    assert "3h 06m" in page.locator(".totals .sum").inner_text()
    assert day.label("borealis", "10:59") == "borealis, 10:59 – 12:01, 1h 02m"
    assert page.locator(".entries .row").count() == 3


def test_dragging_an_entry_moves_it_and_undo_brings_it_back(day, daemon):
    day.drag(day.entry("borealis", "10:59"), 30 * day.per_minute())
    wait_for_spans(daemon, ("borealis", "11:30", "12:32"))
    day.entry("borealis", "11:30").wait_for()
    words, undo = (day.page.locator(f".line {name}").first.bounding_box() for name in ("p", "button"))
    assert undo["x"] >= words["x"] + words["width"], "it is one line"
    day.page.locator(".line button", has_text="Undo").click()
    day.wait_for_message("Undone")
    wait_for_spans(daemon, ("borealis", "10:59", "12:01"))
    day.entry("borealis", "10:59").wait_for()


@pytest.mark.parametrize(("edge", "minutes", "keys", "wanted"), [
    ("bottom", 14, (), ("10:59", "12:15")), ("bottom", -14, (), ("10:59", "11:45")), ("top", 15, (), ("11:15", "12:01")),
    ("bottom", 7, ("Shift",), ("10:59", "12:08")),
])  # fmt: skip
def test_dragging_an_edge_resizes(day, daemon, edge, minutes, keys, wanted):
    day.drag(day.entry("borealis", "10:59"), minutes * day.per_minute(), edge, keys)
    wait_for_spans(daemon, ("borealis", *wanted))
    day.entry("borealis", wanted[0]).wait_for()


def test_escape_closes_a_sheet_however_often_it_was_opened(day):
    for _ in range(3):
        day.page.locator(".timeline .gap").first.click()
        day.page.wait_for_selector("dialog[open]")
        day.page.keyboard.press("Escape")
        day.page.wait_for_selector("dialog", state="detached")
    day.page.evaluate(
        "addEventListener('click', () => queueMicrotask(() => document.querySelector('dialog')?.close()), {once: true})"
    )
    day.page.locator(".timeline .gap").first.click()  # closed by the browser, not by us
    day.page.wait_for_selector("dialog", state="detached")
    day.page.locator(".timeline .gap").last.click()
    day.page.wait_for_selector("dialog[open]")


def test_escape_lets_go_and_a_trembling_hand_moves_nothing(day, daemon):
    before = spans(daemon)
    box = day.entry("borealis", "10:59").bounding_box()
    x, y = box["x"] + 40, box["y"] + box["height"] / 2
    day.page.mouse.move(x, y)
    day.page.mouse.down()
    day.page.mouse.move(x, y + 90)
    day.page.locator(".drag-label").wait_for()
    day.page.keyboard.press("Escape")
    day.page.mouse.up()
    assert day.page.locator(".drag-label").count() == 0
    day.page.keyboard.press("Escape")
    day.drag(day.entry("borealis", "10:59"), 2)
    day.page.wait_for_selector("dialog[open]")  # a press, not a drag
    assert spans(daemon) == before


def test_what_cannot_be_is_said_and_shown_as_it_was(day, daemon):
    """Onto other time of the same person: refused, and the block returns."""
    daemon.client.post("/api/entries", {"projectName": "atlas", "start": f"{DAY}T12:30:00Z", "end": f"{DAY}T12:45:00Z"})
    day.entry("atlas", "12:30").wait_for()
    day.expected = ("409",)
    day.drag(day.entry("borealis", "10:59"), 35 * day.per_minute(), "bottom")
    day.page.locator(".line.bad").wait_for()
    day.entry("borealis", "10:59").wait_for()
    assert ("borealis", "10:59", "12:01") in spans(daemon)


def test_a_stale_page_overwrites_nothing(day, daemon):
    """The entry changes while it is being dragged: the move is refused, and the page shows the current entry."""
    (entry,) = [entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == "borealis"]
    day.expected = ("409",)
    box = day.entry("borealis", "10:59").bounding_box()
    x, y = box["x"] + 40, box["y"] + box["height"] / 2
    day.page.mouse.move(x, y)
    day.page.mouse.down()
    day.page.mouse.move(x, y + 30)
    day.page.route("**/api/day*", lambda route: route.abort())  # its refresh is late
    daemon.client.patch(f"/api/entries/{entry['id']}", {"description": "elsewhere"})
    day.page.mouse.move(x, y + 60)
    day.page.mouse.up()
    day.page.locator(".line.bad", has_text="changed meanwhile").wait_for()
    day.page.unroute("**/api/day*")
    assert ("borealis", "10:59", "12:01") in spans(daemon)
    day.expected = ("409", "ERR_FAILED")
    day.enter()  # requests that were aborted are reported by now, not during the next test


def test_what_is_approved_stays_as_it_is(day, daemon):
    daemon.client.post("/api/approve", {"from": DAY, "to": DAY})
    entry = day.page.locator('.timeline .entry[aria-label^="borealis"][aria-label*="approved"]')
    entry.wait_for()
    assert entry.locator(".grip").count() == 0
    day.drag(entry, 40)
    assert day.page.locator(".drag-label").count() == 0
    sheet = day.editor(entry)
    assert sheet.get_by_role("button", name="Save").is_disabled()
    assert sheet.get_by_role("button", name="Delete").is_disabled()
    daemon.client.post("/api/unapprove", {"from": DAY, "to": DAY})


def test_an_entry_over_midnight_is_moved_from_where_it_lies(day, daemon):
    daemon.client.post("/api/entries", {"projectName": "atlas", "start": f"{DAY}T23:00:00Z", "end": "2026-03-11T01:30:00Z"})
    day.enter("2026-03-11")
    day.drag(day.entry("atlas", "23:00"), 30 * day.per_minute(), "bottom")
    poll_until(lambda: ("atlas", "23:00", "02:00") in spans(daemon), "it ends later")
    day.entry("atlas", "23:00").and_(day.page.locator('[aria-label*="02:00"]')).wait_for()
    day.drag(day.entry("atlas", "23:00"), -30 * day.per_minute())
    wait_for_spans(daemon, ("atlas", "22:30", "01:30"))


def test_work_beside_other_work_stands_beside_it(day, daemon):
    body = {"projectName": "borealis", "start": f"{DAY}T09:10:00Z", "end": f"{DAY}T09:40:00Z", "overlap": True}
    daemon.client.post("/api/entries", body)
    day.entry("borealis", "09:10").wait_for()
    left, right = day.entry("atlas", "08:59").bounding_box(), day.entry("borealis", "09:10").bounding_box()
    assert left["x"] + left["width"] <= right["x"]


def test_drawing_on_free_time_writes_down_an_entry(day, daemon):
    lane, step = day.page.locator(".lane.people").bounding_box(), day.per_minute()
    (first, *_) = day.page.locator(".hour").all()
    top = first.bounding_box()["y"]
    hour = int(first.inner_text()[:2])
    x, y = lane["x"] + 50, top + (15.5 * 60 - hour * 60) * step
    day.page.mouse.move(x, y)
    day.page.mouse.down()
    day.page.mouse.move(x, y + 10)
    day.page.mouse.move(x, y + 45 * step)
    day.page.mouse.up()
    sheet = day.page.locator("dialog[open]")
    assert "15:30 – 16:15" in sheet.inner_text()
    sheet.get_by_label("Project").fill("a new thing")
    assert "is new and will be created" in sheet.inner_text()
    sheet.get_by_label("Description").fill("Planning with Ada")
    sheet.get_by_role("button", name="Add").click()
    wait_for_spans(daemon, ("a new thing", "15:30", "16:15"))
    day.entry("a new thing", "15:30").wait_for()


def test_every_field_of_an_entry_can_be_edited(day, daemon):
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_label("Project").fill("cirrus")
    sheet.get_by_label("Task").fill("CI-7")
    sheet.get_by_label("Description").fill("Reviewed the retry")
    sheet.get_by_label("Tags").fill("review, urgent , review")
    sheet.get_by_label("Billable").check()
    sheet.get_by_label("From: time").fill("11:05")
    sheet.get_by_label("To: time").fill("11:50")
    sheet.get_by_role("button", name="Save").click()
    wait_for_spans(daemon, ("cirrus", "11:05", "11:50"))
    (entry,) = [entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == "cirrus"]
    assert (entry["taskName"], entry["description"], entry["tags"], entry["billable"]) == (
        "CI-7",
        "Reviewed the retry",
        ["review", "urgent"],
        True,
    )
    day.entry("cirrus · CI-7", "11:05").wait_for()
    assert day.page.locator("dialog").count() == 0


def test_what_was_left_alone_is_not_pinned(day, daemon):
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_label("Description").fill("only words")
    sheet.get_by_role("button", name="Save").click()
    day.wait_for_message("Changed borealis")
    (entry,) = [entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == "borealis"]
    assert entry["pinned"] == ["text"]


def test_a_wrong_time_is_explained_in_the_sheet(day, daemon):
    day.expected = ("422",)
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_label("To: time").fill("10:00")
    sheet.get_by_role("button", name="Save").click()
    sheet.locator(".trouble", has_text="the end is not after the start").wait_for()
    assert sheet.get_by_label("To: time").input_value() == "10:00"


def test_a_change_elsewhere_is_shown_while_one_edits(day, daemon):
    (entry,) = [entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == "borealis"]
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_label("Task").fill("MINE-1")
    daemon.client.patch(f"/api/entries/{entry['id']}", {"description": "theirs"})
    sheet.locator(".conflict").wait_for()
    assert sheet.get_by_role("button", name="Save").is_disabled()
    sheet.get_by_role("button", name="Keep my changes").click()
    assert sheet.get_by_label("Task").input_value() == "MINE-1"
    sheet.get_by_role("button", name="Save").click()
    day.wait_for_message("Changed borealis")
    now = daemon.client.get(f"/api/entries/{entry['id']}")
    assert (now["taskName"], now["description"]) == ("MINE-1", "theirs"), "both are kept"
    sheet = day.editor(day.entry("borealis · MINE-1", "10:59"))
    sheet.get_by_label("Task").fill("MINE-2")
    daemon.client.patch(f"/api/entries/{entry['id']}", {"description": "theirs again"})
    sheet.get_by_role("button", name="Discard my changes").click()
    assert sheet.get_by_label("Task").input_value() == "MINE-1"
    assert sheet.get_by_label("Description").input_value() == "theirs again"


def test_splitting_makes_two_and_merging_makes_them_one_again(day, daemon):
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_role("button", name="Split", exact=True).first.click()
    sheet.get_by_label("Split at").fill("11:20")
    assert re.search(r"10:59 – 11:20\s*21m\s*11:20 – 12:01\s*41m", sheet.locator(".halves").inner_text())
    sheet.locator("form").get_by_role("button", name="Split").click()
    wait_for_spans(daemon, ("borealis", "10:59", "11:20"), ("borealis", "11:20", "12:01"))
    day.entry("borealis", "11:20").click(modifiers=["Shift"])
    day.page.get_by_label("Select borealis, 10:59 – 11:20").check()
    day.page.locator(".chosen", has_text="2 entries selected, 1h 02m").get_by_role("button", name="Merge").click()
    wait_for_spans(daemon, ("borealis", "10:59", "12:01"))
    day.entry("borealis", "10:59").wait_for()
    poll_until(lambda: day.page.locator(".timeline .entry").count() == 3, "the other half is gone")


def test_merging_with_a_neighbour_of_the_same_project(day, daemon):
    sheet = day.editor(day.entry("atlas", "08:59"))
    sheet.locator(".suggestions button", has_text="12:59").click()
    wait_for_spans(daemon, ("atlas", "08:59", "14:01"))


def test_different_projects_cannot_be_merged_and_the_button_says_so(day):
    day.page.get_by_label("Select atlas, 08:59").check()
    day.page.get_by_label("Select borealis, 10:59").check()
    button = day.page.locator(".chosen").get_by_role("button", name="Merge")
    assert button.is_disabled()
    day.page.locator(".chosen").get_by_role("button", name="Clear").click()
    assert day.page.locator(".chosen").count() == 0


def test_deleting_and_bringing_back(day, daemon):
    sheet = day.editor(day.entry("borealis", "10:59"))
    sheet.get_by_role("button", name="Delete").click()
    day.wait_for_message("Deleted borealis, 1h 02m")
    poll_until(lambda: len(spans(daemon)) == 2, "it is gone")
    day.page.locator(".timeline .entry").nth(1).wait_for()
    assert day.page.locator(".strip .seen").count() == 3, "what was seen stays seen"
    day.page.keyboard.press("Control+z")
    wait_for_spans(daemon, ("borealis", "10:59", "12:01"))
    day.entry("borealis", "10:59").wait_for()


def test_a_gap_is_filled_from_beside_it(day, daemon):
    day.page.get_by_label("Gap, 10:01 – 10:59, 58m: fill it").click()
    sheet = day.page.locator("dialog[open]")
    sheet.locator(".suggestions").get_by_role("button", name="atlas").click()
    sheet.get_by_role("button", name="Fill").click()
    wait_for_spans(daemon, ("atlas", "10:01", "10:59"))
    day.entry("atlas", "10:01").wait_for()
    assert day.page.locator(".timeline .gap").count() == 1


def test_a_part_of_a_gap_is_filled(day, daemon):
    day.page.locator(".gaps").get_by_role("button", name="Fill").last.click()
    sheet = day.page.locator("dialog[open]")
    sheet.get_by_label("Project").fill("borealis")
    sheet.get_by_label("To: time").fill("12:20")
    sheet.get_by_role("button", name="Fill").click()
    wait_for_spans(daemon, ("borealis", "12:01", "12:20"))


def test_why_tells_the_story(day):
    day.page.get_by_label("Why atlas, 08:59").click()
    story = day.page.locator("dialog[open] .story")
    story.wait_for()
    words = story.inner_text()
    assert "16 edits" in words
    assert "src/app.py" in words
    assert "silences shorter than 5 minutes" in words


def test_pressing_the_strip_asks_for_that_minute(day):
    strip = day.page.locator(".strip").bounding_box()
    gap = day.page.locator(".timeline .gap").first.bounding_box()
    day.page.mouse.click(strip["x"] + 5, gap["y"] + gap["height"] / 2)
    words = day.page.locator("dialog[open]")
    words.get_by_text("No entry").wait_for()
    assert "away" in words.inner_text()


def test_reloading_and_walking_through_days_keeps_the_address(day):
    page = day.page
    page.reload()
    page.wait_for_selector(".timeline .entry")
    assert page.locator("h1").inner_text() == "Tuesday 10 March"
    page.get_by_role("button", name="Next day").click()
    page.get_by_text("No entries on this day").wait_for()
    assert "day=2026-03-11" in page.url
    page.go_back()
    page.wait_for_selector(".timeline .entry")
    page.get_by_label("Day", exact=True).fill("2026-03-09")
    page.get_by_text("No entries on this day").wait_for()
    page.get_by_role("button", name="Today", exact=True).click()
    page.wait_for_url(re.compile(r"/$"))


# ---------------------------------------------------------------- by keyboard alone


def test_the_whole_work_can_be_done_by_keyboard(day, daemon):
    keys = day.page.keyboard
    day.entry("atlas", "08:59").focus()
    keys.press("ArrowDown")  # the gap
    keys.press("ArrowDown")
    assert "borealis" in day.page.evaluate("document.activeElement.getAttribute('aria-label')")
    keys.press("Alt+ArrowDown")
    wait_for_spans(daemon, ("borealis", "11:05", "12:07"))
    day.entry("borealis", "11:05").wait_for()
    assert "borealis, 11:05" in day.page.evaluate("document.activeElement.getAttribute('aria-label')"), "the focus stays"
    keys.press("Alt+Shift+ArrowUp")
    wait_for_spans(daemon, ("borealis", "11:05", "12:00"))
    day.entry("borealis", "11:05").and_(day.page.locator('[aria-label*="12:00"]')).wait_for()
    keys.press("s")
    day.page.locator("dialog[open]").get_by_label("Split at").wait_for()
    keys.press("Escape")
    day.page.wait_for_selector("dialog", state="detached")
    assert "borealis" in day.page.evaluate("document.activeElement.getAttribute('aria-label')"), "the focus comes back"
    keys.press("w")
    day.page.locator("dialog[open] .story").wait_for()
    keys.press("Escape")
    day.page.wait_for_selector("dialog", state="detached")
    keys.press("Enter")
    day.page.locator("dialog[open]").get_by_label("Project").wait_for()
    assert day.page.evaluate("document.activeElement.name") == "project"
    keys.press("Escape")
    day.page.wait_for_selector("dialog", state="detached")
    keys.press("Space")
    day.page.locator(".chosen", has_text="1 entry selected").wait_for()
    keys.press("Delete")
    poll_until(lambda: len(spans(daemon)) == 2, "it is gone")
