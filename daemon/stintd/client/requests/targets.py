"""Billing targets: connect them, map projects to them, and send what waits."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from stintd.client.request import Request, page_reader, reader, route, wire_fields
from stintd.protocol.types import (
    ConnectedTarget,
    MappedTarget,
    Page,
    RemovedTarget,
    Synced,
    Target,
    TargetChoice,
    TargetKind,
    TargetMatch,
    TargetPlace,
    TargetPlaces,
)

ONE = "/api/targets/{}"


def list_() -> Request[Page[Target]]:
    """The connected targets, with the state of each."""
    return Request("GET", "/api/targets", page_reader(Target))


def connect(
    name: str,
    kind: str,
    *,
    secret: str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    key_file: str | None = None,
    since: date | None = None,
    deliver: str | None = None,
    settle: str | None = None,
    description: str | None = None,
    live: bool | None = None,
    calls_per_hour: int | None = None,
    rounding: Mapping[str, Any] | None = None,
    options: Mapping[str, str] | None = None,
) -> Request[ConnectedTarget]:
    """Connect a target, or change its settings. The key is tested with a harmless call before anything is stored.
    `options`: settings that only this kind of target has. `key_env` and `key_file` work only over the control socket."""
    return Request("POST", "/api/targets", reader(ConnectedTarget), body=wire_fields(locals()))


def kind(name: str) -> Request[TargetKind]:
    """What a kind of billing system needs to be connected."""
    return Request("GET", route("/api/targets/kinds/{}", name), reader(TargetKind))


def choices(
    kind: str,
    setting: str,
    *,
    secret: str | None = None,
    base_url: str | None = None,
    key_env: str | None = None,
    key_file: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Request[Page[TargetChoice]]:
    """The values that the service offers for one of its `settings`; none if the service cannot list them."""
    return Request("POST", "/api/targets/choices", page_reader(TargetChoice), body=wire_fields(locals()))


def remove(name: str) -> Request[RemovedTarget]:
    """Disconnect a target. Entries that were delivered stay there."""
    return Request("DELETE", "/api/targets", reader(RemovedTarget), body=wire_fields(locals()))


def map_(
    target: str,
    remote: Mapping[str, str],
    *,
    project: str | None = None,
    task: str | None = None,
    client: str | None = None,
    tag: str | None = None,
    billable: bool | None = None,
    rounding: Mapping[str, Any] | None = None,
) -> Request[MappedTarget]:
    """Add a mapping rule. It replaces a rule with the same conditions."""
    return Request("POST", route(ONE + "/map", target), reader(MappedTarget), body=wire_fields(locals(), "target"))


def map_all(target: str, rules: Iterable[Mapping[str, Any]]) -> Request[MappedTarget]:
    """Add several mapping rules at once: `{project, task, client, remote}`."""
    return Request("POST", route(ONE + "/rules", target), reader(MappedTarget), body={"rules": [dict(rule) for rule in rules]})


def places(target: str, *, refresh: bool | None = None) -> Request[TargetPlaces]:
    """The projects of a target that can receive hours. The list is fetched again once a day, or with `refresh`."""
    return Request("GET", route(ONE + "/places", target), reader(TargetPlaces), query=wire_fields(locals(), "target"))


def make_place(target: str, name: str, *, client: str | None = None) -> Request[TargetPlace]:
    """The target's project with this name. It is created there if it does not exist."""
    return Request("POST", route(ONE + "/places", target), reader(TargetPlace), body=wire_fields(locals(), "target"))


def match(target: str, *, refresh: bool | None = None) -> Request[TargetMatch]:
    """The projects that are not mapped yet, each with the target's projects whose names match."""
    return Request("GET", route(ONE + "/match", target), reader(TargetMatch), query=wire_fields(locals(), "target"))


def sync(target: str | None = None, *, dry_run: bool | None = None) -> Request[Synced]:
    """Send what waits now; with `dry_run`, only show exactly what would be sent."""
    return Request("POST", "/api/sync", reader(Synced), body=wire_fields(locals()))
