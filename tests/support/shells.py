"""The shells a hook may meet as /bin/sh: which of them this machine has, and how to start them."""

import shutil

import pytest

SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"], "mksh": ["mksh"]}


def every_shell():
    """Parameters for a test, a missing shell skipped by its name."""
    return [
        pytest.param(words, id=name, marks=pytest.mark.skipif(not shutil.which(words[0]), reason=f"no {name} here"))
        for name, words in SHELLS.items()
    ]
