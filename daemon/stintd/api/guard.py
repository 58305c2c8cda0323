"""What is let in: one policy in front of every route, in the order of the checks below.

Loopback does not mean trusted: any web page can send requests to it, and a name it controls can resolve to it. So the
target must be a path, the Host a loopback name, Origin and Sec-Fetch-Site our own or absent, and a body must say that
it is JSON (a page cannot say so without asking first, and the answer to that is no).
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
"""Values in one body: eight mebibytes of `{},` would become a gibibyte of objects."""
BODY_SECONDS = 10.0
LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_OWN_SITES = frozenset({"same-origin", "none"})
_PLAIN_TYPES = frozenset({"", "text/plain", "application/octet-stream"})
_JSON_TYPE = re.compile(r'application/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?', re.IGNORECASE)


class HttpRefusal(Invalid):
    """Refused for a reason that HTTP has a status of its own for."""

    def __init__(self, status: int, message: str, hint: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, hint)
        self.status = status
        self.headers = headers


@frozen
class Caller:
    """Who asks: a name for the audit trail, the scope their credential carries, the id of their key, if any, and
    how far that key reaches."""

    name: str = "owner"
    scope: str = "full"
    key_id: str = ""
    limit: ReadLimit | None = None


OWNER = Caller()
_RANK = {"none": 0, "read": 1, "write": 2, "full": 3}


@frozen
class Guard:
    """The policy of one listener. `port` None (a Unix socket): any port in Host; else exactly that one."""

    port: int | None = None

    def is_our_host(self, host: str) -> bool:
        """A loopback name, with our port where there is one."""
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
        """Refuse what a browser sends for somebody else's page, and targets that name another host. `origins`: the
        browser extensions that may call what is asked for.
        """
        if not target.startswith("/"):
            raise HttpRefusal(400, "the request must name a path", "send it as GET /api/status")
        host = headers.get("Host")
        if host is None:
            raise HttpRefusal(400, "the Host header is missing", "send Host: localhost")
        if not self.is_our_host(host):
            raise Forbidden("this is not our host name", "use localhost, 127.0.0.1 or [::1]")
        origin = headers.get("Origin")
        if origin is not None and origin in origins:
            return
        if origin is not None and not self._is_our_origin(origin):
            raise Forbidden("requests of other sites are refused", "call the API from a program, not from a page")
        site = headers.get("Sec-Fetch-Site")
        if site is not None and site not in _OWN_SITES:
            raise Forbidden("requests of other sites are refused", "call the API from a program, not from a page")

    def _is_our_origin(self, origin: str) -> bool:
        scheme, _, host = origin.partition("://")
        return scheme == "http" and self.is_our_host(host)


def check_scope(caller: Caller, scope: str) -> None:
    """Refuse (`forbidden`) a credential that does not reach as far as the route."""
    if _RANK[caller.scope] < _RANK[scope]:
        raise Forbidden(f"this key may not do that: it needs the scope {scope}", "make one with `stint keys create`")


def check_type(headers: Mapping[str, str], is_plain: bool = False) -> None:
    """A body must be sent as JSON (or, with `is_plain`, as text), unpacked: an encoded one could unpack to any size."""
    kind = headers.get("Content-Type", "")
    is_text = is_plain and kind.partition(";")[0].strip().lower() in _PLAIN_TYPES
    if not is_text and kind != "application/json" and not _JSON_TYPE.fullmatch(kind):
        raise HttpRefusal(415, "the body must be sent as application/json", "set Content-Type: application/json")
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        raise HttpRefusal(415, "encoded bodies are not read", "send the body without Content-Encoding")


async def read_json(request: BaseRequest, limit: int) -> Json:
    """The parsed body, `None` when there is none."""
    raw = await read_bytes(request, limit)
    if not raw:
        return None
    value = parse(raw)
    if value is None:
        raise Invalid("the body is null", "send {…}, or no body where none is needed")
    return value


async def read_bytes(request: BaseRequest, limit: int, is_plain: bool = False) -> bytes:
    """The body as it came, empty when there is none; with `is_plain` also one that does not say that it is JSON."""
    content = request.content
    raw = content.read_nowait() if content.is_eof() else await _read_slowly(request, limit, is_plain)
    if raw:
        check_type(request.headers, is_plain)
    if len(raw) > limit:
        raise _too_large(limit)
    if len(raw) > VALUE_LIMIT and raw.count(b",") + raw.count(b"{") + raw.count(b"[") > VALUE_LIMIT:
        raise HttpRefusal(413, f"the body holds more than {VALUE_LIMIT} values", "send it in parts")
    return raw


def _too_large(limit: int) -> HttpRefusal:
    return HttpRefusal(413, f"the body is larger than {limit >> 20} MiB", "send it in parts")


async def _read_slowly(request: BaseRequest, limit: int, is_plain: bool) -> bytes:
    """A body that has not arrived whole: within the limit and the deadline, or refused."""
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
        raise HttpRefusal(408, "the body did not arrive in time", "send it at once") from error
    except RequestPayloadError as error:
        raise Malformed("the body cannot be read", "check its length and encoding") from error
    return b"".join(parts)
