"""What a command answers when its caller must know more than the value."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a command that creates: `is_new` False when it was there already (answered 200, not 201)."""

    value: Any
    is_new: bool = True
