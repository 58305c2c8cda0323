"""stintd keeps a developer's hours: a git-aware activity daemon and its command line."""

__version__ = "0.1.0"
