"""The answer to a state question by another way than tracing: the program notes its own steps as it runs."""

import ast

from semcoder.evaluation.benchmarks.states import StateQuestion
from semcoder.evaluation.states import _call
from semcoder.execution.api import Job

NOTES = """
import copy
semcoder_ran, semcoder_after, semcoder_rounds = [], [], []
def semcoder_at(line):
    semcoder_ran.append(line)
    return True
def semcoder_then(line, names, name):
    semcoder_after.append((line, copy.deepcopy(names.get(name))))
def semcoder_round(line):
    semcoder_rounds.append(line)
def semcoder_each(line, items):
    items = iter(items)
    while semcoder_at(line):
        try:
            yield next(items)
        except StopIteration:
            semcoder_after.append((line, None))  # it ran, and there was no other round
            return
"""


class _Noting(ast.NodeTransformer):
    def __init__(self, variable: str) -> None:
        self._variable = variable

    def note(self, what: str, line: int) -> ast.stmt:
        more = f", locals(), {self._variable!r}" if what == "then" else ""
        return ast.parse(f"semcoder_{what}({line}{more})").body[0]

    def block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for each in body:
            line = each.lineno
            if isinstance(each, ast.For):
                iterated = ast.parse(f"semcoder_each({line}, _)", mode="eval").body
                assert isinstance(iterated, ast.Call)
                iterated.args[1] = each.iter
                each.iter = iterated
                each.body = [self.note("then", line), self.note("round", line), *self.block(each.body)]
                found.append(each)
            elif isinstance(each, ast.While):
                asked = ast.parse(f"semcoder_at({line})", mode="eval").body
                each.test = ast.BoolOp(ast.And(), [asked, each.test])
                each.body = [self.note("round", line), *self.block(each.body)]
                found.append(each)
            else:
                for field in ("body", "orelse", "finalbody"):
                    if isinstance(inner := getattr(each, field, None), list) and inner:
                        setattr(each, field, self.block(inner))
                for handler in getattr(each, "handlers", ()):
                    handler.body = self.block(handler.body)
                found += [self.note("at", line), each, self.note("then", line)]
                continue
            if each.orelse:
                each.orelse = self.block(each.orelse)
        return found


def job(question: StateQuestion) -> Job:
    """What returns the answer that `question.output` should be."""
    module = ast.parse(question.code)
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name == question.entry_point:
            node.body = _Noting(question.variable).block(node.body)
    answers = {
        "value": f"[value for line, value in semcoder_after if line == {question.line}][{question.time - 1}]",
        "next": "semcoder_ran["
        f"[at for at, line in enumerate(semcoder_ran) if line == {question.line}][{question.time - 1}] + 1]",
        "loop": f"semcoder_rounds.count({question.line})",
    }
    code = ast.unparse(ast.fix_missing_locations(module))
    tail = (
        f"def semcoder_watched(*args, **kwargs):\n    {question.entry_point}(*args, **kwargs)\n"
        f"    return {answers[question.kind]}\n"
    )
    return Job(question.id, f"{NOTES}\n{code}\n{tail}", "semcoder_watched", (_call(question.arguments),))
