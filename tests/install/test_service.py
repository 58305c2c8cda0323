"""The service: units that systemd finds no fault with, removed exactly, taken over by a daemon that is handed its socket."""

import os
import plistlib
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from stintd.client.control import Control
from stintd.errors import StintdError
from stintd.install import service
from stintd.install.change import perform
from stintd.paths import home_layout
from tests.support import PATIENCE, poll_until
from tests.support.daemon import SOURCES, Daemon


@pytest.fixture
def place(isolated_home):
    return service.ServicePlace(home_layout(), [sys.executable, "-P", "-m", "stintd.cli.run"], str(isolated_home), os.environ)


@pytest.fixture
def systemctl(isolated_home, monkeypatch):
    """A systemctl that notes what it is asked, and refuses while the file `refuse` is there."""
    folder = isolated_home / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {folder}/asked\nif [ -e {folder}/refuse ]; then echo "Failed to connect" >&2; exit 1; fi\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    class Told:
        refuse = folder / "refuse"

        def asked(self) -> list[str]:
            return (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []

    return Told()


def stint(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stintd.cli.main", *words],
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def units(home: Path) -> list[str]:
    folder = home / ".config" / "systemd" / "user"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze: apt install systemd")
@pytest.mark.parametrize("awkward", ["home", "with space", 'per%cent "quoted" $HOME'])
def test_systemd_finds_no_fault_with_the_units(tmp_path, isolated_home, awkward):
    environ = {**os.environ, "STINTD_HOME": str(tmp_path / awkward)}
    here = service.ServicePlace(home_layout(environ), [sys.executable, "-P", "-m", "stintd.cli.run"], str(isolated_home), environ)
    perform(service.plan_install(service.MANAGERS["systemd"], here).steps)
    folder = isolated_home / ".config" / "systemd" / "user"
    done = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", *(str(folder / name) for name in service.UNITS)],
        capture_output=True,
        text=True,
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
        timeout=PATIENCE,
        check=False,
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if "stintd" in line]
    assert said == []
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze: apt install systemd")
def test_the_service_may_do_little_else_than_its_work(place):
    perform(service.plan_install(service.MANAGERS["systemd"], place).steps)
    unit = next(path for path in service.MANAGERS["systemd"].files(place) if path.endswith(".service"))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=65", unit],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if "Unknown" in done.stderr:
        pytest.skip("this systemd-analyze knows no --offline (250 and later)")
    print((done.stdout.strip().splitlines() or [done.stderr])[-1])
    assert done.returncode == 0, done.stdout[-300:] + done.stderr


def test_install_and_uninstall_leave_exactly_what_was_there(isolated_home, systemctl):
    folder = isolated_home / ".config" / "systemd" / "user"
    folder.mkdir(parents=True)
    (folder / "other.service").write_text("theirs")
    dry = stint("service", "install", "--dry-run")
    assert "ExecStart=" in dry.stdout
    assert "would run: systemctl --user enable --now stintd.socket stintd.path stintd.service" in dry.stdout
    assert (units(isolated_home), systemctl.asked()) == (["other.service"], [])
    done = stint("service", "install")
    assert done.returncode == 0, done.stderr
    assert units(isolated_home) == ["other.service", "stintd.path", "stintd.service", "stintd.socket"]
    assert systemctl.asked() == ["--user daemon-reload", "--user enable --now stintd.socket stintd.path stintd.service"]
    assert stint("service", "install").returncode == 0, "a second time changes nothing"
    assert "installed" in stint("service", "status").stdout
    assert stint("service", "uninstall").returncode == 0
    assert units(isolated_home) == ["other.service"]
    assert systemctl.asked()[-2:] == ["--user disable --now stintd.socket stintd.path stintd.service", "--user daemon-reload"]


def test_what_was_changed_by_hand_is_left_alone_and_named(isolated_home, systemctl):
    stint("service", "install")
    unit = isolated_home / ".config" / "systemd" / "user" / "stintd.service"
    unit.write_text(unit.read_text().replace("Nice=5", "Nice=19"))
    for verb in ("install", "uninstall"):
        done = stint("service", verb)
        assert done.returncode == 1
        assert "changed by hand" in done.stdout
    assert units(isolated_home) == ["stintd.service"]
    assert "Nice=19" in unit.read_text()
    doctor = stint("doctor").stdout
    assert "changed by hand" in doctor


def test_a_manager_that_cannot_be_reached_is_said_and_uninstall_works_all_the_same(isolated_home, systemctl):
    systemctl.refuse.write_text("")
    done = stint("service", "install")
    assert (done.returncode, "Failed to connect" in done.stderr, "stint up" in done.stderr) == (1, True, True)
    done = stint("service", "uninstall")
    assert (done.returncode, units(isolated_home)) == (0, [])
    assert "Failed to connect" in done.stdout


def test_up_and_down_go_through_the_manager_of_an_installed_service(isolated_home, systemctl):
    stint("service", "install")
    stint("up")  # the fake starts nothing, so the daemon is started as without it
    try:
        assert "--user start stintd.socket stintd.path stintd.service" in systemctl.asked()
    finally:
        stint("down")
    assert systemctl.asked()[-1] == "--user stop stintd.socket stintd.path stintd.service"
    assert "not running" in stint("status").stderr


def test_a_moved_python_is_found_by_doctor(isolated_home, systemctl):
    stint("service", "install")
    folder = isolated_home / ".config" / "systemd" / "user"
    there = service.ServicePlace(home_layout(), ["/gone/python", "-m", "stintd.cli.run"], str(isolated_home), os.environ)
    for path, text in service.MANAGERS["systemd"].files(there).items():
        Path(path).write_bytes(text)
    assert units(isolated_home) == ["stintd.path", "stintd.service", "stintd.socket"]
    assert "/gone/python" in (folder / "stintd.service").read_text()
    out = stint("doctor").stdout
    assert "from another version or home" in out
    assert "stint service install" in out


def test_the_agent_of_macos_is_a_plist_and_the_task_of_windows_is_xml(place):
    ((path, raw),) = service.MANAGERS["launchd"].files(place).items()
    agent = plistlib.loads(raw)
    assert path.endswith("Library/LaunchAgents/dev.stintd.plist")
    assert agent["ProgramArguments"][1:] == ["-P", "-m", "stintd.cli.run"]
    assert agent["EnvironmentVariables"]["STINTD_HOME"] == os.environ["STINTD_HOME"]
    assert (agent["RunAtLoad"], agent["KeepAlive"]) == (True, {"SuccessfulExit": False})
    ((_, raw),) = service.MANAGERS["windows"].files(place).items()
    task = ET.fromstring(raw)
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert task.findtext("t:Actions/t:Exec/t:Arguments", namespaces=space) == "-P -m stintd.cli.run"
    assert task.find("t:Triggers/t:LogonTrigger", space) is not None
    for manager in service.MANAGERS.values():
        perform(service.plan_install(manager, place).steps)
        assert set(service.states(manager, place).values()) == {"installed"}
        perform(service.plan_uninstall(manager, place).steps)
        assert set(service.states(manager, place).values()) == {"absent"}


def status_of(socket: str) -> dict:
    try:
        return Control(socket).get("/api/status")
    except (StintdError, OSError):
        return {}


@pytest.mark.skipif(shutil.which("systemd-socket-activate") is None, reason="needs systemd-socket-activate: apt install systemd")
def test_the_first_request_starts_a_daemon_that_takes_the_socket_it_is_handed(tmp_path):
    daemon = Daemon(tmp_path / "home")
    passed = [f"-E{name}={daemon.environment[name]}" for name in ("STINTD_HOME", "PYTHONPATH", "HOME", "PATH")]
    command = ["systemd-socket-activate", "-l", daemon.layout.socket, *passed, sys.executable, "-m", "stintd.cli.run"]
    process = subprocess.Popen(command, env=daemon.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        poll_until(lambda: os.path.exists(daemon.layout.socket))
        assert not os.path.exists(daemon.layout.http_json), "nothing runs before anybody asks"
        assert daemon.stint("status").code == 0, "the request that started it is answered"
        assert poll_until(lambda: status_of(daemon.layout.socket))["ready"] in (True, False)
        number = os.stat(daemon.layout.socket).st_ino
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert os.stat(daemon.layout.socket).st_ino == number, "the socket is the manager's: it stays for the next start"
    finally:
        process.kill()
        process.wait()
