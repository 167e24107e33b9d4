import ast

import pytest

from semcoder.teacher.interface import Refusal
from semcoder.teacher.prose import describe, instruction


def function(docstring: str, signature: str = "f(a)") -> ast.FunctionDef:
    (node,) = ast.parse(f"def {signature}:\n    {docstring!r}\n    return a\n").body
    assert isinstance(node, ast.FunctionDef)
    return node


def test_an_instruction_stands_by_itself() -> None:
    docstring = """Collapse and truncate the given text to fit.

    The text first has its whitespace collapsed:

        >>> shorten("a  b", 3)
        'a b'

    Then the last words go

    Example:
    """
    text = instruction(function(docstring, "shorten(a, width: int, *, placeholder=' [...]') -> str"))
    assert text == (
        "Write a Python function `shorten` with the signature "
        "`shorten(a, width: int, *, placeholder=' [...]') -> str`.\n\n"
        "Collapse and truncate the given text to fit.\n\n"
        "The text first has its whitespace collapsed:\n\n"
        "Then the last words go.\n\n"
        "`placeholder` may be left out."
    )


@pytest.mark.parametrize(
    ("docstring", "prose"),
    [
        ("return the sum of all", "Return the sum of all."),
        ("f(a) -> b\n\nReturn the sum", "Return the sum.\n\nReturns: b."),
        ("f(a, [b])\n\nReturn the sum.", "Return the sum."),
        ("f('host:port') --> 'host'.", "f('host:port') --> 'host'."),
        ("Sum it.\n\n>>> f(1)\n1\n>>> f(2)\n2\n\nNever negative", "Sum it.\n\nNever negative."),
        ("Sum it.\n\n.. versionadded:: 3.1\n   With a note.\n\nMore", "Sum it.\n\nMore."),
        ("Sum it.\nXXX is this right?", "Sum it."),
        ("+\nSum it.", "Sum it."),
        ("Sum it.\n\nExamples\n--------\n\n>>> f(1)", "Sum it."),
        (
            "Sum it as in::\n\n        f(1)\n\n    or::\n\n        g(1)",
            "Sum it as in::\n\n    f(1)\n\nor::\n\n    g(1)",
        ),
        ("This method sums. As this method does.", "This function sums. As this function does."),
    ],
)
def test_what_is_left_of_a_docstring(docstring: str, prose: str) -> None:
    assert describe(docstring, "f") == prose


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (function(""), "no docstring"),
        (function(">>> f(1)\n1"), "docstring says too little"),
        (function("Sum it."), "docstring says too little"),
        (function("See the documentation of the other function."), "docstring points elsewhere"),
        (function("A decorator that registers the function given."), "docstring points elsewhere"),
        (function("Same as the other function here."), "docstring points elsewhere"),
        (function("word " * 400), "docstring too long"),
        (function("Return the sum of all that is there.", "f(self, a)"), "written as a method"),
    ],
)
def test_what_says_nothing_is_refused(node: ast.FunctionDef, reason: str) -> None:
    refusal = instruction(node)
    assert isinstance(refusal, Refusal) and refusal.reason == reason


def test_an_expression_of_the_parameters_says_it_all() -> None:
    assert not isinstance(instruction(function("Same as a + 1.")), Refusal)
    assert isinstance(instruction(function("Same as b + 1.")), Refusal)
