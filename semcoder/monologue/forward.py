"""Forward monologues: the execution told in its order, to the output (paper section 4.2.1, App. G and I)."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from semcoder.monologue.activations import Activation, Step
from semcoder.monologue.invariants import invariants
from semcoder.monologue.listing import Listing
from semcoder.monologue.loops import (
    Item,
    Iteration,
    Round,
    branches,
    changed,
    grouped,
    targets,
    values_by_iteration,
)
from semcoder.monologue.narrate import Narrator
from semcoder.monologue.wording import Wording, counted, listed, sentence, span, value


@dataclass(frozen=True)
class Detail:
    """How much is told. Loops that stand in a loop are inner ones."""

    limit: int = 160
    """Characters of the longest value shown."""
    outer: tuple[int, int] | None = None
    """How many first and last iterations are told in full; None for all."""
    inner: tuple[int, int] | None = None
    calls: int | None = None
    """How many calls of one function are told step by step; None for all."""
    series: int = 160
    """Characters of the longest series of values, one an iteration."""
    invariants: bool = True
    """Whether what stays true in a loop is told with its summary."""


DECIDING = (
    *(ast.If, ast.While, ast.For, ast.AsyncFor, ast.Assert, ast.Raise, ast.Return, ast.Break, ast.Continue),
    *(ast.match_case, ast.ExceptHandler),
)
"""Statements that decide where the execution goes on."""
CONTAINERS = ("[", "{", "(")
"""Their values, one an iteration, are too much to take in; the last says more."""
LEVELS = (
    Detail(),
    Detail(inner=(2, 1), calls=1),
    Detail(inner=(1, 1), calls=1, outer=(6, 2)),
    Detail(inner=(1, 1), calls=1, outer=(3, 1)),
    Detail(inner=(1, 0), calls=1, outer=(2, 1), limit=120, series=120),
    Detail(inner=(0, 0), calls=0, outer=(1, 1), limit=80, series=100),
    Detail(inner=(0, 0), calls=0, outer=(0, 0), limit=60, series=60),
    Detail(inner=(0, 0), calls=0, outer=(0, 0), limit=30, series=30, invariants=False),
)
"""From the full telling to the shortest; the first that fits is taken."""


@dataclass(slots=True)
class Bullet:
    """A point of the telling and the points under it."""

    text: str
    children: list["Bullet"] = field(default_factory=list)


class Simulation:
    """Tells one call of a program."""

    def __init__(
        self, root: Activation, listing: Listing, wording: Wording, detail: Detail, offset: int
    ) -> None:
        self._root = root
        self._listing = listing
        self._wording = wording
        self._detail = detail
        self._offset = offset
        self._narrator = Narrator(listing, wording, detail.limit, root)
        self._told_calls: dict[str, int] = {}
        self._cited: set[int] = set()
        self._hidden: dict[int, tuple[Step, Activation]] = {}
        """The first step on each line that decides or changes something where only a summary is told."""

    def numbered(self) -> str:
        """The section's text: a numbered list."""
        root = self._root
        bullets = [Bullet(self._labelled(root.line, self._entered(root)))]
        owners: dict[int, Bullet] = {}
        for item in grouped(root, self._listing):
            found = self._bullets([item], root, 0)
            bullets += found
            for line in self._hidden.keys() - owners.keys():
                owners[line] = bullets[-1]
        self._add_left_out(owners)
        lines: list[str] = []
        for number, bullet in enumerate(bullets, 1):
            lines.append(f"{number}. {bullet.text}")
            _indented(bullet.children, "   ", lines)
        return "\n".join(lines)

    def _entered(self, root: Activation) -> str:
        name = span(root.name)
        if not root.arguments:
            return self._wording.say("enter_bare", call=name)
        return self._wording.say("enter_root", call=name, claims=self._narrator.claims(root.arguments))

    def _labelled(self, line: int, told: str) -> str:
        return f"{self._label(line)}: {sentence(told)}"

    def _label(self, line: int) -> str:
        self._cited.add(line)
        return f"[L{line + self._offset}]"

    # What summaries pass over

    def _hide(self, steps: Iterable[Step], activation: Activation) -> None:
        """Note steps that are not told one by one, and those of the calls in them."""
        for step in steps:
            gives = step.raised or (step.last and activation.returned not in (None, "None"))
            deciding = isinstance(self._listing.statement(step.line), DECIDING)
            if step.changes or step.removed or gives or deciding:
                self._hidden.setdefault(step.line, (step, activation))
            for call in step.calls:
                self._hide(call.steps, call)

    def _add_left_out(self, owners: Mapping[int, Bullet]) -> None:
        """Tell the first execution of every line not spoken of (paper section 4.2.1: coverage), where it belongs."""
        told: dict[int, tuple[Bullet, list[str]]] = {}
        for line, (step, activation) in sorted(self._hidden.items()):
            if line not in self._cited:
                self._narrator.turn()
                said = self._narrator.step(step, activation) or self._listing.lines[line - 1].strip()
                bullet = owners[line]
                told.setdefault(id(bullet), (bullet, []))[1].append(self._labelled(line, said))
        for bullet, lines in told.values():
            bullet.children.append(Bullet(f"{self._wording.say('left_out')}: {' '.join(lines)}"))

    def _bullets(self, items: Sequence[Item], activation: Activation, depth: int) -> list[Bullet]:
        """One bullet an item, without those that have nothing to tell. `depth` counts the loops around."""
        bullets: list[Bullet] = []
        for item in items:
            if not depth:
                self._narrator.turn()
            found = (
                self._round(item, activation, depth)
                if isinstance(item, Round)
                else self._step(item, activation)
            )
            bullets += [found] if found.text else []
        return bullets

    # Steps and the calls inside them

    def _step(self, step: Step, activation: Activation) -> Bullet:
        within, brief = self._calls(step)
        told = self._narrator.step(step, activation)
        told = f"{brief}; {told}" if brief and told else told or brief
        if not within:
            return Bullet(self._labelled(step.line, told) if told else "")
        result = [Bullet(self._labelled(step.line, told))] if told else []
        if len(within) == 1:
            return Bullet(self._labelled(step.line, within[0].text), within[0].children + result)
        text = f"this makes {counted(len(within), 'call')}:"
        capital = [Bullet(sentence(each.text), each.children) for each in within]
        return Bullet(self._labelled(step.line, text), capital + result)

    def _calls(self, step: Step) -> tuple[list[Bullet], str]:
        """The calls of a step: as points where one of them is told step by step, else in one phrase."""
        calls = [call for call in step.calls if not self._silent(call)]
        for call in step.calls if len(calls) < len(step.calls) else ():
            if self._silent(call):
                self._hide(call.steps, call)
        if not any(self._in_full(call) for call in calls):
            return [], self._brief(calls)
        return [self._call(call) for call in calls], ""

    def _in_full(self, call: Activation) -> bool:
        most = self._detail.calls
        return _eventful(call) and (most is None or self._told_calls.get(call.scope, 0) < most)

    def _call(self, call: Activation) -> Bullet:
        if not self._in_full(call):
            self._hide(call.steps, call)
            return Bullet(self._narrator.returned(call))
        self._told_calls[call.scope] = self._told_calls.get(call.scope, 0) + 1
        if isinstance(self._listing.statement(call.line), ast.ClassDef):
            text = f"the body of {span(call.name)} runs"
        elif call.line in self._listing.generators:
            text = (
                self._narrator.returned(call)
                if not self._narrator.exhausted(call)
                else f"{span(call.name)} runs to its end"
            )
        else:
            text = self._wording.say("enter", call=self._narrator.call(call))
        self._narrator.turn()
        children = self._bullets(grouped(call, self._listing), call, 0)
        self._narrator.turn()
        return Bullet(text, children)

    def _silent(self, call: Activation) -> bool:
        """A generator's last resumption, and a class body that does nothing, have nothing to tell."""
        quiet = isinstance(self._listing.statement(call.line), ast.ClassDef) or self._narrator.exhausted(call)
        return quiet and not any(step.changes or step.calls for step in call.steps)

    def _brief(self, calls: Sequence[Activation]) -> str:
        if not calls:
            return ""
        for call in calls:
            self._hide(call.steps, call)
        if len(calls) <= 4:
            return listed([self._narrator.returned(call) for call in calls])
        names = list(dict.fromkeys(span(call.name.replace("<lambda>", "lambda")) for call in calls))
        results = [call.returned for call in calls]
        series = ", ".join(span(text) for text in results if text is not None)
        if len(names) == 1 and None not in results and len(series) <= self._detail.series:
            return f"{names[0]} runs {len(calls)} times and returns {series} in turn"
        first, last = self._narrator.returned(calls[0]), self._narrator.returned(calls[-1])
        return f"{listed(names)} run{'s' * (len(names) == 1)} {len(calls)} times: first {first}, last {last}"

    # Loops

    def _round(self, run: Round, activation: Activation, depth: int) -> Bullet:
        node, n = run.node, len(run.iterations)
        first = run.iterations[0].header if n else run.end
        assert first is not None
        within, brief = self._calls(first) if not n else ([], "")
        head = f"{brief}; " if brief else ""
        if isinstance(node, ast.While):
            source = self._listing.short(node.test)
            head += self._wording.say("while", test=span(source)) if source else "the loop begins"
        else:
            source = self._listing.short(node.iter)
            head += self._wording.say("for", iter=span(source)) if source else self._wording.say("for_long")
        if not n:
            return self._no_iterations(run, head, within, activation)
        bullet = Bullet(self._labelled(node.lineno, head))
        detail = self._detail.inner if depth else self._detail.outer
        keep_first, keep_last = (n, 0) if detail is None or n <= sum(detail) + 1 else detail
        for at, iteration in enumerate(run.iterations[:keep_first]):
            bullet.children.append(self._iteration(at + 1, iteration, run, activation, depth))
        if keep_first + keep_last < n:
            bullet.children.append(self._summary(run, keep_first, n - keep_last))
            for iteration in run.iterations[keep_first : n - keep_last]:
                self._hide(iteration.steps(), activation)
        for at in range(max(keep_first, n - keep_last), n):
            bullet.children.append(self._iteration(at + 1, run.iterations[at], run, activation, depth))
        if run.end is not None:
            self._narrator.turn()
            bullet.children += self._end(run, run.end, activation)
        return bullet

    def _no_iterations(self, run: Round, head: str, within: list[Bullet], activation: Activation) -> Bullet:
        end = run.end
        assert end is not None
        if end.raised:
            told = self._narrator.step(end, activation)
        elif isinstance(run.node, ast.While):
            told = f"{self._narrator.test(run.node.test, end, False)}, so the loop body never runs"
        else:
            told = f"{head}; {self._wording.say('never')}"
        return Bullet(self._labelled(end.line, told), within)

    def _iteration(
        self, number: int, iteration: Iteration, run: Round, activation: Activation, depth: int
    ) -> Bullet:
        self._narrator.turn()
        parts, brief = self._calls(iteration.header)
        heads = [brief] if brief else []
        if len(parts) == 1 and parts[0].children:
            heads.append(parts[0].text)
            parts = parts[0].children
        heads.append(self._header(iteration.header, run, activation))
        text = "; ".join(head for head in heads if head)
        bullet = Bullet(f"**Iteration {number}**: {sentence(text) if text else ''}".rstrip(" "), parts)
        last = bullet
        for part in self._bullets(iteration.body, activation, depth + 1):
            if part.children or last.children:
                bullet.children.append(part)
                last = part
            else:
                last.text += f" {part.text}"
        return bullet

    def _header(self, header: Step, run: Round, activation: Activation) -> str:
        """What begins an iteration: the items taken, or the test."""
        if isinstance(run.node, ast.While):
            if self._listing.shared(header.line):
                return self._narrator.step(header, activation)
            constant = isinstance(run.node.test, ast.Constant)
            return "" if constant else self._narrator.test(run.node.test, header, True)
        names = targets(run.node)
        states = {name: header.after(name) for name in names}
        known = {name: text for name, text in states.items() if text is not None}
        return self._narrator.claims(known | header.changes, names)

    def _end(self, run: Round, end: Step, activation: Activation) -> list[Bullet]:
        if end.raised:
            return [Bullet(self._labelled(end.line, self._narrator.step(end, activation)))]
        if isinstance(run.node, ast.While):
            told = self._narrator.test(run.node.test, end, False) + self._wording.say("failed")
            return [Bullet(self._labelled(end.line, told))]
        within, brief = self._calls(end)
        told = self._wording.say("exhausted", n=counted(len(run.iterations), "iteration"))
        if end.changes:
            told += f", with {self._narrator.claims(end.changes)}"
        return [
            *(Bullet(sentence(each.text), each.children) for each in within),
            Bullet(sentence(f"{brief}; {told}" if brief else told)),
        ]

    def _summary(self, run: Round, start: int, stop: int) -> Bullet:
        """What happened in iterations `start`+1 to `stop`, told without their steps."""
        some = run.iterations[start:stop]
        facts: list[str] = []
        bound = targets(run.node)
        for name in bound:
            texts = [iteration.header.after(name) for iteration in some]
            facts += self._series("takes", name, [text for text in texts if text is not None], len(some))
        before = some[0].header.before
        for name in changed(some):
            texts_after = values_by_iteration(name, some)
            if name in bound or texts_after is None:
                continue
            if name in before:
                facts += self._series("becomes", name, texts_after, len(some))
            else:
                shown = value(texts_after[-1], self._detail.limit)
                facts.append(self._wording.say("ends_as", name=span(name), value=shown))
        for line, outcomes in branches(some, self._listing).items():
            hits = [str(start + at) for at, outcome in enumerate(outcomes, 1) if outcome]
            label = f"the test at {self._label(line)}"
            if len(hits) == len(some):
                facts.append(f"{label} is true every time")
            elif not hits:
                facts.append(f"{label} is never true")
            elif len(hits) <= 6:
                noun = "iteration" if len(hits) == 1 else "iterations"
                facts.append(f"{label} is true in {noun} {listed(hits)}")
            else:
                facts.append(f"{label} is true in {len(hits)} of them")
        holds = [span(each) for each in invariants(run, self._listing)] if self._detail.invariants else []
        if holds:
            facts.append(self._wording.say("invariant", facts=listed(holds)))
        title = f"**Iterations {start + 1} to {stop}**" if len(some) > 1 else f"**Iteration {stop}**"
        return Bullet(f"{title}: {sentence('; '.join(facts))}" if facts else f"{title}: No variable changes.")

    def _series(self, form: str, name: str, texts: Sequence[str], n: int) -> list[str]:
        if len(texts) != n:
            return []
        series = ", ".join(span(text) for text in texts)
        if len(series) <= self._detail.series and (n <= 2 or not texts[-1].startswith(CONTAINERS)):
            return [self._wording.say(form, name=span(name), values=series)]
        return [self._wording.say("ends_as", name=span(name), value=value(texts[-1], self._detail.limit))]


def _eventful(call: Activation) -> bool:
    """Whether there is more to tell of a call than what it returned."""
    if call.name.endswith("<lambda>"):
        return any(step.calls for step in call.steps)
    return len(call.steps) > 1 or any(step.changes or step.calls for step in call.steps)


def _indented(bullets: Sequence[Bullet], indent: str, lines: list[str]) -> None:
    for bullet in bullets:
        lines.append(f"{indent}- {bullet.text}")
        _indented(bullet.children, indent + "  ", lines)
