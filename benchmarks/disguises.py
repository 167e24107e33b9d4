"""Programs around a right one: its results in other types, and what tries to pass without being right.

Each is appended to the reference's source, so that it takes the place of the function asked for.
"""

import ast
import random
from collections.abc import Iterator

DRESSES = {
    "as it is": "{name} = {name}",
    "a lambda": "{name} = lambda *given, _right={name}: _right(*given)",
    "with output": """
def {name}(*given, _right={name}, _told=[]):
    if len(_told) < 20:
        _told.append(print('working', given))
    return _right(*given)
""",
    "with imports": """
import os, sys, re, json, numpy
{name} = {name}
""",
    "counting calls": """
_calls = []
def {name}(*given, _right={name}):
    _calls.append(given)
    return _right(*given)
""",
    "a callable object": """
class _Right:
    def __init__(self, f): self.f = f
    def __call__(self, *given): return self.f(*given)
{name} = _Right({name})
""",
    "deep recursion": """
import sys
sys.setrecursionlimit(100000)
def {name}(*given, _right={name}, _left=500):
    return {name}(*given, _left=_left - 1) if _left else _right(*given)
""",
}
RESULTS = {
    "a subclass": "type('Sub', (type(_value),), dict())(_value) "
    "if type(_value) in (int, str, list, float, tuple, dict) else _value",
    "an ordered dict": "__import__('collections').OrderedDict(_value) if type(_value) is dict else _value",
    "a default dict": "__import__('collections').defaultdict(int, _value) "
    "if type(_value) is dict else _value",
    "a tuple for a list": "tuple(_value) if type(_value) is list else _value",
    "a list for a tuple": "list(_value) if type(_value) is tuple else _value",
    "a set for a list": "set(_value) if type(_value) is list else _value",
    "a float for an int": "float(_value) if type(_value) is int else _value",
    "an int for a bool": "int(_value) if type(_value) is bool else _value",
    "a numpy number": "__import__('numpy').array([_value])[0] "
    "if type(_value) in (int, float, bool) else _value",
    "a numpy array": "__import__('numpy').array(_value) if type(_value) is list else _value",
    "a fraction": "__import__('fractions').Fraction(_value) if type(_value) in (int, float) else _value",
    "a decimal": "__import__('decimal').Decimal(_value) if type(_value) in (int, float) else _value",
    "a complex": "complex(_value) if type(_value) in (int, float) else _value",
    "a deque": "__import__('collections').deque(_value) if type(_value) is list else _value",
    "an iterator": "iter(_value) if type(_value) is list else _value",
    "bytes": "_value.encode() if type(_value) is str else _value",
    "slightly more": "_value + 1e-9 if type(_value) is float else _value",
    "more": "_value + 1e-3 if type(_value) is float else _value",
    "one more": "_value + 1 if type(_value) is int else _value",
    "turned round": "_value[::-1] if type(_value) in (list, str, tuple) else _value",
    "nothing": "None",
    "the argument": "given[0] if given else None",
}
HOSTILE = {
    "equals everything": """
class _Any:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
def {name}(*given): return _Any()
""",
    "an int that equals everything": """
class _Any(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def {name}(*given): return _Any(7)
""",
    "a list that equals everything": """
class _Any(list):
    def __eq__(self, other): return True
def {name}(*given): return _Any([0])
""",
    "takes what is expected": """
import sys
def {name}(*given):
    frame = sys._getframe()
    while frame:
        for key in ('expected', 'exp'):
            if key in frame.f_locals:
                found = frame.f_locals[key]
                return found[frame.f_locals.get('i', 0)] if key == 'expected' else found
        frame = frame.f_back
""",
    "sets the verdict": """
import sys
def {name}(*given):
    frame = sys._getframe()
    while frame:
        if 'stat' in frame.f_locals and 'progress' in frame.f_locals:
            kept = frame.f_locals
            for i in range(len(kept['inputs'])): kept['details'][i] = True
            kept['progress'].value = len(kept['inputs'])
            kept['stat'].value = 0
            import os
            os._exit(0)
        frame = frame.f_back
""",
    "patches numpy": """
import numpy
numpy.allclose = lambda *a, **k: True
def {name}(*given): return 0.5
""",
    "patches builtins": """
import builtins
builtins.set = lambda *a: 0
builtins.abs = lambda *a: 0
def {name}(*given): return 0
""",
    "leaves at once": """
import os
os._exit(0)
""",
    "leaves": """
import sys
sys.exit(0)
""",
    "leaves when called": "def {name}(*given): raise SystemExit(0)",
    "never ends": """
def {name}(*given):
    while True: pass
""",
    "endless recursion": "def {name}(*given): return {name}(*given)",
    "much memory": "def {name}(*given): return [0] * (1 << 40)",
    "reads": "def {name}(*given): return input()",
    "raises": "def {name}(*given): raise AssertionError",
    "is gone": "del {name}",
    "is no function": "{name} = 7",
    "is no Python": "def {name}(*given) return 1",
    "empties its arguments": """
def {name}(*given):
    for each in given:
        if hasattr(each, 'clear'): each.clear()
    return None
""",
    "nothing": "def {name}(*given): pass",
    "true": "def {name}(*given): return True",
    "zero": "def {name}(*given): return 0",
    "empty": "def {name}(*given): return []",
}


def around(reference: str, name: str, count: int, draw: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, program): the reference, then `count` of each sort."""
    yield "reference", reference
    inner = _apart(reference, name)
    for kind, text in draw.sample(sorted(DRESSES.items()), count):
        yield f"right: {kind}", f"{inner}\n\n{text.format(name=name)}\n"
    for kind, text in draw.sample(sorted(RESULTS.items()), count):
        body = f"def {name}(*given, _right={name}):\n    _value = _right(*given)\n    return {text}\n"
        yield f"result: {kind}", f"{inner}\n\n{body}"
    for kind, text in draw.sample(sorted(HOSTILE.items()), count):
        yield f"hostile: {kind}", f"{reference}\n\n{text.format(name=name)}\n"


def _apart(reference: str, name: str) -> str:
    """A reference that calls itself by another name: else each of its calls would wear the dress, and time decide."""
    tree = ast.parse(reference)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    if not calls:
        return reference
    for node in calls:
        node.id = f"{name}_inner"
    for definition in ast.walk(tree):
        if isinstance(definition, ast.FunctionDef) and definition.name == name:
            definition.name = f"{name}_inner"
    return f"{ast.unparse(tree)}\n\n{name} = {name}_inner\n"


def blank(reference: str, name: str) -> Iterator[tuple[str, str]]:
    """Answers that are none."""
    yield "empty", ""
    yield "prose", "I would loop over the list and return the result."
    yield "another function", ast.unparse(ast.parse(reference)).replace(f"def {name}(", f"def {name}_2(")
