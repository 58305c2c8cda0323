"""The policy's lengths as integer microseconds, computed once per derivation."""

from datetime import timedelta

from stintd.domain.policy import Policy
from stintd.frozen import frozen

SECOND = 1_000_000
MINUTE = 60 * SECOND
FOREVER = 1 << 62
SHORT = 2 * MINUTE
"""The first two minutes of an agent's turn, which its person watches in any case; a shorter silence needs no reason."""
ECHO = 2 * SECOND
"""A prompt this soon after a stop was sent by a loop; a file change this soon after a turn was written by it."""
QUICK = 4 * MINUTE
"""An agent's turn this short is waited for: whether its person left is then a question of the whole silence, not of it."""

_MICROSECOND = timedelta(microseconds=1)


@frozen
class Limits:
    """See Policy for the meaning. Shares of the idle timeout: `left`, the longest work after a session's end, or after a
    commit by someone who nearly always leaves then; `finished` after a commit or push; `moving` between one and another project
    by someone who often moves on; `patient` after anything else by someone who finishes something before nearly every
    break.

    `glance` is the longest silence inside a run that no rule looks at, `turn_silence` the longest one inside an agent's
    turn, `island_gap` the one over which nothing bears on anything. `estimate` is the most that a commit read afterwards
    is worth.
    """

    idle: int
    left: int
    finished: int
    moving: int
    patient: int
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
    estimate: int


def limits_of(policy: Policy) -> Limits:
    """The lengths of a policy."""
    idle = policy.idle_timeout // _MICROSECOND
    session_idle = policy.session_idle_timeout // _MICROSECOND
    patient = policy.idle_timeout * 4 // 3
    longest = max(patient, policy.session_idle_timeout, policy.supervised_max, policy.switch_cap, policy.estimate_max)
    return Limits(
        idle=idle,
        left=idle // 3,
        finished=idle // 2,
        moving=idle * 2 // 3,
        patient=patient // _MICROSECOND,
        glance=min(SHORT, idle // 3),
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
        estimate=policy.estimate_max // _MICROSECOND,
    )
