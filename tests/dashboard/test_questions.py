"""Whose hours: the review page asks with one press, with a second one where much moves; the list of folders says why."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support import poll_until, repos

NOW = datetime.now(UTC)
MONDAY = (NOW - timedelta(days=NOW.weekday() + 7)).replace(hour=0, minute=0, second=0, microsecond=0)
REMOTE = "https://github.com/x/prod.git"


@pytest.fixture(scope="module", autouse=True)
def code(daemon, tmp_path_factory):
    """Two clones of one remote, the folder of each named otherwise, and a copy of a folder. They are empty: nothing that is done
    to make them counts."""
    code = tmp_path_factory.mktemp("code")
    repos.init(code / "kit", is_live=True)
    for name, remote in {"prod-eu": REMOTE, "prod-us": REMOTE, "kit2": str(code / "kit")}.items():
        repos.init(code / name, is_live=True).git("remote", "add", "origin", remote)
    daemon.client.post("/api/roots", {"path": str(code)})
    poll_until(lambda: len(checkouts(daemon)) == 4, "the folders are known")
    for number, (name, hours) in enumerate({"prod-eu": 1, "prod-us": 9, "kit": 1, "kit2": 2}.items()):
        start = MONDAY + timedelta(days=number, hours=9)
        beats = [
            {"time": (start + timedelta(minutes=5 * n)).isoformat(), "path": str(code / name / "a.py"), "kind": "edit"}
            for n in range(12 * hours + 1)
        ]
        daemon.client.post("/api/heartbeats", [{**beat, "source": "editor"} for beat in beats])
    return code


def checkouts(daemon):
    return [one for repo in daemon.client.every("/api/repos") for one in repo["checkouts"]]


def questions(daemon):
    return [item for item in daemon.client.get("/api/review")["items"] if item["kind"] == "question"]


def line(window, text):
    return window.page.locator("main.review li", has_text=text)


def open_page(window, address):
    window.page.goto(window.url + "dash/" + address)
    window.page.wait_for_selector("main h1")
    window.wait_until_live()


def test_a_question_is_answered_by_one_press_and_undone_from_the_message(window, daemon):
    open_page(window, "review")
    copy = line(window, "kit2 began as a copy of kit: same project?")
    copy.get_by_role("button", name="Same project").click()
    window.wait_for_message("Counts as kit")
    assert [item["kind"] for item in questions(daemon) if "kit2" in item["text"]] == []
    copy.wait_for(state="detached")
    window.page.locator(".line").get_by_role("button", name="Undo").click()
    copy.wait_for()
    copy.get_by_role("button", name="Another…").click()
    dialog = window.page.locator("dialog[open]")
    dialog.locator("input[name=project]").fill("toolbox")
    dialog.get_by_role("button", name="Choose").click()
    window.wait_for_message("Counts as toolbox")
    copy.wait_for(state="detached")


def test_many_hours_take_a_second_press(window, daemon):
    window.expected = ("409",)
    open_page(window, "review")
    clone = line(window, "prod-us is another clone of github.com/x/prod, which counts as prod-eu")
    clone.get_by_role("button", name="Its own").click()
    clone.get_by_text("9h 02m would move.").wait_for()
    clone.get_by_role("button", name="Leave as it is").click()
    assert len(questions(daemon)) >= 1
    clone.get_by_role("button", name="Its own").click()
    clone.get_by_role("button", name="Move them").click()
    window.wait_for_message("Counts as prod-us")
    clone.wait_for(state="detached")


def test_each_folder_is_listed_with_its_project_and_the_reason(window, daemon, code):
    for question in questions(daemon):
        if "prod-us is another clone" in question["text"]:
            daemon.client.post(f"/api/review/{question['id']}", {"answer": "own", "confirm": True})
    (code / "kit2" / ".git" / "config").write_text("[core]\n\tworktree = /elsewhere\n")
    poll_until(lambda: any(one["trouble"] for one in checkouts(daemon)), "the trouble is seen")
    open_page(window, "projects")
    window.page.locator("li", has_text="/prod-us").get_by_text("your answer").wait_for()
    window.page.locator("li", has_text="/prod-eu").get_by_text("own folder").first.wait_for()
    window.page.locator("li", has_text="/kit2").locator("strong.bad").wait_for()


def test_an_approval_says_what_it_left_out(window, daemon, code):
    """Time of a clone in doubt, and on the same day an estimate of the same project."""
    third = repos.init(code.parent / "prod-ap", is_live=True)
    third.git("remote", "add", "origin", REMOTE)
    third.path.rename(code / "prod-ap")
    poll_until(lambda: any(one["path"] == str(code / "prod-ap") for one in checkouts(daemon)), "the folder is known")
    for name, hour in (("prod-ap", 9), ("prod-eu", 12)):
        start = MONDAY + timedelta(days=5, hours=hour)
        beats = [
            {"time": (start + timedelta(minutes=2 * n)).isoformat(), "path": str(code / name / "a.py"), "kind": "edit"}
            for n in range(151)
        ]
        daemon.client.post("/api/heartbeats", [{**beat, "source": "watch"} for beat in beats])
    open_page(window, "review")
    line(window, "from file changes alone").get_by_role("button", name="Approve").click()
    window.wait_for_message("1 entry waits for your answer whose hours they are")
    approved = [entry for entry in daemon.entries(from_=(MONDAY + timedelta(days=5)).date().isoformat()) if entry["approvedAt"]]
    assert [entry["repo"] for entry in approved] == ["prod-eu"]
