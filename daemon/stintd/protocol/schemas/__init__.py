"""JSON Schemas of answers, by the names they have in the OpenAPI document.

`words` contains their building blocks; each other module contains the shapes of one part of the API. A route refers to them
(`answer=ref("Entry")`). We own these shapes, so they allow no other fields: an additional field is a change of the API, and the
tests of every route find it.
"""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas import catalog, clockeye, daemon, outgoing, overview, rpc, sheet, wakatime, work

COMPONENTS: dict[str, Schema] = {
    **work.SHAPES, **catalog.SHAPES, **sheet.SHAPES, **overview.SHAPES, **daemon.SHAPES, **clockeye.SHAPES,
    **outgoing.SHAPES, **wakatime.SHAPES, **rpc.SHAPES,
}  # fmt: skip
