"""Decides which requests are accepted: one policy in front of every route, in the order of the checks below.

Loopback does not mean trusted: any web page can send requests to it, and a host name that the page's owner controls can
resolve to it. So the target must be a path, the Host a loopback name, Origin and Sec-Fetch-Site our own or absent, and a body
must be declared as JSON. (A page of another site cannot declare that without a CORS preflight request, which we refuse.)
"""

import asyncio
import re
from collections.abc import Collection, Mapping

from aiohttp.web_protocol import RequestPayloadError
from aiohttp.web_request import BaseRequest

from stintd.engine.scope import ReadLimit
from stintd.errors import Forbidden, Invalid
from stintd.frozen import frozen
from stintd.jsonvalue import Json
from stintd.protocol.body import Malformed, parse

BODY_LIMIT = 1 << 20
BULK_LIMIT = 8 << 20
VALUE_LIMIT = 200_000
"""The most values in one body: without this limit, eight mebibytes of `{},` would become a gibibyte of objects."""
BODY_SECONDS = 10.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_SITES = frozenset({"same-origin", "none"})
_PLAIN_TYPES = frozenset({"", "text/plain", "application/octet-stream"})
_JSON_TYPE = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


class HttpRefusal(Invalid):
    """A refusal that has an HTTP status of its own."""

    def __init__(self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = headers


@frozen
class Caller:
    """Who sent a request: a name for the audit trail, the scope of the credential, the id of the key (if any), and the client or
    project that the key is limited to (if any)."""

    name: str = "owner"
    scope: str = "full"
    key_id: str = ""
    limit: ReadLimit | None = None


OWNER = Caller()
_RANK = {"none": 0, "read": 1, "write": 2, "full": 3}


@frozen
class Guard:
    """The policy of one listener. `port` is the only port that Host may name; None (a Unix socket) allows any."""

    port: int | None = None

    def is_our_host(self, host: str) -> bool:
        """Whether a Host header is a loopback name, with our port if this listener has one."""
        if self.port is None and host in LOOPBACK:
            return True
        name, port = host, "80"
        if not host.endswith("]"):
            head, colon, tail = host.rpartition(":")
            if colon:
                name, port = head, tail
        if name.lower() not in LOOPBACK or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII):
            return False
        return self.port is None or int(port) == self.port

    def check_site(self, headers: Mapping[str, str], target: str, origins: Collection[str] = ()) -> None:
        """Refuse what a browser sends for a page of another site, and targets that name another host. `origins` are those of the
        browser extensions that may use the requested route.
        """
        if not target.startswith("/"):
            raise HttpRefusal(400, "the request target must be a path", "like GET /api/status")
        host = headers.get("Host")
        if host is None:
            raise HttpRefusal(400, "the Host header is missing", "send Host: localhost")
        if not self.is_our_host(host):
            raise Forbidden(
                "the Host header is not accepted", "use localhost, 127.0.0.1 or [::1], with the port stintd listens on"
            )
        origin = headers.get("Origin")
        if origin is not None and origin in origins:
            return
        if origin is not None and not self._is_our_origin(origin):
            raise Forbidden("requests from other websites are refused", "call the API from a program, not from a web page")
        site = headers.get("Sec-Fetch-Site")
        if site is not None and site not in _OWN_SITES:
            raise Forbidden("requests from other websites are refused", "call the API from a program, not from a web page")

    def _is_our_origin(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        return scheme == "http" and self.is_our_host(host)


def check_scope(caller: Caller, scope: str) -> None:
    """Refuse (`forbidden`) a credential whose scope is less than the route requires."""
    if _RANK[caller.scope] < _RANK[scope]:
        raise Forbidden(
            f"this key does not allow that: the scope {scope} is required",
            f"create a key with `stint keys create --scope {scope}`",
        )


def check_type(headers: Mapping[str, str], is_plain: bool = False) -> None:
    """Require a body that is declared as JSON (or, with `is_plain`, as text) and not compressed: a compressed body could expand
    to any size."""
    kind = headers.get("Content-Type", "")
    is_text = is_plain and kind.partition(";")[0].strip().lower() in _PLAIN_TYPES
    if not is_text and kind != "application/json" and not _JSON_TYPE.fullmatch(kind):
        raise HttpRefusal(415, "the body must be sent as application/json", "set Content-Type: application/json")
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpRefusal(415, "compressed bodies are not accepted", "send the body without Content-Encoding")


async def read_json(request: BaseRequest, limit: int) -> Json:
    """The parsed body; None if there is none."""
    raw = await read_bytes(request, limit)
    if not raw:
        return None
    value = parse(raw)
    if value is None:
        raise Invalid("the body is null", "send an object, or no body if the route needs none")
    return value


async def read_bytes(request: BaseRequest, limit: int, is_plain: bool = False) -> bytes:
    """The bytes of the body, empty if there is none. With `is_plain`, a body that is not declared as JSON is accepted too."""
    content = request.content
    raw = content.read_nowait() if content.is_eof() else await _read_slowly(request, limit, is_plain)
    if raw:
        check_type(request.headers, is_plain)
    if len(raw) > limit:
        raise _too_large(limit)
    if len(raw) > VALUE_LIMIT and raw.count(b",") + raw.count(b"{") + raw.count(b"[") > VALUE_LIMIT:
        raise HttpRefusal(413, f"the body contains more than {VALUE_LIMIT} values", "send it in parts")
    return raw


def _too_large(limit: int) -> HttpRefusal:
    return HttpRefusal(413, f"the body is larger than {limit >> 20} MiB", "send it in parts")


async def _read_slowly(request: BaseRequest, limit: int, is_plain: bool) -> bytes:
    """Read a body that has not arrived completely yet; refuse it if it exceeds the size limit or the deadline."""
    check_type(request.headers, is_plain)
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    if request.headers.get("Expect", "").lower() == "100-continue" and request.transport is not None:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while part := await request.content.readany():
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise _too_large(limit)
    except TimeoutError as error:
        raise HttpRefusal(408, "the body did not arrive in time", "send the whole body without pauses") from error
    except RequestPayloadError as error:
        raise Malformed("the body cannot be read", "check its length and encoding") from error
    return b"".join(parts)
