"""The routes of billing systems: connecting them, mapping hours to them, sending."""

import re
from collections.abc import Callable
from typing import TypeVar

from stintd.api.daemon import Shape
from stintd.api.dispatch import Answering, query, run
from stintd.api.guard import OWNER
from stintd.api.route import Answered, Call, Request, Route, fields
from stintd.api.surface import Surface
from stintd.engine.delivery import attempt
from stintd.engine.queries import deliveries, matching
from stintd.engine.step import Step
from stintd.errors import Forbidden, Invalid, NotFound
from stintd.jsonvalue import Json, JsonObject
from stintd.protocol.fields import DAY_OR_INSTANT, FLAG, Kind, choice, field, text, whole
from stintd.protocol.schemas.words import page, ref

T = TypeVar("T")
_TABLE = {"base_url": "base_url", "deliver": "deliver", "settle": "settle", "description": "description",
          "calls_per_hour": "calls_per_hour", "rounding": "rounding", "key_env": "api_key_env",
          "key_file": "api_key_file", "since": "from", "kind": "kind", "live": "live"}  # fmt: skip


_ID, _FIELD = text(255), re.compile("[A-Za-z0-9_]{1,40}", re.ASCII)
_OURS = {*_TABLE.values(), "retry_initial", "retry_max", "live", "map", "tags"}
_ROUNDING = {
    "mode": choice("none", "nearest", "up", "down").schema,
    "minutes": whole(0, 60).schema,
    "per": choice("day", "entry").schema,
    "minimum": text(80).schema,
    "confirmed": FLAG.schema,
}
"""The schema in the OpenAPI document; `settings.targets` reads the values and reports wrong ones."""


def _remote_of(value: Json) -> dict[str, str]:
    if not isinstance(value, dict) or not 1 <= len(value) <= 20 or not all(_FIELD.fullmatch(name) for name in value):
        raise Invalid("must be an object whose values are ids", 'send {"project_id": "…"}')
    return {name: _ID.read(identity) for name, identity in value.items()}


def _options_of(value: Json) -> dict[str, str]:
    options = _remote_of(value)
    reserved = sorted(name for name in options if name.startswith("api_key") or name in _OURS)
    if reserved:
        raise Invalid(f"must not contain {reserved[0]}", "send it in its own field; options are only for this kind of target")
    return options


def _rounding_of(value: Json) -> JsonObject:
    if not isinstance(value, dict) or not value.keys() <= _ROUNDING.keys():
        raise Invalid("must be an object", 'send {"mode": "nearest", "minutes": 6, "per": "day"}')
    return value


def _rules_of(value: Json) -> list[JsonObject]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_RULES:
        raise Invalid("must be a list of rules", 'send [{"project": "…", "remote": {"project_id": "…"}}]')
    return [_rule_of(rule) for rule in value]


def _rule_of(value: Json) -> JsonObject:
    if not isinstance(value, dict) or not value.keys() <= {"project", "task", "client", "remote"}:
        raise Invalid(
            "a rule may only contain project, task, client and remote", 'send {"project": "…", "remote": {"project_id": "…"}}'
        )
    rule = {name: _ID.read(value[name]) for name in ("project", "task", "client") if value.get(name) is not None}
    return {**rule, "remote": _remote_of(value.get("remote"))}


REMOTE = Kind(_remote_of, {
    "type": "object", "minProperties": 1, "maxProperties": 20, "additionalProperties": _ID.schema,
    "propertyNames": {"pattern": "^[A-Za-z0-9_]{1,40}$"},
})  # fmt: skip
OPTIONS = Kind(_options_of, REMOTE.schema)
MOST_RULES = 1000
RULES = Kind(_rules_of, {
    "type": "array", "minItems": 1, "maxItems": MOST_RULES, "items": {
        "type": "object", "required": ["remote"], "additionalProperties": False,
        "properties": {**{name: _ID.schema for name in ("project", "task", "client")}, "remote": REMOTE.schema},
    },
})  # fmt: skip
ROUNDING = Kind(_rounding_of, {"type": "object", "properties": _ROUNDING, "additionalProperties": False})


async def listing(surface: Surface, call: Call, request: Request) -> Answered:
    """The connected targets."""
    planned = surface.daemon.connecting.targets.planned
    return await query(lambda view: deliveries.listing(view, planned))(surface, call, request)


def query_with_targets(ask: Answering[T]) -> Answering[T]:
    """A query that gets the connected targets as the argument `planned`."""

    async def handle(surface: Surface, call: Call, request: Request) -> T:
        call.arguments["planned"] = surface.daemon.connecting.targets.planned
        return await ask(surface, call, request)

    return handle


async def connect(surface: Surface, call: Call, request: Request) -> Shape:
    """Connect a target, or change one. Its secret is stored in a file and nowhere else."""
    name = call.arguments["name"]
    return await surface.daemon.connecting.connect(name, _table(call), call.arguments.get("secret"))


def _table(call: Call) -> Shape:
    """The settings in a request, by the names they have in the settings file."""
    arguments = dict(call.arguments)
    if ("key_env" in arguments or "key_file" in arguments) and call.caller != OWNER:
        # Whoever may name a file and an address could have any of the user's secrets sent to that address.
        raise Forbidden(
            "where a key is stored can be set only through the control socket", "use `stint connect`, or send the key itself"
        )
    table = {into: arguments[field_name] for field_name, into in _TABLE.items() if field_name in arguments}
    if "from" in table:
        table["from"] = table["from"].isoformat()[:10]
    return {**arguments.get("options", {}), **table}


async def kind(surface: Surface, call: Call, request: Request) -> Shape:
    """The settings that a kind of target needs."""
    return surface.daemon.connecting.kind(call.arguments["kind_name"])


async def choices(surface: Surface, call: Call, request: Request) -> Shape:
    """The values that the service offers for a setting."""
    table, secret, setting = _table(call), call.arguments.get("secret"), call.arguments["setting"]
    return {"data": await surface.daemon.connecting.choices(table, secret, setting), "nextCursor": None}


async def map_(surface: Surface, call: Call, request: Request) -> Shape:
    """Add one mapping rule."""
    rule = dict(call.arguments)
    return await surface.daemon.connecting.map(rule.pop("target_name"), rule)


async def map_all(surface: Surface, call: Call, request: Request) -> Shape:
    """Add several mapping rules at once."""
    return await surface.daemon.connecting.map(call.arguments["target_name"], *call.arguments["rules"])


async def places(surface: Surface, call: Call, request: Request) -> Answered:
    """The places at a target that hours can go to."""
    name, is_fresh = call.arguments["target_name"], call.arguments.get("refresh", False)
    return matching.places_json(await surface.daemon.connecting.catalogue.read_listing(name, is_fresh))


async def make_place(surface: Surface, call: Call, request: Request) -> Answered:
    """The place with this name at a target; it is created there unless it exists."""
    arguments = call.arguments
    catalogue = surface.daemon.connecting.catalogue
    return matching.place_json(
        await catalogue.make_place(arguments["target_name"], arguments["name"], arguments.get("client", ""))
    )


async def match(surface: Surface, call: Call, request: Request) -> Answered:
    """What is not mapped yet, each with the place that its name suggests."""
    name = call.arguments.pop("target_name")
    connecting = surface.daemon.connecting
    listing = await connecting.catalogue.read_listing(name, call.arguments.pop("refresh", False))
    planned = connecting.targets.planned[name]
    return await query(lambda view: matching.proposals(view, planned, listing))(surface, call, request)


async def remove(surface: Surface, call: Call, request: Request) -> Shape:
    """Disconnect a target."""
    return await surface.daemon.connecting.remove(call.arguments["name"])


async def sync(surface: Surface, call: Call, request: Request) -> Shape:
    """Send what waits now. A dry run answers exactly what would be sent."""
    planned = surface.daemon.connecting.targets.planned
    target, is_dry = call.arguments.get("target"), call.arguments.get("dry_run", False)

    def ask(step: Step) -> Shape:
        outlook = deliveries.outlook(step, planned, target)
        if not is_dry:
            attempt.sync(step, target)
        return {"dryRun": is_dry, **outlook}

    return await run(surface, call, ask)


def query_with_target_sums(fn: Callable[..., T]) -> Answering[T]:
    """A query of sums. With the argument `target` it also answers them as that target counts them."""
    ask = query(fn)

    async def handle(surface: Surface, call: Call, request: Request) -> T:
        name = call.arguments.pop("target", None)
        if name is not None:
            if call.caller.limit is not None:
                raise Forbidden("a key limited to one client or project does not see billing systems", "leave target out")
            planned = surface.daemon.connecting.targets.planned.get(name)
            if planned is None:
                raise NotFound(f"no target is called {name[:40]}", "`stint targets` lists them")
            call.arguments["target"] = planned
        return await ask(surface, call, request)

    return handle


WORD, NAME = text(1000), field("name", text(40), required=True)
CONDITIONS = tuple(field(name, text(255)) for name in ("project", "task", "client", "tag"))
RULE = (*CONDITIONS, field("billable", FLAG), field("remote", REMOTE, required=True), field("rounding", ROUNDING))
ROUTES = [
    Route("GET", "/api/targets", listing, "connected billing systems", answer=page("Target")),
    Route("POST", "/api/targets", connect, "connect a billing system, or change its settings", "full", fields(
        NAME, field("kind", text(40), required=True), field("baseUrl", text(1000)), field("secret", text(4000)),
        field("keyEnv", WORD), field("keyFile", WORD),
        field("from", DAY_OR_INSTANT, "since"), field("deliver", choice("approved", "auto")), field("settle", text(20)),
        field("description", text(255)), field("callsPerHour", whole(1, 100_000)), field("rounding", ROUNDING),
        field("live", FLAG), field("options", OPTIONS),
    ), success=201, answer=ref("ConnectedTarget")),
    Route("GET", "/api/targets/kinds/{kind_name}", kind, "what a kind of billing system needs", answer=ref("TargetKind")),
    Route("POST", "/api/targets/choices", choices, "what a service offers for a setting of an account", "full", fields(
        field("kind", text(40), required=True), field("setting", text(40), required=True), field("baseUrl", text(1000)),
        field("secret", text(4000)), field("keyEnv", WORD), field("keyFile", WORD), field("options", OPTIONS),
    ), answer=page("TargetChoice")),
    Route("DELETE", "/api/targets", remove, "disconnect a billing system; hours it already has stay there", "full", fields(NAME),
          answer=ref("RemovedTarget")),
    Route("POST", "/api/targets/{target_name}/map", map_, "set where hours of a project, task, client or tag go", "full",
          fields(*RULE), answer=ref("MappedTarget")),
    Route("POST", "/api/targets/{target_name}/rules", map_all, "set where hours of several projects and tasks go", "full",
          fields(field("rules", RULES, required=True)), answer=ref("MappedTarget")),
    Route("GET", "/api/targets/{target_name}/places", places, "the places at a billing system that hours can go to",
          query=fields(field("refresh", FLAG)), answer=ref("TargetPlaces")),
    Route("POST", "/api/targets/{target_name}/places", make_place, "create a project at a billing system unless it exists",
          "full", fields(field("name", text(255), required=True), field("client", text(255))), answer=ref("TargetPlace")),
    Route("GET", "/api/targets/{target_name}/match", match, "what is not mapped yet, with a suggestion for each by its name",
          query=fields(field("refresh", FLAG)), answer=ref("TargetMatch")),
    Route("POST", "/api/sync", sync, "send what waits now, or show what would be sent", "full",
          fields(field("target", text(40)), field("dryRun", FLAG)), answer=ref("Synced")),
]  # fmt: skip
