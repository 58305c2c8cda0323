"""What rows of our tables are at run time: plain dicts. Their columns are in `row_types.pyi`, for mypy alone."""


def __getattr__(name: str) -> type:
    """Any public name is a plain dict: the classes would take memory that nothing reads."""
    if name.startswith("_"):
        raise AttributeError(name)
    return dict
