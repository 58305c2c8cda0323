"""A Swagger 2 document as OpenAPI 3.0: as much of the translation as documents of billing systems need."""

import json
from collections.abc import Mapping
from typing import Any

JSON = "application/json"
METHODS = ("get", "post", "put", "patch", "delete")
_SCHEMA = ("type", "format", "items", "enum", "minimum", "maximum", "pattern", "minLength", "maxLength", "default")


def translate(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same paths, bodies, answers and credentials."""
    moved = json.loads(json.dumps(document).replace("#/definitions/", "#/components/schemas/"))
    paths = {
        path: {method: _operation(told) for method, told in operations.items() if method in METHODS}
        for path, operations in moved["paths"].items()
    }
    schemes = {name: _scheme(told) for name, told in moved.get("securityDefinitions", {}).items()}
    return {
        "openapi": "3.0.3",
        "info": moved["info"],
        "paths": paths,
        "security": moved.get("security", []),
        "components": {"schemas": moved.get("definitions", {}), "securitySchemes": schemes},
    }


def _operation(told: Mapping[str, Any]) -> dict[str, Any]:
    given = told.get("parameters", [])
    out: dict[str, Any] = {
        "parameters": [_parameter(one) for one in given if one["in"] in ("path", "query", "header")],
        "responses": {status: _answer(one) for status, one in told.get("responses", {}).items()},
    }
    bodies = [one for one in given if one["in"] == "body"]
    if bodies:
        out["requestBody"] = {"required": bodies[0].get("required", False), "content": {JSON: {"schema": bodies[0]["schema"]}}}
    return {**out, "security": told["security"]} if "security" in told else out


def _parameter(told: Mapping[str, Any]) -> dict[str, Any]:
    schema = {name: told[name] for name in _SCHEMA if name in told}
    return {"name": told["name"], "in": told["in"], "required": told.get("required", told["in"] == "path"), "schema": schema}


def _answer(told: Mapping[str, Any]) -> dict[str, Any]:
    content = {"content": {JSON: {"schema": told["schema"]}}} if "schema" in told else {}
    return {"description": told.get("description", ""), **content}


def _scheme(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "http", "scheme": "basic"} if told["type"] == "basic" else dict(told)
