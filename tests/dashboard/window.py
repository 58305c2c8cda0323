"""A window of the dashboard, as tests handle it: let in by a link, looked at by the words a person sees."""

from typing import Any

from tests.dashboard.scene import DAY
from tests.support.daemon import Daemon

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 15_000


class Window:
    """`page` is Playwright's. `complaints` are errors of the page and of its policy; there should be none."""

    def __init__(self, browser: Any, daemon: Daemon, **options: Any) -> None:
        self.daemon, self.complaints, self.expected = daemon, [], ()
        self.context = browser.new_context(viewport={"width": 1280, "height": 860}, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Any) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: told.type == "error" and self.complaints.append(told.text))

    def enter(self, day: str | None = DAY) -> "Window":
        """Through a one-time link, then to a day (None: today)."""
        link = self.daemon.client.post("/api/dashboard/links")["url"]
        self.page.goto(link)
        self.page.wait_for_selector(".timeline")
        if day is not None:
            self.page.goto(f"{link.rpartition('/dash/')[0]}/?day={day}")
            self.page.wait_for_selector(".timeline")
        self.live()
        return self

    def second(self) -> Any:
        """Another page of the same browser, at the same address."""
        page = self.context.new_page()
        self._listen(page)
        page.goto(self.page.url)
        page.wait_for_selector(".timeline")
        page.wait_for_selector("[data-state=live]")
        return page

    def live(self) -> None:
        self.page.wait_for_selector("[data-state=live]")

    def entry(self, name: str, start: str = "", page: Any = None) -> Any:
        """The block of an entry on the timeline, by its project and the time it begins at."""
        return (page or self.page).locator(f'.timeline .entry[aria-label^="{name}"]').filter(has=self.page.locator("*")).and_(
            (page or self.page).locator(f'.timeline .entry[aria-label*=", {start}"]')
        )  # fmt: skip

    def label(self, name: str, start: str) -> str:
        """What a screen reader says of an entry."""
        return str(self.entry(name, start).get_attribute("aria-label"))

    def drag(self, target: Any, dy: float, at: str = "middle", keys: tuple[str, ...] = ()) -> None:
        """Take something by its middle, top or bottom edge, move it by so many pixels, let go."""
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        y = {"middle": box["y"] + box["height"] / 2, "top": box["y"] + 2, "bottom": box["y"] + box["height"] - 2}[at]
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] / 2, y)
        mouse.down()
        for key in keys:
            self.page.keyboard.down(key)
        for part in (0.3, 0.7, 1.0):
            mouse.move(box["x"] + box["width"] / 2, y + dy * part)
        mouse.up()
        for key in keys:
            self.page.keyboard.up(key)

    def per_minute(self) -> float:
        """Pixels of a minute on the timeline."""
        tops = self.page.eval_on_selector_all(".hour", "all => all.slice(0, 2).map(one => one.getBoundingClientRect().top)")
        return float(tops[1] - tops[0]) / 60

    def said(self, text: str) -> None:
        """Wait until the line at the foot says so."""
        self.page.locator(".line", has_text=text).wait_for()

    def close(self) -> None:
        self.context.close()
        found = [text for text in self.complaints if not any(known in text for known in self.expected)]
        assert found == []
