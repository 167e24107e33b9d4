"""Questions about the middle of a run: a variable's value, the line that runs next, the rounds of a loop.

REval (github.com/r-eval/REval) and CES (2510.15079) ask such questions, too; prompts and choice are our own. The
answers are read off a trace (`semcoder evaluation states`): 1,514 on CRUXEval, each also noted by the program itself
(tests/evaluation/watched.py).
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal, cast, get_args

from semcoder.errors import UserError
from semcoder.evaluation import prompts, shots
from semcoder.evaluation.benchmarks.interface import rows
from semcoder.evaluation.benchmarks.prediction import OutputPrediction, Question
from semcoder.evaluation.prompts import PromptFormat, Style
from semcoder.records import Generation

Kind = Literal["value", "next", "loop"]
KINDS: tuple[Kind, ...] = get_args(Kind)

INSTRUCTION = (
    "Trace the Execution: You are given a Python program with labelled lines, a call of one of its functions, and an "
    "assertion about one moment of that call. A line runs each time the call comes to it; a loop's own line runs each "
    "time it is decided whether there is another round. "
    "Complete the assertion, as a plain literal, in [ANSWER] and [/ANSWER] tags.\n"
)


@dataclass(frozen=True)
class StateQuestion(Question):
    """A question about one call. `output` is the answer, not what the call returns; `line` counts from 1."""

    kind: Kind = "value"
    line: int = 0
    """The line asked about; of a loop, its own line."""
    time: int = 1
    """Which run of that line, counted from 1; of no meaning for a loop, whose rounds are counted in all."""
    variable: str = ""
    """Whose value is asked for."""

    @property
    def about(self) -> str:
        """What the left side of the assertion is called."""
        return self.variable or {"next": "next_line", "loop": "rounds"}[self.kind]

    @property
    def asked(self) -> str:
        """The question in words, and the assertion that is to be completed."""
        moment = f"line [L{self.line}] has run for the {_ordinal(self.time)} time"
        words = {
            "value": f"What is the value of {self.variable} right after {moment}?",
            "next": f"Which line runs right after {moment}? Answer with its number.",
            "loop": f"How many times does the body of the loop at line [L{self.line}] run in the whole call?",
        }
        return f"{words[self.kind]}\nassert {self.about} == ??"


COLUMNS = tuple(each.name for each in fields(StateQuestion))
_PROGRAM = (shots.EXAMPLES[0].code, shots.EXAMPLES[0].entry_point, shots.EXAMPLES[0].arguments)
EXAMPLES: dict[Kind, tuple[StateQuestion, str]] = {
    "value": (
        StateQuestion("value", *_PROGRAM, "[9, 25]", "", "", "value", 5, 2, "kept"),
        "Line 5 runs for 3 and for 5, as 8 is not below 6. The second time it adds 25 to [9].",
    ),
    "next": (
        StateQuestion("next", *_PROGRAM, "3", "", "", "next", 4, 2),
        "The second time number is 8, which is not below 6: line 5 is left out, and the loop goes on at line 3.",
    ),
    "loop": (
        StateQuestion("loop", *_PROGRAM, "3", "", "", "loop", 3),
        "numbers has three items, and nothing leaves the loop early.",
    ),
}
"""A worked example of each kind, on the first of our few-shot programs."""


class StateQuestions(OutputPrediction):
    """The questions of one kind. The wording is the same in every style, as no model was trained on any."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(self._questions)
        self.kind = kind

    def _questions(self, paths: Sequence[Path]) -> Iterator[Question]:
        for path in paths:
            for row in rows(path, COLUMNS):
                if row["kind"] not in KINDS:
                    raise UserError(
                        f"{path}: {row['kind']} is no kind of question; make the file with its rule."
                    )
                if row["kind"] == self.kind:
                    yield StateQuestion(*(row[column] for column in COLUMNS))

    def prompt(self, item: Question, format: str, style: Style, label_offset: int) -> str:
        """The question; labels are line numbers whatever the offset, since the answer may be one."""
        assert isinstance(item, StateQuestion)
        asked = cast(PromptFormat, format)
        question = _shown(item) + prompts.opening(asked)
        if not prompts.is_few_shot(format, style):
            return INSTRUCTION + question
        example, thought = EXAMPLES[item.kind]
        reasoned = f"{thought}\n[/THOUGHT]\n[ANSWER]\n" if format == "cot" else ""
        answer = f"assert {example.about} == {example.output}\n[/ANSWER]"
        head = INSTRUCTION.strip() + (shots.THOUGHT if format == "cot" else "")
        return f"{head}\n\n{_shown(example)}{prompts.opening(asked)}{reasoned}{answer}\n\n{question}"

    def answer(self, item: Question, generation: Generation) -> str | None:
        """The source of the answer; a line may be given by its label."""
        found = super().answer(item, generation)
        label = re.fullmatch(r"\[?L(\d+)\]?", (found or "").strip())
        return label[1] if label and self.kind == "next" else found

    def copies(self, item: Question) -> list[str]:
        """Of the line that runs next: the one that stands next."""
        assert isinstance(item, StateQuestion)
        return [str(line_below(item.code, item.line))] if self.kind == "next" else []


def line_below(code: str, line: int) -> int:
    """The line of the statement that stands below this one."""
    lines = [node.lineno for node in ast.walk(ast.parse(code)) if isinstance(node, ast.stmt)]
    return min((each for each in lines if each > line), default=line + 1)


def _shown(item: StateQuestion) -> str:
    labelled = prompts.label_lines(item.code, 0, "corrected")
    return f"[PYTHON]\n{labelled}\n{item.entry_point}({item.arguments})\n[/PYTHON]\n{item.asked}\n"


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number}{'th' if 10 <= number % 100 <= 20 else endings.get(number % 10, 'th')}"
