"""`stintd`: the daemon in the foreground, for service managers, `stint up` and curious people."""

import gc
import logging
import logging.handlers
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from stintd import __version__, paths, settings
from stintd.cli import standin
from stintd.errors import Conflict, StintdError, Unavailable

HELP = """usage: stintd [--log LEVEL] [--version]
       stintd --backup | --restore FILE

Run the daemon in the foreground until SIGTERM or Ctrl-C. It watches the folders of the settings (`stint up FOLDER` adds
one) and answers on the control socket. --log debug|info|warning (default: info) writes to the terminal as well.

With --backup or --restore it does only that, in a home that no daemon serves: `stint backup` calls it.
"""
ALREADY_RUNNING = 5
"""Exit code when another daemon serves this home; tells it from an ordinary failure."""
LOG_BYTES = 2_000_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run until stopped; the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    if "--help" in words or "-h" in words:
        print(HELP, end="")
        return 0
    if "--version" in words:
        print(f"stintd {__version__}")
        return 0
    if words[:1] == ["--backup"] and len(words) == 1:
        return _run("", lambda app: [app.backup()])
    if words[:1] == ["--restore"] and len(words) == 2:
        return _run("", lambda app: app.restore(words[1]))
    level = words[words.index("--log") + 1] if "--log" in words and words[-1] != "--log" else ""
    if (words and not level) or level.upper() not in ("", "DEBUG", "INFO", "WARNING"):
        print(f"stintd: unknown argument {words[0]}\nsee stintd --help", file=sys.stderr)
        return 2
    return _run(level)


def _run(level: str, task: Callable[[Any], Iterable[str]] | None = None) -> int:
    """Serve; or do this one thing, with the part of the program that may do it, and print what it says."""
    os.umask(0o077)
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]  # a daemon started from a hook must not look at that hook's repository for ever
    try:
        layout = paths.home_layout()
        paths.ensure_folders(layout)
        _log_to(layout.log_file, level)
        app = load_app()
        if task is not None:
            print("\n".join(task(app)))
            return 0
        chosen = settings.load(zone=app.machine_zone())
        _set_rotation(chosen.number("log.megabytes"), chosen.number("log.keep"))
        _serve(app, chosen)
    except Conflict as error:
        return _report_refusal(error, ALREADY_RUNNING)
    except StintdError as error:
        return _report_refusal(error, 1)
    except OSError as error:
        if logging.root.handlers:  # without any, the traceback would go to the terminal
            logging.getLogger("stintd").error("stintd ended", exc_info=error)
        where = f"{error.filename}: " if error.filename else ""
        return _report_refusal(
            Unavailable(f"{where}{error.strerror or error}", "make sure that it exists, is yours and is writable"), 1
        )
    except KeyboardInterrupt:
        return 130
    return 0


def load_app() -> ModuleType:
    """The daemon's modules, without the parts of libraries that nobody here uses; with them where a library needs them."""
    gc.disable()  # what is loaded stays for good: walking through it a dozen times meanwhile is a tenth of the start
    needs = standin.install()
    try:
        from stintd import app
    except Exception as error:  # whatever a library does that misses something of another
        standin.give_up(error, needs)
        raise
    gc.enable()
    standin.settle(needs)
    return app


def _serve(app: Any, chosen: settings.Settings) -> None:
    import asyncio

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await app.serve(chosen, stop)

    asyncio.run(serve())


def _report_refusal(error: StintdError, code: int) -> int:
    logging.getLogger("stintd").error("%s (%s)", error.message, error.hint)
    print(f"stintd: {error.message}\n{error.hint}", file=sys.stderr)
    return code


def _log_to(path: str, level: str) -> None:
    file = logging.handlers.RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=3, encoding="utf-8", errors="replace")
    logging.raiseExceptions = False  # a full disk must not print a traceback for every line it cannot take
    shown = [logging.StreamHandler()] if level else []
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=(level or "info").upper(), format=form, handlers=[file, *shown])


def _set_rotation(megabytes: int, keep: int) -> None:
    """The log is written to before the settings can be read: what they say of it holds from here on."""
    for handler in logging.root.handlers:
        if isinstance(handler, logging.handlers.RotatingFileHandler):
            handler.maxBytes, handler.backupCount = megabytes * 1_000_000, keep


if __name__ == "__main__":
    sys.exit(main())
