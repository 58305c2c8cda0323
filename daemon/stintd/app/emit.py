"""Sends copies of heartbeats to each kind of receiver that the settings can name."""

import logging
import os
import socket
from collections.abc import Callable, Mapping
from datetime import timedelta

from stintd.app.live_settings import LiveSettings
from stintd.engine.delivery.emitter import Deliver
from stintd.errors import Unavailable
from stintd.ports import Carrier
from stintd.secret import secret_of_file
from stintd.settings import Settings
from stintd.sinks.activitywatch import ActivityWatchServer
from stintd.sinks.wakatime_heartbeats import WakaTimeServer

log = logging.getLogger(__name__)


def emitter_makers(carrier: Carrier, live: LiveSettings, environment: Mapping[str, str]) -> dict[str, Callable[[str], Deliver]]:
    """For each name in `[emit]`, a function that returns how to deliver to an address."""

    def activitywatch(url: str) -> Deliver:
        idle_us = live.value.policy.idle_timeout // timedelta(microseconds=1)
        return ActivityWatchServer(carrier, url, socket.gethostname(), idle_us).deliver

    def wakatime(url: str) -> Deliver:
        return WakaTimeServer(carrier, url, lambda: wakatime_key(live.value, environment)).deliver

    return {"activitywatch": activitywatch, "wakatime": wakatime}


def wakatime_key(chosen: Settings, environment: Mapping[str, str]) -> str:
    """The key of the WakaTime-compatible server; "" if it cannot be read."""
    file, name = chosen.text("emit.wakatime_key_file"), chosen.text("emit.wakatime_key_env")
    try:
        return secret_of_file(os.path.expanduser(file)) if file else environment.get(name or "", "")
    except Unavailable as error:
        log.warning("%s", error.message)
        return ""
