"""What the teacher is asked.

The request for problems is the paper's (Table 10, App. F); upstream published no other prompt of its pipeline.
The rest is this project's wording of the paper's rules: section 3.1 (solutions that run, repair), 3.2 (inputs),
3.3 (debugging), 4.2.1 and 4.2.2 (monologues). The revision turn follows CodeI/O (2502.07316), the translation
of accounts made from a trace 2506.10343.
"""

from collections.abc import Sequence

from semcoder.evaluation.prompts import failed_test, label_lines
from semcoder.execution.api import Call
from semcoder.records import Direction, Program
from semcoder.teacher.shots import MONOLOGUES, REPAIRS, Repair, Shot
from semcoder.teacher.store import as_messages

Messages = tuple[tuple[str, str], ...]

SOLUTION_MARK = "[Solution]"
MORE_INPUTS = 10
"""New inputs asked for at a time."""

_PROBLEM = """\
Please gain inspiration from the following random code snippet to create a high-quality programming problem. \
Present your output in two distinct sections: [Problem Description] and [Solution].

{snippet}

Guidelines for each section:

1. [Problem Description]: This should be concise and **completely self-contained**, providing all the contextual \
information one needs to understand and solve the problem. Assume common programming knowledge, but ensure that \
any specific context, variables, or code snippets pertinent to this problem are explicitly included. Avoid \
interaction with external resources (e.g. keyboard, file system, databases, network) or requirement of uncommon \
third-party libraries. The problem should be non-trivial and require some thought to solve.

2. [Solution]: First, show your thought process and outline your planned steps clearly. Then offer a \
comprehensive, **correct** and runnable solution that accurately addresses the [Problem Description] you provided.
"""

_CODE_RULES = """\
The program:
- is one top-level function, with the imports it needs above it; a class only if the problem asks for one;
- uses nothing but Python's standard library, and reads no keyboard, file, network, clock, environment or random \
number: the same arguments always give the same result;
- returns its result, built from plain types (numbers, text, lists, tuples, sets, dictionaries), and prints nothing;
- is followed, in the same block, by one or two example calls of the function with literal arguments.
"""

_SOLUTION_SYSTEM = f"""\
You solve programming problems in Python 3. Begin with your plan as a short numbered list, then give the whole \
program in exactly one ```python block, and stop there.

{_CODE_RULES}"""

_CONTEST_SYSTEM = """\
You solve problems of programming contests in Python 3. Begin with the idea and why it is fast enough, in a few \
sentences, then give the whole program in exactly one ```python block, and stop there. The program reads everything \
from standard input and prints nothing but what is asked for to standard output. It uses nothing but Python's \
standard library, imports all that it uses, and opens no file."""

_REPAIR_SYSTEM = f"""\
You mend Python 3 programs. You are shown a problem, a program that was meant to solve it, and the error that \
came of running it. Say in one or two sentences what caused the error, then give the whole mended program in \
exactly one ```python block, and stop there.

{_CODE_RULES}"""

_INPUTS_SYSTEM = """\
You choose inputs that bring out what a Python function does: ordinary cases, the edges of each branch, and \
cases that combine them. You answer with one ```python block and nothing else. Each of its lines is one call \
of the function with literal arguments, complete in itself, and no two lines are the same. Every call must \
return normally and take well under a second; keep values short enough to be followed by hand."""

_FORWARD_SYSTEM = """\
You execute Python functions in your head and explain, as to a colleague, how the result comes about. Each line \
of the program ends in its label, such as `# [L3]`. Write exactly this form:

[MONOLOGUE]
### Understanding the Function
(what the function is for, in one or two sentences)

### Key Properties and Constraints
(a short list of what holds for every run: of inputs, intermediate values and the result)

### Execution Simulation
(numbered steps, in the order in which lines really run, each naming its line by label, as in [L3])

### Conclusion
(one sentence that leads to the result)
[/MONOLOGUE]
[ANSWER]
assert f(...) == ...
[/ANSWER]

In the simulation:
- name every line that has an effect, and none that does not run;
- go through every iteration of every loop with its own values, marked as **Iteration 1** and so on, so that \
repeated runs of one line can be told apart;
- after each line say which variables changed and to what; leave unchanged ones out;
- come to the returned value last, and only from what was worked out before.
The last assertion repeats the call as given and has a plain literal on its right."""

_BACKWARD_SYSTEM = """\
You reason backwards through Python functions: from a returned value to arguments that produce it. Write exactly \
this form:

[MONOLOGUE]
### Understanding the Function
(what the function is for, in one or two sentences)

### Key Properties and Constraints
(a short list of what holds for every run: of inputs, intermediate values and the result)

### Reverse Deduction
(numbered steps from the return statement up to the parameters)

### Conclusion
(one sentence that names the chosen arguments and why they fit)
[/MONOLOGUE]
[ANSWER]
assert f(...) == ...
[/ANSWER]

In the deduction:
- where an earlier state follows from a later one, give it; where several would do (before sorting, summing, \
filtering and the like), state the constraint that all of them meet, and do not pretend that one is forced;
- at the end choose concrete arguments that meet every constraint, as simple as possible.
The last assertion has plain literals as arguments and repeats the given value. Many answers may be right; one is \
enough."""

_TRANSLATION_SYSTEM = """\
You are an editor. You are given a Python program and an account of one run of it that was put together by machine: \
every fact in it is true, but it reads like a list. You tell the same in natural prose, as a patient colleague would \
at a whiteboard, and change nothing of what is said:
- every step stays, in the order given, with all its values; a step may become a sentence of its own or join its \
neighbours, but none is left out and none is added;
- values, names and code stay exactly as they are written, between the same backticks;
- line labels such as [L3] stay at the statement that they belong to, and **Iteration 1** and the like stay where \
a repeated line would otherwise be mistaken for another run of it;
- the four headings stay, in their order, and steps stay numbered;
- say why a branch is taken or a value comes about where the account says so, and invent no reason.
Give the rewritten account between [MONOLOGUE] and [/MONOLOGUE], then the account's last assertion, unchanged, \
between [ANSWER] and [/ANSWER], and nothing else."""

_DEBUG_SYSTEM = """\
You find out why a Python program fails a test by explaining to yourself, step by step, what it does on that test; \
then you mend it. Write exactly this form:

[MONOLOGUE]
### Execution Simulation
(numbered steps: what the program does on the input of the failed test, with the values that matter)

### Root Cause Analysis
(why the result is not the expected one)

### Bug Fixing
(what has to change, and why this is right for all inputs and not only for this one)
[/MONOLOGUE]
[Refined]
```python
(the whole mended program, with the same names and parameters)
```
[/Refined]"""


def problem(snippet: str) -> Messages:
    """The paper's request (Table 10): a problem inspired by a piece of code, and its solution."""
    return as_messages("", _PROBLEM.format(snippet=snippet.strip("\n")))


def solution(instruction: str) -> Messages:
    """A program that solves a problem."""
    return as_messages(_SOLUTION_SYSTEM, instruction)


def contest(statement: str) -> Messages:
    """A program that solves a contest problem, between standard input and output."""
    return as_messages(_CONTEST_SYSTEM, statement)


def repair(instruction: str, code: str, error: str) -> Messages:
    """Another program for the same problem, given the error that the last one ended in."""
    shown = f"### Problem\n{instruction}\n\n### Program\n```python\n{code.strip()}\n```\n\n### Error\n{error}"
    return as_messages(_REPAIR_SYSTEM, shown)


def inputs(program: Program, known: Sequence[Call]) -> Messages:
    """More inputs for a function, given some that are known to run."""
    calls = "\n".join(f"{program.entry_point}({arguments_of(call)})" for call in known)
    shown = f"```python\n{program.code.strip()}\n```\n\nKnown calls:\n```python\n{calls}\n```\n\n"
    return as_messages(_INPUTS_SYSTEM, f"{shown}Write {MORE_INPUTS} new calls of `{program.entry_point}`.")


def monologue(direction: Direction, code: str, entry_point: str, arguments: str, output: str) -> Messages:
    """A forward or a backward monologue; the side of the assertion that is asked for is never shown."""
    turns: list[str] = []
    for shot in MONOLOGUES:
        turns.append(_asked(direction, shot.code, shot.entry_point, shot.arguments, shot.output))
        turns.append(_told(direction, shot))
    turns.append(_asked(direction, code, entry_point, arguments, output))
    return as_messages(_FORWARD_SYSTEM if direction == "forward" else _BACKWARD_SYSTEM, *turns)


def revision(asked: Messages, draft: str, feedback: str) -> Messages:
    """The same conversation, in which the model is told what running the program showed of its answer."""
    again = (
        f"The program was run and your answer held against it. {feedback}\n\nGo through the program once more, "
        f"find where your reasoning leaves what really happens, and write the whole answer again in the same form. "
        f"It is read on its own: do not mention this correction or the earlier answer."
    )
    return (*asked, ("assistant", draft), ("user", again))


def translation(
    direction: Direction, program: Program, arguments: str, output: str, monologue: str
) -> Messages:
    """A monologue written from the trace, to be told in natural prose. Its labels are line numbers of the code."""
    forward = direction == "forward"
    code = (label_lines(program.code, 0, "corrected") if forward else program.code).rstrip()
    answer = f"[ANSWER]\nassert {program.entry_point}({arguments}) == {output}\n[/ANSWER]"
    shown = f"[PYTHON]\n{code}\n[/PYTHON]\n[MONOLOGUE]\n{monologue}\n[/MONOLOGUE]\n{answer}"
    return as_messages(_TRANSLATION_SYSTEM, shown)


def debugging(instruction: str, code: str, test: str, observed: str) -> Messages:
    """A rationale and a patch for a program that fails a test. The reference solution has no place in it."""
    turns: list[str] = []
    for shot in REPAIRS:
        turns += [_bug(shot.problem, shot.code, shot.test, shot.observed), debugging_answer(shot)]
    return as_messages(_DEBUG_SYSTEM, *turns, _bug(instruction, code, test, observed))


def debugging_answer(shot: Repair) -> str:
    """The form that a debugging answer takes (paper App. F, Example 2)."""
    rationale = f"[MONOLOGUE]\n{shot.rationale}\n[/MONOLOGUE]"
    return f"{rationale}\n[Refined]\n```python\n{shot.repaired}\n```\n[/Refined]"


def shown_test(entry_point: str, arguments: str, expected: str) -> str:
    """A failed test as the teacher sees it: one assertion."""
    return failed_test(entry_point, arguments, expected, "corrected")


def arguments_of(call: Call) -> str:
    """The text between the parentheses of a call."""
    return ", ".join([*call.args, *(f"{name}={text}" for name, text in call.kwargs.items())])


def _asked(direction: Direction, code: str, entry_point: str, arguments: str, output: str) -> str:
    if direction == "forward":
        program, assertion = label_lines(code, 0, "corrected"), f"assert {entry_point}({arguments}) == ??"
    else:
        program, assertion = code, f"assert {entry_point}(??) == {output}"
    return f"[PYTHON]\n{program.rstrip()}\n{assertion}\n[/PYTHON]"


def _told(direction: Direction, shot: Shot) -> str:
    text, arguments = (
        (shot.forward, shot.arguments) if direction == "forward" else (shot.backward, shot.deduced)
    )
    answer = f"[ANSWER]\nassert {shot.entry_point}({arguments}) == {shot.output}\n[/ANSWER]"
    return f"[MONOLOGUE]\n{text}\n[/MONOLOGUE]\n{answer}"


def _bug(instruction: str, code: str, test: str, observed: str) -> str:
    return (
        f"### Problem\n{instruction}\n\n### Buggy Solution\n```python\n{code.strip()}\n```\n\n"
        f"### Failed Test\n```python\n{test}\n```\nWhat happened: {observed}"
    )
