"""The one error hierarchy: a stable code, a message for people, and a hint that says what to do next.

Imported by the fast command-line path, so it must stay free of dataclasses, enum and typing
(their import costs more than the whole command).
"""


class StintdError(Exception):
    """Something a person can be told. `code` is stable; `hint` names the next step; `details` travels on the wire."""

    code = "internal"

    def __init__(self, message: str, hint: str = "", details: "dict[str, object] | None" = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details or {}

    @property
    def retry_after(self) -> "float | None":
        """Seconds after which asking again is right, where the daemon named them."""
        pause = self.details.get("retryAfter")
        return float(pause) if isinstance(pause, int | float) else None


class Invalid(StintdError):
    """The request is understood and wrong; nothing was changed."""

    code = "invalid"


class NotFound(StintdError):
    """Nothing has that id or name; similar names go into the hint."""

    code = "not_found"


class Conflict(StintdError):
    """The state forbids it: a running timer, a stale revision, an overlap."""

    code = "conflict"


class Unauthorized(StintdError):
    """No key, or not a known one."""

    code = "unauthorized"


class Forbidden(StintdError):
    """The client is known, but may not do this."""

    code = "forbidden"


class RateLimited(StintdError):
    """Too many requests from one key."""

    code = "rate_limited"


class Unavailable(StintdError):
    """Cannot be done now: starting, stopping, database locked or read-only. Retrying later is right."""

    code = "unavailable"


class StorageFull(StintdError):
    """The disk is full; the request was not stored and may be sent again."""

    code = "storage_full"


class Internal(StintdError):
    """A bug in stintd; the id in `details` is in the log."""

    code = "internal"
