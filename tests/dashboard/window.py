"""A window of the dashboard, as tests use it: signed in by a link, read by the words a person sees."""

from typing import Any

from tests.dashboard.scene import DAY
from tests.support.daemon import Daemon

ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 30_000


def _signed_in_state(browser: Any, daemon: Daemon) -> Any:
    """What a browser stores when it has signed in with a one-time link."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(daemon.client.post("/api/dashboard/links")["url"])
    page.wait_for_selector(".timeline")
    state = context.storage_state()
    context.close()
    return state


class Window:
    """`page` is Playwright's. `complaints` are errors and policy violations that the page reported; there should be none."""

    def __init__(self, browser: Any, daemon: Daemon, **options: Any) -> None:
        self.daemon, self.complaints, self.expected = daemon, [], ()
        if not hasattr(daemon, "browser_state"):
            daemon.browser_state = _signed_in_state(browser, daemon)
        self.url = daemon.browser_state["origins"][0]["origin"] + "/"
        options = {"viewport": {"width": 1280, "height": 860}, "storage_state": daemon.browser_state, **options}
        self.context = browser.new_context(reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self._listen(self.page)

    def _listen(self, page: Any) -> None:
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.complaints.append(message.text))

    def enter(self, day: str | None = DAY) -> "Window":
        """Open a day (None: today) in a browser that is signed in; the one-time link has a test of its own."""
        self.page.goto(self.url + ("" if day is None else f"?day={day}"))
        self.page.wait_for_selector(".timeline")
        self.wait_until_live()
        return self

    def second(self) -> Any:
        """Another page of the same browser, at the same address."""
        page = self.context.new_page()
        self._listen(page)
        page.goto(self.page.url)
        page.wait_for_selector(".timeline")
        page.wait_for_selector("[data-state=live]")
        return page

    def wait_until_live(self) -> None:
        self.page.wait_for_selector("[data-state=live]")

    def entry(self, name: str, start: str, page: Any = None) -> Any:
        """The block of an entry on the timeline, by its project and its start."""
        return (page or self.page).locator(f'.timeline .entry[aria-label^="{name}"][aria-label*=", {start} – "]')

    def label(self, name: str, start: str) -> str:
        """What a screen reader says of an entry."""
        return str(self.entry(name, start).get_attribute("aria-label"))

    def editor(self, target: Any) -> Any:
        """Press an entry; the dialog that this opens."""
        target.click()
        self.page.wait_for_selector("dialog[open]")
        return self.page.locator("dialog[open]")

    def drag(self, target: Any, dy: float, at: str = "middle", keys: tuple[str, ...] = ()) -> None:
        """Drag something by its middle, top or bottom edge by so many pixels."""
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

    def wait_for_message(self, text: str) -> None:
        """Wait until the message at the foot contains this text."""
        self.page.locator(".line", has_text=text).wait_for()

    def check(self) -> None:
        """Fail if the page reported anything that the test does not expect."""
        for page in self.context.pages[1:]:
            page.close()
        unexpected = [text for text in self.complaints if not any(expected in text for expected in self.expected)]
        assert not unexpected, "\n".join(unexpected)
