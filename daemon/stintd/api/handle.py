"""How a route of the table reaches the engine: a command in a step, or a query beside the writer."""

import hashlib
from collections.abc import Callable
from typing import Any

from stintd.api.route import Call, Handler
from stintd.domain.model import BeatSignal
from stintd.engine import intake, once
from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.errors import Invalid
from stintd.protocol.body import dump

KEY_LIMIT = 255


def command(fn: Callable[..., Any]) -> Handler:
    """Run `fn(step, **arguments)` in a step; answered after its commit, once for each Idempotency-Key."""

    async def handle(surface: Any, call: Call, request: Any) -> Any:
        locate(surface, call)
        key = _idempotency_key(call)
        if key is None:
            return await surface.daemon.engine.run(lambda step: fn(step, **call.arguments), call.caller.name)

        def fresh(step: Step) -> Any:
            return fn(step, **call.arguments)

        route = f"{call.route.method} {call.route.path}"
        digest = hashlib.sha256(dump([request.raw_path, _without_key(call.body)])).hexdigest()
        return await surface.daemon.engine.run(
            lambda step: once.answered(step, f"{call.caller.name} {key}", route, digest, fresh), call.caller.name
        )

    return handle


def locate(surface: Any, call: Call) -> None:
    """Turn the argument `path` into the place where it lies; the map of places belongs to this thread."""
    path = call.arguments.pop("path", None)
    if path is not None:
        daemon = surface.daemon
        asked = BeatSignal(daemon.engine.clock.now(), "edit", "api", path=path)
        call.arguments["place"] = intake.place(asked, daemon.places, daemon.device)[0]


def query(fn: Callable[..., Any]) -> Handler:
    """Ask `fn(view, **arguments)`; it sees the effect of everything answered before."""

    async def handle(surface: Any, call: Call, request: Any) -> Any:
        engine = surface.daemon.engine

        glimpses = tuple((one.context, one.time) for one in surface.daemon.gate.glimpses.values())

        def ask(conn: Any) -> Any:
            view = View(conn, engine.clock.now(), engine.policy, tuple(engine.state.waiting), glimpses)
            return fn(view, **call.arguments)

        return await engine.read(ask)

    return handle


def changed(fn: Callable[..., Any]) -> Handler:
    """A command that changes one thing: the revision it expects may come as If-Match."""
    run = command(fn)

    async def handle(surface: Any, call: Call, request: Any) -> Any:
        expected = request.headers.get("If-Match")
        if expected is not None and expected != "*":
            call.arguments.setdefault("revision", _revision(expected))
        return await run(surface, call, request)

    handle.reads_if_match = True  # type: ignore[attr-defined]  # the OpenAPI document tells of it
    return handle


def _revision(text: str) -> int:
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid("If-Match must be a revision", "send the revision of the object you read")
    return int(number)


def _idempotency_key(call: Call) -> str | None:
    """The key of the header or of the body; only routes that create have one."""
    in_body = call.arguments.pop("idempotency_key", None)
    if not call.route.creates:
        return None
    key = call.headers.get("Idempotency-Key") or in_body
    if key is not None and (len(key) > KEY_LIMIT or not key.strip()):
        raise Invalid(f"an Idempotency-Key has 1 to {KEY_LIMIT} characters")
    return str(key) if key is not None else None


def _without_key(body: Any) -> Any:
    return {k: v for k, v in body.items() if k != "idempotencyKey"} if isinstance(body, dict) else body
