"""The worker process that answers questions about commits: for each JSON line it reads, it writes one, until its input ends.

It is a process of its own because GitPython takes 14 MiB, starts children, and hangs for ever on a config that includes a
named pipe. The daemon starts it when it has a question, kills its process group when an answer takes too long, and lets it
end when there is nothing more to ask. When the daemon ends, it ends too.
"""

import json
import sys

from stintd.sources import gitrepo
from stintd.sources.gitfiles import GitPlace


def answer(line: str) -> str:
    """The answer to one question: `{"id", "commits"}`, or `{"id", "error"}` when the repository cannot be read."""
    question = json.loads(line)
    try:
        commits = gitrepo.details(GitPlace(*question["place"]), question["shas"])
        return json.dumps({"id": question["id"], "commits": commits})
    except Exception as error:  # the outermost boundary of this process: whatever a hostile repository makes it raise
        return json.dumps({"id": question["id"], "error": f"{type(error).__name__}: {error}"[:300]})


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        sys.stdout.write(answer(line) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
