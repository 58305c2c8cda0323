"""Requests and answers as lines of JSON between the daemon and its worker; bytes are base64."""

import base64
import json

from stintd.jsonvalue import JsonBody
from stintd.ports import Failure, HttpRequest, HttpResponse

LONGEST = 8 * 1024 * 1024
"""Bytes of one line; a body of 5 MiB fits."""


def request_line(number: int, request: HttpRequest) -> bytes:
    """A request as the worker receives it."""
    fields = {
        "id": number,
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": base64.b64encode(request.body).decode(),
        "mayBePrivate": request.may_be_private,
        "connectSeconds": request.connect_seconds,
        "totalSeconds": request.total_seconds,
        "answerBytes": request.answer_bytes,
    }
    return json.dumps(fields).encode() + b"\n"


def read_request(line: bytes) -> tuple[int, HttpRequest]:
    """The number and the request of a line."""
    fields = json.loads(line)
    return fields["id"], HttpRequest(
        fields["method"],
        fields["url"],
        fields["headers"],
        base64.b64decode(fields["body"]),
        fields["mayBePrivate"],
        fields["connectSeconds"],
        fields["totalSeconds"],
        fields["answerBytes"],
    )


def answer_line(number: int, answer: HttpResponse | Failure) -> bytes:
    """An answer as the worker sends it."""
    fields: dict[str, JsonBody] = {"id": number}
    if isinstance(answer, Failure):
        fields |= {"failure": answer.kind, "text": answer.text}
    else:
        body = base64.b64encode(answer.body).decode()
        fields |= {"status": answer.status, "headers": dict(answer.headers), "body": body, "isCut": answer.is_cut}
    return json.dumps(fields).encode() + b"\n"


def read_answer(line: bytes) -> tuple[int, HttpResponse | Failure]:
    """The number and the answer of a line."""
    fields = json.loads(line)
    if "failure" in fields:
        return fields["id"], Failure(fields["failure"], fields["text"])
    return fields["id"], HttpResponse(fields["status"], fields["headers"], base64.b64decode(fields["body"]), fields["isCut"])
