"""The credentials of targets: from the environment, a command, the keyring, a file of the owner's, or a file of ours.

Asked for when a lane begins and again after they were refused; kept in memory only. A command and the keyring are asked in
a process of their own with a time limit, because a keyring may wait for a person for ever. Never in the database, the log
or a process list.
"""

import asyncio
import os
import shlex
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Mapping, Sequence

from stintd.domain.target import Target
from stintd.errors import Unavailable
from stintd.secret import SecretFolder, secret_of_file

SECONDS = 10.0
_PREFIX = "target-"
_ASK_KEYRING = "import sys, keyring; sys.stdout.write(keyring.get_password(sys.argv[1], sys.argv[2]) or '')"


class TargetKeys:
    """Any loop; files are small and local."""

    def __init__(self, folder: SecretFolder, environment: Mapping[str, str]) -> None:
        self._folder, self._environment = folder, environment

    def keep(self, name: str, secret: str) -> None:
        """Keep one in a file of ours."""
        self._folder.keep(_PREFIX + name, secret)

    def drop(self, name: str) -> None:
        """The target is gone."""
        self._folder.drop(_PREFIX + name)

    async def of(self, target: Target) -> str:
        """The secret of a target, "" where it has none. `unavailable` when it should have one that cannot be had."""
        key = target.key
        if "api_key_env" in key:
            return self._of_variable(key["api_key_env"])
        if "api_key_cmd" in key:
            return await _said(shlex.split(key["api_key_cmd"]), "api_key_cmd")
        if "api_key_keyring" in key:
            service, _, user = key["api_key_keyring"].partition("/")
            return await _said([sys.executable, "-c", _ASK_KEYRING, service, user], "the keyring")
        if "api_key_file" in key:
            return _in_file(key["api_key_file"])
        return self._folder.read(_PREFIX + target.name) or ""

    def _of_variable(self, name: str) -> str:
        found = self._environment.get(name, "").strip()
        if not found:
            raise Unavailable(
                f"the daemon's environment has no {name}", f"set {name} where the daemon is started, then restart it"
            )
        return found


def _in_file(path: str) -> str:
    return secret_of_file(os.path.expanduser(path))


async def _said(command: Sequence[str], what: str) -> str:
    """The first line that a command prints."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise Unavailable(f"{what} cannot be asked: {error}", "see `stint config edit`, [targets]") from error
    try:
        async with asyncio.timeout(SECONDS):
            out, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise Unavailable(f"{what} does not answer", "is something waiting for a password?") from None
    text = out.decode(errors="replace").strip().split("\n")[0].strip()
    if process.returncode or not text:
        raise Unavailable(f"{what} gives no secret", "try it by hand: it must print the secret and end with 0")
    return text
