"""The dashboard's files, as a browser asks for them.

They come from the installed package and from nowhere else: an address is looked up among their names, never made into a
path. What a page loads has the digest of all files in its address, so a browser may keep it for ever, and another
version has other addresses. Files are read when they are asked for; the daemon keeps none of them in memory.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from stintd.api.answer import Answer, head_of
from stintd.api.dashboard import entrance
from stintd.api.guard import Refused
from stintd.resources import bundled

POLICY = "; ".join((
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
    "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
))  # fmt: skip
_COMMON = {
    "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
KINDS = {
    ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8", ".json": "application/json",
}  # fmt: skip
FOR_EVER = "private, max-age=31536000, immutable"
ASSETS = "/dash/assets/"
_PAGE = re.compile(r"/dash/([a-z]+)", re.ASCII)


class Document(Answer):
    """An answer that is a file of the dashboard, not JSON."""

    __slots__ = ("_kind",)

    def __init__(self, body: bytes, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(body, status, headers)
        self._kind = kind

    def head(self) -> bytes:
        return head_of(self.status, self._kind, _COMMON)


class Shelf:
    """What there is: the files by their names, and the digest of them all."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in KINDS)
        self.files = {path.relative_to(folder).as_posix(): path for path in paths}
        whole = hashlib.sha256()
        for name, path in self.files.items():
            whole.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        self.digest = whole.hexdigest()[:16]

    def page(self, name: str, module: str = "") -> bytes:
        """An HTML file, its addresses filled in. `<!-- modules -->` becomes the modules that every page needs and the one of
        this page, so that the browser fetches all of them at once instead of finding one through the other."""
        prefix = ASSETS + self.digest
        early = sorted(one for one in self.files if one.startswith(("lib/", "parts/")) or one in EARLY or one == module)
        links = "\n".join(f'<link rel="modulepreload" href="{prefix}/{escape(one)}">' for one in early if one.endswith(".js"))
        text = self.files[name].read_text(encoding="utf-8")
        return text.replace("<!-- modules -->", links).replace("{assets}", prefix).encode()


EARLY = frozenset({"app.js", "pages.js", "vendor/preact.js", "vendor/hooks.js", "vendor/htm.js"})


@cache
def shelf() -> Shelf:
    """Looked through at the first request, in a few milliseconds; a new version is a new process."""
    return Shelf(bundled("api/dashboard/static"))


def is_ours(path: str) -> bool:
    """Whether an address is the dashboard's, not the API's."""
    return path == "/" or path == "/dash" or path.startswith("/dash/")


async def answer(surface: Any, listener: Any, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """The page or file of an address."""
    if method not in ("GET", "HEAD"):
        raise Refused(405, f"{method[:20]} is not possible here", "use GET", {"Allow": "GET, HEAD"})
    known = shelf()
    if path.startswith(ASSETS):
        return _asset(known, path, headers)
    if path.startswith(entrance.OPEN):
        is_looked_at = method == "HEAD" or "prefetch" in headers.get("Sec-Purpose", "")
        return await _opened(surface, listener, known, path.removeprefix(entrance.OPEN), is_looked_at)
    if listener.needs_key and not _is_in(surface, listener, headers):
        return _signin(known, "This browser is not let in yet, or its time is over.")
    return _page(known, path, headers)


def _is_in(surface: Any, listener: Any, headers: Mapping[str, str]) -> bool:
    cookie = entrance.cookie_of(headers, listener.guard.port)
    return cookie is not None and surface.daemon.keyring.browser(cookie) is not None


def _page(known: Shelf, path: str, headers: Mapping[str, str]) -> Answer:
    """The one HTML file, for every page there is a module of."""
    found = _PAGE.fullmatch(path)
    module = f"pages/{found[1] if found else 'today'}.js"
    is_known = path in ("/", "/dash", "/dash/") or (found is not None and module in known.files)
    mark = f'"{known.digest}"'
    more = {"ETag": mark, "Cache-Control": "no-cache"}
    if is_known and headers.get("If-None-Match") == mark:
        return Document(b"", KINDS[".html"], 304, more)
    return Document(known.page("index.html", module), KINDS[".html"], 200 if is_known else 404, more)


def _asset(known: Shelf, path: str, headers: Mapping[str, str]) -> Answer:
    """A file of this version. One of another version is not there: a page must not be put together from two."""
    digest, _, name = path.removeprefix(ASSETS).partition("/")
    file = known.files.get(name)
    if file is None or digest != known.digest:
        return Document(b"there is no such file\n", KINDS[".txt"], 404, {"Cache-Control": "no-store"})
    mark = f'"{digest}"'
    more = {"ETag": mark, "Cache-Control": FOR_EVER}
    if headers.get("If-None-Match") == mark:
        return Document(b"", KINDS[file.suffix], 304, more)
    return Document(file.read_bytes(), KINDS[file.suffix], 200, more)


async def _opened(surface: Any, listener: Any, known: Shelf, token: str, is_looked_at: bool) -> Answer:
    """A one-time link. Looking at it, as link checkers and browsers that load ahead do, does not use it up."""
    if is_looked_at:
        return _signin(known, "This link is for you to open.")
    let_in = await entrance.admit(surface, token, listener.guard.port)
    if let_in is not None:
        return Document(b"", KINDS[".html"], 303, {**let_in, "Cache-Control": "no-store"})
    await surface.slow_guesses()
    return _signin(known, "This link was used already, or it is too old.")


def _signin(known: Shelf, why: str) -> Answer:
    text = known.page("signin.html").decode().replace("{why}", escape(why)).encode()
    return Document(text, KINDS[".html"], 401, {"Cache-Control": "no-store"})
