"""How a browser signs in: with a one-time link, then with a cookie and a proof (see `engine.apikeys` for why two).

A link works once, for a few minutes, and is kept in memory only. Opening it creates the two halves that the browser keeps: the
cookie is set, and the proof is in the fragment of the address to which the browser is redirected: no server sees a fragment,
and no log contains it.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from stintd.api.route import Call
from stintd.engine import wire
from stintd.engine.apikeys import BROWSER_LASTS, Holder, digest_of
from stintd.engine.commands import browsers
from stintd.errors import Unavailable

LINK_LASTS = timedelta(minutes=5)
LINKS = 16
"""How many unopened links are kept; the oldest makes room for a new one."""
PROOF = "X-Stint-Page"
OPEN = "/dash/open/"
AWAY = "run `stint dash` for a new link"


class Links:
    """Links that were created and not opened yet: their hashes, and when each expires by the daemon's monotonic clock."""

    def __init__(self) -> None:
        self._open: dict[str, float] = {}

    def make(self, now: float) -> str:
        """Create a link; its token."""
        while len(self._open) >= LINKS:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(32)
        self._open[digest_of(token)] = now + LINK_LASTS.total_seconds()
        return token

    def take(self, token: str, now: float) -> bool:
        """Use a link up: whether the token is that of an unopened link, which is then removed."""
        wanted, match = digest_of(token), None
        for digest, until in self._open.items():
            if hmac.compare_digest(digest, wanted) and now < until:
                match = digest
        if match is None:
            return False
        del self._open[match]
        return True


def cookie_name(port: int | None) -> str:
    """Cookies are sent to every port: two daemons on one machine must not overwrite each other's."""
    return f"stint_{port or 0}"


def cookie_of(headers: Mapping[str, str], port: int | None) -> str | None:
    """The value of our cookie in a request."""
    wanted = cookie_name(port)
    for pair in headers.get("Cookie", "").split(";"):  # http.cookies stops at the first malformed cookie of another program
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return None


def browser_of(surface: Any, headers: Mapping[str, str], port: int | None) -> Holder | None:
    """The browser that sent a request: it has both halves, and the request comes from our own page."""
    proof, cookie = headers.get(PROOF), cookie_of(headers, port)
    if proof is None or cookie is None or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return None
    holder: Holder | None = surface.daemon.apikeys.browser(cookie, proof)
    return holder


async def admit(surface: Any, token: str, port: int | None) -> dict[str, str] | None:
    """The headers that sign a browser in and redirect it; None when the link has been used or has expired."""
    if not surface.links.take(token, surface.daemon.engine.clock.monotonic()):
        return None
    cookie, proof = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    await surface.daemon.engine.run(lambda step: browsers.admit(step, cookie, proof), "dashboard")
    await surface.daemon.apikeys.reload()
    lasts = int(BROWSER_LASTS.total_seconds())
    set_cookie = f"{cookie_name(port)}={cookie}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict"
    return {"Set-Cookie": set_cookie, "Location": f"/#page={proof}"}


# ---------------------------------------------------------------- routes


async def create_link(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """A link that signs one browser in, once."""
    url = surface.daemon.url()
    if url is None:
        text = "the dashboard needs the loopback port, and none is open"
        raise Unavailable(text, "`stint config set http.port 0` picks a free port; `stint status` says what is wrong with yours")
    clock = surface.daemon.engine.clock
    token = surface.links.make(clock.monotonic())
    return {"url": url + OPEN + token, "expiresAt": wire.stamp(clock.now() + LINK_LASTS)}


async def dismiss(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """Sign every browser out: the streams they opened end, and unopened links stop working."""
    key_ids: list[str] = await surface.daemon.engine.run(browsers.dismiss, call.caller.name)
    surface.links = Links()
    await surface.daemon.apikeys.reload()
    for key_id in key_ids:
        surface.end_streams(key_id)
    return {"browsers": len(key_ids)}
