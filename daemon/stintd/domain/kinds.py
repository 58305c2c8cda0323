"""The one table of kinds of heartbeats: what each is called and what it means to the rules. A new kind is a row here; a test says
which tables elsewhere (the hooks, the surfaces, the dashboard) must know it too."""

from typing import Literal, NamedTuple

BeatKind = Literal[
    "edit", "read", "commit", "checkout", "merge", "rebase", "push", "pull", "stash", "session_start", "prompt", "tool",
    "turn_end", "session_end", "presence",
]  # fmt: skip


class HeartbeatKind(NamedTuple):
    """One kind. `act` names one in a sentence ("a commit"), `singular` and `plural` are counted ("2 commits").

    `is_git`: an act of git, whose entity is a commit or a branch, not a path. `rewrites`: git writes files meanwhile, which
    are no edits. `is_mark`: says where attention was, but earns no time of its own. `finishes`: work may be over after it, so
    that a silence behind it is shorter. `is_anchor`: a short visit that holds one is never folded into its neighbours.
    `is_agents`: only an agent does it.
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
"""Kinds that write files; a reset too, which is no evidence and so no kind."""
MARKS = frozenset(name for name, kind in KINDS.items() if kind.is_mark)
FINISHING = frozenset(name for name, kind in KINDS.items() if kind.finishes)
ANCHORS = frozenset(name for name, kind in KINDS.items() if kind.is_anchor)
AGENT_KINDS = frozenset(name for name, kind in KINDS.items() if kind.is_agents)
