"""A window of the dashboard, as tests handle it: let in by a link, looked at by the words a person sees."""

from typing import Any

from tests.dashboard.scene import DAY
from tests.support.daemon import Daemon

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 15_000


def _state(browser: Any, daemon: Daemon) -> Any:
    """What a browser keeps once it was let in through a one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(daemon.client.post("/api/dashboard/links")["url"])
    page.wait_for_selector(".timeline")
    found = context.storage_state()
    context.close()
    return found


class Window:
    """`page` is Playwright's. `complaints` are errors of the page and of its policy; there should be none."""

    def __init__(self, browser: Any, daemon: Daemon, **options: Any) -> None:
        self.daemon, self.complaints, self.expected = daemon, [], ()
        if not hasattr(daemon, "let_in"):
            daemon.let_in = _state(browser, daemon)
        self.url = daemon.let_in["origins"][0]["origin"] + "/"
        options = {"viewport": {"width": 1280, "height": 860}, "storage_state": daemon.let_in, **options}
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Any) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda told: told.type == "error" and self.complaints.append(told.text))

    def enter(self, day: str | None = DAY) -> "Window":
        """A day (None: today), let in already: the one-time link has a test of its own."""
        self.page.goto(self.url + ("" if day is None else f"?day={day}"))
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

    def entry(self, name: str, start: str, page: Any = None) -> Any:
        """The block of an entry on the timeline, by its project and the time it begins at."""
        return (page or self.page).locator(f'.timeline .entry[aria-label^="{name}"][aria-label*=", {start} – "]')

    def label(self, name: str, start: str) -> str:
        """What a screen reader says of an entry."""
        return str(self.entry(name, start).get_attribute("aria-label"))

    def editor(self, target: Any) -> Any:
        """The sheet that pressing an entry opens."""
        target.click()
        self.page.wait_for_selector("dialog[open]")
        return self.page.locator("dialog[open]")

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

    def check(self) -> None:
        """Nothing was complained of but what the test expects."""
        for page in self.context.pages[1:]:
            page.close()
        found = [text for text in self.complaints if not any(known in text for known in self.expected)]
        assert not found, "\n".join(found)
