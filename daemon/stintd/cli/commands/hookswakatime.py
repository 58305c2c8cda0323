"""`stint hooks … wakatime`: the settings of WakaTime's clients, and the key that is in them."""

import json

from stintd.client.control import Control
from stintd.errors import Conflict, StintdError
from stintd.install import agentsettings, wakatime
from stintd.install.change import Plan, perform

DRY_KEY = "00000000-0000-4000-8000-000000000000"


def install(home, layout, is_dry):
    """The plan; unless it is a dry run carried out, because a key that was made must not be lost."""
    control = Control()
    kept = [one for one in control.get("/api/keys")["data"] if one["name"] == wakatime.NAME]
    url = _url(layout)
    if kept and wakatime.state(home, url)[1] == "installed":
        return Plan()
    plan = wakatime.install(home, url, DRY_KEY)
    if is_dry or plan.problems:
        return plan
    for one in kept:
        control.delete("/api/keys", {"id": one["id"]})
    key = control.post("/api/keys", {"scope": "write", "name": wakatime.NAME})
    plan = wakatime.install(home, url, key["key"])
    try:
        agentsettings.remember(home, wakatime.NAME, plan)
        perform(plan.steps)
    except StintdError:
        control.delete("/api/keys", {"id": key["id"]})
        raise
    return plan


def uninstall(home):
    """Forget the file once nothing of ours is in it, and take the key back where a daemon is there to do it."""
    if wakatime.state(home)[1] == "absent":
        agentsettings.forget(home, wakatime.NAME)
    try:
        control = Control()
        for one in control.get("/api/keys")["data"]:
            if one["name"] == wakatime.NAME:
                control.delete("/api/keys", {"id": one["id"]})
    except StintdError:
        return  # without a daemon the key opens nothing; `stint keys revoke wakatime` takes it back later


def _url(layout):
    try:
        with open(layout.http_json, encoding="utf-8") as file:
            url = json.load(file).get("url")
    except (OSError, ValueError):
        url = None
    if not url:
        raise Conflict("the loopback port is not open, and WakaTime's clients need one", "`stint status` says why")
    return f"{url}/api/v1"
