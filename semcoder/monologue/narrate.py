"""What one step did, in a sentence: every statement that can stand on a line."""

import ast
from collections.abc import Iterable

from semcoder.monologue.activations import Activation, Step, Untellable
from semcoder.monologue.difference import changed_part
from semcoder.monologue.evaluate import parsed
from semcoder.monologue.listing import Listing, names_bound
from semcoder.monologue.nodes import Function, walk
from semcoder.monologue.reasons import Reasons, Told
from semcoder.monologue.wording import Wording, claim, listed, span, value

ADDING = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply"}


class Narrator:
    """Tells steps of one program. `limit` is the length in characters of the longest value shown."""

    def __init__(self, listing: Listing, wording: Wording, limit: int, root: Activation) -> None:
        self.root = root
        self.listing = listing
        self.wording = wording
        self.limit = limit
        self.told = Told()
        self.reasons = Reasons(listing, self.told, limit)
        self._explained: set[int] = set()
        self._before: dict[str, str] = {}

    def turn(self) -> None:
        """The reader's eye moves to a new bullet: values stated before may be stated again."""
        self.told.now.clear()

    def step(self, step: Step, activation: Activation) -> str:
        """What `step` did, or nothing where there is nothing to tell. Raises Untellable."""
        statement = self.listing.statement(step.line)
        if statement is None:
            raise Untellable(f"no statement begins on line {step.line}")
        self._before = step.before
        if step.raised:
            return self._raised(statement, step)
        if activation.name.endswith("<lambda>") and step.last and activation.returned is not None:
            return self.wording.say("lambda", value=value(activation.returned, self.limit))
        if step.last and activation.returned is not None and _yields(statement):
            return self.wording.say("yield", value=value(activation.returned, self.limit))
        shared = self.listing.shared(step.line)
        told = self._shared(statement, step) if shared else self._statement(statement, step)
        if step.last and activation.returned is not None and not isinstance(statement, ast.Return):
            told = "; ".join(part for part in (told, self._left(step, activation)) if part)
        elif step.last and activation.returned is not None:
            told = self._return(statement, step, activation.returned)
        return told

    def claims(self, changes: dict[str, str], first: Iterable[str] = ()) -> str:
        """The changed variables, those named in `first` before the others."""
        order = [name for name in first if name in changes]
        order += [name for name in changes if name not in order]
        return (
            listed([self.claim(name, changes[name], self._before.get(name)) for name in order])
            if order
            else ""
        )

    def claim(self, name: str, text: str, before: str | None = None) -> str:
        """One variable's state; where it is too long to show, what is new in it."""
        self.told.state(name, text)
        if before is not None and before != text and len(text) > self.limit:
            return changed_part(name, before, text, self.limit)
        return claim(name, text, self.limit)

    def call(self, activation: Activation) -> str:
        """A call as code, with the values of its arguments: `helper(3, k=2)`."""
        function = self.listing.functions.get(activation.line)
        given = {name: text for name, text in activation.arguments.items() if name not in ("self", "cls")}
        positional: list[str] = []
        if isinstance(function, Function):
            plain = function.args.posonlyargs + function.args.args
            positional = [arg.arg for arg in plain]
        is_lambda = activation.name.endswith("<lambda>")
        parts = [
            text if is_lambda or name in positional else f"{name}={text}" for name, text in given.items()
        ]
        text = f"{activation.name.replace('<lambda>', 'lambda')}({', '.join(parts)})"
        shown = len(text) <= self.limit and not any(each.startswith("<") for each in given.values())
        return span(
            text if shown and "<traceback" not in text else activation.name.replace("<lambda>", "lambda")
        )

    def returned(self, activation: Activation) -> str:
        """`helper(3)` returns `6`; or what a generator yields, or what is raised."""
        if activation.returned is None:
            return f"{self.call(activation)} raises {span(activation.raised)}"
        shown = value(activation.returned, self.limit)
        if activation.line in self.listing.generators:
            return self.wording.say("yields_call", name=span(activation.name), value=shown)
        return self.wording.say("returns_call", call=self.call(activation), value=shown)

    def exhausted(self, activation: Activation) -> bool:
        """Whether a generator was resumed here only to end."""
        if activation.line not in self.listing.generators or activation.returned is None:
            return False
        last = self.listing.statement(activation.steps[-1].line) if activation.steps else None
        if last is not None and self.listing.shared(activation.steps[-1].line):
            return activation.returned == "None"
        return not _yields(last)

    def test(self, test: ast.expr, step: Step, outcome: bool) -> str:
        """A test with its outcome and reason."""
        source = self.listing.short(test)
        because = self.reasons.because(test, step, outcome)
        shown = span(source) if source else "the condition"
        told = self.wording.say("true" if outcome else "false", test=shown, because=because)
        new = {name: text for name, text in step.changes.items() if not self.told.knows(name, text)}
        return f"{told}, and {self.claims(new)}" if new else told

    def _statement(self, statement: ast.AST, step: Step) -> str:
        match statement:
            case ast.Assign(targets=[target]) | ast.AnnAssign(target=target):
                return self._assign(statement, target, step)
            case ast.Assign(targets=[*targets], value=expression):
                names = [name for target in targets for name in names_bound(target)]
                return self._computed(statement, expression, self._stated(names, step), step)
            case ast.AugAssign():
                return self._augmented(statement, step)
            case ast.If(test=test):
                return self._branch(statement, test, step)
            case ast.Expr(value=ast.Call(func=ast.Attribute(attr="append"), args=[item])) if step.changes:
                return self._with_operand("append", item, step, self.claims(step.changes)) or self._effect(
                    statement, step
                )
            case ast.Delete() if step.removed:
                source = span(self.listing.source(statement))
                gone = listed([span(name) for name in step.removed])
                return self.wording.say("delete", source=source, names=gone)
            case ast.Break() | ast.Continue() | ast.Pass():
                return self.wording.say(type(statement).__name__.lower())
            case ast.Assert(test=test):
                shown = span(self.listing.short(test) or "assert")
                return self.wording.say("holds", test=shown) + self.reasons.because(test, step, True)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                noun = "class" if isinstance(statement, ast.ClassDef) else "function"
                return self.wording.say("define", what=f"the {noun} {span(statement.name)}")
            case ast.Import() | ast.ImportFrom():
                return self.wording.say("import", source=span(self.listing.source(statement)))
            case ast.ExceptHandler(type=kind):
                caught = f"except {self.listing.source(kind)}" if kind else "except"
                return self.wording.say("catches", handler=span(caught))
            case ast.With() | ast.AsyncWith():
                return self._with(statement, step)
            case ast.Match(subject=subject):
                fact, shown = self.reasons.operand(subject, step.before)
                return self.wording.say("subject", subject=fact or shown or "the subject")
            case ast.match_case(pattern=pattern):
                return self._case(statement, pattern, step)
            case ast.For() | ast.AsyncFor() if step.changes:
                return self.wording.say("next", claims=self.claims(step.changes))
            case ast.For() | ast.AsyncFor():
                return self.wording.say(
                    "goes_on" if within(self.listing, statement.body, step.following) else "over"
                )
            case ast.While(test=ast.Constant() as test):
                return self.wording.say("while", test=span(self.listing.source(test)))
            case ast.While(test=test):
                return self.test(test, step, within(self.listing, statement.body, step.following))
            case ast.Return(value=kept) if not step.last:
                source = self.listing.short(kept) if kept else ""
                return self.wording.say("return_later", value=span(source) if source else "the value")
            case ast.Return():
                return ""
            case ast.Try() if not step.changes:
                return ""
        return self._effect(statement, step)

    def _assign(self, statement: ast.AST, target: ast.expr, step: Step) -> str:
        names, expression = names_bound(target), getattr(statement, "value", None)
        if expression is None:
            return ""
        if not isinstance(target, ast.Name | ast.Tuple | ast.List) or not names:
            return self._effect(statement, step)
        source = self.listing.short(expression)
        claims = self._stated(names, step)
        if isinstance(target, ast.Name) and same_literal(source, step.after(target.id)):
            first = target.id not in step.before and not self.listing.loops(step.line)
            return self.wording.say("start" if first else "bind", claims=claims)
        if source and not isinstance(target, ast.Name):
            told = self.wording.say("unpack", expr=span(source), claims=claims)
            return told + self.reasons.choices(statement, step)
        return self._computed(statement, expression, claims, step)

    def _computed(self, statement: ast.AST, expression: ast.expr, claims: str, step: Step) -> str:
        """What an expression gave; `claims` are the states of the names that it was assigned to."""
        source = self.listing.short(expression)
        reason = self.reasons.choices(statement, step)
        if not claims:
            return self._effect(statement, step)
        if not source:
            return self.wording.say("compute_long", claims=claims) + reason
        if isinstance(expression, ast.Name):
            return self.wording.say("copy", name=span(source), claims=claims)
        form = "compute" if step.changes else "again"
        told = self.wording.say(form, expr=span(source), claims=claims) + reason
        return self._with_workings(told, expression, step)

    def _with_workings(self, told: str, expression: ast.expr, step: Step) -> str:
        workings = self.reasons.workings(expression, step)
        return f"{workings}; {told}" if workings else told

    def _stated(self, names: list[str], step: Step) -> str:
        """The states of the names that a statement binds, and whatever else it changed."""
        states = {name: step.after(name) for name in names}
        known = {name: text for name, text in states.items() if text is not None}
        return self.claims(known | step.changes, names)

    def _augmented(self, statement: ast.AugAssign, step: Step) -> str:
        form = ADDING.get(type(statement.op))
        if not isinstance(statement.target, ast.Name):
            return self._effect(statement, step)
        if not step.changes and statement.target.id in step.before:
            return self._kept(statement, statement.target.id, step)
        if not form or not step.changes:
            return self._effect(statement, step)
        claims = self.claims(step.changes, [statement.target.id])
        told = self._with_operand(form, statement.value, step, claims)
        return told + self.reasons.choices(statement, step) if told else self._effect(statement, step)

    def _kept(self, statement: ast.AugAssign, name: str, step: Step) -> str:
        """An augmented assignment that gave the value that was there before."""
        fact, _ = self.reasons.operand(statement.value, step.before)
        source = self.listing.short(statement)
        claims = self.claim(name, step.before[name])
        told = self.wording.say("kept", source=span(source) if source else "the statement", claims=claims)
        return f"{fact}; {told}" if fact else told

    def _with_operand(self, form: str, operand: ast.expr, step: Step, claims: str) -> str:
        """What adding an operand gave, with the operand's own value; nothing where it is too long to show."""
        fact, shown = self.reasons.operand(operand, step.before)
        if not shown:
            return ""
        told = self.wording.say(form, operand=shown, claims=claims)
        return f"{fact}; {told}" if fact else told

    def _effect(self, statement: ast.AST, step: Step) -> str:
        reason = self.reasons.choices(statement, step) if isinstance(statement, ast.stmt) else ""
        simple = not isinstance(statement, ast.stmt) or not hasattr(statement, "body")
        source = self.listing.short(statement) if simple else ""
        if step.changes:
            form = "effect" if source else "effect_long"
            return self.wording.say(form, source=span(source), claims=self.claims(step.changes)) + reason
        if step.removed:
            names = listed([span(name) for name in step.removed])
            return self.wording.say("delete", source=span(source) if source else "this", names=names)
        return self.wording.say("no_effect", source=span(source)) + reason if source else ""

    def _branch(self, statement: ast.If, test: ast.expr, step: Step) -> str:
        outcome = within(self.listing, statement.body, step.following)
        told = self.test(test, step, outcome)
        if step.line in self._explained:
            return told
        self._explained.add(step.line)
        if outcome:
            return told + self.wording.say("into")
        chained = len(statement.orelse) == 1 and isinstance(statement.orelse[0], ast.If)
        if chained:
            return told
        return told + self.wording.say("otherwise" if statement.orelse else "past")

    def _shared(self, statement: ast.AST, step: Step) -> str:
        """A line with several statements: what it changed, and the test where its outcome follows."""
        if isinstance(statement, ast.If | ast.While):
            outcome = self.reasons.truth(statement.test, step.before)
            if outcome is None and (step.changes or step.last) and not statement.orelse:
                outcome = True
            if outcome is not None:
                source = span(self.listing.short(statement.test) or "the condition")
                told = self.wording.say("true" if outcome else "false", test=source, because="")
                because = self.reasons.because(statement.test, step, outcome) if not step.changes else ""
                told += because
                return f"{told}, and {self.claims(step.changes)}" if step.changes else told
        if not step.changes:
            return ""
        return self.wording.say("effect_long", claims=self.claims(step.changes))

    def _with(self, statement: ast.With | ast.AsyncWith, step: Step) -> str:
        source = span(", ".join(self.listing.source(item.context_expr) for item in statement.items))
        entering = within(self.listing, statement.body, step.following)
        told = self.wording.say("enter_with" if entering else "leave_with", source=source)
        return f"{told}, with {self.claims(step.changes)}" if step.changes else told

    def _case(self, statement: ast.match_case, pattern: ast.AST, step: Step) -> str:
        matched = within(self.listing, statement.body, step.following)
        source = span(self.listing.source(pattern))
        told = self.wording.say("matched" if matched else "unmatched", pattern=source)
        return f"{told}, with {self.claims(step.changes)}" if step.changes else told

    def _return(self, statement: ast.AST, step: Step, text: str) -> str:
        expression = getattr(statement, "value", None)
        shown = value(text, self.limit)
        source = self.listing.short(expression) if expression else ""
        if expression is None or not source or same_literal(source, text):
            return self.wording.say("return_value", value=shown)
        told = self.wording.say("return", expr=span(source), value=shown) + self.reasons.choices(
            statement, step
        )
        return self._with_workings(told, expression, step)

    def _left(self, step: Step, activation: Activation) -> str:
        """The end of a function where no `return` stands; nothing where a helper simply ends."""
        assert activation.returned is not None
        if activation.line in self.listing.generators:
            return ""
        shown = value(activation.returned, self.limit)
        if activation.returned != "None" or self.listing.shared(step.line):
            return self.wording.say("return_value", value=shown)
        return "" if activation is not self.root else self.wording.say("return_none", value=shown)

    def _raised(self, statement: ast.AST, step: Step) -> str:
        error = span(step.raised)
        changed = f", with {self.claims(step.changes)}" if step.changes else ""
        if isinstance(statement, ast.Raise):
            return self.wording.say("raise", error=error) + changed
        computed = getattr(statement, "value", None) or getattr(statement, "test", None)
        source = self.listing.short(computed) if isinstance(computed, ast.expr) else ""
        if not source:
            return self.wording.say("raises_long", error=error) + changed
        return self.wording.say("raises", source=span(source), error=error) + changed


def same_literal(source: str, text: str | None) -> bool:
    """Whether code is a literal of this very value, so that there is nothing to compute."""
    if text is None or source == text:
        return source == text
    try:
        return bool(parsed(source) == parsed(text)) and type(parsed(source)) is type(parsed(text))
    except ValueError:
        return False


def within(listing: Listing, body: list[ast.stmt], line: int) -> bool:
    """Whether `line` stands in `body`."""
    first = listing.first_line.get(body[0].lineno, body[0].lineno)
    return first <= line <= (body[-1].end_lineno or first)


def _yields(statement: ast.AST | None) -> bool:
    """Whether a statement yields by itself, and not in the block under it."""
    if statement is None or hasattr(statement, "body"):
        return False
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in walk(statement))
