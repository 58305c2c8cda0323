"""The table of verbs: which module does what. Help, completion and the dispatcher read it; a verb's module is loaded
when it is called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

GROUPS = {
    "Every day": {
        "up": "up", "status": "status", "day": "day", "report": "report", "log": "log", "week": "week", "heatmap": "heatmap",
        "watch": "watch", "dash": "dash",
    },
    "Manual timers": {
        "start": "start", "stop": "start", "pause": "timer", "resume": "timer", "switch": "start_at", "continue": "timer",
        "cancel": "timer", "return": "return_", "add": "add", "off": "off_on", "on": "off_on",
    },
    "Corrections": {
        "review": "review", "answer": "answer", "why": "why", "gaps": "gaps", "fill": "gaps", "edit": "edit",
        "split": "edit", "merge": "edit", "move": "move", "delete": "edit", "undo": "edit", "map": "map_", "rebuild": "rebuild",
        "backfill": "backfill",
    },
    "Projects": {
        "projects": "projects", "clients": "clients", "tasks": "tasks", "users": "users", "repos": "repos",
        "timesheet": "timesheet", "export": "export", "import": "import_", "approve": "approve", "unapprove": "approve",
    },
    "The daemon": {
        "down": "up", "restart": "up", "hooks": "hooks", "config": "config", "doctor": "doctor", "backup": "backup",
        "purge": "purge", "service": "service", "keys": "keys",
        "webhooks": "webhooks", "outbox": "outbox", "connect": "connect",
        "targets": "targets", "sync": "sync", "mcp": "mcp",
        "prompt": "prompt", "completions": "completions",
    },
}  # fmt: skip

HIDDEN = {"live": "live"}
"""Verbs other programs of ours call: dispatched, not listed."""

MODULES = {name: module for group in (*GROUPS.values(), HIDDEN) for name, module in group.items()}


def module_of(name: str, argv: Sequence[str]) -> str:
    """The module for this call: without a time to understand, start and stop need not load the rules that parse it; a prompt
    that shows its line needs no snippets."""
    if name in ("start", "stop") and any(word.split("=")[0] == "--at" for word in argv):
        return "start_at"
    if name == "prompt" and any(word.split("=")[0] == "--for" for word in argv):
        return "snippets"
    return MODULES[name]


def nearest_verbs(name: str) -> list[str]:
    """Verbs that a mistyped one may have meant, the likeliest first."""
    scored = sorted((-_likeness(name, verb), verb) for verb in MODULES if verb not in HIDDEN)
    return [verb for score, verb in scored if -score >= 0.5][:3]


def _likeness(name: str, verb: str) -> float:
    """Share of common letter pairs, 0 to 1; a shared beginning counts most."""
    if verb.startswith(name) or name.startswith(verb):
        return 1.0
    pairs = [{word[i : i + 2] for i in range(len(word) - 1)} for word in (f"^{name}$", f"^{verb}$")]
    return 2 * len(pairs[0] & pairs[1]) / (len(pairs[0]) + len(pairs[1]))
