"""The grounded teacher: problems from docstrings, inputs from calls and types; no language model.

Nothing it writes needs to be believed: the code is real, and what it does is for execution to say.
"""

import ast
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from semcoder.execution import literals
from semcoder.execution.api import Call
from semcoder.records import Direction, Problem, Program, Seed, TestCase
from semcoder.seeds.doctests import doctest_calls
from semcoder.teacher.bill import Post
from semcoder.teacher.constants import Vocabulary, folded
from semcoder.teacher.interface import Failed, Proposal, Refusal
from semcoder.teacher.prose import instruction
from semcoder.teacher.shapes import NONE, Shape, Uses, shape_of
from semcoder.teacher.usage import read_uses
from semcoder.teacher.values import ANY_SHAPES, Values, shape_for_name

BATCH = 40
"""Inputs proposed a program at a time."""
SURE = 4
"""Evidence from which the body's word on a parameter is taken, and a name's hint is not needed."""


class GroundedTeacher:
    """A Teacher that slices and reads code. `seed` moves its choice of input values."""

    name = "grounded"
    bill: Sequence[Post] = ()  # nothing is paid for

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def propose(self, seeds: Iterable[Seed]) -> Iterator[tuple[Seed, Proposal | Refusal]]:
        """The seed's own function as the solution, and its docstring as the problem."""
        for seed in seeds:
            yield seed, self._proposal(seed)

    def repair(self, failed: Iterable[Failed]) -> Iterator[Proposal | Refusal]:
        """Never: the code is not the teacher's own."""
        for _ in failed:
            yield Refusal("a grounded program is not repaired")

    def inputs(
        self, programs: Iterable[tuple[Program, Sequence[Call]]]
    ) -> Iterator[tuple[Program, Sequence[Call]]]:
        """Inputs of the types that known inputs have, or, where none is known, that the code suggests."""
        for program, known in programs:
            rng = random.Random(f"{self._seed} {program.id} {len(known)}")
            yield program, tuple(_Writer(program, rng).calls(known))

    def explain(
        self, direction: Direction, cases: Iterable[tuple[Program, TestCase]]
    ) -> Iterator[Sequence[str] | Refusal]:
        """Never: grounded monologues are written from the trace (semcoder.monologue)."""
        for _ in cases:
            yield Refusal("grounded monologues are written from the trace", direction)

    def _proposal(self, seed: Seed) -> Proposal | Refusal:
        if seed.kind != "function":
            return Refusal("not a function")
        statement = ast.parse(seed.code).body[0]
        if not isinstance(statement, ast.FunctionDef):
            return Refusal("not a function", "a coroutine")
        text = instruction(statement)
        if isinstance(text, Refusal):
            return text
        problem = Problem(instruction=text, teacher=self.name, parents=(seed.id,))
        program = Program(
            code=plain(seed.context + seed.code), entry_point=statement.name, parents=(problem.id,)
        )
        found = [("doctest", call) for call in doctest_calls(seed.code, statement.name)]
        found += [("call site", call) for call in seed.calls]
        inputs = [(origin, call) for origin, text in found if (call := read_call(text)) is not None]
        return Proposal(problem, program, tuple(inputs))


def plain(code: str) -> str:
    """The code without docstrings and comments, in the one style of `ast.unparse`."""
    module = ast.parse(code)
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:] or [ast.Pass()]
    module.body = [node for node in module.body if not _is_text(node)]
    return ast.unparse(module) + "\n"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def read_call(text: str) -> Call | None:
    """The arguments of a call written as source, each in its canonical literal; None if one is no literal."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
        if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
            return None
        return Call(
            tuple(canonical(ast.unparse(arg)) for arg in node.args),
            {word.arg: canonical(ast.unparse(word.value)) for word in node.keywords if word.arg},
        )
    except (SyntaxError, ValueError):
        return None


def canonical(text: str) -> str:
    """A literal in its one form; raises ValueError for what is none."""
    return literals.render(literals.parse(text))


class _Writer:
    """Writes inputs for one program."""

    def __init__(self, program: Program, rng: random.Random) -> None:
        module = folded(ast.parse(program.code))
        self.rng = rng
        self.function = next(
            node
            for node in module.body
            if isinstance(node, ast.FunctionDef) and node.name == program.entry_point
        )
        self.read = {
            node.id
            for node in ast.walk(self.function)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        self.uses = read_uses(module, self.function)
        self.values = Values(rng, Vocabulary.of(module))

    def calls(self, known: Sequence[Call]) -> Iterator[Call]:
        """Distinct calls; none where some needed argument can be no plain value."""
        arguments = self.function.args
        positional = [arg.arg for arg in [*arguments.posonlyargs, *arguments.args]]
        required = positional[: len(positional) - len(arguments.defaults)]
        optional = dict(zip(positional[len(required) :], arguments.defaults, strict=True))
        for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            if default is not None:
                optional[arg.arg] = default
        keyword = [
            a.arg for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is None
        ]
        choices = {name: self._choices(name, self._seen(known, positional, name)) for name in self.uses}
        if any(not choices[name] for name in [*required, *keyword]):
            return
        fixed = {arg.arg for arg in arguments.posonlyargs}
        optional = {
            name: default
            for name, default in optional.items()
            if choices[name]
            and name not in fixed
            and isinstance(default, ast.Constant | ast.UnaryOp | ast.Tuple)
        }
        done = {repr(call) for call in known}
        for attempt in range(BATCH * 3):
            like = self.rng.randrange(len(ANY_SHAPES))
            self.values.size = self.rng.choice((None, self.rng.randint(2, 5)))
            args = [self._argument(name, choices[name], like) for name in required]
            if arguments.vararg and choices.get(arguments.vararg.arg):
                extra = arguments.vararg.arg
                args += [self._argument(extra, choices[extra], like) for _ in range(self.rng.randint(0, 3))]
            words = {name: self._argument(name, choices[name], like) for name in keyword}
            for name, default in optional.items():
                often = 0.15 if isinstance(default, ast.Constant) and default.value is None else 0.35
                if attempt and self.rng.random() < often:
                    words[name] = self._argument(name, choices[name], like)
            if arguments.vararg and len(args) > len(required):
                words = {name: text for name, text in words.items() if name not in positional}
            call = Call(tuple(args), words)
            if repr(call) not in done:
                done.add(repr(call))
                yield call
            if len(done) >= BATCH + len(known):
                return

    def _seen(self, known: Sequence[Call], positional: list[str], name: str) -> list[Shape]:
        """The shapes that a parameter had in known inputs, in order of first sight."""
        texts = []
        place = positional.index(name) if name in positional else None
        for call in known:
            if place is not None and place < len(call.args):
                texts.append(call.args[place])
            elif name in call.kwargs:
                texts.append(call.kwargs[name])
        return list(dict.fromkeys(shape_of(literals.parse(text)) for text in texts))

    def _choices(self, name: str, seen: list[Shape]) -> list[Shape]:
        """Shapes to give a parameter, the likelier first; none where nothing plain will do."""
        if seen:
            return seen
        if name not in self.read:
            return [NONE]
        uses: Uses = self.uses[name]
        shapes = uses.shapes()
        if shapes and shapes[0].kind == "object":
            return []
        shapes = [shape for shape in shapes if shape.kind != "object"]
        hinted = shape_for_name(name)
        sure = bool(uses.kinds) and max(uses.kinds.values()) >= SURE
        if hinted and not (sure and shapes):
            shapes = [hinted, *[shape for shape in shapes if shape.kind != hinted.kind]]
        return shapes or list(ANY_SHAPES)

    def _argument(self, name: str, choices: list[Shape], like: int) -> str:
        """The literal of one argument. Parameters of which nothing is known take the same shape together."""
        if tuple(choices) == ANY_SHAPES and self.rng.random() < 0.6:
            shape = choices[like]
        elif self.rng.random() < 0.6:
            shape = choices[0]
        else:
            shape = self.rng.choice(choices)
        constants: tuple[Any, ...] = tuple(self.uses[name].constants)
        return literals.render(self.values.make(shape, name, constants))
