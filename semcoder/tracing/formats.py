"""The trace formats of the paper (section 6.2, App. I), each with a parser that reads its states back.

- Scratchpad: the program, each statement followed by its states, `# [STATE] {"i": 0} [/STATE][STATE] ...`.
  An execution that changed nothing leaves none. Arguments stand in `[INPUT]` at the `def` line, the returned
  value in `[OUTPUT]` at the line that returned; so do those of helpers and resumed generators.
- NExT scratchpad: as above, but `[STATE-k]` carries its place in the order of all states, from 0, and of more
  than three states (or inputs, or outputs) on a line the first two and the last stay, ` ... ` between.
- Concise trace: `[L7] {"i": 0} [/L7]`, a line an execution in execution order; `[L8] [/L8]` changed nothing.

Unlike upstream's construct_trace.py, strings keep their apostrophes, and what one execution changed is one
state whatever ran before it. The generator of the concise trace is not public; its form is that of the
paper's example. What the example does not show (helpers, a line that changes something and returns) is
chosen here.
"""

import io
import json
import re
import tokenize
from collections import defaultdict
from typing import Any, NamedTuple

from semcoder.records import Trace
from semcoder.tracing.states import State, from_json, kind_of, states, to_json
from semcoder.tracing.structure import statement_lines

GAP = " ... "
_JSON = json.JSONDecoder()
_OPENING = re.compile(r"\[(INPUT|STATE|OUTPUT)(?:-(\d+))?\] ")
_LABEL = re.compile(r"\[L(\d+)\] ")


class Block(NamedTuple):
    """A state as a scratchpad shows it; `order` is k of `[STATE-k]`, None where there is none."""

    state: State
    order: int | None = None


def scratchpad(code: str, trace: Trace) -> str:
    """The program with all its states."""
    return _annotate(code, {line: "".join(map(_written, blocks)) for line, blocks in _blocks(trace).items()})


def next_scratchpad(code: str, trace: Trace) -> str:
    """The program with numbered states, at most three a line."""
    parts = {line: _shortened(blocks) for line, blocks in _blocks(trace, numbered=True).items()}
    return _annotate(
        code, {line: GAP.join("".join(map(_written, p)) for p in part) for line, part in parts.items()}
    )


def concise(trace: Trace, offset: int = 0) -> str:
    """A line an execution. `offset` is added to line numbers, as in the labels of the program beside it."""
    written = []
    for state in states(trace.events):
        body = (
            _written(Block(state)) if state.kind != "state" else to_json(state.shown) if state.shown else ""
        )
        written.append(f"[L{state.line + offset}] {body + ' ' if body else ''}[/L{state.line + offset}]")
    return "\n".join(written)


def visible(trace: Trace, numbered: bool) -> list[Block]:
    """The blocks that the scratchpad (or, `numbered`, the NExT scratchpad) shows, line by line."""
    lines = [blocks for _, blocks in sorted(_blocks(trace, numbered).items())]
    if not numbered:
        return [block for blocks in lines for block in blocks]
    return [block for blocks in lines for part in _shortened(blocks) for block in part]


def parse_scratchpad(text: str) -> list[Block]:
    """The blocks of a scratchpad of either kind, line by line: `visible` of its trace.

    A program whose own comments look like states is read as if those were states. Raises ValueError for a
    text that holds no program.
    """
    lines: list[str] = []
    found: list[tuple[int, Block]] = []
    for number, line in enumerate(text.split("\n"), 1):
        code, blocks = _split(line)
        lines.append(code)
        found += [(number, block) for block in blocks]
    try:
        first = statement_lines("\n".join(lines))
    except SyntaxError as error:
        raise ValueError(f"not a program with states: {error}") from error
    placed = [(first.get(number, number), block) for number, block in found]
    return [Block(State(line, block.state.kind, block.state.shown), block.order) for line, block in placed]


def parse_concise(text: str, offset: int = 0) -> list[State]:
    """The states of a concise trace, in execution order: `states` of its trace. Raises ValueError."""
    found = []
    for written in text.split("\n") if text else []:
        opening = _LABEL.match(written)
        if not opening or not written.endswith(f"[/L{opening[1]}]"):
            raise ValueError(f"not a line of a concise trace: {written[:80]!r}")
        line, body = int(opening[1]) - offset, written[opening.end() : -len(f"[/L{opening[1]}]")].rstrip(" ")
        if block := _read(body, 0, line):
            state, end = block[0].state, block[1]
        else:
            value, end = _value(body, 0) if body else ({}, 0)
            state = State(line, "state", from_json("state", value))
        if end != len(body):
            raise ValueError(f"not a line of a concise trace: {written[:80]!r}")
        found.append(state)
    return found


def _blocks(trace: Trace, numbered: bool = False) -> dict[int, list[Block]]:
    lines: dict[int, list[Block]] = defaultdict(list)
    order = 0
    for state in states(trace.events):
        if state.kind != "state":
            lines[state.line].append(Block(state))
        elif state.shown:
            lines[state.line].append(Block(state, order if numbered else None))
            order += 1
    return lines


def _shortened(blocks: list[Block]) -> list[list[Block]]:
    """Of each kind of block the first two and the last, where there are more than three; in unbroken runs."""
    kept: set[int] = set()
    for kind in {block.state.kind for block in blocks}:
        places = [i for i, block in enumerate(blocks) if block.state.kind == kind]
        kept.update(places if len(places) <= 3 else [*places[:2], places[-1]])
    runs: list[list[Block]] = []
    for i in sorted(kept):
        if i - 1 not in kept:
            runs.append([])
        runs[-1].append(blocks[i])
    return runs


def _annotate(code: str, comments: dict[int, str]) -> str:
    """Write the comments behind their statements, each at the first line that can take one.

    A line that ends inside a string or in a backslash cannot: a comment there would change the program.
    """
    lines = code.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    tokens = tokenize.generate_tokens(io.StringIO("\n".join(lines)).readline)
    free = sorted({token.start[0] for token in tokens if token.type in (tokenize.NEWLINE, tokenize.NL)})
    for line, comment in comments.items():
        lines[next(number for number in free if number >= line) - 1] += f" # {comment}"
    return "\n".join(lines)


def _written(block: Block) -> str:
    tag = block.state.kind.upper() + ("" if block.order is None else f"-{block.order}")
    return f"[{tag}] {to_json(block.state.shown)} [/{tag}]"


def _split(line: str) -> tuple[str, list[Block]]:
    """A line's code and the blocks behind it."""
    start = line.find(" # [")
    while start >= 0:
        blocks, position = [], start + len(" # ")
        while read := _read(line, position, 0):
            blocks.append(read[0])
            position = read[1]
            position += len(GAP) if line.startswith(GAP, position) else 0
        if blocks and position == len(line):
            return line[:start], blocks
        start = line.find(" # [", start + 1)
    return line, []


def _read(text: str, position: int, line: int) -> tuple[Block, int] | None:
    """The block that begins here, and where it ends; None where none does."""
    opening = _OPENING.match(text, position)
    if not opening:
        return None
    kind, order = kind_of(opening[1]), opening[2]
    try:
        value, end = _value(text, opening.end())
        state = State(line, kind, from_json(kind, value))
    except ValueError:
        return None
    closing = f" [/{opening[0][1:-2]}]"
    if not text.startswith(closing, end):
        return None
    return Block(state, int(order) if order else None), end + len(closing)


def _value(text: str, position: int) -> tuple[Any, int]:
    value, end = _JSON.raw_decode(text, position)
    return value, end
