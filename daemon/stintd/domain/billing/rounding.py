"""Rounds lengths when they are delivered: once, on output only. The sheet itself is never rounded.

Lengths are whole seconds. By default nothing is rounded. Rounding applies to the sum of a project, task and day, not to
single entries: twenty entries of a minute are twenty minutes, not twenty times six. Ties go up. The longest entry of the sum
(the first of equals) takes what rounding adds or removes, so that as few entries as possible differ from the sheet, and
always the same ones.
"""

from collections.abc import Sequence

from stintd.frozen import frozen

NONE, NEAREST, UP, DOWN = "none", "nearest", "up", "down"
MODES = (NONE, NEAREST, UP, DOWN)
DAY, ENTRY = "day", "entry"


@frozen
class Rounding:
    """`minutes`: round to multiples of it. `per`: what is rounded, the sum of a day or each entry. `minimum`: the seconds that
    any work counts at least."""

    mode: str = NONE
    minutes: int = 0
    per: str = DAY
    minimum: int = 0

    @property
    def is_by_day(self) -> bool:
        """Whether an entry's length depends on the other entries of its day."""
        return self.per == DAY and (self.mode != NONE or self.minimum > 0)


def round_length(seconds: int, rule: Rounding) -> int:
    """One length rounded by the rule. Zero stays zero, whatever the minimum is."""
    if seconds <= 0:
        return 0
    unit = rule.minutes * 60
    if rule.mode != NONE and unit > 0:
        over = seconds % unit
        is_up = over > 0 and (rule.mode == UP or (rule.mode == NEAREST and 2 * over >= unit))
        seconds += (unit if is_up else 0) - over
    return max(seconds, rule.minimum)


def shares(lengths: Sequence[int], rule: Rounding) -> list[int]:
    """The lengths of the entries of one sum as they are delivered: they add up to the rounded sum (per day), or each is rounded
    (per entry)."""
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
    """The lengths in whole grains, for a system that keeps nothing finer. They add up to the sum rounded once (ties up), and
    none changes by more than a grain. The lengths with the largest remainders, the first of equals, take what is left over."""
    counts = [length // grain for length in lengths]
    left = (2 * sum(lengths) + grain) // (2 * grain) - sum(counts)
    for place in sorted(range(len(counts)), key=lambda n: (-(lengths[n] % grain), n))[:left]:
        counts[place] += 1
    return [count * grain for count in counts]
