"""`stint mcp`: the Model Context Protocol on standard input and output, for agents that start a program instead of calling an
address. Each line goes to the daemon over the control socket, where no key is needed, and its answer comes back as a line.

It keeps nothing but the folder it was started in: what it may see is narrowed to that folder's client unless `--all` lifts
that. Standard library only: agents keep it running for days.
"""

import json
import os
import sys
import time
from binascii import b2a_base64

from stintd.cli.options import Option, UsageError, Verb
from stintd.client.control import socket_of_this_home
from stintd.client.transport import DaemonDown, send
from stintd.client.wire import Broken, Silent, query_text, quote
from stintd.errors import StintdError

TOOLSETS = ("stint", "clockme", "clickup")
LINE_LIMIT = 1 << 20
PATIENCE_SECONDS, PAUSE_SECONDS = 5.0, 0.1
"""How long a daemon that restarts is waited for, and between two looks."""
PARSE_ERROR, INVALID_REQUEST, UNREACHABLE = -32700, -32600, -32001
VERSION_META = "io.modelcontextprotocol/protocolVersion"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
DETAIL = """In an agent's settings: {"mcpServers": {"stintd": {"command": "stint", "args": ["mcp"]}}}
It shows and changes what belongs to the client of the folder it is started in (without a client: to its project);
--folder names another, --all lifts that. See daemon/MCP.md."""


class Bridge:
    """Lines in, lines out. `target` is the address with its toolset, `headers` go with every request."""

    def __init__(self, target, headers):
        self.target, self.headers = target, headers

    def answer(self, line):
        """The line to answer, as bytes without its end; b"" when there is nothing to say."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return _failure(None, PARSE_ERROR, "this line is not JSON")
        try:
            return self._asked(line, message)
        except StintdError as error:
            return _told(message, error)

    def _asked(self, line, message):
        reply = self._sent(line.strip(), [*self.headers, *_envelope(message)])
        try:
            body = reply.read()
        finally:
            reply.close()
        return body if reply.status < 400 else _refused(message, body, reply.status)

    def _sent(self, body, headers):
        """Send once somebody listens: a daemon that restarts is back in a moment. What was sent is never sent again."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return send(socket_of_this_home(), "POST", self.target, body, headers)
            except DaemonDown:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)  # noqa: TID251  a process waits for another; there is no clock to inject


def _envelope(message):
    """The headers that the stateless revision wants beside the body."""
    params = message.get("params") if isinstance(message, dict) else None
    meta = params.get("_meta") if isinstance(params, dict) else None
    version = meta.get(VERSION_META) if isinstance(meta, dict) else None
    if not isinstance(version, str):
        return []
    method = message.get("method")
    found = [("MCP-Protocol-Version", _header(version)), ("Mcp-Method", _header(str(method)))]
    name = params.get(NAMED.get(method, "")) if isinstance(method, str) else None
    return [*found, ("Mcp-Name", _header(name))] if isinstance(name, str) else found


def _header(text):
    """A value as a header carries it: plain, or as base64 of its UTF-8."""
    if text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{b2a_base64(text.encode('utf-8', 'replace'), newline=False).decode()}?="


def _id(message):
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, int | str) and not isinstance(found, bool) else None


def _refused(message, body, status):
    """A refusal, with the id that its asker waits for; one of HTTP alone in the protocol's words."""
    try:
        told = json.loads(body)
        if "jsonrpc" in told:
            return json.dumps({**told, "id": told["id"] if told["id"] is not None else _id(message)}).encode()
        text = f"{told['error']}: {told['details'].get('hint', '')}".rstrip(": ")
    except (ValueError, KeyError, TypeError, AttributeError):
        text = f"the daemon answered with status {status}"
    return _failure(_id(message), INVALID_REQUEST, text)


def _told(message, error):
    """A daemon that cannot be asked, told to whoever waits; nobody waits for an answer to a notification."""
    identity = _id(message)
    if identity is None and not isinstance(message, list):
        return b""
    text = f"{error.message}: {error.hint}" if error.hint else error.message
    if isinstance(error, Broken | Silent):
        text += "; whether it was done is not known, so look before you repeat it"
    return _failure(identity, UNREACHABLE, text)


def _failure(identity, code, text):
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": text}}).encode()


def run(words):
    """Serve until standard input ends."""
    bridge = Bridge(*_place(words))
    lines, out = sys.stdin.buffer, sys.stdout.buffer
    while line := lines.readline(LINE_LIMIT + 1):
        if len(line) > LINE_LIMIT:
            while line and not line.endswith(b"\n"):
                line = lines.readline(LINE_LIMIT)
            answer = _failure(None, INVALID_REQUEST, "a message has at most 1 MiB")
        else:
            answer = bridge.answer(line) if line.strip() else b""
        if answer:
            out.write(answer + b"\n")
            out.flush()


def _place(words):
    """Where to ask, and how far to reach."""
    toolset = words.toolset or "stint"
    wrong = [name for name in toolset.split(",") if name not in TOOLSETS]
    if wrong:
        raise UsageError(f"there is no toolset {wrong[0]!r}", "choose from " + ", ".join(TOOLSETS) + ", joined by commas")
    target = "/api/mcp" + query_text({"toolset": toolset})
    if words.all and words.folder:
        raise UsageError("--all and --folder exclude each other", "give one of them")
    if words.all:
        return target, []
    folder = os.path.realpath(words.folder or os.environ.get("CLAUDE_PROJECT_DIR") or os.getcwd())
    return target, [("Stint-Folder", quote(folder))]


VERBS = {
    "mcp": Verb(
        "mcp", run, "tools for AI agents (Model Context Protocol) on standard input and output",
        options=(
            Option("--toolset", "stint (default), clockme, clickup; several joined by commas", "NAMES"),
            Option("--folder", "reach what belongs to this folder's client instead of the current one's", "FOLDER"),
            Option("--all", "reach every client and project"),
        ),
        detail=DETAIL, has_json=False,
    ),
}  # fmt: skip
