"""One table: stable code, code on the wire, HTTP status, exit code of a command.

Imported by the fast command-line path, so it must stay free of dataclasses, enum and typing.
"""

from stintd import errors

EXPECTED, USAGE, BUG, DAEMON_DOWN, INTERRUPTED = 1, 2, 3, 4, 130
"""Exit codes of `stint`."""

TABLE = {
    "invalid": ("VALIDATION", 422, EXPECTED, errors.Invalid),
    "not_found": ("NOT_FOUND", 404, EXPECTED, errors.NotFound),
    "conflict": ("CONFLICT", 409, EXPECTED, errors.Conflict),
    "unauthorized": ("AUTH", 401, EXPECTED, errors.Unauthorized),
    "forbidden": ("FORBIDDEN", 403, EXPECTED, errors.Forbidden),
    "rate_limited": ("RATE_LIMIT", 429, EXPECTED, errors.RateLimited),
    "unavailable": ("UNAVAILABLE", 503, EXPECTED, errors.Unavailable),
    "storage_full": ("STORAGE_FULL", 507, EXPECTED, errors.StorageFull),
    "internal": ("INTERNAL", 500, BUG, errors.Internal),
}
_BY_WIRE = {wire: kind for wire, _, _, kind in TABLE.values()}
_BY_STATUS = {status: kind for _, status, _, kind in TABLE.values()}


def wire_code(code: str) -> str:
    """The code that API clients see for one of our stable codes."""
    return TABLE.get(code, TABLE["internal"])[0]


def http_status(code: str) -> int:
    """The HTTP status of an error, unless the API has a more exact one (400, 405, 413, 415)."""
    return TABLE.get(code, TABLE["internal"])[1]


def exit_code(error: BaseException) -> int:
    """The exit code of `stint` after this error. Code 4 (the daemon is not running) comes from the client itself."""
    return TABLE.get(getattr(error, "code", "internal"), TABLE["internal"])[2]


def to_wire(error: errors.StintdError) -> dict[str, object]:
    """An error in the one shape that all errors have."""
    details = dict(error.details)
    if error.hint:
        details["hint"] = error.hint
    return {"error": error.message, "code": wire_code(error.code), "details": details}


def from_wire(status: int, body: object) -> errors.StintdError:
    """The error in an answer; made from the status alone if the body does not have our error shape."""
    if not isinstance(body, dict) or not isinstance(body.get("error"), str):
        kind = _BY_STATUS.get(status, errors.Invalid if 400 <= status < 500 else errors.Internal)
        return kind(f"the daemon answered with status {status}", "see `stint doctor`")
    kind = _BY_WIRE.get(str(body.get("code"))) or _BY_STATUS.get(status, errors.Internal)
    details = body.get("details")
    details = dict(details) if isinstance(details, dict) else {}
    hint = details.pop("hint", "")
    return kind(body["error"], hint if isinstance(hint, str) else "", details)
