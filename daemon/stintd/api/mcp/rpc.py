"""JSON-RPC as the protocol uses it: messages, answers, and the HTTP status of each error code."""

from dataclasses import field

from stintd.api.daemon import Shape
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS, INTERNAL_ERROR = -32700, -32600, -32601, -32602, -32603
RATE_LIMITED = -32000
RESOURCE_NOT_FOUND = -32002
"""In the handshake era only; the stateless era uses INVALID_PARAMS."""
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022
STATUS = {
    PARSE_ERROR: 400, INVALID_REQUEST: 400, INVALID_PARAMS: 400, HEADER_MISMATCH: 400, UNSUPPORTED_VERSION: 400,
    METHOD_NOT_FOUND: 404,
}  # fmt: skip
"""HTTP status of an error in the stateless era; all other errors are answered with 200."""


class RpcError(Exception):
    """An error of the protocol: the message itself is wrong, not what it requests. `is_early`: it was found before a method ran,
    so both eras answer with its HTTP status."""

    def __init__(self, code: int, message: str, data: object = None, is_early: bool = False) -> None:
        super().__init__(message)
        self.code, self.message, self.data, self.is_early = code, message, data, is_early

    def to_wire(self) -> Shape:
        """The error object."""
        wire: Shape = {"code": self.code, "message": self.message}
        return wire if self.data is None else {**wire, "data": self.data}


@frozen
class Message:
    """A request or, without `id`, a notification."""

    method: str
    params: JsonObject = field(default_factory=dict)
    id: int | str | None = None

    @property
    def meta(self) -> JsonObject:
        meta = self.params.get("_meta")
        return meta if isinstance(meta, dict) else {}


def message_of(value: Json) -> Message | None:
    """The message of a JSON value; None if it is an answer (we send clients no requests, so nothing waits for one)."""
    if not isinstance(value, dict) or value.get("jsonrpc") != "2.0":
        raise _malformed_error('send {"jsonrpc": "2.0", "id": 1, "method": …}')
    if "method" not in value:
        if ("result" in value) == ("error" in value) or "id" not in value:
            raise _malformed_error("method is missing")
        return None
    method, params, identity = value["method"], value.get("params", {}), value.get("id")
    if not isinstance(method, str) or not method:
        raise _malformed_error("method must be text")
    if isinstance(identity, bool) or not isinstance(identity, int | str | None) or (identity is None and "id" in value):
        raise _malformed_error("id must be a whole number or text")
    if not isinstance(params, dict):
        raise _malformed_error("params must be an object")
    return Message(method, params, identity)


def _malformed_error(why: str) -> RpcError:
    return RpcError(INVALID_REQUEST, f"the body must be one JSON-RPC message: {why}", is_early=True)


def result(identity: int | str | None, value: Shape) -> Shape:
    """The answer to a request."""
    return {"jsonrpc": "2.0", "id": identity, "result": value}


def failure(identity: int | str | None, error: RpcError) -> Shape:
    """The error that answers a request; `id` is null if it could not be read."""
    return {"jsonrpc": "2.0", "id": identity, "error": error.to_wire()}
