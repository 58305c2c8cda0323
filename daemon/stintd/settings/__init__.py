"""Settings: TOML of the owner and of the program, environment and defaults, to one frozen `Settings`.

`config.toml` is the owner's and is never written; `settings.toml` is the program's. A flag goes before the
environment, then `config.toml`, `settings.toml`, the default; `watch.folders` and `[[map]]` are the union of both.
All problems are told at once, with file, line and remedy. Imports paths, resources, domain and errors.
"""

from stintd.settings.describe import nested
from stintd.settings.document import Problem
from stintd.settings.load import Settings, load, load_files
from stintd.settings.targets import read_target
from stintd.settings.write import add_folders, change, change_nested, remove_folders, set_target, set_value

__all__ = [
    "Problem", "Settings", "add_folders", "change", "change_nested", "load", "load_files", "nested", "read_target",
    "remove_folders", "set_target", "set_value",
]  # fmt: skip
