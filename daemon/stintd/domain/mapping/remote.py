"""One name for a repository, whatever address it was cloned from: `host/owner/name`. None of it lets a secret through that an
address contains."""

import re
from contextlib import suppress
from ipaddress import ip_address
from posixpath import join, normpath
from urllib.parse import unquote

FOLDING_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "git.sr.ht"})
"""Forges where `Acme/API` and `acme/api` are the same repository."""
OTHER_DOORS = {
    "ssh.github.com": "github.com",
    "altssh.gitlab.com": "gitlab.com",
    "altssh.bitbucket.org": "bitbucket.org",
    "ssh.dev.azure.com": "dev.azure.com",
    "vs-ssh.visualstudio.com": "dev.azure.com",
}
"""Hosts that serve another host's repositories over ssh, some on port 443."""
DEFAULT_PORTS = {"https": "443", "http": "80", "git": "9418", "ftp": "21", "ftps": "990"}

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:[?#].*)?", re.DOTALL)
_SCP = re.compile(r"(?:[^@/\s]*@)?(?P<host>\[[^\]]+\]|[^:/\s\[\]]{2,}):(?P<path>[^\s].*)")
_LOOPBACK = re.compile(r"localhost|127(?:\.\d+){3}|\[::1\]|host\.docker\.internal")
_OWN_NAMES = re.compile(
    r"(?:.+\.)?localhost(?:\.localdomain)?|localhost\d|ip6-(?:localhost|loopback)|broadcasthost"
    r"|(?:host|gateway|kubernetes)\.docker\.internal|host\.(?:containers|lima|orb)\.internal|[0-9.]*|0x[0-9a-fx.]*"
)
"""Names of this machine, or of the machine that a container runs on; numbers that are no full address are one way more to write
127.0.0.1."""
_MISPLACED_SECRET = re.compile(r"[^/]@")
"""In a path: an address whose user name and password contain an unescaped slash."""


def normalise_remote(url: str) -> str:
    """`host/owner/name` for a remote's address; the absolute path for a local one; "" when it names nothing permanent.

    User names, passwords, queries and `.git` are removed, and so is the scheme, because ssh and https lead to the same
    place. An ssh port is removed too, because it does not say which repository it is. An http port stays unless it is the
    default. On this machine every port stays, because there each port is a forge of its own.
    """
    text = url.strip()
    match = _URL.fullmatch(text)
    if match:
        scheme = match["scheme"].lower().removeprefix("git+").removesuffix("+git")
        if scheme == "file":
            return _local(unquote(match["path"]))
        host, port = _host(match["authority"])
        is_kept = _LOOPBACK.fullmatch(host) if scheme == "ssh" else port != DEFAULT_PORTS.get(scheme)
        return _identity_of(host, port if is_kept else "", unquote(match["path"]))
    if "://" in text or "::" in text.split("/", 1)[0]:
        return ""  # no address, or a remote helper (`ext::sh -c …`): a program, not an address
    match = None if re.match(r"[./~]|[A-Za-z]:[/\\]", text) else _SCP.fullmatch(text)
    if match:
        return _identity_of(_host(match["host"])[0], "", match["path"])
    return _local(text)


def network_remote(url: str) -> str:
    """`host/owner/name` of a remote that other machines reach too; "" for everything else: paths, `file:` addresses, this
    machine under any of its names, and remote helpers. Only such a remote says that two clones are of one repository."""
    plain = plain_remote(url)
    if not _is_network(plain):
        return ""
    return normalise_remote(plain)


def plain_remote(url: str) -> str:
    """A remote's address without user name, password, query and fragment, so that it can be stored and shown. "" for what is no
    address: remote helpers (`ext::sh -c …`) and what cannot be told apart from a secret."""
    text = url.strip()
    match = _URL.fullmatch(text)
    if match:
        place = match["authority"].rsplit("@", 1)[-1]
        if not re.fullmatch(r"(?:\[[^\]@]*\]|[^:@\[\]]*)(?::\d*)?", place) or _MISPLACED_SECRET.search(match["path"]):
            return ""
        user = "git@" if match["scheme"].lower().endswith("ssh") and match["authority"].startswith("git@") else ""
        return f"{match['scheme']}://{user}{place}{match['path']}"
    if "://" in text or "::" in text.split("/", 1)[0].partition("[")[0]:
        return ""
    if _is_path(text):
        return text
    scp = _SCP.fullmatch(text)
    if scp:
        user = "git@" if text.startswith("git@") else ""
        return "" if _MISPLACED_SECRET.search(scp["path"]) else f"{user}{scp['host']}:{scp['path']}"
    return text


def _is_path(text: str) -> bool:
    return re.match(r"[./~\\]|[A-Za-z]:[/\\]", text) is not None


def _is_network(plain: str) -> bool:
    match = _URL.fullmatch(plain)
    if match:
        host = "" if match["scheme"].lower() == "file" else _host(match["authority"])[0]
    else:
        scp = None if _is_path(plain) else _SCP.fullmatch(plain)
        host = _host(scp["host"])[0] if scp else ""
    return bool(host) and not _is_own_machine(host)


def _is_own_machine(host: str) -> bool:
    """Whether a host in lower case is this machine, or the one that this container runs on."""
    with suppress(ValueError):
        address = ip_address(host.strip("[]").partition("%")[0])
        address = getattr(address, "ipv4_mapped", None) or address
        return address.is_loopback or address.is_unspecified
    return _OWN_NAMES.fullmatch(host) is not None


def _local(path: str) -> str:
    """The absolute path of a repository on this machine; "" for a relative path, whose meaning depends on the working folder."""
    path = re.sub(r"/+", "/", path.replace("\\", "/"))
    if not re.match(r"/|[A-Za-z]:/", path):
        return ""
    return _bare(path) if len(_bare(path)) > 1 else ""


def local_remote(url: str, folder: str) -> str:
    """The absolute path of a remote that is a folder on this machine, a relative one from `folder`; "" when it is none."""
    text = url.strip()
    match = _URL.fullmatch(text)
    if match:
        path = unquote(match["path"]) if match["scheme"].lower() == "file" else ""
        return normpath(path) if path.startswith("/") else ""
    if not text or text.startswith("~") or "://" in text or "::" in text.split("/", 1)[0]:
        return ""
    return normpath(join(folder, text)) if _is_path(text) or _SCP.fullmatch(text) is None else ""


def bare_path(path: str) -> str:
    """A path without `.git` at its end: the folder, its git directory and a bare repository are named alike in remotes."""
    return _bare(path)


def _bare(path: str) -> str:
    return path.rstrip("/").removesuffix("/.git").removesuffix(".git").rstrip("/")


def _host(authority: str) -> tuple[str, str]:
    """(host, port) without the user, in lower case."""
    place = authority.rsplit("@", 1)[-1].lower()
    match = re.fullmatch(r"(\[[^\]]*\]|[^:]*)(?::(\d*))?", place)
    host, port = (match[1], match[2] or "") if match else (place, "")
    return host.rstrip("."), port.lstrip("0")


def _identity_of(host: str, port: str, path: str) -> str:
    host = OTHER_DOORS.get(host, host)
    parts = [part for part in _bare(path).split("/") if part not in ("", ".")]
    if host == "dev.azure.com":
        parts = [part for part in parts if part not in ("v3", "_git")]
    if not host or not parts or ".." in parts:
        return ""
    name = "/".join(parts)
    return f"{host}{':' + port if port else ''}/{name.lower() if host in FOLDING_HOSTS else name}"
