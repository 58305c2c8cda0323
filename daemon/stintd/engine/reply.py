"""What a command answers when the API must know more than the value."""

from collections.abc import Mapping
from dataclasses import field
from typing import Generic, TypeVar

from stintd.frozen import frozen

Answer = TypeVar("Answer", covariant=True)


@frozen
class Reply(Generic[Answer]):
    """An answer of a command that creates: `is_new` False when it was there already (answered 200, not 201).

    `secret` is shown to the first client on top of `value` and kept nowhere: a repeated request with the same
    Idempotency-Key is answered without it.
    """

    value: Answer
    is_new: bool = True
    secret: Mapping[str, str] = field(default_factory=dict)
