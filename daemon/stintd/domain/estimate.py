"""How far an estimate from commits may be off.

Of 245 days whose authors recorded their time, four of five lay between a fifth and 2.3 times of what their commits' gaps,
capped at an hour, came to; for weeks it is hardly narrower. So no single figure is printed without its band.
"""

LOW, HIGH = 0.2, 2.3


def band(seconds: int) -> tuple[int, int]:
    """Between these lengths, in seconds, the true one lies in four of five cases."""
    return round(seconds * LOW), round(seconds * HIGH)
