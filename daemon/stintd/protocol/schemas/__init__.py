"""JSON Schemas of what is answered, by the names they have in the OpenAPI document.

`words` is what they are written in; each other module holds the shapes of one part of the surface. A route refers to them
(`answer=ref("Entry")`). We own these shapes, so they admit no other field: an answer with one more is a change of the
surface, and the tests of every route say so.
"""

from stintd.protocol.jsonschema import Schema
from stintd.protocol.schemas import catalog, clockeye, daemon, outgoing, overview, rpc, sheet, wakatime, work

COMPONENTS: dict[str, Schema] = {
    **work.SHAPES, **catalog.SHAPES, **sheet.SHAPES, **overview.SHAPES, **daemon.SHAPES, **clockeye.SHAPES,
    **outgoing.SHAPES, **wakatime.SHAPES, **rpc.SHAPES,
}  # fmt: skip
