"""What a ClickTime account asks of its entries: how hours are written, what must be there, which days are closed.

Units the service does not document are read where they can mean one thing only; the rest is left to its own answer.
"""

from typing import Any

from stintd.frozen import frozen

OPEN = frozenset({"Open", "Rejected"})
"""Of a timesheet's states those in which its hours can still be changed; the others wait for an approval, or have it."""
MINUTE, HOUR = 60, 3600
LONGEST_STEP = 8 * 60
GRAIN = 36
"""Seconds: hours go with two decimals, which every company keeps unless it keeps less."""
ALTERED = 45
"""Seconds by which hours there may differ from what was sent: those between whole minutes do, and the smallest step is more."""


@frozen
class Rules:
    """`step`: seconds that lengths are multiples of, 0 for any. `closed_before`: a day as text; nothing before it is taken.
    `default_task`: the task of entries that name none."""

    name: str = ""
    step: int = 0
    closed_before: str = ""
    needs_comment: bool = False
    needs_times: bool = False
    default_task: str = ""
    has_tasks: bool = True
    is_by_job: bool = False
    is_dcaa: bool = False


def rules_of(me: dict[str, Any], company: dict[str, Any]) -> Rules:
    """What the user and (as far as it may be read) the company say."""
    user, firm = _text(me.get("Name")), _text(company.get("Name"))
    return Rules(
        name=f"{user} ({firm})" if user and firm else user or firm,
        step=_step(company.get("MinTimeIncrement")) or _coarse(company.get("PrecisionForHoursValues")),
        closed_before=_text(company.get("LockDate"))[:10], needs_comment=me.get("RequireComments") is True,
        needs_times=me.get("RequireStartEndTime") is True, default_task=_text(me.get("DefaultTaskID")),
        has_tasks=company.get("DisplayTaskSelector") is not False,
        is_by_job=company.get("TaskRestrictionMethod") == "byjob", is_dcaa=company.get("DCAALogEnabled") is True,
    )  # fmt: skip


def _step(value: Any) -> int:
    """Hours or minutes: which is not documented. Less than one can only be hours, more only minutes; one is either, and a
    hundredth of an hour is what the decimals say anyway."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 1 or not 0.01 < value <= LONGEST_STEP:
        return 0
    exact = value * HOUR if value < 1 else value * MINUTE
    minutes = max(1, round(exact / MINUTE)) * MINUTE
    return minutes if abs(exact - minutes) < 0.02 * minutes else round(exact)  # 0.33 h mean 20 minutes


def _coarse(digits: Any) -> int:
    """The step of a company that keeps fewer decimals than we send."""
    is_fewer = isinstance(digits, int) and not isinstance(digits, bool) and digits in (0, 1)
    return HOUR // 10**digits if is_fewer else 0


def hours(seconds: int) -> float:
    """A length as it is written there."""
    return round(seconds / HOUR, 2)


def is_altered(told: Any, seconds: int) -> bool:
    """Whether an entry there has other hours than it was given; they come as numbers and as texts."""
    try:
        found = float(told["Hours"])
    except (KeyError, TypeError, ValueError):
        return False
    return abs(found * HOUR - seconds) > ALTERED


def unfit(seconds: int, description: str, rules: Rules) -> tuple[str, str] | None:
    """Why the account would not take an entry, and what to do; None when nothing is known against it."""
    if not _is_step(seconds, rules.step):
        minutes = rules.step / MINUTE
        text = f"ClickTime takes steps of {minutes:g} min here, and this is {seconds / MINUTE:.1f} min"
        return text, f'set rounding = {{ mode = "nearest", minutes = {max(1, round(minutes))} }} for this target'
    if rules.needs_comment and not description:
        return "ClickTime wants a comment on every entry", "`stint edit ID --message TEXT`"
    return None


def _is_step(seconds: int, step: int) -> bool:
    """Two decimals of an hour hit five minutes only nearly."""
    off = seconds % step if step else 0
    return min(off, step - off) <= (0 if step % GRAIN == 0 else GRAIN)


def closed(day: str, rules: Rules) -> str:
    """Why a day takes no entries, "" when nothing is known against it. Of the day itself that the company locked up to only
    the service knows."""
    return f"the company is locked up to {rules.closed_before}" if day < rules.closed_before else ""


@frozen
class Sheet:
    """A timesheet: its days, and its state."""

    first: str
    last: str
    status: str

    @property
    def closed(self) -> str:
        """Why it takes no changes, "" when it does. Where no state is told the service is left to refuse."""
        return f"its timesheet of {self.first} to {self.last} is {self.status}" if self.status not in ("", *OPEN) else ""


def sheet_of(found: Any, day: str) -> Sheet:
    """The timesheet of a day; where there is none the day is open."""
    told = found if isinstance(found, dict) else {}
    first, last, status = _text(told.get("StartDate"))[:10], _text(told.get("EndDate"))[:10], _text(told.get("Status"))
    return Sheet(first, last, status) if first and first <= day <= last else Sheet(day, day, status)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
