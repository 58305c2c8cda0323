"""The routes of API keys. A change of the stored keys takes effect before the request is answered."""

from stintd.api.dispatch import command, query, value_of
from stintd.api.route import Answered, Call, Request
from stintd.api.surface import Surface
from stintd.engine import wire
from stintd.engine.commands import keys
from stintd.engine.queries import keys as key_lists

_create, _revoke, _list = command(keys.create), command(keys.revoke), query(key_lists.listing)


async def listing(surface: Surface, call: Call, request: Request) -> Answered:
    """All keys. Uses in the last minute are included, even if they are not stored yet."""
    answer = await _list(surface, call, request)
    used = surface.daemon.apikeys.pending_uses()
    for key in answer["data"]:
        if key["id"] in used:
            key["lastUsedAt"] = wire.stamp(used[key["id"]])
    return answer


async def create(surface: Surface, call: Call, request: Request) -> Answered:
    """Create a key; it is shown only once."""
    reply = await _create(surface, call, request)
    await surface.daemon.apikeys.reload()
    return reply


async def revoke(surface: Surface, call: Call, request: Request) -> Answered:
    """Revoke a key: it stops working at once, and the streams that it opened end."""
    revoked = value_of(await _revoke(surface, call, request))
    await surface.daemon.apikeys.reload()
    surface.end_streams(revoked["id"])
    return revoked
