"""A server that speaks the OpenAI protocol and answers as the grounded teacher would: a language model's part in a run
at any size, with answers whose worth is known.

`python -m benchmarks.teacher_server --results results/teacher --port 8711`: what a question is about is looked up in
the files that the run has made by then (its seeds, programs, tests and traces), so nothing is executed here. Some first
answers are wrong on purpose (FAULTY, UNTOLD), so that every way through the graph is taken: they are mended when the
error is sent back, or when another sample is asked for.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, TypeVar

import typer

from semcoder.execution.api import Call
from semcoder.monologue.write import monologue
from semcoder.records import Direction, Monologue, Program, Record, Seed, TestCase, Trace
from semcoder.teacher import prompts, sections
from semcoder.teacher.grounded import GroundedTeacher
from semcoder.teacher.interface import Proposal, Refusal

FAULTY, UNTOLD = 10, 20
"""One in so many solutions does not run at first; one in so many monologues is wrong at first, as many have no form."""
LABEL = re.compile(r" # \[L\d+\]$", re.MULTILINE)
SEED = re.compile(r"seed-[0-9a-f]{16}")
ID = re.compile(rb'"id":"([^"]+)"')
PARENT = re.compile(rb'"parents":\["([^"]+)"')
R = TypeVar("R", bound=Record)


class Place(NamedTuple):
    """Where a record stands: file and byte."""

    path: Path
    at: int

    def read(self, kind: type[R]) -> R:
        """The record."""
        with self.path.open("rb") as stream:
            stream.seek(self.at)
            return kind.model_validate_json(stream.readline())


class Files:
    """Records of a growing set of files by a key of their own; a file is read when a key is not known yet."""

    def __init__(self, folder: Path, pattern: str, keys: Callable[[bytes], Iterator[str]]) -> None:
        self._folder, self._pattern, self._keys = folder, pattern, keys
        self._known: dict[str, list[Place]] = {}
        self._read: set[Path] = set()

    def find(self, key: str) -> Place | None:
        """Where the record with this key stands, the first one's if there are several."""
        return next(iter(self.all(key)), None)

    def all(self, key: str) -> list[Place]:
        """Where the records with this key stand."""
        if key not in self._known:
            new = {path for path in self._folder.glob(self._pattern) if not path.stem.endswith(".dropped")}
            for path in sorted(new - self._read):
                self._index(path)
        return self._known.get(key, [])

    def _index(self, path: Path) -> None:
        self._read.add(path)
        at = 0
        with path.open("rb") as stream:
            for line in stream:
                for key in self._keys(line):
                    self._known.setdefault(key, []).append(Place(path, at))
                at += len(line)


def _ids(line: bytes) -> Iterator[str]:
    yield from (found[1].decode() for found in [ID.search(line)] if found)


def _parents(line: bytes) -> Iterator[str]:
    yield from (found[1].decode() for found in [PARENT.search(line)] if found)


def _seed_keys(line: bytes) -> Iterator[str]:
    """A seed's id, and the text of the question for a problem."""
    row = json.loads(line)
    yield row["id"]
    yield digest(prompts.problem(row["code"])[-1][1])


def digest(text: str) -> str:
    """A short name of a long text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def one_in(most: int, key: str) -> bool:
    """Whether this is one of those in `most` that are chosen by a hash."""
    return int(digest(key), 16) % most == 0


class Answers:
    """What the teacher says, from the files under a run's results folder."""

    def __init__(self, results: Path) -> None:
        self._teacher = GroundedTeacher()
        self._seeds = Files(results / "seeds", "*.jsonl", _seed_keys)
        self._programs = Files(results / "pyx", "programs.jsonl", _ids)
        self._traces = Files(results / "traces", "*.jsonl", _parents)
        self._tests = Files(results / "pyx", "tests.jsonl", self._test_keys)

    def answer(self, messages: list[tuple[str, str]], sample: int, one_model: bool) -> str:
        """The text of an answer; ValueError where the question is none of this project's."""
        asked = messages[-1][1]
        if messages[0][1].startswith("You solve programming problems"):
            return self._solution(asked, first=True)
        if messages[0][1].startswith("You mend Python"):
            return self._solution(asked, first=False)
        if messages[0][1].startswith("You choose inputs"):
            return self._inputs(asked)
        if messages[0][1].startswith("You execute Python functions"):
            return self._monologue("forward", messages, sample)
        if messages[0][1].startswith("You reason backwards"):
            return self._monologue("backward", messages, sample)
        if place := self._seeds.find(digest(asked)):
            return self._problem(place.read(Seed), one_model)
        raise ValueError(f"no question of this project's: {asked[:80]}")

    def _proposal(self, seed: Seed) -> Proposal | Refusal:
        return next(answer for _, answer in self._teacher.propose([seed]))

    def _problem(self, seed: Seed, one_model: bool) -> str:
        found = self._proposal(seed)
        if isinstance(found, Refusal):
            return f"No problem comes to mind ({found.reason})."
        text = f"[Problem Description]\n{found.problem.instruction}\n\n(After {seed.id}.)\n"
        return f"{text}\n[Solution]\n{self._solution(seed.id, first=True)}" if one_model else text

    def _solution(self, asked: str, *, first: bool) -> str:
        named = SEED.search(asked)
        place = self._seeds.find(named[0]) if named else None
        found = self._proposal(place.read(Seed)) if place else None
        if not isinstance(found, Proposal):
            raise ValueError("a solution to a problem that this server did not write")
        name = found.program.entry_point
        calls = "\n".join(f"{name}({prompts.arguments_of(call)})" for _, call in found.inputs[:2])
        code = found.program.code
        if first and one_in(FAULTY, found.program.id):
            code = re.sub(
                rf"^def {name}\(", f"@undefined_name\ndef {name}(", code, count=1, flags=re.MULTILINE
            )
        return f"1. Write `{name}`.\n\n```python\n{code}\n{calls}\n```"

    def _inputs(self, asked: str) -> str:
        code, known = sections.python_blocks(asked)[:2]
        name = asked.rpartition("new calls of `")[2].rstrip("`.")
        told = [call for line in known.split("\n") for call in _calls(line, name)]
        program = Program(code=code, entry_point=name)
        _, found = next(self._teacher.inputs([(program, told)]))
        calls = [f"{name}({prompts.arguments_of(call)})" for call in list(found)[: prompts.MORE_INPUTS]]
        return "```python\n" + "\n".join(calls) + "\n```"

    def _monologue(self, direction: Direction, messages: list[tuple[str, str]], sample: int) -> str:
        questions = [text for role, text in messages if role == "user" and text.startswith("[PYTHON]")]
        revised = not messages[-1][1].startswith("[PYTHON]")
        # Tests of one program with one output share the question backwards, and not each need have a trace.
        tests = (place.read(TestCase) for place in self._tests.all(digest(LABEL.sub("", questions[-1]))))
        test, traced = next(
            ((test, traced) for test in tests if (traced := self._traces.find(test.id))), (None, None)
        )
        known = self._programs.find(test.parents[0]) if test else None
        if not (test and traced and known):
            raise ValueError("a test that this run has no trace of")
        program = known.read(Program)
        told = monologue(program, test, traced.read(Trace), direction, max_chars=6000)
        draft = not revised and sample == 0
        if not isinstance(told, Monologue) or (draft and one_in(UNTOLD, f"form {test.id}")):
            return "This run is hard to tell."
        answer = f"{program.entry_point}({test.call_arguments}) == {test.output}"
        if draft and one_in(UNTOLD, f"answer {test.id}"):
            wrong = ("forward", f"{program.entry_point}({test.call_arguments}) == 'wrong'")
            answer = wrong[1] if direction == wrong[0] else f"{program.entry_point}('wrong') == {test.output}"
        return f"[MONOLOGUE]\n{told.text}\n[/MONOLOGUE]\n[ANSWER]\nassert {answer}\n[/ANSWER]"

    def _test_keys(self, line: bytes) -> Iterator[str]:
        """The questions about a test, forward and backward."""
        test = TestCase.model_validate_json(line)
        place = self._programs.find(test.parents[0])
        if place:
            program = place.read(Program)
            for direction in ("forward", "backward"):
                asked = prompts.monologue(
                    direction, program.code, program.entry_point, test.call_arguments, test.output
                )
                yield digest(LABEL.sub("", asked[-1][1]))


def _calls(line: str, name: str) -> Iterator[Call]:
    found = sections.calls(f"```python\n{line}\n```", name)
    yield from () if isinstance(found, Refusal) else found


class Server:
    """As much of HTTP and of the protocol as a client needs: one answer a request, connections kept open."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self.answered = self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it is closed."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(size[1]) if size else 0)
                status, said = self._reply(head.split(b" ", 2)[1].decode(), body)
                content = json.dumps(said).encode()
                lines = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                writer.write(lines.encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has gone
        finally:
            writer.close()

    def _reply(self, path: str, body: bytes) -> tuple[str, dict[str, Any]]:
        if not path.endswith("/chat/completions"):
            return "404 Not Found", {"error": {"message": f"{path} is not served"}}
        asked = json.loads(body)
        messages = [(each["role"], each["content"]) for each in asked["messages"]]
        try:
            text = self._answers.answer(messages, int(asked.get("seed") or 0), not asked.get("stop"))
        except ValueError as error:
            self.refused += 1
            return "400 Bad Request", {"error": {"message": str(error)}}
        self.answered += 1
        used = sum(len(text) for _, text in messages) // 4, len(text) // 4
        return "200 OK", {
            "id": f"answer-{self.answered}",
            "object": "chat.completion",
            "created": 0,
            "model": asked["model"],
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": used[0], "completion_tokens": used[1], "total_tokens": sum(used)},
        }


async def serving(results: Path, port: int) -> None:
    """Serve until the process is ended."""
    server = Server(Answers(results))
    async with await asyncio.start_server(server.serve, "127.0.0.1", port, limit=1 << 20) as listening:
        print(f"serving {results} on http://127.0.0.1:{port}/v1", flush=True)
        await listening.serve_forever()


def main(
    results: Annotated[Path, typer.Option(help="Results folder of the run that asks.")],
    port: Annotated[int, typer.Option(help="Port on this machine.")] = 8711,
) -> None:
    """Answer a run's questions to its teacher."""
    asyncio.run(serving(results, port))


if __name__ == "__main__":
    typer.run(main)
