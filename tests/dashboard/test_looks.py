"""What can be measured of the looks: contrast, names, focus, width on a phone, light and dark, screen readers."""

import pytest

from tests.dashboard import scene
from tests.dashboard.scene import DAY
from tests.dashboard.window import Window
from tests.support import poll_until

CONTRAST = """
() => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const read = (colour) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return { r, g, b, a: a / 255 };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a), g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a), a: 1,
  });
  const ground = (node) => {
    const layers = [];
    for (let one = node; one; one = one.parentElement) layers.unshift(read(getComputedStyle(one).backgroundColor));
    return layers.reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const light = ({ r, g, b }) => {
    const linear = (one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    const [x, y, z] = [r, g, b].map((one) => linear(one / 255));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const failures = [];
  for (const node of document.querySelectorAll("body *")) {
    const text = [...node.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data).join("").trim();
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    const isOut = style.visibility === "hidden" || !box.width || node.closest(".hidden, :disabled, noscript, datalist, .skip");
    if (!text || isOut) continue;
    let opacity = 1;
    for (let one = node; one; one = one.parentElement) opacity *= Number(getComputedStyle(one).opacity);
    const under = ground(node), ink = read(style.color);
    const seen = over({ ...ink, a: ink.a * opacity }, under);
    const [a, b] = [light(seen), light(under)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const least = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    if (ratio < least) failures.push(`${ratio.toFixed(2)} ${node.tagName}.${node.className} "${text.slice(0, 40)}"`);
  }
  return failures;
}
"""
NAMELESS = """
() => [...document.querySelectorAll("button, a, input, textarea, select, [role=button], dialog")]
  .filter((one) => one.getClientRects().length)
  .filter((one) => !(one.ariaLabel || one.innerText?.trim() || one.labels?.length || one.closest("label")))
  .map((one) => one.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def filled(daemon):
    scene.busy(daemon.client)
    entry = next(entry for entry in daemon.entries(from_=DAY, to=DAY) if entry["projectName"] == "docs")
    daemon.client.patch(f"/api/entries/{entry['id']}", {"description": "Wrote the guide", "tags": ["writing"], "billable": True})
    daemon.client.post("/api/timer/start", {"projectName": "atlas", "description": "Reviewing the import"})
    yield daemon
    daemon.client.post("/api/timer/stop", {})


def views(window):
    """The page, then the page with each dialog, one after the other."""
    yield window.enter().page
    sheet = window.editor(window.page.locator(".timeline .entry", has_text="docs").first)
    yield window.page
    for tab, part in (("Split", ".halves"), ("Why", ".story")):
        sheet.locator(".tabs").get_by_role("button", name=tab).click()
        sheet.locator(part).wait_for()
        yield window.page
    window.page.keyboard.press("Escape")
    window.page.locator(".gaps button").first.click()
    window.page.wait_for_selector("dialog[open]")
    yield window.page
    window.page.keyboard.press("Escape")
    window.page.locator(".row input").first.check()
    window.page.locator(".chosen").wait_for()
    yield window.page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(filled, window, scheme):
    window.page.emulate_media(color_scheme=scheme)
    for page in views(window):
        failures = page.evaluate(CONTRAST)
        assert not failures, "\n".join(failures)
    window.page.emulate_media(color_scheme=None)


def test_everything_that_can_be_pressed_or_filled_has_a_name(filled, window):
    for page in views(window):
        assert page.evaluate(NAMELESS) == []
    assert window.page.evaluate("document.documentElement.lang") == "en"
    assert window.page.locator("h1").count() == 1


@pytest.mark.parametrize("width", [320, 390, 768])
def test_nothing_is_wider_than_a_narrow_window(filled, window, width):
    window.page.set_viewport_size({"width": width, "height": 844})
    for page in views(window):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(
            "[...document.querySelectorAll('dialog, .card')].every((one) => one.scrollWidth <= one.clientWidth + 1)"
        )
    window.page.set_viewport_size({"width": 1280, "height": 860})


def test_on_a_phone_what_runs_comes_first_and_a_finger_can_resize(filled, window):
    page = window.enter().page
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(".timers").bounding_box()["y"] < page.locator(".timeline").bounding_box()["y"]
    grips = page.eval_on_selector_all(".grip", "all => all.map((one) => getComputedStyle(one).touchAction)")
    assert set(grips) == {"none"}, "the page does not scroll away under the finger"
    page.set_viewport_size({"width": 1280, "height": 860})


def test_a_finger_resizes_by_the_edge_and_scrolls_by_the_middle(filled, chromium):
    window = Window(chromium, filled, has_touch=True, viewport={"width": 390, "height": 844}).enter()
    entry = window.page.locator(".timeline .entry", has_text="docs").first
    entry.scroll_into_view_if_needed()
    before = entry.get_attribute("aria-label")
    box, touch = entry.bounding_box(), window.context.new_cdp_session(window.page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 4

    def send(kind, *points):
        touches = [{"x": at, "y": height} for at, height in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", (x, y))
    for step in (8, 16, 24):
        send("touchMove", (x, y - step))
    send("touchEnd")
    window.wait_for_message("docs")
    assert entry.get_attribute("aria-label") != before
    window.page.locator(".line button", has_text="Undo").click()
    window.wait_for_message("Undone")
    poll_until(lambda: entry.get_attribute("aria-label") == before, "it is as it was")
    window.check()
    window.context.close()


def test_where_the_focus_is_can_be_seen(filled, window):
    page = window.enter().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))"
        )
        assert outline[0] in ("solid", "auto"), page.evaluate("document.activeElement.outerHTML.slice(0, 100)")
        assert float(outline[1].removesuffix("px")) >= 1


def test_nothing_moves_where_reduced_motion_is_wanted(filled, window):
    window.editor(window.enter().page.locator(".timeline .entry").first)
    assert window.page.evaluate("getComputedStyle(document.querySelector('dialog')).animationName") == "none"


def test_changes_and_the_connection_are_announced_to_screen_readers(filled, window):
    page = window.enter().page
    assert page.locator("[aria-live=polite]").count() == 1
    assert page.get_by_role("status").filter(has_text="live").count() == 1
