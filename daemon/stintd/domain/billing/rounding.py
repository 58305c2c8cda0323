"""How long what is handed over is: rounded once, on output only. The sheet itself is never rounded.

Whole seconds. By default nothing is rounded. Sums of a project, task and day are, not entries: twenty entries of a minute
are twenty minutes, not twenty times six. Ties go up. What rounding adds or takes goes to the longest entry of the sum (the
first of equals), so that as few entries as possible differ from the sheet, and always the same ones.
"""

from collections.abc import Sequence

from stintd.frozen import frozen

NONE, NEAREST, UP, DOWN = "none", "nearest", "up", "down"
MODES = (NONE, NEAREST, UP, DOWN)
DAY, ENTRY = "day", "entry"


@frozen
class Rounding:
    """`minutes`: to multiples of which. `per`: what is rounded. `minimum`: seconds that any work at all counts as."""

    mode: str = NONE
    minutes: int = 0
    per: str = DAY
    minimum: int = 0

    @property
    def is_by_day(self) -> bool:
        """Whether an entry's length depends on the others of its day."""
        return self.per == DAY and (self.mode != NONE or self.minimum > 0)


def round_length(seconds: int, rule: Rounding) -> int:
    """One length by the rule. Nothing stays nothing, whatever the minimum."""
    if seconds <= 0:
        return 0
    unit = rule.minutes * 60
    if rule.mode != NONE and unit > 0:
        over = seconds % unit
        is_up = over > 0 and (rule.mode == UP or (rule.mode == NEAREST and 2 * over >= unit))
        seconds += (unit if is_up else 0) - over
    return max(seconds, rule.minimum)


def shares(lengths: Sequence[int], rule: Rounding) -> list[int]:
    """The lengths of the entries of one sum as they are handed over; together the rounded sum (per day), or each rounded."""
    if rule.per == ENTRY:
        return [round_length(length, rule) for length in lengths]
    lengths_out = list(lengths)
    left = round_length(sum(lengths_out), rule) - sum(lengths_out)
    for place in sorted(range(len(lengths_out)), key=lambda n: (-lengths_out[n], n)):
        change = max(left, -lengths_out[place])
        lengths_out[place] += change
        left -= change
    return lengths_out


def grains(lengths: Sequence[int], grain: int) -> list[int]:
    """The lengths in whole grains, as a system keeps them that knows nothing finer: together the sum rounded once (ties up),
    and none more than a grain away. Those with the largest rests get what is left over, the first of equals."""
    counts = [length // grain for length in lengths]
    left = (2 * sum(lengths) + grain) // (2 * grain) - sum(counts)
    for place in sorted(range(len(counts)), key=lambda n: (-(lengths[n] % grain), n))[:left]:
        counts[place] += 1
    return [count * grain for count in counts]
