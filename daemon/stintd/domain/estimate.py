"""How wrong an estimate from commits may be.

On 245 days for which the authors had recorded their time, the gaps between commits, capped at an hour, gave an estimate. On
four of five days the recorded time was between 0.2 and 2.3 times the estimate; for weeks the band is hardly narrower. So an
estimate is never printed without its band.
"""

LOW, HIGH = 0.2, 2.3


def band(seconds: int) -> tuple[int, int]:
    """The lengths, in seconds, between which the true length lies in four of five cases."""
    return round(seconds * LOW), round(seconds * HIGH)
