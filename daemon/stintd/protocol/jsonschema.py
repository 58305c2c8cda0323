"""A JSON Schema as Python has it."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]
