"""JSON-RPC, as the Model Context Protocol uses it."""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas.words import obj

_ID: Schema = {"type": ["integer", "string"]}
_ERROR = obj({"code": {"type": "integer"}, "message": {"type": "string"}, "data": {}}, ["data"])

SHAPES: dict[str, Schema] = {
    "RpcMessage": {
        "type": "object", "required": ["jsonrpc", "method"], "description": "A request; without `id`, a notification.",
        "properties": {
            "jsonrpc": {"const": "2.0"}, "id": _ID, "method": {"type": "string", "minLength": 1}, "params": {"type": "object"},
        },
    },
    "RpcAnswer": {
        "type": "object", "required": ["jsonrpc", "id"], "additionalProperties": False,
        "properties": {"jsonrpc": {"const": "2.0"}, "id": _ID, "result": {"type": "object"}, "error": _ERROR},
        "oneOf": [{"required": ["result"]}, {"required": ["error"]}],
    },
    "RpcError": obj({"jsonrpc": {"const": "2.0"}, "id": {"type": ["integer", "string", "null"]}, "error": _ERROR}),
}  # fmt: skip
