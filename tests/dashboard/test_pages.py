"""All pages but Today: week, review, reports, projects, targets. By mouse, in a real browser, with a real daemon."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.dashboard import scene
from tests.dashboard.scene import DAY, EVIL
from tests.dashboard.test_looks import CONTRAST, NAMELESS
from tests.support import poll_until
from tests.support.billing.clockme import ClockMeFake
from tests.support.billing.fake import Served

PAGES = ("review", "week?week=2026-03-09", "reports?from=2026-03-09&to=2026-03-15", "projects", "targets")


@pytest.fixture(scope="module")
def target():
    server = Served(ClockMeFake(key="k-secret"))
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def filled(daemon, target):
    scene.busy(daemon.client)
    scene.post_beats(daemon.client, scene.beats("10:00", "10:40", EVIL, day="2026-03-11"))
    body = {"name": "bills", "kind": "clockme", "baseUrl": target.url, "secret": "k-secret", "from": "2026-03-01"}
    daemon.client.post("/api/targets", body)


def open_page(window, address):
    window.page.goto(window.url + "dash/" + address)
    window.page.wait_for_selector("main h1")
    window.wait_until_live()
    return window.page


def cell(page, name):
    return page.locator(f'.grid .cell[aria-label^="{name}"]')


def test_the_week_shows_tasks_by_day_with_sums_that_are_the_reports(window, daemon):
    page = open_page(window, "week?week=2026-03-12")
    page.wait_for_selector(".grid tfoot strong")
    assert page.locator("h1").inner_text() == "Week 11 9 – 15 March"
    seconds = daemon.client.get("/api/reports", **{"from": "2026-03-09", "to": "2026-03-15"})["totals"]["seconds"]
    shown = page.locator(".grid tfoot strong").inner_text()
    assert shown == f"{seconds // 3600}h {seconds % 3600 // 60:02d}m" or abs(seconds % 60 - 30) <= 30
    assert cell(page, "docs, Tue 10 Mar: ").count() == 1
    page.get_by_label("Previous week").click()
    page.get_by_text("Nothing was recorded in this week.").wait_for()
    assert "week=2026-03-02" in page.url


def test_a_cell_shows_its_entries_and_takes_more(window, daemon):
    page = open_page(window, "week?week=2026-03-09")
    cell(page, "docs, Tue 10 Mar: ").click()
    page.locator("dialog .entries button").first.click()
    page.locator("dialog textarea[name=description]").fill("Guide for newcomers")
    page.locator("dialog").get_by_role("button", name="Save").click()
    poll_until(
        lambda: any(entry["description"] == "Guide for newcomers" for entry in daemon.entries(from_=DAY, to=DAY)), what="saved"
    )
    page.locator("dialog .entries button").first.wait_for()
    page.keyboard.press("Escape")
    cell(page, "docs, Wed 11 Mar: no time").click()
    page.get_by_role("button", name="Add time", exact=True).click()
    dialog = page.locator("dialog")
    assert dialog.locator("input[name=project]").input_value() == "docs"
    dialog.get_by_role("button", name="Add", exact=True).click()
    poll_until(
        lambda: any(entry["projectName"] == "docs" for entry in daemon.entries(from_="2026-03-11", to="2026-03-11")), what="added"
    )
    dialog.locator(".entries button").first.wait_for()  # the cell's own sheet is back: Escape must close that one
    page.keyboard.press("Escape")
    poll_until(lambda: cell(page, "docs, Wed 11 Mar: 1h 00m").count() == 1, what="the cell grew")
    page.wait_for_selector("dialog", state="detached")
    page.get_by_role("button", name="Undo").first.click()
    poll_until(lambda: cell(page, "docs, Wed 11 Mar: 1h 00m").count() == 0, what="undone")


def test_reports_are_filtered_grouped_and_drawn(window):
    page = open_page(window, "reports?from=2026-03-09&to=2026-03-15")
    page.locator(".plot canvas").wait_for()
    rows = page.locator(".report tbody tr")
    poll_until(lambda: rows.count() >= 4, what="a row for each project")
    page.locator("select[name=by]").select_option("branch")
    page.locator(".report tbody th", has_text="AT-214-import").wait_for()
    assert "by=branch" in page.url
    page.locator("select[name=project]").select_option("docs")
    poll_until(lambda: rows.count() == 1, what="one project's branches")
    page.go_back()
    poll_until(lambda: rows.count() > 1, what="the previous grouping is back")
    day = page.locator(f'.year a[href="/?day={DAY}"]')
    assert "Tue 10 Mar: " in day.get_attribute("aria-label")
    day.click()
    page.wait_for_selector(".timeline")
    assert f"day={DAY}" in page.url


def test_projects_are_created_edited_and_archived(window, daemon):
    page = open_page(window, "projects")
    page.get_by_role("button", name="New project").click()
    page.locator("dialog input[name=name]").fill("zephyr")
    page.locator("dialog input[name=clientName]").fill("Acme Ltd")
    page.locator("dialog input[name=hourlyRate]").fill("90.5")
    page.get_by_role("button", name="Create", exact=True).click()
    page.locator(".grid th", has_text="zephyr").wait_for()
    zephyr = next(project for project in daemon.client.get("/api/projects")["data"] if project["name"] == "zephyr")
    assert (zephyr["clientName"], zephyr["hourlyRate"], zephyr["billable"]) == ("Acme Ltd", 90.5, True)
    page.get_by_label("Edit zephyr").click()
    page.get_by_label("Bill agents' own time").check()
    page.get_by_role("button", name="Save").click()
    poll_until(lambda: daemon.client.get(f"/api/projects/{zephyr['id']}")["billAgentTime"], what="saved")
    # the list is loaded again after the dialog has closed: a form opened before that would send an old revision
    page.locator(".grid tr", has_text="zephyr").get_by_text("billed", exact=True).wait_for()
    page.get_by_label("Edit zephyr").click()
    page.get_by_role("button", name="Archive").click()
    poll_until(lambda: page.locator(".grid th", has_text="zephyr").count() == 0, what="archived")
    page.get_by_role("button", name="Show 1 archived project").click()
    page.locator(".grid tr.archived", has_text="zephyr").wait_for()


def test_a_mapping_previews_its_changes_before_it_is_created_and_can_be_removed(window, daemon):
    page = open_page(window, "projects")
    page.get_by_role("button", name="Map a folder").click()
    page.locator("dialog input[name=path]").fill("/home/somebody/code/atlas-tools")
    page.locator("dialog input[name=project]").fill("atlas")
    page.get_by_role("button", name="Preview changes").click()
    page.get_by_text("0 past entries would change.").wait_for()
    page.get_by_role("button", name="Create mapping").click()
    page.locator("code", has_text="/home/somebody/code/atlas-tools").wait_for()
    page.get_by_label("Remove the mapping to atlas").click()
    poll_until(lambda: daemon.client.get("/api/mappings")["data"] == [], what="removed")


def test_a_target_shows_its_state_what_would_be_sent_and_what_is_parked(window, daemon, target):
    page = open_page(window, "targets")
    page.locator(".target .state", has_text="connected").wait_for()
    page.get_by_role("button", name="What would be sent").click()
    page.locator("dialog .sends li").first.wait_for()
    held = page.locator("dialog .sends .held").first.inner_text()
    assert "is not mapped" in held
    assert "stint targets map bills" in held
    page.keyboard.press("Escape")
    target.fake.refuses = lambda entry: True
    daemon.client.post("/api/targets/bills/map", {"project": "docs", "remote": {"project_id": "p1"}})
    daemon.client.post("/api/approve", {"from": DAY, "to": DAY})
    page.get_by_role("button", name="Send now").click()
    page.locator("main").get_by_text("this entry is not wanted").first.wait_for()
    page.get_by_role("button", name="Drop").first.click()
    poll_until(lambda: page.get_by_role("button", name="Drop").count() == 0, what="dropped")


def test_review_lists_what_is_open_and_settles_it(window, daemon):
    today = datetime.now(UTC).date()
    day = (today - timedelta(days=1)).isoformat()
    for start, end in (("09:00", "10:00"), ("12:00", "13:00")):
        body = {"projectName": "docs", "start": f"{day}T{start}:00Z", "end": f"{day}T{end}:00Z"}
        daemon.client.post("/api/entries", body)
    page = open_page(window, "review")
    gap = page.locator("section", has_text="Gaps in the working day").locator("li", has_text="10:00")
    assert "stint fill" in gap.inner_text()
    words, command = gap.locator("bdi").first.bounding_box(), gap.locator(".command").bounding_box()
    assert command["y"] >= words["y"] + words["height"], "the command stands below the words"
    gap.get_by_role("button", name="Fill").click()
    page.locator("dialog input[name=project]").fill("docs")
    page.locator("dialog").get_by_role("button", name="Add", exact=True).click()
    poll_until(lambda: gap.count() == 0, what="the gap is settled")
    page.get_by_role("button", name="Mark as reviewed").click()
    page.get_by_text("reviewed ").first.wait_for()
    page.locator("section", has_text="Hours that billing targets do not have").get_by_role("link", name="Targets").first.click()
    page.locator("main.targets").wait_for()


def test_whoever_comes_back_to_a_forgotten_timer_is_asked_once(window, daemon):
    began = datetime.now(UTC) - timedelta(hours=5)
    daemon.client.post("/api/timer/start", {"projectName": "docs", "at": began.isoformat(), "manual": True})
    poll_until(
        lambda: any(warning["code"] == "paused" for warning in daemon.client.get("/api/status")["warnings"]),
        what="paused automatically",
    )
    page = window.enter(None).page
    question = page.locator(".question")
    question.wait_for()
    question.get_by_role("button", name="I worked on something else…").click()
    question.locator("input[name=project]").fill("atlas")
    question.get_by_role("button", name="I was not working").click()
    poll_until(lambda: question.count() == 0, what="answered")
    assert daemon.client.get("/api/timer/current")["timer"] is None


def test_two_windows_stay_in_step(window, daemon):
    page = open_page(window, "week?week=2026-03-09")
    body = {"projectName": "docs", "start": "2026-03-13T09:00:00Z", "end": "2026-03-13T10:30:00Z"}
    daemon.client.post("/api/entries", body)
    poll_until(lambda: cell(page, "docs, Fri 13 Mar: 1h 30m").count() == 1, what="the entry that another program added")


@pytest.mark.parametrize("address", PAGES)
def test_every_page_can_be_read_pressed_and_narrowed_and_shows_hostile_names_as_text(window, address):
    page = open_page(window, address)
    page.wait_for_timeout(300)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        failures = page.evaluate(CONTRAST)
        assert not failures, "\n".join(failures)
    page.emulate_media(color_scheme=None)
    assert page.evaluate(NAMELESS) == []
    page.set_viewport_size({"width": 360, "height": 780})
    poll_until(lambda: page.evaluate("document.documentElement.scrollWidth") <= 360, what="everything fits")
    page.set_viewport_size({"width": 1280, "height": 860})
    assert page.title() != "owned"
    if not address.startswith(("targets", "review")):
        assert page.get_by_text("<img src=x").count() >= 1
