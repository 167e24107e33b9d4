"""Every prompt and every response, for training and evaluation alike: what is trained is what is asked.

A prompt ends where the model starts to write, so `prompt + response` is a training sequence and `prompt`
alone is the question at evaluation. Three styles:

- `upstream`: what the released checkpoints saw, byte for byte, defects included (each is named where it is
  made). Attested for forward and backward monologues (upstream experiments/cruxeval_prompts.py and
  cruxeval_utils.py at edc4ad3), direct prediction (CRUXEval's own prompt, from its file), code generation
  (src/prompts.py, experiments/run_evalplus.py) and refinement (run_refine_evalplus.py).
  Upstream has no prompt for the scratchpad, NExT and concise formats, and its training rows are known only
  by their columns: there, `upstream` differs from `corrected` by the same defects and no more.
- `corrected`: the same wording without the defects, for models trained here.
- `base`: for models that were trained on none of this. Few-shot prompts for direct prediction and chain of thought:
  CRUXEval's own where its file is given (evaluation.fewshot), else ours (evaluation.shots). Plain completion of
  HumanEval's and MBPP+'s prompts, as EvalPlus asks base models (0.3.1, evalplus/codegen.py). What those do not have
  is asked as in `corrected`.

Task prefixes: paper App. H. Layout: paper App. G and I.
"""

import io
import tokenize
from typing import Literal, get_args

from semcoder.evaluation import shots
from semcoder.evaluation.fewshot import Template

Style = Literal["upstream", "corrected", "base"]
PromptFormat = Literal["monologue", "scratchpad", "next", "concise", "direct", "cot"]
Rationale = Literal["monologue", "trace", "none"]

STYLES: tuple[str, ...] = get_args(Style)
FORMATS: tuple[str, ...] = get_args(PromptFormat)
LABELLED: tuple[PromptFormat, ...] = ("monologue", "concise")
"""Formats that refer to lines by their labels."""
RELEASED_LABEL_OFFSET = 4
"""Upstream labels the first line [L5]: the line numbers of its instrumented file (paper App. I)."""

FORWARD_PREFIX = (
    "Simulate the Execution: You are given a Python function and an assertion containing a function input. "
    "Complete the assertion containing the execution output corresponding to the given input in "
    "[ANSWER] and [/ANSWER] tags.\n"
)
BACKWARD_PREFIX = (
    "Deduce the Semantic Constraints: You are given a Python program and its expected output. "
    "Find one input such that executing the program with the input leads to the given output. "
    "Complete the assertion with one such input in between [ANSWER] and [/ANSWER].\n"
)
NL2CODE_PREFIX = (
    "You are an exceptionally intelligent coding assistant that consistently delivers accurate and reliable "
    "<Code> according to <NL_Description>\n\n<NL_Description>\n"
)
_REFINE_PREFIX = (
    "Debug and Refine the Code: You are given a a problem to be implemented in Python, and a buggy code "
    "that tries to solve the problem but fails the test case.\n"
    "You should firstly simulate the execution with the buggy code and the failed test to identify the root "
    "cause of the failure. \n"
    "Then, you should fix the bug and wrap the refined code in between [Refined] and [/Refined].\n"
)
REFINE_PREFIX: dict[Style, str] = {
    "upstream": _REFINE_PREFIX,
    "corrected": _REFINE_PREFIX.replace("a a ", "a ").replace(" \n", "\n"),
}
REFINE_PREFIX["base"] = REFINE_PREFIX["corrected"]

_TAG: dict[PromptFormat, str] = {
    "monologue": "MONOLOGUE",
    "scratchpad": "SCRATCHPAD",
    "next": "SCRATCHPAD",
    "concise": "TRACE",
    "cot": "THOUGHT",
}
"""The tag around what stands before the answer. Direct prediction has none: its prompt ends in [ANSWER]."""


def is_few_shot(format: str, style: str) -> bool:
    """Whether worked examples stand before the question: a benchmark's own where it has some, else ours."""
    return format == "cot" or (format == "direct" and style != "corrected")


def forward_prompt(
    code: str,
    arguments: str,
    entry_point: str,
    format: PromptFormat,
    style: Style,
    label_offset: int,
    template: Template | None = None,
) -> str:
    """Ask for the output of `entry_point(arguments)`; `template` is the benchmark's own few-shot prompt.

    `label_offset` is added to the line numbers in the labels `# [L5]`, which monologues and concise traces
    refer to (RELEASED_LABEL_OFFSET for the released checkpoints, 0 for labels that are line numbers).
    """
    if style == "upstream":
        code, arguments = _double_quotes(code), _double_quotes(arguments)
    call = f"{entry_point}({arguments})"
    if is_few_shot(format, style):
        if template:
            return template.filled(code, arguments, entry_point)
        return _shown(shots.OUTPUT, format) + _question(code, f"assert {call} == ??") + opening(format)
    if format in LABELLED:
        code = label_lines(code, label_offset, style)
    return FORWARD_PREFIX + _question(code, f"assert {call} == ??") + opening(format)


def backward_prompt(
    code: str,
    output: str,
    entry_point: str,
    format: PromptFormat,
    style: Style,
    label_offset: int = 0,
    template: Template | None = None,
) -> str:
    """Ask for arguments that make `entry_point` return `output`. Only concise traces have line labels here.

    Upstream's opening tag lacks its bracket and a blank line follows the program (cruxeval_prompts.py).
    """
    if style == "upstream":
        code, output = _double_quotes(code), _double_quotes(output)
    assertion = f"assert {entry_point}(??) == {output}"
    if is_few_shot(format, style):
        if template:
            return template.filled(code, output, entry_point)
        return _shown(shots.INPUT, format) + _question(code, assertion) + opening(format)
    if format == "concise":
        code = label_lines(code, label_offset, style)
    question = _question(code, assertion)
    if style == "upstream":
        question = question.removeprefix("[") + "\n"
    return BACKWARD_PREFIX + question + opening(format)


def response(
    format: PromptFormat,
    text: str,
    *,
    entry_point: str,
    arguments: str,
    output: str,
    style: Style,
) -> str:
    """What the model should write after a forward or backward prompt: the same for both directions.

    `text` stands before the answer and is empty for direct prediction: a monologue, or the program rewritten
    with its states, or the concise trace. It may come with or without the tags of its format.
    """
    if style == "upstream":
        arguments, output = _double_quotes(arguments), _double_quotes(output)
    answer = f"assert {entry_point}({arguments}) == {output}\n[/ANSWER]"
    if format == "direct":
        return answer
    tag = _TAG[format]
    body = text.strip("\n").removeprefix(f"[{tag}]").removesuffix(f"[/{tag}]").strip("\n")
    return f"{body}\n[/{tag}]\n[ANSWER]\n{answer}"


def label_lines(code: str, offset: int, style: Style) -> str:
    """The program with `# [Ln]` at the end of each line that is not blank, n being line number + `offset`.

    Upstream labels every such line, which changes the value of a string that runs over several lines and
    breaks a continued line; `corrected` leaves those lines alone.
    """
    lines = code.split("\n")
    numbers = range(1, len(lines) + 1) if style == "upstream" else _commentable(code)
    for number in numbers:
        if lines[number - 1].strip():
            lines[number - 1] += f" # [L{number + offset}]"
    return "\n".join(lines)


def _commentable(code: str) -> list[int]:
    kinds = (tokenize.NEWLINE, tokenize.NL)
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return sorted({token.start[0] for token in tokens if token.type in kinds})


def nl2code_prompt(instruction: str, start: str = "") -> str:
    """Ask for code. `start` is the beginning of the answer, where the question already gives it."""
    return f"{NL2CODE_PREFIX}{instruction}\n\n<Code>\n{start}"


def nl2code_response(code: str) -> str:
    """What the model should write after `nl2code_prompt(instruction)`."""
    return f"```python\n{code.strip()}\n```"


def humaneval_prompt(prompt: str, style: Style) -> str:
    """A HumanEval question: signature and docstring, to be continued (upstream run_evalplus.py)."""
    if style == "base":
        return completion_prompt(prompt)
    body = f"```python\n{prompt.strip()}"
    return nl2code_prompt(f"Write a solution to the following problem:\n{body}\n```", body)


def completion_prompt(prompt: str) -> str:
    """A question that is code, to be continued (EvalPlus 0.3.1, evalplus/codegen.py)."""
    return prompt.strip() + "\n"


def mbpp_prompt(prompt: str, style: Style) -> str:
    """An MBPP+ question: its docstring's sentence and assertion (upstream run_evalplus.py)."""
    if style == "base":
        return completion_prompt(prompt)
    body = prompt[prompt.index('"""') + 3 : prompt.rindex('"""')]
    sentence, assertion = body[: body.index("assert")].strip(), body[body.index("assert") :].strip()
    sentence += "" if sentence.endswith(".") else "."
    fenced = f"```python\n{assertion}\n```"
    return nl2code_prompt(
        f"{sentence} Your code should satisfy the following assertion:\n{fenced}", "```python"
    )


_LCB_STARTER = (
    "You will use the following starter code to write the solution to the problem and enclose your code "
    "within delimiters.\n```python\n{starter_code}\n```\n\n"
)
_LCB_STDIN = (
    "Read the inputs from stdin solve the problem and write the answer to stdout (do not directly test on "
    "the sample inputs). Enclose your code within delimiters as follows.\n\n"
    "```python\n# YOUR CODE HERE\n```\n\n"
)


def lcb_generation_prompt(question: str, starter_code: str, style: Style) -> str:
    """A LiveCodeBench problem (the authors' fork at 95141a6, lcb_runner/prompts/code_generation.py).

    Base models get LiveCodeBench's layout for them, without the worked example that it puts first.
    """
    if style == "base":
        starter = f"### Starter Code\n{starter_code}\n\n" if starter_code else ""
        return f"### Question\n{question}\n\n{starter}### Answer\n\n"
    return (
        f"{NL2CODE_PREFIX}\nYou will be given a question (problem specification) and will generate a correct "
        "Python program that matches the specification and passes all tests.\n\n"
        f"Question: {question}\n\n"
        f"{_LCB_STARTER.format(starter_code=starter_code) if starter_code else _LCB_STDIN}<Code>\n"
    )


WRAPPER = "f"
"""What upstream's prompt for LiveCodeBench code execution calls with the result of the call."""


def lcb_execution_prompt(code: str, call: str) -> str:
    """LiveCodeBench code execution as the released checkpoints saw it: a call wrapped in a call of `f`.

    The authors' fork (at 95141a6, lcb_runner/prompts/code_execution.py) writes `assert f({input})` although
    `input` is already `name(arg=...)`; it keeps the quotes. The corrected prompt is `forward_prompt`.
    """
    labelled = label_lines(code, RELEASED_LABEL_OFFSET, "upstream")
    return FORWARD_PREFIX + _question(labelled, f"assert {WRAPPER}({call}) == ??") + opening("monologue")


def failed_test(entry_point: str, arguments: str, expected: str, style: Style) -> str:
    """The test shown in a refinement prompt (two lines in upstream build_self_refine_input_v1p5.py)."""
    if style == "upstream":
        return f"retv = {entry_point}({arguments})\nassert retv == {expected}\n"
    return f"assert {entry_point}({arguments}) == {expected}"


def refine_prompt(
    problem: str,
    code: str,
    test: str,
    rationale: Rationale,
    style: Style,
    trace: str = "",
) -> str:
    """Show a problem, a buggy program and the test it fails, and ask for the repair (paper App. F and H).

    `rationale`: `monologue` lets the model simulate the failure; `trace` gives it the program with the
    states of the real execution (NExT format) instead; `none` asks for the repair at once (not in upstream).
    Upstream leaves the opening [MONOLOGUE] to the model and, where a trace is given, does not close the
    fence of the failed test (run_refine_evalplus.py).
    """
    head = f"{REFINE_PREFIX[style]}### Problem\n{problem}\n\n### Buggy Solution\n```python\n{code}\n```\n\n"
    head += f"### Failed Test\n```python\n{test}\n"
    if rationale == "trace":
        given = f"[MONOLOGUE]\n### Execution Simulation\n```python\n{trace}\n```\n### Root Cause Analysis\n"
        return f"{head}\n{given}\n" if style == "upstream" else f"{head}```\n\n{given}"
    if rationale == "none":
        return f"{head}```\n\n[Refined]\n"
    return f"{head}```\n\n" + ("" if style == "upstream" else "[MONOLOGUE]\n")


def is_refine_prompt(prompt: str) -> bool:
    """Whether `refine_prompt` made it."""
    return prompt.startswith(tuple(REFINE_PREFIX.values()))


def refine_response(text: str, code: str, rationale: Rationale, style: Style) -> str:
    """What the model should write after `refine_prompt`; `text` is its rationale, empty for `none`."""
    repaired = f"```python\n{code.strip()}\n```\n[/Refined]"
    if rationale == "none":
        return repaired
    opening = "[MONOLOGUE]\n" if style == "upstream" and rationale == "monologue" else ""
    body = text.strip("\n").removeprefix("[MONOLOGUE]").removesuffix("[/MONOLOGUE]").strip("\n")
    return f"{opening}{body}\n[/MONOLOGUE]\n[Refined]\n{repaired}"


def _shown(instruction: str, format: PromptFormat) -> str:
    """Our instruction, and our examples in the very layout of the question and its response."""
    text = f"{instruction}{shots.THOUGHT if format == 'cot' else ''}\n\n"
    for name, code, arguments, output, forward, backward in shots.EXAMPLES:
        asks_output = instruction == shots.OUTPUT
        assertion = f"assert {name}({arguments}) == ??" if asks_output else f"assert {name}(??) == {output}"
        thought = forward if asks_output else backward
        written = response(
            format, thought, entry_point=name, arguments=arguments, output=output, style="corrected"
        )
        text += f"{_question(code, assertion)}{opening(format)}{written}\n\n"
    return text


def _question(code: str, assertion: str) -> str:
    return f"[PYTHON]\n{code}\n{assertion}\n[/PYTHON]\n"


def opening(format: PromptFormat) -> str:
    """The tag in which a prompt ends."""
    return "[ANSWER]\n" if format == "direct" else f"[{_TAG[format]}]\n"


def _double_quotes(text: str) -> str:
    """Upstream makes every apostrophe a double quote (cruxeval_utils.py), whatever that does to the code."""
    return text.replace("'", '"')
