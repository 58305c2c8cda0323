"""The credentials of targets: from the environment, a command, the keyring, the owner's file, or stintd's own file. They are
read when a lane begins and again after they were refused, and kept in memory only. A command and the keyring run in a
separate process with a time limit, because a keyring may wait for a person for ever. They never appear in the database, the
log or a process list.
"""

import asyncio
import os
import shlex
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec

from stintd.domain.billing.target import Target
from stintd.errors import Unavailable
from stintd.secret import SecretFolder, secret_of_file

SECONDS = 10.0
_PREFIX = "target-"
_ASK_KEYRING = "import sys, keyring; sys.stdout.write(keyring.get_password(sys.argv[1], sys.argv[2]) or '')"


class TargetKeys:
    """Any loop; files are small and local."""

    def __init__(self, folder: SecretFolder, environment: Mapping[str, str], seconds: float = SECONDS) -> None:
        self._folder, self._environment, self._seconds = folder, environment, seconds

    def keep(self, name: str, secret: str) -> None:
        """Save a secret in stintd's own file."""
        self._folder.keep(_PREFIX + name, secret)

    def drop(self, name: str) -> None:
        """Delete the secret of a target that is gone."""
        self._folder.drop(_PREFIX + name)

    async def load_secret(self, target: Target) -> str:
        """The secret of a target, "" if it has none. `unavailable` if it should have one that cannot be read."""
        key = target.key
        if "api_key_env" in key:
            return self._load_from_environment(key["api_key_env"])
        if "api_key_cmd" in key:
            return await self._run_command(_split_command(key["api_key_cmd"]), "api_key_cmd")
        if "api_key_keyring" in key:
            service, _, user = key["api_key_keyring"].partition("/")
            return await self._load_from_keyring(service, user)
        if "api_key_file" in key:
            return _load_from_file(key["api_key_file"])
        return self._folder.read(_PREFIX + target.name) or ""

    async def _load_from_keyring(self, service: str, user: str) -> str:
        if find_spec("keyring") is None:
            raise Unavailable(
                "the Python package keyring is not installed", "install it beside stintd: pip install 'stintd[keyring]'"
            )
        return await self._run_command([sys.executable, "-c", _ASK_KEYRING, service, user], f"the keyring ({service}/{user})")

    def _load_from_environment(self, name: str) -> str:
        secret = self._environment.get(name, "").strip()
        if not secret:
            raise Unavailable(
                f"{name} is not set in the daemon's environment", f"set {name} where the daemon is started, then restart it"
            )
        return secret

    async def _run_command(self, command: Sequence[str], what: str) -> str:
        """The first line that a command prints."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise Unavailable(f"{what} cannot be run: {error}", "see `stint config edit`, [targets]") from error
        try:
            async with asyncio.timeout(self._seconds):
                out, _ = await process.communicate()
        except TimeoutError:
            _kill_group(process.pid)
            await process.wait()
            raise Unavailable(
                f"{what} does not answer within {self._seconds:g} s", "check whether it waits for a password"
            ) from None
        text = out.decode(errors="replace").strip().split("\n")[0].strip()
        if process.returncode or not text:
            raise Unavailable(f"{what} returned no secret", "run it by hand: it must print the secret and exit with 0")
        return text


def _load_from_file(path: str) -> str:
    return secret_of_file(os.path.expanduser(path))


def _split_command(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise Unavailable(f"api_key_cmd cannot be read: {error}", "write it in shell syntax") from error
    if not words:
        raise Unavailable("api_key_cmd is empty", "name the command that prints the key")
    return [os.path.expanduser(words[0]), *words[1:]]


def _kill_group(leader: int) -> None:
    """Kill the whole process group: child processes would keep the pipe open."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
