"""Names chosen by others: a project that is markup, a branch with escape codes, a commit with both."""

import subprocess

import pytest

from tests.dashboard.conftest import own_daemon
from tests.dashboard.scene import DAY, ESCAPES, EVIL, beats, post_beats
from tests.dashboard.window import Window
from tests.support import poll_until

SCRIPT = "</script><script>document.title='owned'</script>"
CONTROL = [*range(0, 9), *range(11, 32), *range(127, 160), 0x202E, 0x2066]


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    with own_daemon(tmp_path_factory.mktemp("hostile")) as daemon:
        post_beats(
            daemon.client,
            beats("09:00", "10:00", EVIL, branch=ESCAPES, entity=SCRIPT),
            [{"time": f"{DAY}T09:30:00Z", "project": EVIL, "kind": "checkout", "source": "git", "branch": ESCAPES}],
            beats("11:00", "12:00", "plain"),
        )
        entry = next(entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == EVIL)
        daemon.client.patch(f"/api/entries/{entry['id']}", {"description": SCRIPT + ESCAPES, "tags": [EVIL], "taskName": EVIL})
        yield daemon


def test_markup_and_escape_codes_are_shown_as_text_everywhere(window):
    page = window.enter().page
    page.locator(".timeline .entry", has_text="<img src=x").wait_for()
    page.locator(".acts summary").click()
    page.locator(".timeline .entry", has_text="<img src=x").click()
    page.locator("dialog[open]").wait_for()
    shown = [page.locator("body").inner_text()]
    for tab in ("Split", "Why"):
        page.locator(".tabs").get_by_role("button", name=tab).click()
        page.locator("dialog[open] .story" if tab == "Why" else "dialog[open] .halves").wait_for()
        shown.append(page.locator("body").inner_text())
    page.keyboard.press("Escape")
    page.get_by_label("Gap, 10:01").click()
    page.locator("dialog[open] .suggestions button", has_text="<img").click()
    shown.append(page.locator("body").inner_text())
    page.keyboard.press("Escape")
    attributes = page.eval_on_selector_all("[title], [aria-label]", "all => all.map(one => one.title + one.ariaLabel)")
    for text in [*shown, *attributes]:
        assert not [character for character in text if ord(character) in CONTROL]
    assert "<img src=x onerror" in shown[0]
    assert "\N{REPLACEMENT CHARACTER}" in shown[2]
    assert page.locator("img").count() == 0
    assert page.locator('script:not([src^="/dash/assets/"])').count() == 0
    assert page.title() == "Today · stint"


def test_it_can_be_worked_with_all_the_same(window, daemon):
    page = window.enter().page
    window.drag(page.locator(".timeline .entry", has_text="<img src=x"), 15 * window.per_minute(), "bottom")
    poll_until(lambda: any(entry["end"][11:16] == "10:15" for entry in daemon.entries(from_=DAY, to=DAY)), "it is resized")
    page.get_by_label("Start a timer").fill(EVIL)
    page.locator(".timers").get_by_role("button", name="Start").click()
    page.locator(".timer.running", has_text="<img").wait_for()
    page.locator(".timer").get_by_role("button", name="Stop").click()
    page.get_by_text("No timer running").wait_for()
    assert page.title() == "Today · stint"


def test_a_commit_and_a_branch_of_a_real_repository_are_marks(chromium, make_daemon, tmp_path):
    repo = tmp_path / "code" / "site"
    repo.mkdir(parents=True)
    git = lambda *words: subprocess.run(["git", *words], cwd=repo, check=True, capture_output=True)  # noqa: E731
    git("init", "-q")
    daemon = make_daemon(folders=[tmp_path / "code"])
    daemon.start()
    (repo / "a.py").write_text("1\n")
    git("add", "-A")
    git("commit", "-q", "-m", EVIL)
    window = Window(chromium, daemon).enter(None)
    page = window.page
    page.locator(".marks .act.commit").wait_for(state="attached")
    git("checkout", "-q", "-b", "feat/x")
    page.locator(".marks .act.checkout").wait_for(state="attached")
    assert page.locator(".marks .act.commit").count() == 1, "it comes both as a heartbeat and from git, but is drawn once"
    assert "feat/x" in page.locator(".marks .act.checkout").get_attribute("title")
    assert EVIL.split()[0] in page.locator(".marks .act.commit").get_attribute("title")
    page.locator(".acts summary").click()
    assert EVIL in page.locator(".acts").inner_text()
    assert page.locator("img").count() == 0
    window.check()
    window.context.close()
