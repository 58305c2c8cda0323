"""What the JSON objects of our answers are at run time: plain dicts. Their fields are in `wire_types.pyi`, for mypy alone."""


def __getattr__(name: str) -> type:
    """Any public name is a plain dict: real classes would take memory that nothing uses."""
    if name.startswith("_"):
        raise AttributeError(name)
    return dict
