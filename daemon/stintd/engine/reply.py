"""What a command answers when the API must know more than the value."""

from collections.abc import Mapping
from dataclasses import field
from typing import Generic, TypeVar

from stintd.frozen import frozen

Answer = TypeVar("Answer", covariant=True)


@frozen
class Reply(Generic[Answer]):
    """The answer of a command that creates something: `is_new` is False if it existed already (status 200, not 201).

    `secret` is sent to the first client together with `value` and stored nowhere: a repeated request with the same
    Idempotency-Key gets the answer without it.
    """

    value: Answer
    is_new: bool = True
    secret: Mapping[str, str] = field(default_factory=dict)
