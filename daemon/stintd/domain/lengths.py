"""How a length is written for people: `1h 01m`, `12m`, `20s`. The command line and the dashboard write it the same way.

Timesheets and invoices have decimal hours instead. Whoever calls these functions rounds first, by its own rule.
"""


def short_length(seconds: int) -> str:
    """`1h 05m`, `12m`, `40s`: from a minute on in whole minutes, the rest cut off; `0m` for zero."""
    if 0 < seconds < 60:
        return f"{seconds}s"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours}h {minutes:02d}m" if hours else f"{minutes}m"


def exact_length(seconds: int) -> str:
    """The same with the seconds, where there are any: `1h 05m 30s`, `7m 30s`, `12m`, `40s`."""
    rest = seconds % 60
    return f"{short_length(seconds)} {rest}s" if rest and seconds > 60 else short_length(seconds)
