"""How a browser is let in: a one-time link, then a cookie and a proof (see `engine.keyring` for why two).

A link is good once and for a few minutes, and lives in memory only. Opening it makes the browser's two halves: the cookie
is set, the proof travels in the fragment of where it is sent next, which no server sees and no log holds.
"""

import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from stintd.api.route import Call
from stintd.engine import shape
from stintd.engine.commands import browsers
from stintd.engine.keyring import BROWSER_LASTS, Holder, digest_of
from stintd.errors import Unavailable

LINK_LASTS = timedelta(minutes=5)
LINKS = 16
"""Links that are open at once; the oldest makes room."""
PROOF = "X-Stint-Page"
OPEN = "/dash/open/"
AWAY = "run `stint dash` for a new link"


class Links:
    """Links that were given out and not opened: hashes with the instant of the daemon's clock at which they end."""

    def __init__(self) -> None:
        self._open: dict[str, float] = {}

    def make(self, now: float) -> str:
        """A new one's token."""
        while len(self._open) >= LINKS:
            del self._open[next(iter(self._open))]
        token = secrets.token_urlsafe(32)
        self._open[digest_of(token)] = now + LINK_LASTS.total_seconds()
        return token

    def take(self, token: str, now: float) -> bool:
        """Whether this is an open link's; it is not any more."""
        wanted, found = digest_of(token), None
        for known, until in self._open.items():
            if hmac.compare_digest(known, wanted) and now < until:
                found = known
        if found is None:
            return False
        del self._open[found]
        return True


def cookie_name(port: int | None) -> str:
    """Cookies do not know ports: two daemons of one machine must not take each other's away."""
    return f"stint_{port or 0}"


def cookie_of(headers: Mapping[str, str], port: int | None) -> str | None:
    """The cookie that a request shows us."""
    wanted = cookie_name(port)
    for pair in headers.get("Cookie", "").split(";"):  # http.cookies gives up at the first odd one of another program
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return value
    return None


def browser_of(surface: Any, headers: Mapping[str, str], port: int | None) -> Holder | None:
    """The browser that asks the API: with both halves, and from our own page."""
    proof, cookie = headers.get(PROOF), cookie_of(headers, port)
    if proof is None or cookie is None or headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return None
    found: Holder | None = surface.daemon.keyring.browser(cookie, proof)
    return found


async def admit(surface: Any, token: str, port: int | None) -> dict[str, str] | None:
    """The headers that let a browser in and send it on; None when the link is not good any more."""
    if not surface.links.take(token, surface.daemon.engine.clock.monotonic()):
        return None
    cookie, proof = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    await surface.daemon.engine.run(lambda step: browsers.admit(step, cookie, proof), "dashboard")
    await surface.daemon.keyring.reload()
    lasts = int(BROWSER_LASTS.total_seconds())
    held = f"{cookie_name(port)}={cookie}; Path=/; Max-Age={lasts}; HttpOnly; SameSite=Strict"
    return {"Set-Cookie": held, "Location": f"/#page={proof}"}


# ---------------------------------------------------------------- routes


async def link(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """A link that lets one browser in, once."""
    url = surface.daemon.url()
    if url is None:
        text = "the dashboard needs the loopback port, and none is open"
        raise Unavailable(text, "`stint config set http.port 0` takes a free one; `stint status` says what is wrong with yours")
    clock = surface.daemon.engine.clock
    token = surface.links.make(clock.monotonic())
    return {"url": url + OPEN + token, "expiresAt": shape.stamp(clock.now() + LINK_LASTS)}


async def dismiss(surface: Any, call: Call, request: Any) -> dict[str, Any]:
    """Every browser is sent away; streams that it opened end, links that were not opened are good for nothing."""
    gone: list[str] = await surface.daemon.engine.run(browsers.dismiss, call.caller.name)
    surface.links = Links()
    await surface.daemon.keyring.reload()
    for key_id in gone:
        surface.end_streams(key_id)
    return {"browsers": len(gone)}
