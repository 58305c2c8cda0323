"""Serves the dashboard's files to a browser.

They come from the installed package and from nowhere else: an address is looked up among their names, never turned into a
path. The address of everything a page loads contains the digest of all files, so a browser may cache it for ever, and
another version has other addresses. Files are read when a browser requests them; the daemon keeps none of them in memory.
"""

import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path

from stintd.api.answer import Answer, head_of
from stintd.api.dashboard import signin
from stintd.api.guard import HttpRefusal
from stintd.api.listener import Listener
from stintd.api.surface import Surface
from stintd.resources import bundled_path

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
HOME = ("/dash", "/dash/", "/dash/today")
"""Other addresses of the page Today, which is at `/`."""
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
    """The dashboard's files by their names, and the digest of them all."""

    def __init__(self, folder: Path) -> None:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in KINDS)
        self.files = {path.relative_to(folder).as_posix(): path for path in paths}
        whole = hashlib.sha256()
        for name, path in self.files.items():
            whole.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
        self.digest = whole.hexdigest()[:16]

    def page(self, name: str, module: str = "") -> bytes:
        """An HTML file with its addresses filled in. `<!-- modules -->` becomes links to the modules that every page needs and
        to the module of this page, so that the browser fetches all of them at once instead of discovering them one by one."""
        prefix = ASSETS + self.digest
        early = sorted(file for file in self.files if file.startswith(("lib/", "parts/")) or file in EARLY or file == module)
        links = "\n".join(f'<link rel="modulepreload" href="{prefix}/{escape(file)}">' for file in early if file.endswith(".js"))
        text = self.files[name].read_text(encoding="utf-8")
        return text.replace("<!-- modules -->", links).replace("{assets}", prefix).encode()


EARLY = frozenset({"app.js", "pages.js", "vendor/preact.js", "vendor/hooks.js", "vendor/htm.js"})


@cache
def load_shelf() -> Shelf:
    """The files of this version. Listed at the first request, which takes a few milliseconds; a new version is a new process."""
    return Shelf(bundled_path("api/dashboard/static"))


def is_ours(path: str) -> bool:
    """Whether an address belongs to the dashboard, not to the API."""
    return path == "/" or path == "/dash" or path.startswith("/dash/")


async def answer(surface: Surface, listener: Listener, method: str, path: str, headers: Mapping[str, str]) -> Answer:
    """The page or file of an address."""
    if method not in ("GET", "HEAD"):
        raise HttpRefusal(405, f"{method[:20]} is not allowed on this path", "use GET", {"Allow": "GET, HEAD"})
    shelf = load_shelf()
    if path.startswith(ASSETS):
        return _asset(shelf, path, headers)
    if path.startswith(signin.OPEN):
        is_preview = method == "HEAD" or "prefetch" in headers.get("Sec-Purpose", "")
        return await _open_link(surface, listener, shelf, path.removeprefix(signin.OPEN), is_preview)
    if listener.needs_key and not _is_signed_in(surface, listener, headers):
        return _signin_page(shelf, "This browser is not signed in, or its sign-in has expired.")
    if path in HOME:
        return Document(b"", KINDS[".html"], 308, {"Location": "/", "Cache-Control": "no-store"})
    return _page(shelf, path, headers)


def _is_signed_in(surface: Surface, listener: Listener, headers: Mapping[str, str]) -> bool:
    cookie = signin.cookie_of(headers, listener.guard.port)
    return cookie is not None and surface.daemon.apikeys.find_browser(cookie) is not None


def _page(shelf: Shelf, path: str, headers: Mapping[str, str]) -> Answer:
    """The one HTML file, for every page that has a module."""
    match = _PAGE.fullmatch(path)
    module = f"pages/{match[1] if match else 'today'}.js"
    is_page = path == "/" or (match is not None and module in shelf.files)
    mark = f'"{shelf.digest}"'
    more = {"ETag": mark, "Cache-Control": "no-cache"}
    if is_page and headers.get("If-None-Match") == mark:
        return Document(b"", KINDS[".html"], 304, more)
    return Document(shelf.page("index.html", module), KINDS[".html"], 200 if is_page else 404, more)


def _asset(shelf: Shelf, path: str, headers: Mapping[str, str]) -> Answer:
    """A file of this version. Files of other versions are not served: a page must not be put together from two versions."""
    digest, _, name = path.removeprefix(ASSETS).partition("/")
    file = shelf.files.get(name)
    if file is None or digest != shelf.digest:
        return Document(b"there is no such file\n", KINDS[".txt"], 404, {"Cache-Control": "no-store"})
    mark = f'"{digest}"'
    more = {"ETag": mark, "Cache-Control": FOR_EVER}
    if headers.get("If-None-Match") == mark:
        return Document(b"", KINDS[file.suffix], 304, more)
    return Document(file.read_bytes(), KINDS[file.suffix], 200, more)


async def _open_link(surface: Surface, listener: Listener, shelf: Shelf, token: str, is_preview: bool) -> Answer:
    """A one-time link. A preview of it, by a link checker or a browser that loads pages ahead, does not use it up."""
    if is_preview:
        return _signin_page(shelf, "Open this link yourself to sign in.")
    cookie = await signin.admit(surface, token, listener.guard.port)
    if cookie is not None:
        return Document(b"", KINDS[".html"], 303, {**cookie, "Cache-Control": "no-store"})
    await surface.slow_guesses()
    return _signin_page(shelf, "This link has been used or has expired.")


def _signin_page(shelf: Shelf, why: str) -> Answer:
    text = shelf.page("signin.html").decode().replace("{why}", escape(why)).encode()
    return Document(text, KINDS[".html"], 401, {"Cache-Control": "no-store"})
