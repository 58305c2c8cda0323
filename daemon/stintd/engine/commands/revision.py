"""Lost updates: a change may say which revision it was made from."""

from stintd.engine.rows import Row
from stintd.errors import Conflict


def check(row: Row, expected: int | None) -> None:
    """Refuse (`conflict`) a change made from an older revision than the row has."""
    if expected is not None and expected != row["revision"]:
        raise Conflict(
            f"it was changed meanwhile: revision {row['revision']}, not {expected}", "read it again, then change it",
            {"revision": row["revision"]},
        )  # fmt: skip
