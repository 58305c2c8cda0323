"""The wheel, the editable install and the checkout carry the same files, found the same way."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
PROBE = (
    "from stintd import resources;print(resources.bundled_path('hooks/git/shim.sh').read_bytes() == open({shim!r}, 'rb').read())"
)
SHIM = str(TOP / "hooks" / "git" / "shim.sh")


def files_below(folder: str) -> set[str]:
    found = (path for path in (TOP / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(TOP)) for path in found}


def probed(**environment: str) -> subprocess.CompletedProcess[str]:
    """Whether this environment's package finds the shim of the checkout."""
    command = [sys.executable, "-c", PROBE.format(shim=SHIM)]
    return subprocess.run(command, cwd="/", env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling", reason="hatchling builds the wheel: pip install hatchling")
    out = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-c", f"import hatchling.build as b; print(b.build_wheel({str(out)!r}))"],
        cwd=TOP,
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return out / built.stdout.strip().splitlines()[-1]


def test_the_wheel_carries_hooks_config_and_schema(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    bundled = {name.removeprefix("stintd/_bundled/") for name in names if name.startswith("stintd/_bundled/")}
    assert files_below("hooks") | files_below("config") == bundled
    assert "stintd/store/schema/0001_initial.sql" in names
    assert "stintd/py.typed" in names  # without it the checkers of callers do not see the client's types
    static = {
        name.removeprefix("stintd/api/dashboard/static/") for name in names if name.startswith("stintd/api/dashboard/static/")
    }
    shelf = TOP / "daemon/stintd/api/dashboard/static"
    assert static == {str(path.relative_to(shelf)) for path in shelf.rglob("*") if path.is_file()}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_an_unpacked_wheel_finds_its_files_and_its_commands_start(wheel, tmp_path):
    zipfile.ZipFile(wheel).extractall(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    found = probed(**environment)
    assert found.stdout.strip() == "True", found.stderr
    shown = subprocess.run([sys.executable, "-m", "stintd.cli.main", "--version"], cwd="/", env=environment, capture_output=True)
    assert shown.returncode == 0


def test_a_checkout_finds_its_files():
    found = probed(PYTHONPATH=str(TOP / "daemon"))
    assert found.stdout.strip() == "True", found.stderr


def test_an_editable_install_finds_its_files(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling makes editable installs: pip install hatchling")
    made = subprocess.run(
        [sys.executable, "-c", f"import hatchling.build as b; print(b.build_editable({str(tmp_path)!r}))"],
        cwd=TOP,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stderr
    zipfile.ZipFile(tmp_path / made.stdout.strip().splitlines()[-1]).extractall(tmp_path / "site")
    code = f"import site; site.addsitedir({str(tmp_path / 'site')!r}); " + PROBE.format(shim=SHIM)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    found = subprocess.run([sys.executable, "-c", code], cwd="/", env=environment, capture_output=True, text=True)
    assert found.stdout.strip() == "True", found.stderr
