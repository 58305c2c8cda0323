"""`stint hooks … wakatime`: the settings of WakaTime's clients, and the key that is in them."""

from __future__ import annotations

import json

from stintd.client.control import Control
from stintd.errors import Conflict, StintdError
from stintd.install import agentsettings, wakatime
from stintd.install.agentsettings import Home
from stintd.install.change import Plan, perform
from stintd.paths import Layout

DRY_KEY = "00000000-0000-4000-8000-000000000000"


def install(home: Home, layout: Layout, is_dry: bool) -> Plan:
    """The plan, already carried out unless it is a dry run, because a new key must not be lost."""
    control = Control()
    keys = [old for old in control.get("/api/keys")["data"] if old["name"] == wakatime.NAME]
    url = _url(layout)
    if keys and wakatime.state(home, url)[1] == "installed":
        return Plan()
    plan = wakatime.install(home, url, DRY_KEY)
    if is_dry or plan.problems:
        return plan
    for old in keys:
        control.delete("/api/keys", {"id": old["id"]})
    key = control.post("/api/keys", {"scope": "write", "name": wakatime.NAME})
    plan = wakatime.install(home, url, key["key"])
    try:
        agentsettings.remember(home, wakatime.NAME, plan)
        perform(plan.steps)
    except StintdError:
        control.delete("/api/keys", {"id": key["id"]})
        raise
    return plan


def uninstall(home: Home) -> None:
    """Forget the file once nothing of ours is in it, and revoke the key if a daemon is there to do it."""
    if wakatime.state(home)[1] == "absent":
        agentsettings.forget(home, wakatime.NAME)
    try:
        control = Control()
        for key in control.get("/api/keys")["data"]:
            if key["name"] == wakatime.NAME:
                control.delete("/api/keys", {"id": key["id"]})
    except StintdError:
        return  # without a daemon the key opens nothing; `stint keys revoke wakatime` revokes it later


def _url(layout: Layout) -> str:
    try:
        with open(layout.http_json, encoding="utf-8") as file:
            url = json.load(file).get("url")
    except (OSError, ValueError):
        url = None
    if not url:
        raise Conflict("the loopback port is closed, and WakaTime's clients need it", "`stint status` says why")
    return f"{url}/api/v1"
