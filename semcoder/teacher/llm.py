"""The teacher that asks language models (paper sections 3 and 4.2.3), through any OpenAI-compatible server.

Two models share the work, as in the paper: one writes problems, the other solutions, repairs, inputs, monologues
and debugging rationales. What comes back is taken apart strictly; whether it is right is for execution to say.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from semcoder.errors import UserError
from semcoder.execution.api import Call
from semcoder.records import Direction, Problem, Program, Seed, TestCase
from semcoder.teacher import prompts, sections
from semcoder.teacher.bill import Post
from semcoder.teacher.client import Client
from semcoder.teacher.interface import Failed, Proposal, Refusal
from semcoder.teacher.settings import TeacherSettings
from semcoder.teacher.store import Answer, Question


@dataclass(frozen=True)
class Bug:
    """A program that fails a test: `test` is an assertion, `observed` says what happened instead."""

    instruction: str
    code: str
    test: str
    observed: str


class LLMTeacher:
    """A Teacher. Every answer is stored under `settings.store`, so asking again costs nothing."""

    def __init__(self, settings: TeacherSettings) -> None:
        for key in ("problem_model", "solution_model", "monologue_model"):
            if not getattr(settings, key):
                raise UserError(f"teacher.{key} is empty; name a model of the teacher's server.")
        self.settings = settings
        self.name = f"{settings.problem_model}, {settings.solution_model}, {settings.monologue_model}"
        self._client = Client(settings)

    def propose(self, seeds: Iterable[Seed]) -> Iterator[tuple[Seed, Proposal | Refusal]]:
        """A problem from the problem model and a program from the solution model.

        Where they are one model, its answer to the paper's prompt gives both; otherwise that answer is stopped
        where its own solution would begin.
        """
        for seed, written in self._client.stream(seeds, self._propose):
            yield seed, written if isinstance(written, Refusal) else _proposal(*written)

    async def _propose(self, seed: Seed) -> tuple[Problem, str] | Refusal:
        """The problem, and the text that has the solution."""
        one_model = self.settings.problem_model == self.settings.solution_model
        question = self._question(
            self.settings.problem_model,
            prompts.problem(seed.code),
            "problem",
            stop=() if one_model else (prompts.SOLUTION_MARK,),
        )
        answer = await self._client.ask(question)
        if isinstance(answer, Refusal):
            return answer
        parts = sections.problem_and_solution(answer.text)
        if isinstance(parts, Refusal):
            return parts
        description, answered = parts
        problem = Problem(parents=(seed.id,), instruction=description, teacher=self.settings.problem_model)
        if not one_model:
            second = await self._client.ask(
                self._question(self.settings.solution_model, prompts.solution(description), "solution")
            )
            if isinstance(second, Refusal):
                return second
            answered = second.text
        elif not answered:
            return Refusal("no [Solution]")
        return problem, answered

    def repair(self, failed: Iterable[Failed]) -> Iterator[Proposal | Refusal]:
        """Another program from the solution model, which is shown the last one and its error; another sample of it,
        where these are the ones that it was shown before."""
        for (proposal, _, _), written in self._client.stream(failed, self._repair):
            yield written if isinstance(written, Refusal) else _proposal(proposal.problem, written.text)

    async def _repair(self, failed: Failed) -> Answer | Refusal:
        proposal, error, again = failed
        messages = prompts.repair(proposal.problem.instruction, proposal.program.code, error)
        question = self._question(self.settings.solution_model, messages, "repair", sample=again)
        return await self._client.ask(question)

    def inputs(
        self, programs: Iterable[tuple[Program, Sequence[Call]]]
    ) -> Iterator[tuple[Program, Sequence[Call]]]:
        """New calls from the solution model, which is shown the program and the known calls; none if it fails."""
        for (program, known), written in self._client.stream(programs, self._inputs):
            found = (
                written if isinstance(written, Refusal) else sections.calls(written.text, program.entry_point)
            )
            yield program, () if isinstance(found, Refusal) else [call for call in found if call not in known]

    async def _inputs(self, asked: tuple[Program, Sequence[Call]]) -> Answer | Refusal:
        question = self._question(self.settings.solution_model, prompts.inputs(*asked), "inputs")
        return await self._client.ask(question)

    def contest(self, statements: Iterable[str], sample: int) -> Iterator[str | Refusal]:
        """What the solution model answers to contest problems: one sample of each."""

        async def written(statement: str) -> str | Refusal:
            messages = prompts.contest(statement)
            answer = await self._client.ask(
                self._question(self.settings.solution_model, messages, "contest", sample=sample)
            )
            return answer if isinstance(answer, Refusal) else answer.text

        for _, text in self._client.stream(statements, written):
            yield text

    def explain(
        self, direction: Direction, cases: Iterable[tuple[Program, TestCase]], samples: range | None = None
    ) -> Iterator[Sequence[str] | Refusal]:
        """Sampled monologues of the monologue model; by default all `settings.samples` of them.

        `samples` picks sample numbers, so that a caller can stop at the first that it accepts.
        """
        numbers = range(self.settings.samples) if samples is None else samples
        asked = (
            prompts.monologue(direction, program.code, program.entry_point, test.call_arguments, test.output)
            for program, test in cases
        )
        return self.converse(asked, numbers)

    def converse(
        self, conversations: Iterable[prompts.Messages], samples: range, purpose: str = "monologue"
    ) -> Iterator[Sequence[str] | Refusal]:
        """What the monologue model says next in each conversation, as often as there are sample numbers."""

        async def sampled(messages: prompts.Messages) -> Sequence[str] | Refusal:
            return await self._samples(messages, samples, purpose)

        for _, texts in self._client.stream(conversations, sampled):
            yield texts

    @property
    def bill(self) -> list[Post]:
        """What the answers taken so far cost, whether paid for now or earlier."""
        return self._client.bill

    def debug(self, bugs: Iterable[Bug], samples: range | None = None) -> Iterator[Sequence[str] | Refusal]:
        """Sampled rationales with patches, each in the form of the paper (App. F, Example 2)."""
        numbers = range(self.settings.samples) if samples is None else samples

        async def sampled(bug: Bug) -> Sequence[str] | Refusal:
            messages = prompts.debugging(bug.instruction, bug.code, bug.test, bug.observed)
            return await self._samples(messages, numbers, "rationale")

        for _, texts in self._client.stream(bugs, sampled):
            yield texts

    async def _samples(
        self, messages: prompts.Messages, numbers: range, purpose: str
    ) -> Sequence[str] | Refusal:
        """The texts of those samples that are answers; the first Refusal where none is."""
        answers = [
            await self._client.ask(
                self._question(self.settings.monologue_model, messages, purpose, sample=number)
            )
            for number in numbers
        ]
        texts = [answer.text for answer in answers if isinstance(answer, Answer)]
        refusals = [answer for answer in answers if isinstance(answer, Refusal)]
        return refusals[0] if refusals and not texts else texts

    def _question(
        self,
        model: str,
        messages: prompts.Messages,
        purpose: str,
        stop: tuple[str, ...] = (),
        sample: int = 0,
    ) -> Question:
        return Question(
            model=model,
            messages=messages,
            temperature=self.settings.temperature,
            max_tokens=self.settings.max_tokens,
            stop=stop,
            sample=sample,
            purpose=purpose,
        )


def _proposal(problem: Problem, text: str) -> Proposal | Refusal:
    found = sections.solution(text)
    if isinstance(found, Refusal):
        return found
    program = Program(parents=(problem.id,), code=found.code, entry_point=found.entry_point)
    return Proposal(problem, program, tuple(("teacher", call) for call in found.calls))
