"""`stint hooks`: hands its words to `hooks`, which explains itself."""

from stintd.cli.hooks import main
from stintd.cli.options import Verb

VERBS = {"hooks": Verb("hooks", main, "install, uninstall, show hooks of git, editors and agents", takes_all=True)}
