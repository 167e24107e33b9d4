"""Answers to CRUXEval's questions: right ones in many dresses, wrong ones close by, and those that try to be granted.

Each comes with the kind it is of. No kind promises a verdict: two harnesses are asked about it.
"""

import ast
import json
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, cast

ENDLESS = 0.01
"""Share of the items that get an endless answer: each costs its harness three seconds."""


class Answer(NamedTuple):
    """What stands in the generations file for one item, and what kind of answer it is."""

    kind: str
    text: str


def _value(source: str) -> Any:
    try:
        return ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None


def _double_quoted(source: str) -> str:
    value = _value(source)
    return json.dumps(value) if isinstance(value, str) else source.replace("'", '"')


def _in_lines(source: str) -> str:
    return f"(\n    {source}\n)"


def _spread(source: str) -> str:
    """A container with its items on lines of their own."""
    value = _value(source)
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"    {item!r},\n" for item in value) + "]"
    return source


def _as_call(source: str) -> str:
    value = _value(source)
    if isinstance(value, dict):
        return f"dict({list(value.items())!r})"
    if isinstance(value, list):
        return f"list({tuple(value)!r})"
    return f"{type(value).__name__}({source})" if isinstance(value, str | int | float) else source


def _computed(source: str) -> str:
    value = _value(source)
    if isinstance(value, str):
        return f"{value[: len(value) // 2]!r} + {value[len(value) // 2 :]!r}"
    if isinstance(value, list):
        return f"[item for item in {source}]"
    if isinstance(value, bool):
        return "(1 == 1)" if value else "(1 == 2)"
    if isinstance(value, int):
        return f"{value - 3} + 3"
    if isinstance(value, dict):
        return f"{{key: value for key, value in {list(value.items())!r}}}"
    return f"({source})[:]" if isinstance(value, tuple) else source


def _formatted(source: str) -> str:
    value = _value(source)
    if isinstance(value, str):
        return f"'{{}}'.format({source})"
    return f"int('{value}')" if type(value) is int else source


def _chosen(source: str) -> str:
    return f"({source} if 2 > 1 else None)"


def _other_type(source: str) -> str:
    value = _value(source)
    if isinstance(value, list):
        return repr(tuple(value))
    if isinstance(value, tuple):
        return repr(list(value))
    if type(value) is int:
        return f"{value}.0"
    return repr(source) if not isinstance(value, str) else value


def _nearly(source: str, draw: random.Random) -> str:
    """The same value with one small change."""
    value = _value(source)
    if isinstance(value, str) and value:
        place = draw.randrange(len(value))
        return repr(value[:place] + value[place + 1 :])
    if isinstance(value, bool):
        return repr(not value)
    if isinstance(value, int | float):
        return repr(value + draw.choice([-1, 1]))
    if isinstance(value, list | tuple) and value:
        value = cast(list[Any], value)
        place = draw.randrange(len(value))
        return repr(value[:place] + value[place + 1 :])
    if isinstance(value, dict) and value:
        return repr(dict(list(value.items())[1:]))
    return f"[{source}]"


DRESSES: dict[str, Callable[[str], str]] = {
    "as recorded": str,
    "double quotes": _double_quoted,
    "in parentheses": _in_lines,
    "on several lines": _spread,
    "a call of its type": _as_call,
    "computed": _computed,
    "formatted": _formatted,
    "chosen": _chosen,
    "a comment behind": lambda source: f"{source}  # the result",
    "another type": _other_type,
}


def outputs(
    code: str, arguments: str, output: str, others: list[str], draw: random.Random
) -> Iterator[Answer]:
    """Predicted outputs of one program: every dress of the right one, six wrong ones, two hostile ones."""
    for kind, dress in DRESSES.items():
        yield Answer(kind, dress(output))
    yield Answer("nearly right", _nearly(output, draw))
    yield Answer("nearly right", _nearly(output, draw))
    yield Answer("another item's", draw.choice(others))
    yield Answer("the arguments", arguments)
    yield Answer("no Python", draw.choice(["", "the same list", f"{output} is returned", f"'{output}", "??"]))
    wrong = _nearly(output, draw)
    for kind, text in draw.sample(sorted(_hostile_outputs(arguments, wrong, output).items()), 3):
        yield Answer(f"hostile: {kind}", text)
    if draw.random() < ENDLESS:
        yield Answer("hostile: never ends", "[0 for _ in iter(int, 1)]")


def _hostile_outputs(arguments: str, wrong: str, right: str) -> dict[str, str]:
    equal = "type('E', (), {'__eq__': lambda self, other: True})()"
    return {
        "the call": f"f({arguments})",
        "the call, spaced": f"f( {arguments} )",
        "the call, hidden": f"(lambda g: g({arguments}))(f)",
        "the call by its name": f"globals()['f']({arguments})",
        "the call, evaluated": f"eval('f' + {f'({arguments})'!r})",
        "or True": f"{wrong} or True",
        "or the value": f"{wrong} or {right}",
        "one of two": f"({wrong} or {right})",
        "a message": f"{right}, 'message'",
        "another statement": f"{wrong} if False else {right}\nassert True",
        "equals everything": equal,
        "a mock": "__import__('unittest.mock').mock.ANY",
        "a chain": f"{right} == {right}",
        "leaves": "__import__('sys').exit(0)",
        "leaves at once": "__import__('os')._exit(0)",
        "much memory": "'a' * 10 ** 12",
        "the program's frame": "__import__('sys')._getframe().f_code.co_name",
        "an attribute": f"({right}).__class__({right})",
        "changes f": f"(globals().__setitem__('f', None), {right})[1]",
        "assigns": f"(x := {right})",
        "a call in a text": f"{right} + 'f({arguments})'",
    }


def inputs(
    code: str, arguments: str, output: str, others: list[str], draw: random.Random
) -> Iterator[Answer]:
    """Predicted calls of one program: dresses of the recorded arguments, wrong ones, hostile ones."""
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    given = [ast.unparse(each) for each in call.args]
    yield Answer("as recorded", f"f({arguments})")
    yield Answer("spaced", f"  f( {arguments} ) ")
    yield Answer("double quotes", "f(" + ", ".join(map(_double_quoted, given)) + ")")
    yield Answer("on several lines", "f(\n" + ",\n".join(map(_spread, given)) + "\n)")
    yield Answer("a call of its type", "f(" + ", ".join(map(_as_call, given)) + ")")
    yield Answer("computed", "f(" + ", ".join(map(_computed, given)) + ")")
    yield Answer("chosen", "f(" + ", ".join(map(_chosen, given)) + ")")
    yield Answer("formatted", "f(" + ", ".join(map(_formatted, given)) + ")")
    yield Answer("iterators", "f(" + ", ".join(map(_iterator, given)) + ")")
    yield Answer("shared items", "f(" + ", ".join(map(_shared, given)) + ")")
    yield Answer("unpacked", f"f(*[{', '.join(given)}])")
    names = [
        arg.arg
        for node in ast.parse(code).body
        if isinstance(node, ast.FunctionDef)
        for arg in node.args.args
    ]
    named = [f"{name}={each}" for name, each in zip(names, given, strict=False)]
    yield Answer("by name", f"f({', '.join(named)})")
    yield Answer("another type", "f(" + ", ".join(map(_other_type, given)) + ")")
    yield Answer("nearly right", "f(" + ", ".join(_nearly(each, draw) for each in given) + ")")
    yield Answer("another item's", f"f({draw.choice(others)})")
    yield Answer("the output", f"f({output})")
    yield Answer(
        "no call", draw.choice(["", arguments, "f", f"f({arguments}", f"g({arguments})", "??", "assert f(1)"])
    )
    for kind, text in draw.sample(sorted(_hostile_inputs(arguments, output).items()), 3):
        yield Answer(f"hostile: {kind}", text)
    if draw.random() < ENDLESS:
        yield Answer("hostile: never ends", "f([0 for _ in iter(int, 1)])")


def _iterator(source: str) -> str:
    value = _value(source)
    if isinstance(value, list):
        return f"iter({source})"
    return f"({source}).items()" if isinstance(value, dict) else source


def _shared(source: str) -> str:
    """The first item in the place of all: one object, not equal ones."""
    value = _value(source)
    if isinstance(value, list) and value:
        return f"[{value[0]!r}] * {len(value)}"
    return source


def _hostile_inputs(arguments: str, output: str) -> dict[str, str]:
    return {
        "the value and a call": f"{output} or f({arguments})",
        "or True": "f() or True" if not arguments else "True or f(1)",
        "a pair": f"(f({arguments}), {output})[1]",
        "a comment": f"{output}  # f(1)",
        "another f": f"(lambda f: f(1))(lambda x: {output})",
        "f anew": f"(f := lambda *given: {output}) and f(1)",
        "a choice": f"f(1) if False else {output}",
        "a condition": f"{output} if True else f(1)",
        "compared": f"f({arguments}) == {output}",
        "by a global": f"globals().update(f=lambda *given: {output}) or f(1)",
        "by the argument": f"f(globals().update(f=lambda *given: {output}))",
        "a text": f"{output} + ('f(' and '')",
        "equal to all": "f(type('E', (), {'__eq__': lambda self, other: True})())",
        "a space before": f"f ({arguments})",
        "two calls": f"f({arguments}), f({arguments})",
        "a message": f"f({arguments}), 'f'",
        "another statement": f"f({arguments})\nf = None",
        "leaves": "f(__import__('sys').exit(0))",
        "leaves at once": "f(__import__('os')._exit(0))",
        "reads a file": "f(open('/etc/hostname').read())",
        "f itself": "f(f)",
    }
