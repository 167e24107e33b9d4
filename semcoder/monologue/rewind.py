"""A loop told from its last iteration to its first."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from semcoder.monologue.activations import Step
from semcoder.monologue.difference import difference
from semcoder.monologue.evaluate import text_of
from semcoder.monologue.lifting import before_loop, lifted
from semcoder.monologue.listing import Listing, names_read
from semcoder.monologue.loops import Iteration, Round, branches, targets
from semcoder.monologue.nodes import is_long
from semcoder.monologue.openness import left_open
from semcoder.monologue.substitution import free
from semcoder.monologue.wording import Wording, claim, counted, listed, sentence, span

MAX_EXAMPLES = 2
MAX_EXPRESSION = 100


@dataclass(frozen=True)
class Depth:
    """How much of a deduction is told."""

    limit: int = 120
    """Characters of the longest value shown."""
    last: int = 3
    first: int = 1
    """How many of a loop's last and first iterations are told one by one, going back."""
    steps: int = 12
    """The most points between the output and the input."""
    series: int = 120
    """Characters of the longest series of values, one an iteration."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is told of iterations `first` to `last`, 0-based."""

    first: int
    last: int
    text: str


class Rewind:
    """Tells one run of a loop. `built` are the variables that matter further on and existed before the loop."""

    def __init__(
        self, listing: Listing, wording: Wording, run: Round, built: Sequence[str], depth: Depth
    ) -> None:
        self._listing = listing
        self._wording = wording
        self._run = run
        self._built = built
        self._depth = depth

    def lines(self) -> list[str]:
        """The opening sentence, then one line for each point under it."""
        first, last = self._depth.first, self._depth.last
        told = self._stretches()
        amounts = self._amounts()
        if amounts:  # the iterations are only to see it at work
            last = min(last, MAX_EXAMPLES)
        lines = [self._opening(), *amounts]
        if len(told) <= first + last + 1:
            lines += [each.text for each in told]
        else:
            lines += [each.text for each in told[:last]]
            lines += self._between(told[len(told) - first - 1].first, told[last].last)
            lines += [each.text for each in told[len(told) - first :]]
        if self._built:
            start = self._run.first().before
            claims = listed([claim(name, start[name], self._depth.limit) for name in self._built])
            lines.append(sentence(self._wording.say("back_start", claims=claims)))
        return lines + self._source()

    def _amounts(self) -> list[str]:
        """What the loop makes of what it builds, as one expression over the variables before it."""
        start = self._run.first().before
        *_, final = self._run.steps()
        found = lifted(self._run, self._listing, before_loop(self._run))
        told = []
        for name in self._built:
            node = found.variables.get(name) if found is not None and self._run.end is not None else None
            if node is None or is_long(node, MAX_EXPRESSION) or name in free(node):
                continue
            source = ast.unparse(node)
            if len(source) > MAX_EXPRESSION:
                continue
            if text_of(node, start, self._listing.names) == final.after(name):
                told.append(sentence(self._wording.say("back_amounts", name=span(name), expr=span(source))))
                what = left_open(node, final.after(name) or "", self._listing.foreign)
                told[-1] += f" {sentence(what)}" if what else ""
        return told

    def _opening(self) -> str:
        node, n = self._run.node, len(self._run.iterations)
        kind = "while" if isinstance(node, ast.While) else "over"
        source = self._listing.short(node.test if isinstance(node, ast.While) else node.iter)
        loop = f"the loop {kind} {span(source)}" if source else "the loop"
        if not self._built:
            return sentence(self._wording.say("back_loop_left", loop=loop, ran=counted(n, "iteration")))
        names = listed([span(name) for name in self._built])
        several = len(self._built) > 1
        was = "were" if several else "was"
        if n == 1:
            return sentence(self._wording.say("back_loop_once", loop=loop, names=names, was=was))
        form = "back_loops" if several else "back_loop"
        return sentence(self._wording.say(form, loop=loop, names=names, ran=counted(n, "iteration")))

    def _stretches(self) -> list[Stretch]:
        """What the iterations did, the last ones first; neighbours that changed nothing are told together."""
        told: list[Stretch] = []
        idle = ""
        for at in range(len(self._run.iterations) - 1, -1, -1):
            iteration = self._run.iterations[at]
            *_, final = iteration.steps()
            facts = self._did(iteration, final) or self._leaves(final)
            reason = self._tests(iteration)
            if not facts and told and idle == f"quiet {reason}":
                last = told.pop().last
                each = f", as {reason} each time" if reason else ""
                told.append(
                    Stretch(at, last, f"**Iterations {at + 1} to {last + 1}**: {self._same()}{each}.")
                )
                continue
            idle = "" if facts else f"quiet {reason}"
            because = f", as {reason}" if reason else ""
            told.append(Stretch(at, at, f"{self._title(at)}: {facts or self._same()}{because}."))
        return told

    def _title(self, at: int) -> str:
        header = self._run.iterations[at].header
        bound = {name: header.after(name) for name in targets(self._run.node)}
        shown = [claim(name, text, self._depth.limit) for name, text in bound.items() if text is not None]
        return f"**Iteration {at + 1}**" + (f" ({listed(shown)})" if shown else "")

    def _did(self, iteration: Iteration, final: Step) -> str:
        """What an iteration did to what the loop builds."""
        told = []
        for name in self._built:
            before, after = iteration.header.before.get(name), final.after(name)
            if before is not None and after is not None and before != after:
                told.append(difference(name, before, after, self._depth.limit))
        return listed(told) if told else ""

    def _leaves(self, final: Step) -> str:
        if final.last:
            return "the function returns"
        return "`break` ends the loop" if isinstance(self._listing.statement(final.line), ast.Break) else ""

    def _same(self) -> str:
        if not self._built:
            return "the loop goes on"
        verb = "stay" if len(self._built) > 1 else "stays"
        return f"{listed([span(name) for name in self._built])} {verb} the same"

    def _tests(self, iteration: Iteration) -> str:
        """How the tests that stand directly in the loop came out."""
        told = []
        for line, (outcome,) in branches([iteration], self._listing).items():
            statement = self._listing.statement(line)
            source = self._listing.short(statement.test) if isinstance(statement, ast.If) else ""
            if source and outcome is not None:
                told.append(f"{span(source)} is {str(outcome).lower()}")
        return listed(told[:2]) if told else ""

    def _between(self, start: int, stop: int) -> list[str]:
        """Iterations `start` to `stop`, 0-based, told by what they lead to."""
        *_, final = self._run.iterations[stop].steps()
        states = {name: final.after(name) for name in self._built}
        claims = [claim(name, text, self._depth.limit) for name, text in states.items() if text is not None]
        title = f"**Iterations {start + 1} to {stop + 1}**" if stop > start else f"**Iteration {stop + 1}**"
        return [f"{title}: after {'them' if stop > start else 'it'}, {listed(claims)}."] if claims else []

    def _source(self) -> list[str]:
        """What the loop's header needs: its items where they can be listed, else the variables in it."""
        node = self._run.node
        if isinstance(node, ast.While):
            return []
        names, source = targets(node), self._listing.short(node.iter)
        headers = [iteration.header for iteration in self._run.iterations]
        texts = [header.after(names[0]) for header in headers] if len(names) == 1 else []
        series = ", ".join(span(text) for text in texts if text is not None)
        plain = isinstance(node.iter, ast.Name | ast.Attribute) and source
        if plain and texts and None not in texts and len(series) <= self._depth.series:
            form = "back_item" if len(texts) == 1 else "back_items"
            told = self._wording.say(form, iter=span(source), name=span(names[0]), values=series)
            return [sentence(told)]
        start = self._run.first().before
        known = {name: start[name] for name in names_read(node.iter) if name in start}
        claims = [
            claim(name, text, self._depth.limit) for name, text in known.items() if not text.startswith("<")
        ]
        return [sentence(self._wording.say("back_header", claims=listed(claims)))] if claims else []
