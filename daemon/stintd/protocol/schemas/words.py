"""The building blocks of the schemas of answers: kinds of values, objects without other fields, lists, references."""

from collections.abc import Iterable, Mapping

from stintd.protocol.jsonschema import Schema

TEXT: Schema = {"type": "string"}
NULL_TEXT: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
NULL_FLAG: Schema = {"type": ["boolean", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
NULL_NUMBER: Schema = {"type": ["number", "null"]}
_STAMP = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?Z$"
INSTANT: Schema = {"type": "string", "format": "date-time", "pattern": _STAMP}
NULL_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time", "pattern": _STAMP}
DAY: Schema = {"type": "string", "format": "date"}
"""A local day of the user."""
ACTOR: Schema = {"enum": ["human", "agent"]}
ANY_OBJECT: Schema = {"type": "object"}


def obj(fields: Mapping[str, Schema], optional: Iterable[str] = (), about: str = "") -> Schema:
    """An object with exactly these fields; all are required except the `optional` ones."""
    left_out = frozenset(optional)
    schema = {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in left_out],
        "additionalProperties": False,
    }
    return {"description": about, **schema} if about else schema


def extend_obj(base: Schema, fields: Mapping[str, Schema], optional: Iterable[str] = (), about: str = "") -> Schema:
    """An object with the fields of another one and some more."""
    known = base["properties"]
    left_out = [name for name in known if name not in base["required"]]
    return obj({**known, **fields}, [*left_out, *optional], about)


def array(inner: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": inner}


def map_of(inner: Schema) -> Schema:
    """An object whose names are data: days, currencies."""
    return {"type": "object", "additionalProperties": inner}


def ref(name: str) -> Schema:
    """A reference to the component with this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(inner: Schema) -> Schema:
    """The same schema, but null is allowed too."""
    return {"anyOf": [inner, {"type": "null"}]}


def page(name: str) -> Schema:
    """A page of a list of components: `{data, nextCursor}`."""
    return obj({"data": array(ref(name)), "nextCursor": NULL_TEXT})


def require_any(*names: str) -> Schema:
    """An object that has at least one of these fields."""
    return {"anyOf": [{"required": [name]} for name in names]}
