"""What a command answers when its caller must know more than the value."""

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from stintd.frozen import frozen


@frozen
class Reply:
    """An answer of a command that creates: `is_new` False when it was there already (answered 200, not 201).

    `secret` is shown to the first caller on top of `value` and kept nowhere: a repeated request with the same
    Idempotency-Key is answered without it.
    """

    value: Any
    is_new: bool = True
    secret: Mapping[str, Any] = field(default_factory=dict)
