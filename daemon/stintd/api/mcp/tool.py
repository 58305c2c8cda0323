"""What a tool is, and how its arguments are checked and its answers made safe and small.

A tool's answer contains what its output schema names and nothing else. So one declaration says what is shown, what an agent may
rely on, and how long text from elsewhere may be.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from stintd.api.daemon import Shape
from stintd.api.mcp.tool_caller import ToolCaller
from stintd.errors import StintdError
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject
from stintd.protocol.fields import Arguments, Field, Kind, read_object
from stintd.protocol.fields import field as known_field
from stintd.protocol.jsonschema import Schema

TEXT_LIMIT = 1000
"""The most characters of a text that an agent gets, unless the schema sets a lower limit."""
_KEPT = ("minimum", "maximum", "maxLength", "maxItems", "enum")

Run = Callable[[ToolCaller, Arguments], Awaitable[Shape]]


@frozen
class Param:
    """One argument: a field and its description."""

    field: Field
    about: str


@frozen
class Tool:
    """One tool. `run(ask, arguments)` gets the arguments by their JSON names.

    `scope` is the scope that its route requires, for the table in the documentation; the route itself checks it. `refused` turns
    an error into an answer of the tool's own shape (ClickUp's); without it, an error is our error shape as text.
    """

    name: str
    title: str
    about: str
    run: Run
    answer: Schema
    params: tuple[Param, ...] = ()
    scope: str = "read"
    is_destructive: bool = False
    is_idempotent: bool = False
    refused: Callable[[ToolCaller, StintdError], Shape] | None = None

    def to_wire(self, name: str) -> Shape:
        """The tool as `tools/list` describes it, under the name that it has in a set."""
        is_reading = self.scope == "read"
        return {
            "name": name,
            "title": self.title,
            "description": self.about,
            "inputSchema": self.input_schema(),
            "outputSchema": self.answer,
            "annotations": {
                "title": self.title,
                "readOnlyHint": is_reading,
                "destructiveHint": self.is_destructive,
                "idempotentHint": is_reading or self.is_idempotent,
                "openWorldHint": False,
            },
        }

    def input_schema(self) -> Schema:
        """The schema of the arguments, using only the few keywords that every client and model understands."""
        properties = {
            argument.field.name: {**_plain_schema(argument.field.kind.schema), "description": argument.about}
            for argument in self.params
        }
        required = [argument.field.name for argument in self.params if argument.field.is_required]
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def read(self, arguments: JsonObject) -> Arguments:
        """The arguments as they were sent, checked. Null counts as absent, except for fields that accept null."""
        fields = {argument.field.name: argument.field for argument in self.params}
        values = {
            name: value
            for name, value in arguments.items()
            if value is not None or name not in fields or _takes_null(fields[name].kind)
        }
        read_object(values, fields)
        return values


def param(name: str, kind: Kind, about: str, required: bool = False) -> Param:
    """An argument of a tool."""
    return Param(known_field(name, kind, name, required), about)


def _takes_null(kind: Kind) -> bool:
    return "null" in (kind.schema.get("type") or ())


def _plain_schema(schema: Schema) -> Shape:
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else next(name for name in kinds if name != "null")
    plain = {"type": kind, **{name: schema[name] for name in _KEPT if name in schema}}
    return {**plain, "items": _plain_schema(schema["items"])} if kind == "array" else plain


# ---------------------------------------------------------------- answers


def fit_to_schema(schema: Schema, value: Any) -> Json:
    """The part of a value that the schema names: without other fields or control characters, and with texts cut to their
    limit."""
    if value is None:
        return None
    if "anyOf" in schema:
        return fit_to_schema(schema["anyOf"][0], value)
    if isinstance(value, dict):
        if "properties" not in schema:
            inner = schema.get("additionalProperties") or {}
            return {clean_text(str(name)): fit_to_schema(inner, inner_value) for name, inner_value in value.items()}
        return {name: fit_to_schema(inner, value[name]) for name, inner in schema["properties"].items() if name in value}
    if isinstance(value, list | tuple):
        return [fit_to_schema(schema.get("items", {}), inner_value) for inner_value in value[: schema.get("maxItems")]]
    plain: Json = clean_text(value, schema.get("maxLength", TEXT_LIMIT)) if isinstance(value, str) else value
    return plain


def clean_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """Text from anywhere, made harmless: characters that do not print (control, bidi and format characters, invisible tags)
    become a replacement character, white space becomes a plain blank, and longer text is cut and ends in an ellipsis."""
    if not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
