"""The README's pictures of the dashboard, light and dark. Run by `scripts/picture`; needs Chromium."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.dashboard import scene
from tests.dashboard.conftest import CHROMIUM, MISSING, own_daemon
from tests.dashboard.window import ARGUMENTS, Window

TARGET = Path(__file__).parents[2] / "daemon"
FONT = "* { font-family: Inter, system-ui, sans-serif !important; }"
"""Headless machines have poor default fonts; where Inter is not there either, the system's is taken."""


def take() -> None:
    """Write `dashboard-light.png` and `dashboard-dark.png`."""
    with tempfile.TemporaryDirectory() as folder, own_daemon(Path(folder)) as daemon, sync_playwright() as playwright:
        scene.busy(daemon.client)
        daemon.client.post("/api/timer/start", {"projectName": "atlas", "description": "Reviewing the export"})
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        for scheme in ("light", "dark"):
            window = Window(
                browser,
                daemon,
                color_scheme=scheme,
                viewport={"width": 1240, "height": 790},
                bypass_csp=True,
                device_scale_factor=1.5,
            ).enter()
            window.page.add_style_tag(content=FONT)
            window.page.locator(".marks .act").first.wait_for()
            window.page.screenshot(path=str(TARGET / f"dashboard-{scheme}.png"))
            window.context.close()
        browser.close()


if __name__ == "__main__":
    if CHROMIUM is None or shutil.which(CHROMIUM) is None:
        raise SystemExit(MISSING)
    take()
