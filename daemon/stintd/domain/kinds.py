"""The one table of the kinds of heartbeats: what each is called and what it means for the rules. To add a kind, add a row here; a
test says which tables elsewhere (the hooks, the surfaces, the dashboard) must know it too."""

from typing import Literal, NamedTuple

BeatKind = Literal[
    "edit", "read", "commit", "checkout", "merge", "rebase", "push", "pull", "stash", "session_start", "prompt", "tool",
    "turn_end", "session_end", "presence",
]  # fmt: skip


class HeartbeatKind(NamedTuple):
    """One kind. `act` names it in a sentence ("a commit"); `singular` and `plural` are for counts ("2 commits").

    `is_git`: a git act, whose entity is a commit or a branch, not a path. `rewrites`: git writes files in it, which are not
    edits. `is_mark`: it shows where attention was, but earns no time of its own. `finishes`: work may be over after it, so a
    shorter silence after it counts as work. `is_anchor`: a short visit that contains one is never folded into its neighbours.
    `is_agents`: only agents do it.
    """

    act: str
    singular: str
    plural: str
    is_git: bool = False
    rewrites: bool = False
    is_mark: bool = False
    finishes: bool = False
    is_anchor: bool = False
    is_agents: bool = False


KINDS: dict[BeatKind, HeartbeatKind] = {
    "edit": HeartbeatKind("an edit", "edit", "edits"),
    "read": HeartbeatKind("reading", "read", "reads", is_mark=True),
    "commit": HeartbeatKind("a commit", "commit", "commits", is_git=True, finishes=True, is_anchor=True),
    "checkout": HeartbeatKind("a checkout", "branch change", "branch changes", is_git=True, rewrites=True, is_mark=True),
    "merge": HeartbeatKind("a merge", "merge", "merges", is_git=True, rewrites=True),
    "rebase": HeartbeatKind("a rebase", "rebase", "rebases", is_git=True, rewrites=True),
    "push": HeartbeatKind("a push", "push", "pushes", is_git=True, is_mark=True, finishes=True),
    "pull": HeartbeatKind("a pull", "pull", "pulls", is_git=True, rewrites=True, is_mark=True),
    "stash": HeartbeatKind("a stash", "stash", "stashes", is_git=True, rewrites=True, is_mark=True),
    "session_start": HeartbeatKind("a session's start", "session start", "session starts", is_anchor=True),
    "prompt": HeartbeatKind("a prompt", "prompt", "prompts", is_anchor=True),
    "tool": HeartbeatKind("an agent's act", "tool call", "tool calls", is_agents=True),
    "turn_end": HeartbeatKind("an agent's stop", "turn", "turns", is_agents=True),
    "session_end": HeartbeatKind("a session's end", "session end", "session ends", finishes=True, is_anchor=True),
    "presence": HeartbeatKind("a sign of presence", "sign of presence", "signs of presence"),
}

GIT_KINDS = frozenset(name for name, kind in KINDS.items() if kind.is_git)
REWRITING = frozenset(name for name, kind in KINDS.items() if kind.rewrites) | {"reset"}
"""Kinds in which git writes files; also a reset, which is not a kind because it is no evidence."""
MARKS = frozenset(name for name, kind in KINDS.items() if kind.is_mark)
FINISHING = frozenset(name for name, kind in KINDS.items() if kind.finishes)
ANCHORS = frozenset(name for name, kind in KINDS.items() if kind.is_anchor)
AGENT_KINDS = frozenset(name for name, kind in KINDS.items() if kind.is_agents)
