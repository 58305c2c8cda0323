"""Billing systems: what is connected, what goes where, and sending what waits."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from stintd.client.request import Ask, given, paged, reader, route
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


def list_() -> Ask[Page[Target]]:
    """The connected ones, and how it goes with each."""
    return Ask("GET", "/api/targets", paged(Target))


def connect(
    name: str, kind: str, *, secret: str | None = None, base_url: str | None = None, key_env: str | None = None,
    key_file: str | None = None, since: date | None = None, deliver: str | None = None, settle: str | None = None,
    description: str | None = None, live: bool | None = None, calls_per_hour: int | None = None,
    rounding: Mapping[str, Any] | None = None, options: Mapping[str, str] | None = None,
) -> Ask[ConnectedTarget]:  # fmt: skip
    """Connect one, or change its settings: its key is tried with a harmless call before anything is kept. `options`: what
    only its kind needs. `key_env` and `key_file` only on the owner's own socket."""
    return Ask("POST", "/api/targets", reader(ConnectedTarget), body=given(locals()))


def kind(name: str) -> Ask[TargetKind]:
    """What a kind of billing system needs."""
    return Ask("GET", route("/api/targets/kinds/{}", name), reader(TargetKind))


def choices(
    kind: str, setting: str, *, secret: str | None = None, base_url: str | None = None, key_env: str | None = None,
    key_file: str | None = None, options: Mapping[str, str] | None = None,
) -> Ask[Page[TargetChoice]]:  # fmt: skip
    """What the service offers for one of `settings`; nothing where it cannot tell."""
    return Ask("POST", "/api/targets/choices", paged(TargetChoice), body=given(locals()))


def remove(name: str) -> Ask[RemovedTarget]:
    """Deliver there no more; what is there stays."""
    return Ask("DELETE", "/api/targets", reader(RemovedTarget), body=given(locals()))


def map_(
    target: str, remote: Mapping[str, str], *, project: str | None = None, task: str | None = None, client: str | None = None,
    tag: str | None = None, billable: bool | None = None, rounding: Mapping[str, Any] | None = None,
) -> Ask[MappedTarget]:  # fmt: skip
    """One more rule of what goes where, in place of one with the same conditions."""
    return Ask("POST", route(ONE + "/map", target), reader(MappedTarget), body=given(locals(), "target"))


def map_all(target: str, rules: Iterable[Mapping[str, Any]]) -> Ask[MappedTarget]:
    """Several rules at once: `{project, task, client, remote}`."""
    return Ask("POST", route(ONE + "/rules", target), reader(MappedTarget), body={"rules": [dict(rule) for rule in rules]})


def places(target: str, *, refresh: bool | None = None) -> Ask[TargetPlaces]:
    """Where hours can go there; asked for anew once a day, or with `refresh`."""
    return Ask("GET", route(ONE + "/places", target), reader(TargetPlaces), query=given(locals(), "target"))


def make_place(target: str, name: str, *, client: str | None = None) -> Ask[TargetPlace]:
    """The place of that name, made there unless there is one."""
    return Ask("POST", route(ONE + "/places", target), reader(TargetPlace), body=given(locals(), "target"))


def match(target: str, *, refresh: bool | None = None) -> Ask[TargetMatch]:
    """What is not mapped yet, and which place it may be by its name."""
    return Ask("GET", route(ONE + "/match", target), reader(TargetMatch), query=given(locals(), "target"))


def sync(target: str | None = None, *, dry_run: bool | None = None) -> Ask[Synced]:
    """Send now what waits; with `dry_run` only say what would be sent, to the letter."""
    return Ask("POST", "/api/sync", reader(Synced), body=given(locals()))
