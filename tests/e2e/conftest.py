"""A home of their own for fixtures that outlive one test: the isolation of every test comes too late for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ISOLATED

GITCONFIG = """[user]
\tname = Ada
\temail = ada@example.test
[init]
\tdefaultBranch = main
[protocol "file"]
\tallow = always
"""


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder for the whole module, with the environment pointed away from whoever runs the tests."""
    folder = tmp_path_factory.mktemp(request.module.__name__.rpartition(".")[2])
    (folder / "gitconfig").write_text(GITCONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in ISOLATED:
            patch.delenv(name, raising=False)
        patch.setenv("HOME", str(folder))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        patch.setenv("GIT_CONFIG_GLOBAL", str(folder / "gitconfig"))
        patch.setenv("TZ", "UTC")
        yield folder
