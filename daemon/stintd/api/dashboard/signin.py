"""How a browser signs in: with a one-time link, then with a cookie and a proof (see `engine.apikeys` for why two).

A link works once, for a few minutes, and is kept in memory only. Opening it creates the two halves that the browser keeps: the
cookie is set, and the proof is in the fragment of the address to which the browser is redirected: no server sees a fragment,
and no log contains it.
"""

import secrets
from collections.abc import Mapping

from stintd.api.daemon import Shape
from stintd.api.dashboard.links import LINK_LASTS
from stintd.api.route import Call, Request
from stintd.api.surface import Surface
from stintd.engine import wire
from stintd.engine.apikeys import BROWSER_LASTS, Holder
from stintd.engine.commands import browsers
from stintd.errors import Unavailable

PROOF = "X-Stint-Page"
OPEN = "/dash/open/"
AWAY = "run `stint dash` for a new link"


def cookie_name(port: int | None) -> str:
    """Cookies are sent to every port: two daemons on one machine must not overwrite each other's."""
    return f"stint_{port or 0}"


def cookie_of(headers: Mapping[str, str], port: int | None) -> str | None:
    """The value of our cookie in a request."""
    our_name = cookie_name(port)
    for pair in headers.get("Cookie", "").split(";"):  # http.cookies stops at the first malformed cookie of another program
        name, _, value = pair.strip().partition("=")
        if name == our_name:
            return value
    return None


def browser_of(surface: Surface, headers: Mapping[str, str], port: int | None) -> Holder | None:
    """The browser that sent a request: it has both halves, and the request comes from our own page."""
    proof, cookie = headers.get(PROOF), cookie_of(headers, port)
    if proof is None or cookie is None or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return None
    return surface.daemon.apikeys.find_browser(cookie, proof)


async def admit(surface: Surface, token: str, port: int | None) -> dict[str, str] | None:
    """The headers that sign a browser in and redirect it; None when the link has been used or has expired."""
    if not surface.links.take(token, surface.daemon.engine.clock.monotonic()):
        return None
    cookie, proof = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    await surface.daemon.engine.run(lambda step: browsers.sign_in(step, cookie, proof), "dashboard")
    await surface.daemon.apikeys.reload()
    lasts = int(BROWSER_LASTS.total_seconds())
    set_cookie = f"{cookie_name(port)}={cookie}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict"
    return {"Set-Cookie": set_cookie, "Location": f"/#page={proof}"}


# ---------------------------------------------------------------- routes


async def create_link(surface: Surface, call: Call, request: Request) -> Shape:
    """A link that signs one browser in, once."""
    url = surface.daemon.url()
    if url is None:
        text = "the dashboard needs the loopback port, and none is open"
        raise Unavailable(text, "`stint config set http.port 0` picks a free port; `stint status` says what is wrong with yours")
    clock = surface.daemon.engine.clock
    token = surface.links.make(clock.monotonic())
    return {"url": url + OPEN + token, "expiresAt": wire.stamp(clock.now() + LINK_LASTS)}


async def dismiss(surface: Surface, call: Call, request: Request) -> Shape:
    """Sign every browser out: the streams they opened end, and unopened links stop working."""
    key_ids = await surface.daemon.engine.run(browsers.sign_out_all, call.caller.name)
    surface.links.drop()
    await surface.daemon.apikeys.reload()
    for key_id in key_ids:
        surface.end_streams(key_id)
    return {"browsers": len(key_ids)}
