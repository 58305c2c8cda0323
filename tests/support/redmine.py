"""A real Redmine, where Debian's is installed: its own database in a folder of the test's, served on a loopback port.

Debian lets one installation serve many instances by the name of a folder; ours leads out of its own folders. Preparing the
database takes some seconds, so that one server serves all tests and its hours are emptied in between.
"""

import os
import shutil
import socket
import sqlite3
import subprocess
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from stintd.ports import HttpRequest
from tests.support import PATIENCE, poll_until
from tests.support.billing.fake import Answer
from tests.support.billing.redmine import RedmineFake

HOME = Path("/usr/share/redmine")
HOW = "Redmine is missing: apt-get install --no-install-recommends redmine redmine-sqlite puma (Debian), and run as root"
IS_THERE = HOME.is_dir() and shutil.which("puma") is not None and os.access("/etc/redmine/default/database.yml", os.R_OK)
CLOSED, OPEN = 5, 1
SEED = """
Redmine::DefaultData::Loader.load('en')
Setting.rest_api_enabled = '1'
user = User.new(firstname: 'Mia', lastname: 'Worker', mail: 'mia@example.com', language: 'en')
user.login = 'mia'
user.password = user.password_confirmation = 'password-of-mia'
user.save!
role = Role.givable.find_by(name: 'Developer')
role.add_permission!(:log_time, :edit_own_time_entries, :view_time_entries)
project = Project.create!(name: 'Atlas', identifier: 'atlas', is_public: false)
project.enabled_module_names = %w[issue_tracking time_tracking]
project.trackers = Tracker.all
Member.create!(project: project, principal: user, roles: [role])
2.times do |n|
  Issue.create!(project: project, tracker: Tracker.first, author: User.find_by_login('admin'), subject: "Issue #{n + 1}",
                priority: IssuePriority.first, status: IssueStatus.first, assigned_to: user)
end
field = TimeEntryCustomField.new(name: 'stintd', field_format: 'string', is_filter: true)
field.id = 7
field.save!
puts "key=#{user.api_key}"
"""


class Server:
    """`key` lets Mia in, who works on the project 1 with the issues 1 and 2; a custom field 7 is for ids."""

    def __init__(self, folder: Path) -> None:
        for name in ("config", "files", "log", "tmp", "public"):
            (folder / name).mkdir(parents=True)
        self.file = folder / "redmine.db"
        (folder / "config" / "database.yml").write_text(
            f"production:\n  adapter: sqlite3\n  database: {self.file}\n  timeout: 20000\n"
        )
        (folder / "config" / "secret_key.txt").write_text("k" * 64)
        instance = os.path.relpath(folder, HOME / "instances")
        self._environment = {
            **os.environ,
            "RAILS_ENV": "production",
            "REDMINE_INSTANCE": instance,
            "HOME": str(folder),
            "BUNDLE_SILENCE_ROOT_WARNING": "1",
            "RUBYOPT": "-W0",
        }
        self._run("bin/rake", "db:migrate")
        (folder / "seed.rb").write_text(SEED)
        told = self._run("bin/rails", "runner", str(folder / "seed.rb"))
        self.key = told.rpartition("key=")[2].strip()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            place = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{place}"
        self._process = subprocess.Popen(
            ["puma", "-q", "-b", f"tcp://{place}", "-e", "production", "-t", "1:3", "config.ru"],
            cwd=HOME,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        poll_until(self._is_up, "Redmine answers")

    def _run(self, *command: str) -> str:
        done = subprocess.run(["ruby", *command], cwd=HOME, env=self._environment, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def _is_up(self) -> bool:
        try:
            return self.ask("GET", "/users/current.json", self.key)[0] == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def ask(self, method: str, path: str, key: str, body: bytes = b"") -> tuple[int, bytes]:
        head = {"X-Redmine-API-Key": key, "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, method=method, data=body or None, headers=head)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What its database says, or becomes."""
        database = sqlite3.connect(self.file, timeout=20)
        try:
            with database:
                return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def empty(self) -> None:
        """No hours, and all of its switches as they were."""
        self.rows("DELETE FROM time_entries")
        self.rows("DELETE FROM custom_values WHERE customized_type = 'TimeEntry'")
        self.rows("UPDATE projects SET status = 1")
        self.rows("UPDATE custom_fields SET visible = 1 WHERE id = 7")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


@dataclass
class RealRedmine(RedmineFake):
    """The real server where a fake would be: the same faults before and behind it."""

    remote: ClassVar = RedmineFake.remote
    server: Any = None

    def __post_init__(self) -> None:
        self.key = self.server.key

    def _route(self, request: HttpRequest) -> Answer:
        path = request.url.removeprefix("http://fake")
        return self.server.ask(request.method, path, request.headers["X-Redmine-API-Key"], request.body)

    def sheet(self) -> list[tuple[int | str, int, str]]:
        rows = self.server.rows("SELECT spent_on, hours, comments FROM time_entries")
        return sorted((day, round(hours * 3600), words or "") for day, hours, words in rows)
