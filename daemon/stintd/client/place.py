"""Where the daemon listens: the control socket of this home, or loopback TCP with a key.

A key is only ever sent to this machine: there is no TLS here, and the daemon listens nowhere else.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import field
from urllib.parse import urlsplit

from stintd import paths
from stintd.client.control import socket_of_this_home
from stintd.client.transport import Address, DaemonDown
from stintd.errors import Invalid
from stintd.frozen import frozen

DEFAULT_PORT = 7846
LOOPBACK = re.compile(r"localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1")


@frozen
class DaemonAddress:
    """The address, the Host header, and the key."""

    address: Address
    host: str = "localhost"
    key: str | None = field(default=None, repr=False)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [("Authorization", f"Bearer {self.key}")] if self.key else []


def find_daemon(
    api_key: str | None, base_url: str | None, socket: str | None, environ: Mapping[str, str] | None = None
) -> DaemonAddress:
    """The address that follows from the arguments and the environment."""
    if api_key is not None and not api_key.strip():
        raise Invalid("api_key is empty", "leave it out to use the control socket, or give a key")
    key = api_key or (os.environ if environ is None else environ).get("STINTD_API_KEY") or None
    if socket is not None:
        if api_key or base_url:
            raise Invalid("a socket needs neither key nor base_url", "give one or the other")
        return DaemonAddress(socket)
    if base_url is None and key is None:
        return DaemonAddress(socket_of_this_home())
    if key is None:
        raise Invalid(
            "base_url needs a key", "`stint keys create --scope write` creates one; pass it as api_key or STINTD_API_KEY"
        )
    return _tcp_address(base_url or _published_url(), key)


def _tcp_address(url: str, key: str) -> DaemonAddress:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise Invalid(f"{url!r} is not an address", "write one like http://127.0.0.1:7846") from error
    if parts.scheme != "http" or parts.path.strip("/") or parts.query or parts.username is not None:
        raise Invalid(f"{url!r} is not an address of the daemon", "write one like http://127.0.0.1:7846: http, and no path")
    if not LOOPBACK.fullmatch(host):
        raise Invalid(f"{host!r} is not this machine", "keys are sent only to 127.0.0.1, ::1 or localhost")
    port = port or DEFAULT_PORT
    return DaemonAddress((host, port), f"[{host}]:{port}" if ":" in host else f"{host}:{port}", key)


def _published_url() -> str:
    """The URL that the daemon published; its default address if it published none."""
    try:
        with open(paths.home_layout().http_json, encoding="utf-8") as file:
            published = json.load(file)
        url = published["url"]
    except (OSError, ValueError, KeyError, TypeError):
        return f"http://127.0.0.1:{DEFAULT_PORT}"
    if not isinstance(url, str):
        raise DaemonDown("the daemon does not listen on TCP", "use Client() without a key, or set `[http] port`")
    return url
