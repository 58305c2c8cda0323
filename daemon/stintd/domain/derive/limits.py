"""The policy's lengths as integer microseconds, computed once per derivation."""

from datetime import timedelta

from stintd.domain.policy import Policy
from stintd.frozen import frozen

SECOND = 1_000_000
MINUTE = 60 * SECOND
FOREVER = 1 << 62
SHORT = 2 * MINUTE
"""A person watches the first two minutes of an agent's turn in any case; a silence shorter than this needs no reason."""
ECHO = 2 * SECOND
"""A loop sent a prompt that comes this soon after a stop; a turn wrote a file that changes this soon after it."""
QUICK = 4 * MINUTE
"""A person waits for an agent's turn this short: then the whole silence, not the turn, decides whether the person left."""

_MICROSECOND = timedelta(microseconds=1)


@frozen
class Limits:
    """The policy's lengths (see `Policy`) and what follows from them.

    Shares of the idle timeout, each the longest silence that can still be work: `idle_after_leaving` after a session's end, or
    after a commit by someone who nearly always leaves then; `idle_after_finish` after a commit or push; `idle_switching`
    between two projects for someone who often moves on; `idle_extended` after anything else for someone who finishes
    something before nearly every break.

    `ignorable` is the longest silence inside a run that no rule looks at, and `turn_silence` the longest silence inside an
    agent's turn. Across a silence longer than `island_gap` no evidence affects other evidence. `estimate` is the most time
    that a commit imported from history counts.
    """

    idle: int
    idle_after_leaving: int
    idle_after_finish: int
    idle_switching: int
    idle_extended: int
    ignorable: int
    turn_silence: int
    island_gap: int
    session_idle: int
    switch_cap: int
    lead_credit: int
    tail_credit: int
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
    idle_extended = policy.idle_timeout * 4 // 3
    longest = max(idle_extended, policy.session_idle_timeout, policy.supervised_max, policy.switch_cap, policy.estimate_max)
    return Limits(
        idle=idle,
        idle_after_leaving=idle // 3,
        idle_after_finish=idle // 2,
        idle_switching=idle * 2 // 3,
        idle_extended=idle_extended // _MICROSECOND,
        ignorable=min(SHORT, idle // 3),
        turn_silence=session_idle,
        island_gap=(longest + policy.supervise_return + policy.lead + policy.tail) // _MICROSECOND,
        session_idle=session_idle,
        switch_cap=policy.switch_cap // _MICROSECOND,
        lead_credit=policy.lead // _MICROSECOND,
        tail_credit=policy.tail // _MICROSECOND,
        min_visit=policy.min_visit // _MICROSECOND,
        absence_bridge=policy.absence_bridge // _MICROSECOND,
        lock_grace=policy.lock_grace // _MICROSECOND,
        supervise_return=policy.supervise_return // _MICROSECOND,
        supervised_max=policy.supervised_max // _MICROSECOND,
        unconfirmed_after=policy.unconfirmed_after // _MICROSECOND,
        estimate=policy.estimate_max // _MICROSECOND,
    )
