"""Finds files that are installed with the program: `hooks/` and `config/`, and files inside the package, like the dashboard's.

In a wheel the first two are inside the package, below `_bundled/`; in a checkout and an editable install they are at the top of
the source tree. Callers need not know which.
"""

from pathlib import Path

from stintd.errors import Internal

_PACKAGE = Path(__file__).resolve().parent
_PLACES = (_PACKAGE / "_bundled", _PACKAGE.parents[1], _PACKAGE)


def bundled_path(name: str) -> Path:
    """The bundled file or folder `name`, like `hooks/git/shim.sh`; `internal` if the installation lacks it."""
    for place in _PLACES:
        if (place / name).exists():
            return place / name
    raise Internal(f"this installation lacks {name}", "install stintd again")
