"""What is degraded, in words by which a person can fix it: code, severity, text with the fix, and a delay before it shows.

Loss of certainty is state, not a log line. Raised and cleared on the event loop's thread.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from stintd.engine.listeners import Listeners
from stintd.frozen import frozen

SEVERITIES = ("info", "warning", "error")


@frozen
class HealthWarning:
    """One thing that is wrong now. `subject` (a folder, a repository) distinguishes several warnings of one code."""

    code: str
    severity: str
    text: str
    hint: str
    subject: str = ""
    since: datetime | None = None


def warning_json(warning: HealthWarning) -> dict[str, Any]:
    """A warning as API clients see it."""
    since = warning.since.isoformat().replace("+00:00", "Z") if warning.since else None
    return {
        "code": warning.code,
        "severity": warning.severity,
        "text": warning.text,
        "hint": warning.hint,
        "subject": warning.subject or None,
        "since": since,
    }


@dataclass
class Health:
    """The current warnings. `on_change` is called when what a person would see changes."""

    now: Callable[[], datetime]
    on_change: Listeners[[]] = field(default_factory=Listeners)
    _open: dict[tuple[str, str], HealthWarning] = field(default_factory=dict)
    _delays: dict[tuple[str, str], timedelta] = field(default_factory=dict)

    def raise_warning(
        self,
        code: str,
        text: str,
        hint: str,
        *,
        subject: str = "",
        severity: str = "warning",
        delay: timedelta = timedelta(),
    ) -> None:
        """Raise a warning; raising it again keeps the first time and replaces the words."""
        key = (code, subject)
        before = self._open.get(key)
        since = before.since if before else self.now()
        self._open[key] = HealthWarning(code, severity, text, hint, subject, since)
        self._delays[key] = delay
        if before is None or before.text != text:
            self.on_change.tell()

    def clear(self, code: str, subject: str = "") -> None:
        """Remove a warning: the problem is fixed."""
        if self._open.pop((code, subject), None) is not None:
            self._delays.pop((code, subject), None)
            self.on_change.tell()

    def warnings(self) -> list[HealthWarning]:
        """The warnings old enough to show, the most severe first."""
        now = self.now()
        due = [w for k, w in self._open.items() if w.since is not None and w.since + self._delays[k] <= now]
        return sorted(due, key=lambda w: (-SEVERITIES.index(w.severity), w.code, w.subject))
