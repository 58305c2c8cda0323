"""The dashboard in Chromium: how long until something is painted, and until the day stands there, with a year of data."""

import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.dashboard.window import ARGUMENTS

from benchmark.home import Home, fill_entries, run_daemon
from benchmark.row import Result, Rows, Skipped

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None  # type: ignore[assignment]

ROUNDS = 7
ENTRIES, A_DAY = 100_000, 274
WHAT = "dash, 100,000 entries: "
TIMES = """() => new Promise((done) => {
  const look = () => {
    const paint = performance.getEntriesByName("first-contentful-paint")[0], day = performance.getEntriesByName("stint:day")[0];
    if (paint && day) done([paint.startTime, day.startTime]);
    else requestAnimationFrame(look);
  };
  look();
})"""


def first_paint() -> Rows:
    """A day of 274 entries among 100,000, opened by a browser that was never here, and by one that was."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None or sync_playwright is None:
        yield Skipped(WHAT + "first paint", "apt-get install chromium; pip install playwright")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        fill_entries(home, ENTRIES, A_DAY)
        with run_daemon(home) as daemon, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
            day = daemon.get("/api/entries", limit="400")["data"][-1]["start"][:10]  # a whole one
            yield from _results(browser, daemon, day)
            browser.close()


def _results(browser: Any, daemon: Home, day: str) -> Iterator[Result]:
    link = daemon.post("/api/dashboard/links", {})["url"]
    address = link.rpartition("/dash/open/")[0]
    context = browser.new_context()
    page = context.new_page()
    page.goto(link)
    page.wait_for_selector(".timeline")
    state, target = context.storage_state(), f"{address}/?day={day}"
    cold = [_open_page(browser.new_context(storage_state=state), target) for _ in range(ROUNDS)]
    warm = [_open_page(context, target) for _ in range(ROUNDS)]
    for name, pairs in (("never opened here", cold), ("opened before", warm)):
        paint, drawn = (statistics.median(times) for times in zip(*pairs, strict=True))
        yield Result(f"{WHAT}first paint, {name}", paint, "ms", at_most=300)
        yield Result(f"{WHAT}the day drawn, {name}", drawn, "ms")


def _open_page(context: Any, target: str) -> tuple[float, float]:
    """Milliseconds from the address until something is painted, and until the day's entries are."""
    page = context.new_page()
    page.goto(target)
    paint, drawn = page.evaluate(TIMES)
    page.close()
    return paint, drawn
