"""The worker process that answers questions about commits: one JSON line in, one out, until its input ends.

A process of its own because GitPython costs 14 MiB, starts children, and hangs for ever on a config that includes a named
pipe: the daemon starts it when it has a question, kills its group when an answer takes too long, and lets it end when
there is nothing more to ask. It ends by itself when the daemon does.
"""

import json
import sys

from stintd.sources import gitrepo
from stintd.sources.gitfiles import GitPlace


def answer(line: str) -> str:
    """The answer to one question: `{"id", "commits"}`, or `{"id", "error"}` when the repository cannot be read."""
    asked = json.loads(line)
    try:
        found = gitrepo.details(GitPlace(*asked["place"]), asked["shas"])
        return json.dumps({"id": asked["id"], "commits": found})
    except Exception as error:  # the outermost boundary of this process: whatever a hostile repository makes it raise
        return json.dumps({"id": asked["id"], "error": f"{type(error).__name__}: {error}"[:300]})


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(answer(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
