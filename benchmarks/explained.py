"""Why two verdicts on one answer differ, where they may: what the official check cannot see, or sees wrongly.

A reason is read off the answer itself, never off the kind that it was made as, and holds for one direction only.
"""

import ast
import builtins
import re

from benchmarks.cruxeval_check import Asked
from benchmarks.evalplus_check import Verdict
from semcoder.evaluation.extract import call_arguments, compared

REACHING = {"globals", "locals", "vars", "eval", "exec", "__import__", "compile", "getattr", "open", "input"}
MAKING = {"type", "object", "__import__"}


def explain_output(asked: Asked, ours: bool) -> str:
    """The reason; empty where there is none."""
    answer = compared(asked.answer)
    if ours:
        refused = f"f({asked.arguments})" in asked.answer
        return "the right value, refused there for holding the text of the call" if refused else ""
    if answer is None:
        return "no value: it makes another statement of the official assertion (a hedge, a message, a chain)"
    names = _names(answer)
    if "f" in names or (names & {"globals", "eval", "exec"} and "f" in re.findall(r"\w+", answer)):
        return "calls the program in other words than the official text filter looks for, or changes it"
    if names & MAKING:
        return "no plain data: an object that says of itself that it is equal"
    return ""


def explain_call(asked: Asked, ours: bool) -> str:
    """The reason; empty where there is none."""
    arguments = call_arguments(asked.answer, "f")
    if ours:
        return "" if "f(" in asked.answer else "a right call, refused there for not holding the text `f(`"
    if arguments is None:
        return "no call of f, or more than one: the official assertion holds for what else the answer says"
    names = _names(f"_({arguments})") - {"_"}
    if names & REACHING:
        return "its arguments are no data: they reach into the program, or to a file"
    if names & MAKING:
        return "an argument that is no data: an object that says of itself that it is equal"
    if names - set(dir(builtins)):
        return "its arguments are made of the program's own names, the function asked about among them"
    return ""


def _names(source: str) -> set[str]:
    try:
        tree = ast.parse(source.strip())
    except (SyntaxError, ValueError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def explain_program(reference: bool, code: str, ours: tuple[bool, bool], theirs: Verdict) -> str:
    """The reason; empty where there is none. `reference`: whether EvalPlus passes its own reference."""
    if not reference and (theirs.base <= ours[0] and theirs.plus <= ours[1]):
        return "EvalPlus fails its own reference of this problem (HumanEval/32 always, others by its limits)"
    if theirs.base < ours[0] or theirs.plus < ours[1]:
        return ""
    for pattern, reason in GRANTED.items():
        if re.search(pattern, code):
            return reason
    return ""


GRANTED = {
    r"def __eq__": "returns an object that says of itself that it is equal",
    r"f_locals": "takes the expected value, or sets the verdict, in the checking process",
    r"numpy\.allclose =|builtins\.\w+ =": "replaces what the checking process compares with",
}
