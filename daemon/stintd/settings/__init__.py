"""Settings: reads the user's and the program's TOML, the environment and the defaults into one frozen `Settings`.

`config.toml` belongs to the user and is never written; `settings.toml` belongs to the program. A command-line flag wins over
the environment, the environment over `config.toml`, that over `settings.toml`, that over the default. `watch.folders` and
`[[map]]` are the union of both files. All problems are reported at once, with file, line and remedy. Imports paths,
resources, domain and errors.
"""

from stintd.settings.describe import nested_values
from stintd.settings.document import Problem
from stintd.settings.load import Settings, load, load_files
from stintd.settings.targets import read_target
from stintd.settings.write import add_folders, change, change_nested, remove_folders, set_target, set_value

__all__ = [
    "Problem", "Settings", "add_folders", "change", "change_nested", "load", "load_files", "nested_values", "read_target",
    "remove_folders", "set_target", "set_value",
]  # fmt: skip
