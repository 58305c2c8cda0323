"""The secrets of webhooks: one file each, with the current secret and earlier ones that stay valid for a while."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from stintd.engine.delivery import webhook_signature
from stintd.errors import Unavailable
from stintd.secret import SecretFolder

OVERLAP = timedelta(hours=24)
"""How long a secret stays valid after it was replaced."""
_PREFIX = "webhook-"


@dataclass(frozen=True, slots=True, repr=False)
class _StoredSecrets:
    current: str
    earlier: tuple[tuple[str, datetime], ...] = ()

    def to_text(self) -> str:
        rows = [{"secret": secret, "until": until.isoformat()} for secret, until in self.earlier]
        return json.dumps({"secret": self.current, "before": rows})


def _parse(text: str) -> _StoredSecrets:
    fields = json.loads(text)
    return _StoredSecrets(
        fields["secret"], tuple((row["secret"], datetime.fromisoformat(row["until"])) for row in fields["before"])
    )


class WebhookSecrets:
    """Any thread; files are small and local."""

    def __init__(self, folder: SecretFolder) -> None:
        self._folder = folder

    def begin(self, webhook_id: str, secret: str) -> None:
        """Save the first secret of a webhook."""
        self._folder.keep(_PREFIX + webhook_id, _StoredSecrets(secret).to_text())

    def rotate(self, webhook_id: str, secret: str, now: datetime) -> None:
        """Sign with this secret from now on, and for a while with the earlier ones as well. A lost one is replaced."""
        text = self._folder.read(_PREFIX + webhook_id)
        earlier: tuple[tuple[str, datetime], ...] = ()
        if text is not None:
            stored = _read(text)
            earlier = ((stored.current, now + OVERLAP), *((old, until) for old, until in stored.earlier if until > now))
        self._folder.keep(_PREFIX + webhook_id, _StoredSecrets(secret, earlier).to_text())

    def load_valid(self, webhook_id: str, now: datetime) -> list[str]:
        """The secrets to sign with, the newest first. `unavailable` if they are lost."""
        text = self._folder.read(_PREFIX + webhook_id)
        if text is None:
            raise Unavailable("the webhook's secret is lost", "give it a new one with `stint webhooks rotate`")
        stored = _read(text)
        return [stored.current, *(old for old, until in stored.earlier if until > now)]

    def drop(self, webhook_id: str) -> None:
        """Delete the secrets of a webhook that is gone."""
        self._folder.drop(_PREFIX + webhook_id)

    def sweep(self, webhook_ids: set[str]) -> None:
        """Delete the secrets of webhooks that do not exist: the daemon may have been killed between file and database."""
        for name in self._folder.names():
            if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in webhook_ids:
                self._folder.drop(name)


def _read(text: str) -> _StoredSecrets:
    try:
        return _parse(text)
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("the webhook's secret cannot be read", "give it a new one with `stint webhooks rotate`") from error


def new_secret() -> str:
    """Make a random secret."""
    return webhook_signature.new_secret()
