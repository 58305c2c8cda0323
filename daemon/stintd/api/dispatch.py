"""How a route reaches the engine: a command runs in a step, a query runs beside the writer."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from stintd.api.route import Call, Created, Request
from stintd.api.surface import Surface
from stintd.domain.model import BeatSignal
from stintd.engine import idempotency
from stintd.engine.intake import normalise
from stintd.engine.reply import Reply
from stintd.engine.scope import limit_command, limit_view
from stintd.engine.step import Step
from stintd.engine.view import View
from stintd.errors import Invalid
from stintd.jsonvalue import Json
from stintd.protocol.body import dump
from stintd.protocol.fields import IDEMPOTENCY_KEY

T = TypeVar("T")


def value_of(answer: T | Created) -> T:
    """The value of an answer, whether or not it is the reply of a command."""
    value: T = answer.value if isinstance(answer, Reply) else answer
    return value


Answering = Callable[[Surface, Call, Request], Awaitable[T]]
"""A handler that answers a T."""


def command(fn: Callable[..., T]) -> Answering[T | Created]:
    """A handler that runs `fn(step, **arguments)` in a step. It answers after the commit, and runs once for each
    Idempotency-Key."""

    async def handle(surface: Surface, call: Call, request: Request) -> T | Created:
        replace_path(surface, call)
        if call.route.reads_if_match:
            _expect_revision(call)
        repeat = _repeat(call, request)

        fresh = _limit_to_caller(call, lambda step: fn(step, **call.arguments))
        engine = surface.daemon.engine
        if repeat is None:
            return await engine.run(fresh, call.caller.name)
        return await engine.run(lambda step: idempotency.answer_once(step, repeat, fresh), call.caller.name)

    return handle


def _limit_to_caller(call: Call, fn: Callable[[Step], T]) -> Callable[[Step], T]:
    """The command, limited to the client or project that its caller is limited to."""
    return limit_command(fn, call.caller.limit) if call.caller.limit is not None else fn


async def run(surface: Surface, call: Call, fn: Callable[[Step], T]) -> T:
    """Run a command in a step as this caller; returns after its commit."""
    return await surface.daemon.engine.run(_limit_to_caller(call, fn), call.caller.name)


def repeatable_handler(handle: Answering[T]) -> Answering[T | Created]:
    """A handler that creates something outside a step, once for each Idempotency-Key. Doing it twice must be harmless: if the
    daemon dies between the work and the note of it, a repeated request does the work again.
    """

    async def answer(surface: Surface, call: Call, request: Request) -> T | Created:
        repeat = _repeat(call, request)
        if repeat is None:
            return await handle(surface, call, request)
        engine = surface.daemon.engine
        earlier = await engine.read(lambda conn: idempotency.find_answer(conn, repeat))
        if earlier is not None:
            return earlier
        result = await handle(surface, call, request)
        return await engine.run(lambda step: idempotency.answer_once(step, repeat, lambda step: result), call.caller.name)

    return answer


def replace_path(surface: Surface, call: Call) -> None:
    """Replace the argument `path` by the place that contains it. Runs in this thread, because the map of places belongs to it."""
    path = call.arguments.pop("path", None)
    if path is not None:
        daemon = surface.daemon
        signal = BeatSignal(daemon.engine.clock.now(), "edit", "api", path=path)
        context, _ = normalise.context_of(signal, daemon.places.locate(path), daemon.device)
        call.arguments["place"] = daemon.intake.hide_branch(context)


def query(fn: Callable[..., T]) -> Answering[T]:
    """A handler that runs the query `fn(view, **arguments)`, which sees the effect of everything answered before."""

    async def handle(surface: Surface, call: Call, request: Request) -> T:
        engine = surface.daemon.engine

        provisional_timers = tuple((timer.context, timer.time) for timer in surface.daemon.intake.provisional_timers.values())

        def ask(view: View) -> T:
            return fn(limit_view(view) if call.caller.limit else view, **call.arguments)

        surroundings = tuple(engine.state.waiting), provisional_timers, engine.state.roots, engine.state.files
        return await engine.read(
            lambda conn: ask(View(conn, engine.clock.now(), engine.policy, *surroundings)), call.caller.limit
        )

    return handle


def _expect_revision(call: Call) -> None:
    """Take the revision that a change expects from If-Match, unless the body contains it."""
    expected = call.headers.get("If-Match")
    if expected is not None and expected != "*":
        call.arguments.setdefault("revision", _revision(expected))


def _revision(text: str) -> int:
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid("If-Match must be a revision", "send the revision of the object you read")
    return int(number)


def _repeat(call: Call, request: Request) -> idempotency.Repeat | None:
    """What identifies a repeated request: its caller, its key, and a digest of its content. None without a key."""
    key = _idempotency_key(call)
    if key is None:
        return None
    digest = hashlib.sha256(dump([request.raw_path, _drop_key(call.body)])).hexdigest()
    return idempotency.Repeat(f"{call.caller.name} {key}", f"{call.route.method} {call.route.path}", digest)


def _idempotency_key(call: Call) -> str | None:
    """The idempotency key in the header or the body; None on routes that create nothing."""
    in_body = call.arguments.pop("idempotency_key", None)
    if not call.route.creates:
        return None
    key = call.headers.get("Idempotency-Key")
    if key is None:
        return str(in_body) if in_body is not None else None
    try:
        return str(IDEMPOTENCY_KEY.read(key))
    except Invalid as error:
        raise Invalid(f"Idempotency-Key {error.message}", error.hint) from error


def _drop_key(body: Json) -> Json:
    return {k: v for k, v in body.items() if k != "idempotencyKey"} if isinstance(body, dict) else body
