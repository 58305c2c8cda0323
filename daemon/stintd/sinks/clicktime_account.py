"""What a ClickTime account requires of its entries: how hours are written, which fields must be filled in, which days are closed.

Values whose unit is not documented are used where they can mean only one thing; otherwise ClickTime's own answer decides.
"""

from stintd.domain.lengths import exact_length
from stintd.frozen import frozen
from stintd.jsonvalue import Json, JsonObject, object_at

OPEN = frozenset({"Open", "Rejected"})
"""The states of a timesheet in which its hours can still be changed; in the others it awaits approval, or has it."""
MINUTE, HOUR = 60, 3600
LONGEST_STEP = 8 * 60
GRAIN = 36
"""Seconds: hours are sent with two decimals, which every company keeps unless it keeps fewer."""
ALTERED = 45
"""Seconds by which hours there may differ from what was sent without counting as changed: lengths between whole minutes do
differ, and the smallest step is longer."""


@frozen
class Rules:
    """`step`: seconds that lengths are multiples of, 0 for any. `closed_before`: a day as text; nothing before it is accepted.
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


def rules_of(me: JsonObject, company: JsonObject) -> Rules:
    """The rules that the user and (as far as it may be read) the company state."""
    user, firm = _text(me.get("Name")), _text(company.get("Name"))
    return Rules(
        name=f"{user} ({firm})" if user and firm else user or firm,
        step=_step(company.get("MinTimeIncrement")) or _step_of_decimals(company.get("PrecisionForHoursValues")),
        closed_before=_text(company.get("LockDate"))[:10],
        needs_comment=me.get("RequireComments") is True,
        needs_times=me.get("RequireStartEndTime") is True,
        default_task=_text(me.get("DefaultTaskID")),
        has_tasks=company.get("DisplayTaskSelector") is not False,
        is_by_job=company.get("TaskRestrictionMethod") == "byjob",
        is_dcaa=company.get("DCAALogEnabled") is True,
    )


def _step(value: Json) -> int:
    """The step in seconds, from hours or minutes: which of them is not documented. Less than one can only be hours, more than
    one only minutes; one can be either, and a hundredth of an hour is what the decimals allow anyway."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value == 1 or not 0.01 < value <= LONGEST_STEP:
        return 0
    exact = value * HOUR if value < 1 else value * MINUTE
    minutes = max(1, round(exact / MINUTE)) * MINUTE
    return minutes if abs(exact - minutes) < 0.02 * minutes else round(exact)  # 0.33 h means 20 minutes


def _step_of_decimals(digits: Json) -> int:
    """The step of a company that keeps fewer decimals than we send, 0 for others."""
    is_count = isinstance(digits, int) and not isinstance(digits, bool)
    return HOUR if is_count and digits == 0 else HOUR // 10 if is_count and digits == 1 else 0


def hours(seconds: int) -> float:
    """A length as ClickTime writes it."""
    return round(seconds / HOUR, 2)


def is_altered(entry: Json, seconds: int) -> bool:
    """Whether an entry there has other hours than were sent; they come as numbers and as texts."""
    value = object_at(entry).get("Hours")
    try:
        stored_hours = float(value) if isinstance(value, str | int | float) else None
    except ValueError:
        stored_hours = None
    return stored_hours is not None and abs(stored_hours * HOUR - seconds) > ALTERED


def misfit(seconds: int, description: str, rules: Rules) -> tuple[str, str] | None:
    """Why the account would not accept an entry, and what to do; None when nothing is known against it."""
    if not _is_step(seconds, rules.step):
        minutes = rules.step / MINUTE
        text = f"ClickTime accepts steps of {exact_length(rules.step)} here, and this is {exact_length(seconds)}"
        return text, f'set rounding = {{ mode = "nearest", minutes = {max(1, round(minutes))} }} for this target'
    if rules.needs_comment and not description:
        return "ClickTime wants a comment on every entry", "`stint edit ID --message TEXT`"
    return None


def _is_step(seconds: int, step: int) -> bool:
    """Whether a length is a multiple of the step: two decimals of an hour can express five minutes only nearly."""
    off = seconds % step if step else 0
    return min(off, step - off) <= (0 if step % GRAIN == 0 else GRAIN)


def lock_reason(day: str, rules: Rules) -> str:
    """Why a day accepts no entries, "" when nothing is known against it. Whether the lock includes the day it names, only
    ClickTime knows."""
    return f"the company has locked its time up to {rules.closed_before}" if day < rules.closed_before else ""


@frozen
class Timesheet:
    """Its days, and its state."""

    first: str
    last: str
    status: str

    @property
    def closed_reason(self) -> str:
        """Why it accepts no changes, "" when it does. Where ClickTime gives no state it is left to refuse."""
        return f"its timesheet of {self.first} to {self.last} is {self.status}" if self.status not in ("", *OPEN) else ""


def timesheet_of(body: Json, day: str) -> Timesheet:
    """The timesheet of a day; where there is none the day is open."""
    fields = object_at(body)
    first, last, status = (_text(fields.get(name)) for name in ("StartDate", "EndDate", "Status"))
    first, last = first[:10], last[:10]
    return Timesheet(first, last, status) if first and first <= day <= last else Timesheet(day, day, status)


def _text(value: Json) -> str:
    return value.strip() if isinstance(value, str) else ""
