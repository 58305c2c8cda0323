"""The policy's lengths as integer microseconds, computed once per derivation."""

from dataclasses import dataclass
from datetime import timedelta

from stintd.domain.policy import Policy

SECOND = 1_000_000
MINUTE = 60 * SECOND
FOREVER = 1 << 62
SHORT = 2 * MINUTE
"""The first two minutes of an agent's turn, which its person watches in any case; a shorter silence needs no reason."""
ECHO = 2 * SECOND
"""A prompt this soon after a stop was sent by a loop; a file change this soon after a turn was written by it."""
FINISHED_SHARE = 3
"""After something was finished (a commit, a push) only a third of the idle timeout is likely still work."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """See Policy for the meaning; `finished` is the idle timeout after an act that finishes something, `glance` the
    longest silence inside a run that no rule looks at, `turn_silence` the longest one inside an agent's turn,
    `island_gap` the one over which nothing bears on anything.
    """

    idle: int
    finished: int
    glance: int
    turn_silence: int
    island_gap: int
    session_idle: int
    switch_cap: int
    lead: int
    tail: int
    min_visit: int
    absence_bridge: int
    lock_grace: int
    supervise_return: int
    supervised_max: int
    unconfirmed_after: int


def limits_of(policy: Policy) -> Limits:
    """The lengths of a policy."""
    idle = policy.idle_timeout // _MICROSECOND
    session_idle = policy.session_idle_timeout // _MICROSECOND
    longest = max(policy.idle_timeout, policy.session_idle_timeout, policy.supervised_max, policy.switch_cap)
    return Limits(
        idle=idle,
        finished=idle // FINISHED_SHARE,
        glance=min(SHORT, idle // FINISHED_SHARE),
        turn_silence=session_idle,
        island_gap=(longest + policy.supervise_return + policy.lead + policy.tail) // _MICROSECOND,
        session_idle=session_idle,
        switch_cap=policy.switch_cap // _MICROSECOND,
        lead=policy.lead // _MICROSECOND,
        tail=policy.tail // _MICROSECOND,
        min_visit=policy.min_visit // _MICROSECOND,
        absence_bridge=policy.absence_bridge // _MICROSECOND,
        lock_grace=policy.lock_grace // _MICROSECOND,
        supervise_return=policy.supervise_return // _MICROSECOND,
        supervised_max=policy.supervised_max // _MICROSECOND,
        unconfirmed_after=policy.unconfirmed_after // _MICROSECOND,
    )
