"""The two eras of the protocol: with a handshake (2024-11-05 to 2025-11-25), and stateless (2026-07-28).

In the stateless era every request names its client and revision in its `_meta`, and repeats in HTTP headers what an intermediary
may want to read. Headers and body must agree: two readers must not understand one request differently.
"""

import base64
import binascii
import re
from collections.abc import Mapping

from stintd.api.mcp.rpc import HEADER_MISMATCH, INVALID_PARAMS, UNSUPPORTED_VERSION, Message, RpcError
from stintd.jsonvalue import JsonObject

HANDSHAKE = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
STATELESS = ("2026-07-28",)
BATCHED = frozenset({None, "2024-11-05", "2025-03-26"})
"""Revisions that allow batches; a request without the header is of 2025-03-26 or earlier."""
_PREFIX = "io.modelcontextprotocol/"
VERSION_META, CAPABILITIES_META = f"{_PREFIX}protocolVersion", f"{_PREFIX}clientCapabilities"
SERVER_META = f"{_PREFIX}serverInfo"
VERSION_HEADER, METHOD_HEADER, NAME_HEADER = "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
"""The methods whose `Mcp-Name` header repeats a parameter, and the name of that parameter."""
_ENCODED = re.compile(r"=\?base64\?(.*)\?=", re.ASCII)


def is_stateless(message: Message, headers: Mapping[str, str]) -> bool:
    """Whether a message is of the stateless era, by its header or its `_meta`; raises an error for an unknown revision."""
    header = headers.get(VERSION_HEADER)
    if header in HANDSHAKE:
        return False
    if header is None and VERSION_META not in message.meta:
        return False
    version = message.meta.get(VERSION_META, header)
    if message.id is not None and (header in STATELESS or VERSION_META in message.meta):
        _check_envelope(message, headers)
    if version not in STATELESS:
        data = {"supported": [*STATELESS, *HANDSHAKE], "requested": str(version)[:40]}
        raise RpcError(UNSUPPORTED_VERSION, "Unsupported protocol version", data, is_early=True)
    return True


def _check_envelope(message: Message, headers: Mapping[str, str]) -> None:
    missing = [name for name in (VERSION_META, CAPABILITIES_META) if name not in message.meta]
    if missing:
        raise RpcError(INVALID_PARAMS, f"params._meta lacks {', '.join(missing)}", is_early=True)
    expected: JsonObject = {VERSION_HEADER: message.meta[VERSION_META], METHOD_HEADER: message.method}
    subject = message.params.get(NAMED.get(message.method, ""))
    if subject is not None:
        expected[NAME_HEADER] = subject
    for name, value in expected.items():
        header = headers.get(name)
        if (_decode(header) if name == NAME_HEADER else header) != value:
            raise RpcError(HEADER_MISMATCH, f"the header {name} and the body differ", is_early=True)
    repeated = [name for name in expected if len(_header_values(headers, name)) > 1]
    if repeated:
        raise RpcError(HEADER_MISMATCH, f"the header {repeated[0]} is repeated", is_early=True)


def _header_values(headers: Mapping[str, str], name: str) -> list[str]:
    every = getattr(headers, "getall", None)
    return every(name, []) if every is not None else [headers[name]] if name in headers else []


def _decode(value: str | None) -> str | None:
    """The header's text; names that are not plain ASCII are sent as base64."""
    match = _ENCODED.fullmatch(value or "")
    if match is None:
        return value
    try:
        return base64.b64decode(match[1], validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def accepts_json(headers: Mapping[str, str]) -> bool:
    """Whether the client accepts JSON: we never answer with a stream."""
    accept = headers.get("Accept")
    if accept is None:
        return True
    kinds = {kind.partition(";")[0].strip().lower() for kind in accept.split(",")}
    return bool(kinds & {"application/json", "application/*", "*/*"})
