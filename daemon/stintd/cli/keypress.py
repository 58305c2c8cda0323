"""One key from the terminal, without Enter."""

import sys

try:
    import termios
    import tty
except ImportError:  # a system whose terminals give whole lines only
    termios = None  # type: ignore[assignment]


def ask_key(prompt: str) -> str:
    """Show a prompt and return the key that is pressed next, "" at the end of the input. The key is shown. Where a terminal gives
    no single keys, it is the first letter of a line.
    """
    if termios is None:
        return input(prompt).strip()[:1]
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)  # before the prompt: whoever answers it at once is not lost
        print(prompt, end="", flush=True)
        key = sys.stdin.read(1)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
    print(key if key.isprintable() else "")
    return key
