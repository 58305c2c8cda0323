"""Both forms have every request, under the same names, with the words and arguments it was built with; importing the
fast path loads none of it.
"""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import stintd
from stintd import client
from stintd.client import AsyncClient, Client, requests
from stintd.client.place import DEFAULT_PORT
from stintd.settings.keys import KEYS

FORMS = {"blocking": Client, "awaited": AsyncClient}
MODULES = [found.name for found in iter_modules(requests.__path__)]


def builders(name):
    module = import_module(f"stintd.client.requests.{name}")
    own = [fn for fn in vars(module).values() if inspect.isfunction(fn) and fn.__module__ == module.__name__]
    return {fn.__name__.rstrip("_") if fn.__name__ != "continue_" else fn.__name__: fn for fn in own if fn.__name__[0] != "_"}


def form(kind):
    return FORMS[kind](socket="/nowhere")


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize("name", MODULES)
def test_every_request_is_a_method_with_its_words_and_arguments(kind, name):
    owner = form(kind) if name == "daemon" else getattr(form(kind), name)
    for word, build in builders(name).items():
        method = getattr(owner, word)
        assert inspect.getdoc(method)
        if name != "daemon":
            assert method.__doc__ == build.__doc__
            assert list(inspect.signature(method).parameters) == list(inspect.signature(build).parameters)


def test_both_forms_have_the_same_names():
    def names(owner):
        return {word for word in dir(owner) if not word.startswith("_")}

    one, other = form("blocking"), form("awaited")
    assert names(one) == names(other)
    for name in MODULES:
        if name != "daemon":
            assert names(getattr(one, name)) == names(getattr(other, name)), name


@pytest.mark.parametrize("name", [name for name in MODULES if "list" in builders(name) and name not in ("keys", "targets")])
def test_every_paged_list_can_be_gone_through(name):
    assert "cursor" in inspect.signature(builders(name)["list"]).parameters
    assert hasattr(getattr(form("blocking"), name), "every")


def test_the_usual_port_is_the_default_of_the_settings():
    assert [key.default for key in KEYS if key.name == "http.port"] == [DEFAULT_PORT]


def test_what_is_exported_is_there_and_nothing_else():
    assert {name: getattr(client, name) for name in client.__all__}
    with pytest.raises(AttributeError):
        client.Nobody  # noqa: B018


def test_naming_the_package_loads_neither_form():
    code = "import sys; import stintd.client.control; print(*sorted(m for m in sys.modules if m.startswith('stintd.')))"
    environment = {"PYTHONPATH": str(Path(stintd.__file__).parents[1])}
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    loaded = {name for name in shown.stdout.split() if name.startswith("stintd.client.")}
    assert loaded == {"stintd.client.control", "stintd.client.transport", "stintd.client.wire"}
