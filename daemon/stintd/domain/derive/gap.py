"""The gap rule: whether a silence between two acts is work or time away, whose work it is, and the sentence that says why.

The verdict depends on the length of the silence, the acts on both sides of it, what an agent did meanwhile, absences and
stops inside it, and the habit that its day has learnt from earlier days. Nothing else may influence it, or live tracking
and a rebuild would differ.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from stintd.domain.derive.absence import Absences, hull
from stintd.domain.derive.agents import Turns
from stintd.domain.derive.attention import Spell, VisitKey
from stintd.domain.derive.fact import Fact
from stintd.domain.derive.habit import UNKNOWN, Habit
from stintd.domain.derive.limits import FOREVER, MINUTE, QUICK, SECOND, SHORT, Limits
from stintd.domain.interval import Interval
from stintd.domain.kinds import KINDS
from stintd.domain.lengths import exact_length, short_length
from stintd.domain.model import Verdict

NEVER = -1


class SilenceVerdict(NamedTuple):
    """What a silence counts as. The earlier side ends at `left` and the later one begins at `right`; both are one stretch
    when `is_joined`.

    `is_unbroken`: the person did not leave. `supervised`: the agent's turns that the person watched in it. `verdict` and
    `reason` are for people; both are "" where the silence is too short to mention.
    """

    left: int
    right: int
    is_joined: bool
    is_unbroken: bool
    verdict: Verdict | Literal[""] = ""
    reason: str = ""
    supervised: Sequence[Interval] = ()


class SilenceLimit(NamedTuple):
    """The longest silence after an act that can be work: as a number, in words, and the owner's habit that sets it ("" where
    the limit is the same for everybody).
    """

    limit: int
    words: str
    habit: str = ""


class End(NamedTuple):
    """What the silence after the last act is: credit up to `left`; the timer runs up to and including `open_until`.

    `reason` says why it ended then; "" where something else than silence ended it.
    """

    left: int
    open_until: int
    reason: str = ""


class Side(NamedTuple):
    """One side of a silence: the act, and what the person was working on then. For an act in a short visit that was folded
    into its neighbour, that is the neighbour's work. Then `own` is the last act on that work itself, or the end of a turn that
    the person watched after it.
    """

    at: int
    fact: Fact
    key: VisitKey
    is_lone_commit: bool = False
    own: tuple[int, Fact] | None = None


def side_before(spell: Spell, key: VisitKey, is_lone_commit: bool = False, own: tuple[int, Fact] | None = None) -> Side:
    """The side that ends with this spell."""
    return Side(spell.last, spell.end, key, is_lone_commit, own)


def side_after(spell: Spell, key: VisitKey) -> Side:
    """The side that begins with this spell."""
    return Side(spell.first, spell.head, key)


class GapRule:
    """Judges the silences of one island."""

    def __init__(
        self,
        limits: Limits,
        turns: Turns,
        absences: Absences,
        cuts: Sequence[tuple[int, str]],
        *,
        has_barriers: bool = True,
        habit_at: Callable[[int], Habit] = lambda _: UNKNOWN,
    ) -> None:
        """`has_barriers`: whether any absence or cut touches this island at all; most islands have none."""
        self._limits, self._turns, self._absences, self._cuts = limits, turns, absences, cuts
        self._has_barriers, self._habit_at = has_barriers, habit_at
        self._idle = _limit(limits.idle)

    def is_unbroken(self, a: Spell, b: Spell, back_at: int | None) -> bool:
        """Whether the person stayed at work between two spells, each on its own project."""
        silence = b.first - a.last
        if b.head.is_recalled and not self._turns.turns_during(a.key.home, a.last, b.first):
            return silence <= self._limits.estimate
        if not self._has_barriers:
            if silence <= self._limits.ignorable:
                return True
            if not self._turns.turns_during(a.key.home, a.last, b.first):
                return silence <= self._silence_limit(a.last, a.end, silence, a.key.shares_time_with(b.key)).limit
        return self.judge(side_before(a, a.key), side_after(b, b.key), back_at).is_unbroken

    def judge(self, a: Side, b: Side, back_at: int | None) -> SilenceVerdict:
        """The verdict on the silence between two acts. `back_at`: when the person next acts on the project of the first."""
        turns = self._turns.turns_during(a.key.home, a.at, b.at)
        if b.at - a.at <= self._limits.ignorable and a.key.fits(b.key) and not turns:
            verdict = SilenceVerdict(b.at, b.at, True, True)
        elif turns:
            verdict = self._judge_turn(a, b, turns, back_at)
        else:
            verdict = self._judge_recalled(a, b) if b.fact.is_recalled else self._judge_plain(a, b)
        return self._apply_barriers(a, b, verdict) if self._has_barriers else verdict

    def _judge_plain(self, a: Side, b: Side, since: int | None = None, supervised: Sequence[Interval] = ()) -> SilenceVerdict:
        """The plain gap rule, measured from the act, or from the end of the turn that the person watched after it."""
        since = a.at if since is None else since
        is_theirs = a.key.shares_time_with(b.key)
        longest = self._silence_limit(a.at, a.fact, b.at - since, is_theirs)
        if b.at - since > longest.limit:
            return self._judge_away(a, b, since, longest, supervised)
        if is_theirs:
            left = right = b.at
            verdict: Verdict = "work"
        else:
            right = max(since, b.at - self._lead_after(a, b, b.at - since))
            # A folded visit does not make two silences one: the earlier work holds from its own last act.
            left = min((a.own[0] if a.own and since == a.at else since) + self._limits.switch_cap, right)
            verdict = "work" if left == right else "unassigned"
        if a.is_lone_commit:
            left = min(left, a.at + self._limits.tail_credit)
            right = max(left, b.at - self._lead(b))
            verdict = "unassigned" if left < right else "work"
        reason = self._reason_text(a, b, verdict, longest)
        return SilenceVerdict(
            left, right, left == right and a.key.fits(b.key), True, verdict if reason else "", reason, supervised
        )

    def _judge_recalled(self, a: Side, b: Side) -> SilenceVerdict:
        """The silence before a git act that was imported from history. Nothing recorded what happened meanwhile. So the time
        since the act before counts as work if it is no longer than the maximum estimate for a commit; if it is longer, a
        commit gets that maximum."""
        silence, most = b.at - a.at, self._limits.estimate
        text = f"{length(silence)} between {name_act(a)} and {name_act(b)} imported from git: "
        if silence <= most:
            left = b.at if a.key.shares_time_with(b.key) else min(a.at + self._tail(a), b.at)
            reason = text + f"estimated as work, because it is no longer than {exact_words(most)}"
            return SilenceVerdict(left, left, left == b.at and a.key.fits(b.key), True, "work", reason)
        left = min(a.at + self._tail(a), b.at)
        return SilenceVerdict(left, max(left, b.at - self._worth_before(b)), False, False, "away", text + self._worth_reason(b))

    def _worth_reason(self, b: Side) -> str:
        if b.fact.kind != "commit":
            return f"away, because it is longer than {exact_words(self._limits.estimate)}"
        return f"away, except the {exact_words(self._limits.estimate)} estimated for the commit"

    def _worth_before(self, b: Side) -> int:
        """How much time before an act counts when nothing precedes it."""
        is_commit = b.fact.is_recalled and b.fact.kind == "commit"
        return max(self._limits.estimate, self._limits.lead_credit) if is_commit else self._lead(b)

    def lead_reason(self, b: Side, start: int) -> str:
        """Why a stretch begins well before its first act; "" where it does not."""
        if not b.fact.is_recalled or b.at - start <= self._limits.lead_credit:
            return ""
        return f"{length(b.at - start)} before {name_act(b)} imported from git: estimated as work"

    def _silence_limit(self, at: int, fact: Fact, silence: int, is_theirs: bool) -> SilenceLimit:
        """How long a silence after this act can be work. Loads the habit only where the habit can decide."""
        limits = self._limits
        if fact.is_finishing:
            return self._limit_after_finishing(at, fact, is_theirs)
        if silence > limits.idle and is_theirs and self._habit_at(at).finishes_first:
            return _limit(limits.idle_extended, "you finish something before nearly every break")
        return self._idle

    def _limit_after_finishing(self, at: int, fact: Fact, is_theirs: bool) -> SilenceLimit:
        limits = self._limits
        if fact.kind == "session_end":
            return _limit(limits.idle_after_leaving)
        habit = self._habit_at(at)
        if habit.leaves:
            return _limit(limits.idle_after_leaving, "you nearly always leave then")
        if habit.moves_on and not is_theirs:
            return _limit(limits.idle_switching, "you often move on to another project then")
        return _limit(limits.idle_after_finish)

    def _judge_away(
        self, a: Side, b: Side, since: int, longest: SilenceLimit, supervised: Sequence[Interval] = ()
    ) -> SilenceVerdict:
        left = min(max(since, a.at + self._tail(a)), b.at)
        right = max(left, b.at - self._lead(b))
        reason = f"{length(b.at - since)} of silence after {name_act(a)}: away"
        if b.at - since <= self._limits.idle:
            reason += f" (after {name_act(a)} the limit is {longest.words}{longest.habit and f': {longest.habit}'})"
        return SilenceVerdict(left, right, False, False, "away", reason, supervised)

    def _judge_turn(self, a: Side, b: Side, turns: Sequence[Interval], back_at: int | None) -> SilenceVerdict:
        """A silence in which the project's agent worked: the person watched it if they came back to it soon enough."""
        limits, end = self._limits, turns[-1][1]
        inside = [(max(a.at, lo), min(b.at, hi)) for lo, hi in turns]
        is_back = back_at is not None and back_at - end <= limits.supervise_return
        if is_back and inside[-1][1] - a.at <= limits.supervised_max:
            return self._judge_supervised(a, b, inside)
        if is_back:
            return self._judge_unsupervised(a, b, inside)
        if end - a.at <= QUICK or not a.key.shares_time_with(b.key):
            return self._judge_plain(a, b)
        left = min(a.at + self._tail(a), b.at)
        reason = f"{length(b.at - a.at)} of silence after {name_act(a)}, and you were not back within "
        reason += f"{length(limits.supervise_return)} of the agent's stop: away"
        return SilenceVerdict(left, max(left, b.at - self._lead(b)), False, False, "away", reason)

    def _judge_supervised(self, a: Side, b: Side, inside: list[Interval]) -> SilenceVerdict:
        if b.at - a.at <= self._limits.ignorable and a.fact.kind != "prompt":
            inside = []
        if not a.key.shares_time_with(b.key):
            end = inside[-1][1] if inside else a.at
            if end < b.at:
                return self._judge_plain(a, b, end, inside)
            return SilenceVerdict(
                b.at,
                b.at,
                False,
                True,
                "supervised",
                f"{length(b.at - a.at)} watching the agent, until {name_act(b)} in another project or task",
                inside,
            )
        if not inside:
            return SilenceVerdict(b.at, b.at, a.key.fits(b.key), True)
        return SilenceVerdict(
            b.at,
            b.at,
            a.key.fits(b.key),
            True,
            "supervised",
            f"{length(b.at - a.at)} while the agent worked, then {name_act(b)}",
            inside,
        )

    def _judge_unsupervised(self, a: Side, b: Side, inside: list[Interval]) -> SilenceVerdict:
        """A silence too long for watching: only what the agent did in its first two minutes counts as watched."""
        first = [(lo, min(hi, a.at + SHORT)) for lo, hi in inside if lo < a.at + SHORT]
        left = max(a.at + self._tail(a), first[-1][1] if first else 0)
        right = max(left, b.at - self._lead(b))
        reason = f"{length(b.at - a.at)} of silence while the agent worked, "
        reason += f"longer than {length(self._limits.supervised_max)}: the agent's time only"
        return SilenceVerdict(left, right, False, False, "autonomous", reason, first)

    def _apply_barriers(self, a: Side, b: Side, verdict: SilenceVerdict) -> SilenceVerdict:
        """Apply absences and stops inside the silence: no credit crosses them."""
        cut = self._stops_within(a.key, a.at, b.at)
        absence = hull(a.at, b.at, self._absences.human_absences(a.fact.device))
        if cut is not None:
            left = cut[0] if cut[0] - a.at <= self._longest_silence(a) else min(verdict.left, cut[0])
            right = max(left, cut[1], b.at - self._lead(b))
            verdict = SilenceVerdict(left, right, False, verdict.is_unbroken, "away", "stopped by hand", verdict.supervised)
        if absence is None:
            return self._shorten_lead(b, verdict)
        kinds = self._absences.kinds_between(*absence)
        reason = f"{length(absence[1] - absence[0])} away ({kinds})"
        is_whole = verdict.left == verdict.right == b.at and a.key.shares_time_with(b.key)
        right = absence[1] if is_whole else max(verdict.right, absence[1])
        return SilenceVerdict(min(verdict.left, absence[0]), right, False, False, "away", reason, verdict.supervised)

    def _shorten_lead(self, b: Side, verdict: SilenceVerdict) -> SilenceVerdict:
        """The later side's lead does not reach into an absence of its own device."""
        if verdict.is_joined or verdict.right >= b.at:
            return verdict
        absence = hull(verdict.right, b.at, self._absences.human_absences(b.fact.device))
        return verdict if absence is None else verdict._replace(right=max(verdict.right, absence[1]))

    def _stops_within(self, key: VisitKey, lo: int, hi: int) -> Interval | None:
        """The first and the last stop of this project's timer in a silence."""
        at = [time for time, project in self._cuts if lo <= time < hi and (not project or project == key.project)]
        return (min(at), max(at)) if at else None

    def opening(self, b: Side) -> int:
        """Where a stretch begins when nothing precedes its first act."""
        right = b.at - self._worth_before(b)
        cut = self._stops_within(b.key, right, b.at)
        absence = hull(right, b.at, self._absences.human_absences(b.fact.device))
        return max(right, cut[1] if cut else right, absence[1] if absence else right)

    def closing(self, a: Side) -> End:
        """The silence after the last act of all. The timer stays open at least until the tail is over, so a tail that counts
        always ends before now."""
        end = a.at + self._tail(a)
        until = max(end, self._open_until(a))
        cut = self._stops_within(a.key, a.at, until + 1)
        if cut is not None:
            return End(cut[0] if cut[0] - a.at <= self._longest_silence(a) else min(end, cut[0]), NEVER)
        absence = hull(a.at, until + 1, self._absences.human_absences(a.fact.device))
        if absence is not None:
            return End(min(end, absence[0]), NEVER)
        if a.fact.kind == "session_end":
            return End(end, NEVER)
        return End(end, until, f"more than {exact_words(until - a.at)} of silence after {name_act(a)}: away")

    def _open_until(self, a: Side) -> int:
        """The last instant at which another act would still continue the timer."""
        plain = a.at + self._silence_limit(a.at, a.fact, FOREVER, True).limit
        turns = self._turns.turns_during(a.key.home, a.at, 1 << 62)
        if not turns:
            return plain
        end, longest = turns[-1][1], a.at + self._limits.supervised_max
        if self._turns.is_running(a.key.home, end):
            return max(longest, plain) if end - a.at <= QUICK else longest
        watched = end + self._limits.supervise_return if end <= longest else longest
        return max(watched, plain) if end - a.at <= QUICK else watched

    def _longest_silence(self, a: Side) -> int:
        """How long after an act its timer can still be running, so that somebody can stop it."""
        return max(self._limits.idle, self._silence_limit(a.at, a.fact, FOREVER, True).limit)

    def _lead(self, b: Side) -> int:
        return 0 if b.fact.kind in ("session_start", "session_end") else self._limits.lead_credit

    def _lead_after(self, a: Side, b: Side, silence: int) -> int:
        """The later side's share of a silence between two projects: its lead. If the earlier side had finished something, the
        share is up to twice the lead, because the later work had then probably begun; at least a third of the silence
        stays with the earlier side.
        """
        lead = self._lead(b)
        if a.fact.is_finishing and not a.is_lone_commit:
            return max(lead, min(2 * lead, silence * 2 // 3))
        return lead

    def _tail(self, a: Side) -> int:
        return 0 if a.fact.kind == "session_end" else self._limits.tail_credit

    def _reason_text(self, a: Side, b: Side, verdict: Verdict, longest: SilenceLimit) -> str:
        silence = b.at - a.at
        if silence <= self._limits.ignorable and verdict == "work":
            return ""
        text = f"{length(silence)} of silence between {name_act(a)} and {name_act(b)}"
        if a.is_lone_commit:
            lead, tail = exact_words(self._limits.lead_credit), exact_words(self._limits.tail_credit)
            return f"{text}: a commit on its own counts {lead} before it and {tail} after it"
        if verdict == "unassigned" and a.own is not None:
            act = _act_name(a.own[1])
            text = f"{length(b.at - a.own[0])} between {act} and {name_act(b)}, with only a short visit elsewhere between them,"
        if verdict == "unassigned":
            return f"{text} in another project or task: the time beyond {length(self._limits.switch_cap)} belongs to neither"
        if not a.key.shares_time_with(b.key):
            return f"{text} in another project or task: counts for the earlier one until the later one begins"
        return f"{text}, within the limit of {longest.words}{longest.habit and f' ({longest.habit})'}: work"


def _limit(us: int, habit: str = "") -> SilenceLimit:
    return SilenceLimit(us, exact_words(us), habit)


def name_act(side: Side) -> str:
    """What an act is called in a sentence."""
    return _act_name(side.fact)


def _act_name(fact: Fact) -> str:
    kind = fact.kind
    return KINDS[kind].act if kind in KINDS else kind  # a later version may have stored one that we do not know


def length(us: int) -> str:
    """A length in words: in whole minutes from two minutes on, to the second below."""
    return exact_words(us) if us < 2 * MINUTE else short_length(us // SECOND)


def exact_words(us: int) -> str:
    """A limit in words: with its seconds, where it has any."""
    return exact_length(us // SECOND)
