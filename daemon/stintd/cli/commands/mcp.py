"""`stint mcp`: the Model Context Protocol on standard input and output, for agents that start a program instead of connecting
to an address. Each line goes to the daemon over the control socket, where no key is needed, and its answer comes back as a
line.

It remembers only the folder it was started in: it can see only what belongs to that folder's client, unless `--all` is
used. Standard library only: agents keep it running for days.
"""

import json
import os
import sys
import time
from binascii import b2a_base64

from stintd.cli.options import Option, UsageError, Verb, Words
from stintd.client.control import socket_of_this_home
from stintd.client.transport import DaemonDown, Response, send
from stintd.client.wire import AnswerTimeout, BrokenAnswer, query_text, quote
from stintd.errors import StintdError
from stintd.jsonvalue import Json, value_at

Headers = list[tuple[str, str]]
TOOLSETS = ("stint", "clockme", "clickup")
LINE_LIMIT = 1 << 20
PATIENCE_SECONDS, PAUSE_SECONDS = 5.0, 0.1
"""How long it waits for a daemon that restarts, and between two attempts."""
PARSE_ERROR, INVALID_REQUEST, UNREACHABLE = -32700, -32600, -32001
VERSION_META = "io.modelcontextprotocol/protocolVersion"
NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
DETAIL = """In an agent's settings: {"mcpServers": {"stintd": {"command": "stint", "args": ["mcp"]}}}
Its tools see and change only what belongs to the client of the folder in which it is started (or, if that has no client,
to the folder's project). --folder chooses another folder, --all removes the limit. See daemon/MCP.md."""


class Bridge:
    """Lines in, lines out. `target` is the address with its toolset, `headers` go with every request."""

    def __init__(self, target: str, headers: Headers) -> None:
        self.target, self.headers = target, headers

    def answer(self, line: bytes) -> bytes:
        """The line to answer, as bytes without its end; b"" when there is no answer."""
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            return _failure(None, PARSE_ERROR, "this line is not JSON")
        try:
            return self._forward(line, message)
        except StintdError as error:
            return _error_answer(message, error)

    def _forward(self, line: bytes, message: Json) -> bytes:
        reply = self._send(line.strip(), [*self.headers, *_envelope(message)])
        try:
            body = reply.read()
        finally:
            reply.close()
        return body if reply.status < 400 else _refusal(message, body, reply.status)

    def _send(self, body: bytes, headers: Headers) -> Response:
        """Send once the daemon listens: one that restarts is back in a moment. A message that was sent is never sent again."""
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                return send(socket_of_this_home(), "POST", self.target, body, headers)
            except DaemonDown:
                if time.monotonic() > until:
                    raise
                time.sleep(PAUSE_SECONDS)  # noqa: TID251  a process waits for another; there is no clock to inject


def _envelope(message: Json) -> Headers:
    """The headers that the stateless revision requires besides the body."""
    version = value_at(message, "params", "_meta", VERSION_META)
    if not isinstance(version, str):
        return []
    method = value_at(message, "method")
    headers = [("MCP-Protocol-Version", _header(version)), ("Mcp-Method", _header(str(method)))]
    name = value_at(message, "params", NAMED.get(method, "")) if isinstance(method, str) else None
    return [*headers, ("Mcp-Name", _header(name))] if isinstance(name, str) else headers


def _header(text: str) -> str:
    """A value as a header carries it: plain, or as base64 of its UTF-8."""
    if text.isascii() and text.isprintable() and text == text.strip() and not text.startswith("=?base64?"):
        return text
    return f"=?base64?{b2a_base64(text.encode('utf-8', 'replace'), newline=False).decode()}?="


def _id(message: Json) -> int | str | None:
    identity = value_at(message, "id")
    return identity if isinstance(identity, int | str) and not isinstance(identity, bool) else None


def _refusal(message: Json, body: bytes, status: int) -> bytes:
    """The answer to a refused request, with the id that the client waits for; a plain HTTP error in the protocol's form."""
    try:
        answer = json.loads(body)
        if "jsonrpc" in answer:
            return json.dumps({**answer, "id": answer["id"] if answer["id"] is not None else _id(message)}).encode()
        text = f"{answer['error']}: {answer['details'].get('hint', '')}".rstrip(": ")
    except (ValueError, KeyError, TypeError, AttributeError):
        text = f"the daemon answered with status {status}"
    return _failure(_id(message), INVALID_REQUEST, text)


def _error_answer(message: Json, error: StintdError) -> bytes:
    """The answer when the daemon cannot be reached; a notification gets none, because nobody waits for it."""
    identity = _id(message)
    if identity is None and not isinstance(message, list):
        return b""
    text = f"{error.message}: {error.hint}" if error.hint else error.message
    if isinstance(error, BrokenAnswer | AnswerTimeout):
        text += "; it is not known whether it was done, so check before you repeat it"
    return _failure(identity, UNREACHABLE, text)


def _failure(identity: int | str | None, code: int, text: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": identity, "error": {"code": code, "message": text}}).encode()


def run(words: Words) -> None:
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


def _place(words: Words) -> tuple[str, Headers]:
    """The target with its toolset, and the headers that limit what it can see."""
    toolset = words.toolset or "stint"
    wrong = [name for name in toolset.split(",") if name not in TOOLSETS]
    if wrong:
        raise UsageError(f"there is no toolset {wrong[0]!r}", "choose from " + ", ".join(TOOLSETS) + ", separated by commas")
    target = "/api/mcp" + query_text({"toolset": toolset})
    if words.all and words.folder:
        raise UsageError("--all and --folder cannot be combined", "use one of them")
    if words.all:
        return target, []
    folder = os.path.realpath(words.folder or os.environ.get("CLAUDE_PROJECT_DIR") or os.getcwd())
    return target, [("Stint-Folder", quote(folder))]


VERBS = {
    "mcp": Verb(
        "mcp",
        run,
        "serve tools for AI agents (Model Context Protocol) on standard input and output",
        options=(
            Option("--toolset", "stint (default), clockme, clickup; several separated by commas", "NAMES"),
            Option("--folder", "use the client of this folder instead of the current one", "FOLDER"),
            Option("--all", "see every client and project"),
        ),
        detail=DETAIL,
        has_json=False,
    ),
}
