"""`stint`: finds the verb, loads its module alone, and turns every outcome into an exit code.

0 ok, 1 expected failure, 2 usage, 3 a bug in stintd, 4 the daemon is not running, 130 interrupted. Errors are two
lines on standard error: what is wrong, what to do.
"""

from __future__ import annotations

import errno
import os
import sys
from importlib import import_module

from stintd import __version__
from stintd.cli.options import HELP, UsageError, Verb, help_text, parse
from stintd.cli.verbs import GROUPS, MODULES, module_of, nearest_verbs
from stintd.errors import StintdError, StorageFull, Unavailable
from stintd.protocol.errors import BUG, DAEMON_DOWN, INTERRUPTED, USAGE, exit_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OPTIONS_OF_FIELDS = {"autoCreate: true": "--create", "replace: true": "--replace", "overlap: true": "--overlap"}
"""Fields that hints of the daemon name, by the options that send them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    words = sys.argv[1:] if argv is None else list(argv)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code or 0
    except StintdError as error:
        return _explain(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence_output()
        return 0
    except OSError as error:  # from the output: of a file that is opened, Python tells the name
        if error.errno not in FULL or error.filename is not None:
            return _report_bug(error)
        _silence_output()
        return _explain(
            StorageFull(f"the output could not be written: {error.strerror}", "free some space, or write it elsewhere")
        )
    except Exception as error:  # the outermost boundary: a bug is reported, never a bare traceback
        return _report_bug(error)


def _silence_output() -> None:
    """What is still buffered would fail again when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def load_verb(name: str, argv: Sequence[str] = ()) -> Verb:
    """The `Verb` by this name, its module loaded."""
    verbs: dict[str, Verb] = import_module(f"stintd.cli.commands.{module_of(name, argv)}").VERBS
    return verbs[name]


def _dispatch(words: list[str]) -> int | None:
    if not words or words[0] in ("help", *HELP):
        return _help(words[1:])
    if words[0] in ("--version", "version"):
        print(f"stint {__version__}")
        return 0
    name, rest = words[0], words[1:]
    _check_verb(name)
    verb = load_verb(name, rest)
    if any(word in HELP for word in rest[: rest.index("--") if "--" in rest else None]):
        print(help_text(verb))
        return 0
    return verb.run(parse(verb, rest))


def _check_verb(name: str) -> None:
    """Refuse what is no verb, with the verb that does what the word says, or those that are written alike."""
    if name in MODULES:
        return
    hint = import_module("stintd.cli.synonyms").HINTS.get(name.lower())
    if hint is None:
        close = nearest_verbs(name)
        hint = f"did you mean {' or '.join(close)}? `stint help` lists all" if close else "`stint help` lists all verbs"
    raise UsageError(f"there is no verb {name!r}", hint)


def _help(words: list[str]) -> int:
    if words and words[0] not in HELP:
        _check_verb(words[0])
        print(help_text(load_verb(words[0])))
        return 0
    print("stint: tracks your hours from what you do. Start with `stint up FOLDER`.")
    for title, group in GROUPS.items():
        print(f"\n{title}")
        for name in group:
            print(f"  {name:<12} {load_verb(name).summary}")
    print("\n`stint VERB --help` explains a verb. Times: 10:30, yesterday 14:00, -15m, 2026-11-20T10:30.")
    return 0


def _explain(error: StintdError) -> int:
    sys.stdout.flush()
    print(f"stint: {_plain_text(error.message)}", file=sys.stderr)
    hint = error.hint
    for field, option in OPTIONS_OF_FIELDS.items():
        hint = hint.replace(field, option)
    for line in hint.splitlines():
        print(f"  {_plain_text(line)}", file=sys.stderr)
    if isinstance(error, UsageError):
        return USAGE
    if isinstance(error, Unavailable) and getattr(error, "is_down", False):
        return DAEMON_DOWN
    return exit_code(error)


def _report_bug(error: Exception) -> int:
    trace = import_module("traceback").format_exc()
    sys.stdout.flush()
    if os.environ.get("STINTD_DEBUG"):
        sys.stderr.write(trace)
    where = _save_trace(trace)
    print(f"stint: a bug in stintd: {type(error).__name__}: {_plain_text(str(error))}", file=sys.stderr)
    print(f"  please report it with {where}" if where else "  STINTD_DEBUG=1 shows where", file=sys.stderr)
    return BUG


def _save_trace(trace: str) -> str | None:
    """Keep the traceback where a person can find it; None where it cannot be written."""
    paths = import_module("stintd.paths")
    target = os.path.join(paths.log_dir(), "stint-crash.txt")
    try:
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(trace)
    except OSError:
        return None
    return target


def _plain_text(text: str) -> str:
    """No control characters: a message may carry a branch or a folder of somebody's repository."""
    return "".join(c if c.isprintable() else "�" for c in text)


if __name__ == "__main__":
    sys.exit(main())
