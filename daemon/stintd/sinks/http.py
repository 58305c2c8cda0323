"""Sends one request to another server, under the rules of `domain/address.py`. Runs in the worker process only.

The host name is looked up once, all of its addresses must be allowed, and the connection goes to one of exactly these addresses,
so a name that resolves differently a moment later changes nothing. The socket factory checks the address again just before the
connection is made, for hosts that are written as addresses and for changes in later versions of aiohttp. Redirects are not
followed, because on a 307 to another origin aiohttp would also send the body and the signature there. Proxies of the environment
and cookies are not used, and connections are not reused: one that was allowed for one webhook must not serve another.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from stintd.domain.address import Endpoint, address_refusal, endpoint_refusal, parse_endpoint
from stintd.ports import Failure, HttpRequest, HttpResponse

LOOKUPS = 64
"""The most threads for name look-ups, started as needed: a name server that hangs blocks one for half a minute, and a receiver
with such a name must not delay the others."""
LookUp = Callable[..., list[Any]]


class ForbiddenAddress(Exception):
    """An address that our rules forbid."""


class _Resolver(AbstractResolver):
    """Looks up a host name, and refuses it if any of its addresses is not allowed."""

    def __init__(self, threads: ThreadPoolExecutor, look_up: LookUp, may_be_private: bool) -> None:
        self._threads, self._look_up, self._may_be_private = threads, look_up, may_be_private

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC) -> list[ResolveResult]:
        records = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: self._look_up(host, port, family, socket.SOCK_STREAM)
        )
        addresses = dict.fromkeys((kind, where[0]) for kind, _, _, _, where in records)
        for _, address in addresses:
            _check(address, self._may_be_private)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, address in addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""


def _check(address: str, may_be_private: bool) -> None:
    refusal = address_refusal(address, may_be_private)
    if refusal:
        raise ForbiddenAddress(f"the URL {refusal}")


class Exchange:
    """Sends requests; each worker has one. `tls` is for tests with their own certificate authority."""

    def __init__(self, look_up: LookUp = socket.getaddrinfo, tls: ssl.SSLContext | None = None) -> None:
        self._look_up, self._tls = look_up, tls or ssl.create_default_context()
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="look-up")

    async def send(self, request: HttpRequest) -> HttpResponse | Failure:
        """The answer, or the reason why there is none. No server and no URL can make it raise an error."""
        try:
            return await self._send(request)
        except ForbiddenAddress as refused:
            return Failure("refused", str(refused))
        except TimeoutError:
            return Failure("timeout", f"no answer within {request.total_seconds:g} s")
        except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientSSLError, ssl.SSLError) as error:
            return Failure("tls", f"the TLS certificate or connection cannot be trusted: {_tls_reason(error)}")
        except (aiohttp.InvalidURL, ValueError):  # after TLS, some of whose errors are values that are wrong, too
            return Failure("refused", "the URL cannot be understood")
        except aiohttp.ClientConnectorDNSError:
            return Failure("unreachable", "there is no such host name, or no name server answers")
        except aiohttp.ClientConnectorError as error:
            return Failure("unreachable", f"no connection: {error.os_error.strerror or 'refused'}")
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientPayloadError, ConnectionError):
            return Failure("dropped", "the connection ended before there was an answer")
        except (aiohttp.ClientError, OSError) as error:
            return Failure("odd", f"the answer is not valid HTTP ({type(error).__name__})")

    async def _send(self, request: HttpRequest) -> HttpResponse:
        url = URL(request.url)
        has_user = url.raw_user is not None or url.raw_password is not None
        endpoint = Endpoint(url.scheme, url.raw_host or "", url.port or 0, has_user)
        if parse_endpoint(request.url) != endpoint:  # two parsers read the URL; if they disagree, nothing is sent
            raise ForbiddenAddress("the URL is ambiguous: two parsers read it differently")
        refusal = endpoint_refusal(endpoint, request.may_be_private)
        if refusal:
            raise ForbiddenAddress(f"the URL {refusal}")
        timeout = aiohttp.ClientTimeout(total=request.total_seconds, connect=request.connect_seconds)
        connector = self._connector(request.may_be_private)
        async with (
            aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=False,
                timeout=timeout,
            ) as session,
            session.request(
                request.method,
                url,
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
                skip_auto_headers=("Accept-Encoding",),
            ) as answer,
        ):
            body, is_cut = await _read(answer, request.answer_bytes)
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return HttpResponse(answer.status, headers, body, is_cut)

    def _connector(self, may_be_private: bool) -> aiohttp.TCPConnector:
        def make(info: Any) -> socket.socket:
            family, kind, protocol, _, where = info
            _check(where[0], may_be_private)
            return socket.socket(family, kind, protocol)

        resolver = _Resolver(self._threads, self._look_up, may_be_private)
        return aiohttp.TCPConnector(
            resolver=resolver, socket_factory=make, ssl=self._tls, force_close=True, use_dns_cache=False, limit=0
        )


async def _read(answer: aiohttp.ClientResponse, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of the body, and whether it was cut. The status is known by then, so a body that breaks off or does
    not end is not a failure."""
    parts, size = [], 0
    try:
        while size < limit and (part := await answer.content.read(limit - size)):
            parts.append(part)
            size += len(part)
        return b"".join(parts), size >= limit and not answer.content.at_eof()
    except (TimeoutError, aiohttp.ClientError, ConnectionError):
        return b"".join(parts), True


def _tls_reason(error: Exception) -> str:
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(getattr(inner, "verify_message", "") or getattr(inner, "reason", "") or type(inner).__name__)
