"""Heartbeats to a WakaTime-compatible server, 25 in a request."""

import base64
import json
from collections.abc import Callable, Sequence

from stintd.domain.emitting import OutgoingBeat, wakatime_item
from stintd.ports import Carrier, Failure, HttpRequest, HttpResponse

BATCH = 25
AGENT = "wakatime/v2.0.0 (stintd) stintd/1.0 {}/1.0 stintd-wakatime/1.0"


class WakaTimeServer:
    """One server. `key` is asked for each time, so that a changed secret is used at once."""

    def __init__(self, carrier: Carrier, url: str, key: Callable[[], str]) -> None:
        self._carrier, self._key = carrier, key
        self._url = f"{url.rstrip('/').removesuffix('/users/current/heartbeats.bulk')}/users/current/heartbeats.bulk"

    async def deliver(self, beats: Sequence[OutgoingBeat], now_us: int) -> HttpResponse | Failure | None:
        """None when all are there. Items that are refused one by one are given up, as their own clients do."""
        key = self._key()
        if not key:
            return Failure("refused", "its key is missing")
        headers = {
            "Authorization": "Basic " + base64.b64encode(key.encode()).decode(),
            "Content-Type": "application/json",
            "User-Agent": AGENT.format("stintd"),
        }
        for first in range(0, len(beats), BATCH):
            items = [wakatime_item(beat, AGENT.format(beat.client or "editor")) for beat in beats[first : first + BATCH]]
            request = HttpRequest("POST", self._url, headers, json.dumps(items).encode(), may_be_private=True, total_seconds=30.0)
            answer = await self._carrier.send(request)
            if isinstance(answer, Failure) or not 200 <= answer.status < 300:
                return answer
        return None
