"""Requests and answers as lines of JSON between the daemon and its worker; bytes are base64."""

import base64
import json
from typing import Any

from stintd.ports import Failure, Request, Response

LONGEST = 8 * 1024 * 1024
"""Bytes of one line; a body of 5 MiB fits."""


def request_line(number: int, request: Request) -> bytes:
    """A request as it is told to the worker."""
    told = {
        "id": number, "method": request.method, "url": request.url, "headers": dict(request.headers),
        "body": base64.b64encode(request.body).decode(), "mayBePrivate": request.may_be_private,
        "connectSeconds": request.connect_seconds, "totalSeconds": request.total_seconds,
        "answerBytes": request.answer_bytes,
    }  # fmt: skip
    return json.dumps(told).encode() + b"\n"


def read_request(line: bytes) -> tuple[int, Request]:
    """The number and the request of a line."""
    told = json.loads(line)
    return told["id"], Request(
        told["method"], told["url"], told["headers"], base64.b64decode(told["body"]), told["mayBePrivate"],
        told["connectSeconds"], told["totalSeconds"], told["answerBytes"],
    )  # fmt: skip


def answer_line(number: int, answer: Response | Failure) -> bytes:
    """An answer as the worker tells it."""
    told: dict[str, Any] = {"id": number}
    if isinstance(answer, Failure):
        told |= {"failure": answer.kind, "text": answer.text}
    else:
        body = base64.b64encode(answer.body).decode()
        told |= {"status": answer.status, "headers": dict(answer.headers), "body": body, "isCut": answer.is_cut}
    return json.dumps(told).encode() + b"\n"


def read_answer(line: bytes) -> tuple[int, Response | Failure]:
    """The number and the answer of a line."""
    told = json.loads(line)
    if "failure" in told:
        return told["id"], Failure(told["failure"], told["text"])
    return told["id"], Response(told["status"], told["headers"], base64.b64decode(told["body"]), told["isCut"])
