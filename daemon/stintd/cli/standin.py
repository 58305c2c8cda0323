"""What the daemon's process does without, and the way back when a library comes to need it.

OpenSSL: 5 to 7 MiB of a daemon that talks to its own machine alone. asyncio and aiohttp do without `ssl`, and hashlib has hashes
of its own where `_hashlib`, which is OpenSSL's, is not there. aiohttp's client: 3 MiB, and nobody in this process asks a
server anything. What does lives in a worker process, which ends when it is idle.

Both lean on what the libraries need today (aiohttp 3.14, CPython 3.11 to 3.14). When loading fails, the process begins anew
with the real thing: same process id, same arguments, before anything was opened or promised. Loading again in the same
process would not do: compiled modules (aiohttp's parser) keep the classes of the first time, and the `except` clauses of
the second time would not know the parser's errors.
"""

import contextlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from types import ModuleType
from typing import Any

log = logging.getLogger(__name__)

HTTP, TLS = "aiohttp", "ssl"
TLS_MODULES = ("ssl", "_ssl", "_hashlib")
HASHES = ("md5", "sha1", "sha256", "sha512", "blake2b")
LATER = ("idna", "bz2", "lzma")
"""Modules that libraries import and that nobody here uses as a rule: 0.7 MiB. idna's tables are for host names that are not
ASCII, the other two for archives (`shutil`)."""
IN_FULL = "STINTD_IN_FULL"
"""The variable that tells the new beginning what to load in full, and why: a line each, `name=reason`."""
REASON_LENGTH = 300


class _StandIn(ModuleType):
    """A package without what its own first module brings."""


def install() -> Mapping[str, str]:
    """Put the stand-ins in place, but for what an earlier attempt of this process needed: that, with the reasons."""
    lines = os.environ.pop(IN_FULL, "").splitlines()
    needs = dict(line.split("=", 1) for line in lines if "=" in line)
    if TLS not in needs:
        _leave_out_tls(needs)
    if HTTP not in needs:
        _leave_out_client()
    for name in LATER:
        _load_later(name)
    return needs


def give_up(error: Exception, needs: Mapping[str, str]) -> None:
    """Begin this process anew without the stand-in that `error`, raised by loading the daemon, comes from. Returns when no
    stand-in is left to blame.
    """
    names = [name for name in (HTTP, TLS) if name not in needs]
    if TLS in names and any(one.name in TLS_MODULES for one in _causes(error) if isinstance(one, ImportError)):
        names = [TLS]
    if names:
        _begin_anew({**needs, names[0]: str(error)})


def settle(needs: Mapping[str, str]) -> None:
    """Everything is loaded: warn of what is loaded in full, and load the rest of aiohttp should it be asked for later."""
    for name, reason in needs.items():
        _warn(name, reason)
    package = sys.modules.get(HTTP)
    if isinstance(package, _StandIn):
        _load_on_demand(package)


def _leave_out_tls(needs: Mapping[str, str]) -> None:
    for name in TLS_MODULES:
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]  # None: importing it fails, as if it were not installed
    lacks = [name for name in HASHES if not hasattr(_load_hashlib(), name)]
    if lacks:  # a Python built to take all hashes from OpenSSL
        _begin_anew({**needs, TLS: f"this Python has no {', '.join(lacks)} of its own"})


def _load_hashlib() -> ModuleType:
    logging.disable()  # of every hash it lacks it logs a traceback
    try:
        return import_module("hashlib")
    finally:
        logging.disable(logging.NOTSET)


def _leave_out_client() -> None:
    """An empty package in place of aiohttp's own, whose first module would load it all: its modules are found where they are."""
    spec = PathFinder.find_spec(HTTP)
    if spec is None or spec.origin is None or HTTP in sys.modules:
        return
    package: Any = _StandIn(HTTP)
    package.__spec__, package.__path__, package.__file__ = spec, spec.submodule_search_locations, spec.origin
    try:
        with open(spec.origin, encoding="utf-8", errors="replace") as file:
            package.__version__ = file.readline().partition('"')[2].partition('"')[0]
    except OSError:
        return  # not a file: in an archive, say
    sys.modules[HTTP] = package


def _load_later(name: str) -> None:
    """Have a module loaded when its first name is asked for. (`importlib.util.LazyLoader` loads at the first `import`
    already, in Python 3.11.)"""
    spec = PathFinder.find_spec(name)
    if spec is None or spec.loader is None or name in sys.modules:
        return
    loader, module = spec.loader, module_from_spec(spec)

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(f"module {name!r} has no attribute {attribute!r}")
        del module.__getattr__
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = module


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _begin_anew(needs: Mapping[str, str]) -> None:
    reasons = {name: " ".join(reason.replace("\0", " ").split())[:REASON_LENGTH] for name, reason in needs.items()}
    os.environ[IN_FULL] = "\n".join(f"{name}={reason}" for name, reason in reasons.items())
    with contextlib.suppress(OSError):
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  it is this very program
    del os.environ[IN_FULL]  # this process cannot: the error of loading is the one to tell


def _load_on_demand(package: Any) -> None:
    """Run the package's own first module when somebody asks the package for a name that this would bring. All its modules
    that are in use are complete by now, so that it finds them as they are.
    """

    def load(name: str) -> Any:
        if name.startswith("__") or PathFinder.find_spec(f"{HTTP}.{name}", package.__path__) is not None:
            raise AttributeError(f"module {HTTP!r} has no attribute {name!r}")
        del package.__getattr__
        package.__spec__.loader.exec_module(package)
        _warn(HTTP, f"{name} was asked for")
        return getattr(package, name)

    package.__getattr__ = load


def _warn(name: str, reason: str) -> None:
    if name == HTTP:
        version = getattr(sys.modules.get(HTTP), "__version__", "of unknown version")
        log.warning("aiohttp %s is loaded in full, about 3 MiB more memory than usual: %s", version, reason)
    else:
        log.warning("OpenSSL is loaded in full, 5 to 7 MiB more memory than usual: %s", reason)
