"""Past hours, as a newcomer sees them: on the day they were worked, estimated, and explained in words."""

from datetime import UTC, datetime, timedelta

from tests.dashboard.window import Window
from tests.support.repos import OWNER, init

DAY = (datetime.now(UTC) - timedelta(days=4)).replace(hour=9, minute=0, second=0, microsecond=0)


def test_the_evidence_of_imported_hours_names_git_and_not_the_id_of_the_import(chromium, make_daemon, tmp_path):
    init(tmp_path / "code" / "acme").commit("Begin", at=DAY)
    daemon = make_daemon(folders=[tmp_path / "code"], config=f'[owner]\nemails = ["{OWNER[1]}"]\n')
    daemon.start()
    daemon.stint("backfill", "git", "--yes")
    window = Window(chromium, daemon).enter(DAY.date().isoformat())
    window.page.locator(".entry.estimated").wait_for()
    window.page.get_by_label("Why acme, 08:00").click()
    story = window.page.locator("dialog[open] .story")
    story.wait_for()
    assert "reported by git (imported later)" in story.inner_text()
    assert "backfill:" not in story.inner_text()
    window.check()
    window.context.close()
