"""Finds what travels with the program beside its code: `hooks/` and `config/`, and files among it, like the dashboard's.

A wheel carries the first two inside the package, below `_bundled/`; a checkout and an editable install have them at the
top of the source tree. Whoever asks cannot tell the difference.
"""

from pathlib import Path

from stintd.errors import Internal

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_bundled", _PACKAGE.parents[1], _PACKAGE)


def bundled(name: str) -> Path:
    """The bundled file or folder `name`, like `hooks/git/shim.sh`; `internal` when the installation lacks it."""
    for place in _PLACES:
        if (place / name).exists():
            return place / name
    raise Internal(f"this installation lacks {name}", "install stintd again")
