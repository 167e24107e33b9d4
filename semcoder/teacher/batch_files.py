"""The files of OpenAI's Batch API: a request a line, and what became of each."""

import json
from collections.abc import Callable, Iterable
from typing import Any, Literal

from openai.types.chat import ChatCompletion

from semcoder.teacher.interface import Refusal
from semcoder.teacher.journal import Entry
from semcoder.teacher.protocol import CANNOT_TAKE, UNTAKEN_STATUS, Transient, answer_of, request_of
from semcoder.teacher.store import Answer, Question

Outcome = Answer | Refusal | Transient
ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
MOST_REQUESTS = 50_000
MOST_BYTES = 190_000_000
"""Of one batch; the API takes 50,000 requests and 200 MB."""


def request_files(questions: Iterable[Question]) -> list[dict[str, bytes]]:
    """{key: line} of each batch that it takes to ask the questions."""
    found: list[dict[str, bytes]] = [{}]
    size = 0
    for question in questions:
        request = {"custom_id": question.key, "method": "POST", "url": ENDPOINT, "body": request_of(question)}
        line = json.dumps(request).encode() + b"\n"
        if found[-1] and (len(found[-1]) >= MOST_REQUESTS or size + len(line) > MOST_BYTES):
            found.append({})
            size = 0
        found[-1][question.key] = line
        size += len(line)
    return found


def read_outcomes(content: bytes, entry: Entry, redacted: Callable[[str], str]) -> dict[str, Outcome]:
    """The outcomes in a file of a batch; lines that are not of the protocol's form say nothing."""
    found: dict[str, Outcome] = {}
    for line in filter(None, content.split(b"\n")):  # a text's splitlines() ends lines within an answer
        try:
            said = json.loads(line)
            found[str(said["custom_id"])] = _outcome(said, entry.model, redacted)
        except (ValueError, LookupError, TypeError, AttributeError):
            continue
    return {key: found[key] for key in entry.keys if key in found}


def _outcome(said: dict[str, Any], model: str, redacted: Callable[[str], str]) -> Outcome:
    response = said.get("response") or {}
    code, body = response.get("status_code"), response.get("body") or {}
    if code == 200:
        return answer_of(ChatCompletion.model_validate(body), model, 0, batch=True)
    fault = body.get("error") or said.get("error") or {}
    what = redacted(f"HTTP {code}: {fault.get('message') or fault.get('code') or 'no reason given'}")
    if code in UNTAKEN_STATUS and CANNOT_TAKE.search(what):
        return Refusal("the server cannot take it", what)
    return Transient(what)
