"""The client's requests are of the route table, and its answers are those of the OpenAPI document: field by field."""

import inspect
from dataclasses import fields, is_dataclass
from importlib import import_module
from pkgutil import iter_modules
from types import NoneType
from typing import get_args, get_origin, get_type_hints

import pytest

from stintd.api.routes import TABLE
from stintd.client import requests
from stintd.client.request import Request
from stintd.protocol import types
from stintd.protocol.reading import wire_name
from stintd.protocol.schemas import COMPONENTS

CALLED = {"HealthWarning": "Warning"}
ELSEWHERE = {"startTime", "endTime", "idempotencyKey"}
"""Other names of `start` and `end`, and what travels as a header."""
PLAIN = {
    "time_entries.start": "timer.start",
    "time_entries.stop": "timer.stop",
    "timer.switch": "timer.start",
    "workspaces.join": "",
}
"""Requests with fewer arguments than their route reads, and which one has the others; `code` is the same as `inviteCode`."""
INLINE = {"Page", "Event"}
"""Page is of each list, Event of the stream: neither is a component."""
KINDS = {name: getattr(types, name) for name in types.__all__}
BUILDERS = {
    f"{module.name}.{fn.__name__.rstrip('_')}": fn
    for module in iter_modules(requests.__path__)
    for fn in vars(import_module(f"stintd.client.requests.{module.name}")).values()
    if inspect.isfunction(fn) and fn.__module__.endswith(f"requests.{module.name}") and fn.__name__[0] != "_"
}
SAMPLES = {"at": "2026-11-20T09:00:00Z", "ids": ["a1"], "events": ["time_entry.stopped"], "heartbeats": [{"project": "a"}],
           "rules": [{"project": "a"}]}  # fmt: skip


def filled(build) -> Request:
    """The request with every argument there is."""
    return build(**{name: SAMPLES.get(name, "x1") for name in inspect.signature(build).parameters})


@pytest.mark.parametrize("name", BUILDERS)
def test_a_request_is_one_the_table_knows_with_fields_it_reads(name):
    ask = filled(BUILDERS[name])
    route, _ = TABLE.find(ask.method, ask.route)
    assert set(ask.query) <= set(route.query)
    if isinstance(ask.body, dict) and not route.raw:
        assert set(ask.body) <= set(route.body or {})
    sent = {*ask.query, *(ask.body if isinstance(ask.body, dict) else ())} | ELSEWHERE
    if name not in PLAIN and not route.raw:
        assert set(route.query) | set(route.body or {}) <= sent
    assert (ask.key is not None) == (route.creates and name != "keys.create")


def resolved(schema):
    """Without references and null."""
    while "$ref" in schema or "anyOf" in schema:
        one = next((one for one in schema.get("anyOf", ()) if one.get("type") != "null"), schema)
        schema = COMPONENTS[one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
    return schema


def may_be_null(schema):
    return "null" in schema.get("type", ()) or any(one.get("type") == "null" for one in schema.get("anyOf", ()))


def differences(kind, schema, where):
    """What the type and the schema disagree on."""
    hints = get_type_hints(kind)
    told = {wire_name(field): hints[field.name] for field in fields(kind)}
    known = schema["properties"]
    yield from (f"{where}.{name}" for name in told.keys() ^ known.keys())
    for name in told.keys() & known.keys():
        hint = told[name]
        if may_be_null(known[name]) and NoneType not in get_args(hint):
            yield f"{where}.{name} may be null"
        inner = next((one for one in get_args(hint) if is_dataclass(one)), hint if is_dataclass(hint) else None)
        if inner is not None:
            part = resolved(known[name])
            yield from differences(inner, resolved(part.get("items", part)), f"{where}.{name}")
        elif get_origin(hint) is tuple:
            assert resolved(known[name])["type"] == "array"


@pytest.mark.parametrize("name", [name for name in KINDS if CALLED.get(name, name) in COMPONENTS])
def test_a_typed_answer_has_the_fields_of_the_document(name):
    optional = {"Evidence": {"Evidence.at"}, "StartedTimer": set()}.get(name, set())
    assert set(differences(KINDS[name], COMPONENTS[CALLED.get(name, name)], name)) <= optional


def test_every_type_is_a_component_or_a_part_of_one():
    parts = {name for name in KINDS if CALLED.get(name, name) in COMPONENTS} | INLINE
    for _ in range(4):
        for name in list(parts):
            for hint in get_type_hints(KINDS[name]).values():
                parts |= {one.__name__ for one in (hint, *get_args(hint)) if is_dataclass(one)}
    abstract = {base.__name__ for kind in KINDS.values() for base in kind.__mro__[1:] if is_dataclass(base)}
    assert set(KINDS) - parts - abstract == set()
