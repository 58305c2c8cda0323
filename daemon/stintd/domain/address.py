"""Where the daemon may send a request to a URL from somebody else: by default only to the internet, to the owner's own
network only if the owner allows it, and to some addresses never.

The URL of a webhook comes from an API client. Without these rules it could make the daemon fetch what only this machine can
reach: a router's page, a database, a cloud's metadata (SSRF). There are two checks: of the URL's text when it is stored, and
of each address right before connecting, because a name may lead elsewhere by then.
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from stintd.frozen import frozen

PUBLIC_PORTS = (443, 8443)
LONGEST_URL = 2000
_OWN = tuple(
    ip_network(text)
    for text in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7")
)
"""Loopback, private, and the shared range that overlay networks (Tailscale) use."""
_METADATA = frozenset(ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"))
"""Where clouds give a machine its own credentials: never allowed, whatever the owner permits."""
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)", re.IGNORECASE | re.ASCII)

Address = IPv4Address | IPv6Address


@frozen
class Endpoint:
    """The parts of a URL that decide where a request goes."""

    scheme: str
    host: str
    port: int
    has_user: bool = False


def parse_endpoint(url: str) -> Endpoint | None:
    """The endpoint that a URL names; None unless it is an absolute URL that all parsers understand in the same way."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if not parts.scheme or not parts.hostname or parts.fragment:
        return None
    default = 443 if parts.scheme == "https" else 80
    return Endpoint(parts.scheme, parts.hostname, default if port is None else port, "@" in parts.netloc)


def endpoint_refusal(endpoint: Endpoint, may_be_private: bool) -> str:
    """Why nothing is sent there, "" when the text of the URL gives no reason; completes "the URL …"."""
    if endpoint.scheme not in (("https", "http") if may_be_private else ("https",)):
        return "must begin with https://" + (" or http://" if may_be_private else " (http:// needs allowPrivate)")
    if endpoint.has_user:
        return "must not carry a user name or a password"
    if not may_be_private and endpoint.port not in PUBLIC_PORTS:
        return "must use port 443 or 8443 (others need allowPrivate)"
    if "%" in endpoint.host:
        return "must not name a network interface"
    if ":" in endpoint.host:
        return address_refusal(endpoint.host, may_be_private)
    if _NUMBER.fullmatch(endpoint.host.rstrip(".").rpartition(".")[2]):
        return address_refusal(endpoint.host, may_be_private)
    return ""


def address_refusal(text: str, may_be_private: bool) -> str:
    """Why nothing is sent to this address, "" when it is allowed; completes "the URL …"."""
    try:
        literal = ip_address(text)
    except ValueError:
        return "must spell an address in full, like 192.0.2.1"
    address = _behind(literal)
    if address in _METADATA or literal in _METADATA:
        return f"leads to {text}, where clouds publish a machine's own credentials"
    if _is_public(address):
        return ""
    is_plain = address == literal or (isinstance(literal, IPv6Address) and literal.ipv4_mapped == address)
    if not (is_plain and any(address.version == own.version and address in own for own in _OWN)):
        return f"leads to {text}, which is not an address of the internet"
    return "" if may_be_private else f"leads to {text}, an address in your own network (allowPrivate permits that)"


def _is_public(address: Address) -> bool:
    # Python calls multicast global, and some versions the shared range of carriers neither global nor private.
    return address.is_global and not address.is_multicast and not address.is_unspecified and not address.is_reserved


def _behind(address: Address) -> Address:
    """The IPv4 address that an IPv6 form of it leads to: mapped, 6to4, NAT64, compatible."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    is_compatible = address in _COMPATIBLE and int(address) > 0xFFFF
    if is_compatible or any(address in network for network in _NAT64):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
