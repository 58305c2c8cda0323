"""Heartbeats from an instant on, in the form sent to other servers."""

from stintd.domain import privacy
from stintd.domain.emitting import OutgoingBeat
from stintd.domain.kinds import AGENT_KINDS
from stintd.domain.model import Context
from stintd.engine import wire
from stintd.engine.entries import project_names
from stintd.engine.resolver import load_resolver
from stintd.engine.view import View
from stintd.store import heartbeats

SENT_KINDS = frozenset({"edit", "read", "tool", "commit", "prompt"})
"""Kinds that are work on something; marks, sessions and presence stay in stintd."""
WINDOW_US = 86_400_000_000


def load_outgoing_beats(view: View, lo_us: int, hi_us: int) -> tuple[list[OutgoingBeat], int]:
    """Heartbeats of [lo, hi], at most a day of them, and where that day ends."""
    first = view.conn.execute("SELECT min(first_us) FROM span WHERE last_us >= ?", (lo_us,)).fetchone()[0]
    if first is None or first > hi_us:
        return [], hi_us
    lo_us = max(lo_us, first)
    end_us = min(hi_us, lo_us + WINDOW_US)
    contexts, resolver = heartbeats.contexts(view.conn), load_resolver(view.conn, view.policy)
    names = {project_id: privacy.project(project_id, name, view.policy) for project_id, name in project_names(view.conn).items()}
    beats = []
    for run in heartbeats.runs(view.conn, lo_us, end_us):
        context = contexts[run.context]
        if context.kind not in SENT_KINDS:
            continue
        for time_us, entity in heartbeats.beats(view.conn, run):
            if lo_us <= time_us <= end_us:
                project = resolver.resolver_at(time_us).resolve(context, entity).project
                if project is None and context.repo is None and context.folder is not None:
                    continue  # what somebody does in a folder that is no project's is nobody else's business
                beat = _outgoing_beat(time_us, context, entity, names.get(project, "") if project else "")
                beats.append(beat._replace(path="", place="") if view.policy.hide_project_names else beat)
    return sorted(beats), end_us


def _outgoing_beat(time_us: int, context: Context, entity: str, project: str) -> OutgoingBeat:
    is_agents = context.actor == "agent" or context.witness == "agent" or context.kind in AGENT_KINDS
    place = context.repo_path or context.folder or ""
    is_file = context.kind in ("edit", "read", "tool") and context.source != "browser" and bool(entity)
    path = entity if entity.startswith("/") else f"{place.rstrip('/')}/{entity}" if place else ""
    return OutgoingBeat(
        time_us,
        "agent" if is_agents else "human",
        context.device,
        context.kind,
        project,
        context.branch or "",
        path if is_file else "",
        place,
        wire.client_word(context) or "",
    )
