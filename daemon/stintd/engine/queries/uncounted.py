"""Folders without git in which files were saved that nobody counts, as the daily look found them (`tracking.plainfolders`)."""

import json

from stintd.domain.model import Context
from stintd.engine.period import Period
from stintd.engine.view import View
from stintd.store import cursors

LAST_LOOK = "uncounted"
"""The cursor that the look writes."""


def folders(view: View, span: Period) -> list[tuple[str, int]]:
    """(folder, files saved there in the week before the last look), the busiest first, if that look lies in the period. A folder
    that was mapped or became a repository since then is left out.
    """
    text = cursors.get(view.conn, LAST_LOOK)
    look = json.loads(text) if text else {}
    if not look or not span.lo_us <= look["at"] < span.hi_us:
        return []
    resolver = view.resolver()
    places = ((path, files, resolver.placement(Context("watch", "edit", folder=path))) for path, files in look["folders"].items())
    return [(path, files) for path, files, place in places if place.rule is None and place.project is None]
