"""The sentences: one table of forms, a chooser that varies them by a seed, and how values are written.

Every form states its facts in code spans, so that a reader of monologues can find them again: a state as
`name = value`, a test as "`test` is true", a call as "`f(1)` returns `2`".
"""

import hashlib
import re
from collections.abc import Iterable, Sequence

from semcoder.monologue.evaluate import parsed

FORMS: dict[str, tuple[str, ...]] = {
    # States
    "bind": ("{claims}", "set {claims}"),
    "start": ("start with {claims}", "{claims} to start with", "set {claims}"),
    "compute": ("{expr} gives {claims}", "evaluating {expr} gives {claims}", "{expr} gives {claims}"),
    "compute_long": ("the right-hand side gives {claims}", "the assigned expression gives {claims}"),
    "copy": ("set {claims}, the value of {name}", "{claims}, copied from {name}"),
    "again": ("{expr} leaves {claims} as it was", "{expr} gives {claims} again"),
    "unpack": ("unpacking {expr} gives {claims}", "{expr} unpacks into {claims}"),
    "effect": ("{source} makes {claims}", "after {source}, {claims}", "{source} gives {claims}"),
    "effect_long": ("this statement makes {claims}", "the statement gives {claims}"),
    "no_effect": ("{source} changes no variable", "{source} leaves the variables as they are"),
    "kept": ("{source} keeps {claims}", "{source} leaves {claims} as it was"),
    "add": ("adding {operand} gives {claims}", "add {operand}: {claims}"),
    "subtract": ("subtracting {operand} gives {claims}", "subtract {operand}: {claims}"),
    "multiply": ("multiplying by {operand} gives {claims}", "multiply by {operand}: {claims}"),
    "append": (
        "append {operand}, giving {claims}",
        "appending {operand} gives {claims}",
        "append {operand}: {claims}",
    ),
    "delete": ("{source} deletes {names}", "{names} is deleted by {source}"),
    "define": ("define {what}", "{what} is defined here"),
    "import": ("run {source}",),
    # Control
    "true": ("{test} is true{because}", "{test} is true{because}"),
    "false": ("{test} is false{because}", "{test} is false{because}"),
    "into": (", so the branch is taken", ", so enter the branch", ", and the branch runs"),
    "past": (", so skip the branch", ", so the branch is skipped", ", so move on"),
    "otherwise": (", so the other branch runs", ", so take the `else` branch"),
    "break": ("`break` ends the loop", "`break` leaves the loop"),
    "continue": ("`continue` goes to the next iteration", "`continue` skips the rest of this iteration"),
    "pass": ("`pass` does nothing",),
    "matched": ("the pattern {pattern} matches", "{pattern} matches"),
    "unmatched": ("the pattern {pattern} does not match", "{pattern} does not match"),
    "subject": ("match {subject} against the cases", "look at {subject}"),
    # Loops
    "for": ("loop over {iter}", "the loop goes through {iter}", "go through {iter} one by one"),
    "for_long": ("the loop begins", "enter the loop"),
    "while": ("loop while {test}", "repeat while {test}", "the loop repeats while {test}"),
    "never": (
        "the loop body never runs: nothing to go through",
        "there is nothing to go through, so the body never runs",
    ),
    "exhausted": ("the loop ends after {n}", "nothing is left, so the loop ends after {n}"),
    "failed": (", so the loop ends", ", and the loop is over"),
    "goes_on": ("the loop goes on with the same value", "next, the same value again"),
    "over": ("nothing is left to go through, so the loop ends", "the loop has nothing left and ends"),
    "next": ("the loop goes on with {claims}", "next, {claims}"),
    "invariant": (
        "after every iteration k of this loop, {facts}",
        "all through the loop, once iteration k is done, {facts}",
        "at the end of each iteration k, {facts}",
    ),
    "left_out": (
        "In what was told in short, this happened too",
        "Among the steps told in short are also these",
        "Passed over so far, but run as well",
    ),
    "takes": ("{name} is {values} in turn", "{name} takes {values}"),
    "becomes": ("{name} becomes {values}",),
    "ends_as": ("{name} ends as {value}", "{name} ends up as {value}"),
    # Calls, exceptions and leaving
    "enter": ("call {call}", "{call} is called", "this calls {call}"),
    "enter_root": ("{call} is called with {claims}", "the call enters {call} with {claims}"),
    "enter_bare": ("{call} is called without arguments", "the call enters {call}"),
    "returns_call": ("{call} returns {value}",),
    "yields_call": ("{name} yields {value}",),
    "return": ("return {expr}, which is {value}", "{expr} is {value}, and it is returned"),
    "return_value": ("return {value}", "{value} is returned"),
    "lambda": ("the lambda gives {value}", "the value of the lambda is {value}"),
    "return_none": (
        "the end is reached, so {value} is returned",
        "with nothing left to run, {value} is returned",
    ),
    "return_later": (
        "{value} is to be returned once the `finally` block is done",
        "return {value}, but first the `finally` block runs",
    ),
    "yield": ("yield {value}", "{value} is yielded"),
    "raise": ("{error} is raised", "this raises {error}"),
    "raises": ("{source} raises {error}",),
    "raises_long": ("the statement raises {error}",),
    "catches": ("{handler} catches it", "this is caught by {handler}"),
    "holds": ("the assertion {test} holds", "{test} holds, so go on"),
    "enter_with": ("enter the `with` block of {source}", "the `with` block of {source} begins"),
    "leave_with": ("the `with` block of {source} ends", "leave the `with` block of {source}"),
    # Going back
    "back_open": (
        "Work back from the output along one path that gives it.",
        "Going back from the output, one path that leads to it is this.",
        "Let us go back, step by step, along one path that ends in this output.",
    ),
    "from_name": (
        "The output {value} is what {source} gives, so there {claims}.",
        "{source} has to give {value}, so at that point {claims}.",
    ),
    "from_expression": (
        "The output {value} has to be the value of {expr}.",
        "What is returned is {expr}, and it has to be {value}.",
    ),
    "from_constant": (
        "The output {value} means that {source} has to be reached.",
        "To get {value}, the run has to end at {source}.",
    ),
    "from_long": ("The output {value} is the value of the returned expression.",),
    "from_end": ("The output {value} means that the end is reached without a `return` of a value.",),
    "from_somewhere": ("The output is {value}.",),
    "raised_on_path": ("on this path, {told}", "along the way, {told}"),
    "back_set": ("before that, the code sets {claims}", "the code sets {claims} before that"),
    "back_assign": (
        "{claims} comes from {expr}, where {given}",
        "to get {claims} from {expr}, take {given}",
    ),
    "back_open_assign": (
        "{claims} has to come from {expr}, and {free}",
        "for {claims}, look at {expr}: {free}",
        "{expr} has to give {claims}; {free}",
    ),
    "free": ("{what}", "here {what}", "this leaves something open: {what}"),
    "choose": ("choose {claims}", "take {claims}", "one choice is {claims}", "say {claims}"),
    "back_amounts": (
        "all in all, the loop makes {name} the value of {expr}",
        "put in one expression, {name} becomes the value of {expr}",
        "the whole loop amounts to {expr} as the value of {name}",
    ),
    "back_made": ("{source} made {claims}",),
    "back_effect": (
        "{source} turned {before} into {claims}",
        "undo {source}: before it {before}, after it {claims}",
    ),
    "back_part": ("undo {source}: there, {part}", "before that comes {source}: {part}"),
    "back_ran_out": (
        "{loop} has to run out without being left early, here after {ran}",
        "for this, {loop} must come to its end, here after {ran}",
    ),
    "back_empty": (
        "{loop} must have nothing to go through, so that its body changes nothing",
        "nothing may come out of {loop}: its body must not run",
    ),
    "back_not_once": (
        "{loop} must not run even once",
        "the test of {loop} must fail at once, so that its body changes nothing",
    ),
    "back_loop": (
        "{names} was built by {loop} in {ran}, from the last to the first:",
        "{loop} made {names} what it is in {ran}. Going back through them:",
    ),
    "back_loops": (
        "{names} were built by {loop} in {ran}, from the last to the first:",
        "{loop} made {names} what they are in {ran}. Going back through them:",
    ),
    "back_loop_once": (
        "{names} {was} changed by one iteration of {loop}:",
        "{loop} ran once and changed {names}:",
    ),
    "back_loop_left": ("{loop} was left after {ran}:", "this happens in {loop}, after {ran}:"),
    "back_start": ("before the loop, {claims}", "so the loop starts from {claims}"),
    "back_items": (
        "so {iter} has to give {name} the values {values} in this order",
        "for this, {iter} gives {name} the values {values} in turn",
    ),
    "back_item": ("so {iter} has to give {name} the value {values}",),
    "back_header": ("this takes {claims}", "for this, {claims}"),
    "required": ("{test} has to be {outcome} here{because}", "{test} must be {outcome}{because}"),
    "back_arrival": (
        "so the arguments can be chosen so that {parts}",
        "this works with arguments where {parts}",
    ),
    # Conclusions; semcoder.monologue.write reads these back
    "forward_end": (
        "The function returns {value}.",
        "So the output is {value}.",
        "Therefore the call returns {value}.",
    ),
    "backward_end": (
        "One such input is {value}.",
        "An input that fits is {value}.",
        "So one possible input is {value}.",
    ),
    "confirm": ("Running {call} returns {value}.", "Check: {call} returns {value}."),
}


class Wording:
    """Chooses among the forms, the same way for the same seed."""

    def __init__(self, seed: str) -> None:
        self._state = int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()[:8])

    def choose(self, options: Sequence[str]) -> str:
        """One of `options`."""
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) % 2**64
        return options[(self._state >> 33) % len(options)]

    def say(self, form: str, **parts: str) -> str:
        """A sentence of this form, without its first capital and its full stop."""
        return self.choose(FORMS[form]).format(**parts)


def span(text: str) -> str:
    """Text as a code span; where it holds backticks, with one more on either side than it has in a row."""
    if "`" not in text:
        return f"`{text}`"
    fence = "`" * (1 + max(map(len, re.findall("`+", text))))
    return f"{fence} {text} {fence}"


def unspan(text: str) -> str:
    """The text of a code span."""
    fence = len(text) - len(text.lstrip("`"))
    return text[1:-1] if fence == 1 else text[fence + 1 : -fence - 1]


def listed(parts: Sequence[str]) -> str:
    """`a`, `a and b`, or `a, b and c`."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(text: str) -> str:
    """With a capital first letter and a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", ":")) else ".")


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 item`, `2 items`."""
    return f"{n} {noun}" if n == 1 else f"{n} {plural or noun + 's'}"


def claim(name: str, text: str, limit: int) -> str:
    """The state of a variable: `name = value`, or what the value is where its text is longer than `limit`."""
    if len(text) <= limit:
        return span(f"{name} = {text}")
    return f"{span(name)} ({described(text)})"


def value(text: str, limit: int) -> str:
    """A value by itself, in the same way."""
    return span(text) if len(text) <= limit else described(text)


KINDS = {
    "bool": "a boolean",
    "int": "an integer",
    "float": "a float",
    "complex": "a complex number",
    "NoneType": "`None`",
}
PLURALS = {
    "bool": "booleans",
    "int": "integers",
    "float": "floats",
    "str": "strings",
    "bytes": "byte strings",
}
PLURALS |= {"list": "lists", "tuple": "tuples", "dict": "dictionaries", "set": "sets"}


def described(text: str) -> str:
    """What a value is, without showing it: "a list of 12 integers"."""
    try:
        known = parsed(text)
    except ValueError:
        kind = text.strip("<").partition("(")[0].partition(" ")[0]
        return f"{article(kind)} {span(kind)} object" if kind.isidentifier() else "an object"
    kind = type(known).__name__
    if kind in KINDS:
        return KINDS[kind]
    if isinstance(known, str | bytes):
        noun = "string" if isinstance(known, str) else "byte string"
        return f"a {noun} of {counted(len(known), 'character')}" if known else f"an empty {noun}"
    noun = {"dict": "dictionary"}.get(kind, kind)
    if not known:
        return f"an empty {noun}"
    if isinstance(known, dict):
        return f"a dictionary of {counted(len(known), 'entry', 'entries')}"
    return f"a {noun} of {_items(known, len(known))}"


def _items(known: Iterable[object], n: int) -> str:
    kinds = {type(item).__name__ for item in known}
    kind = kinds.pop()
    if kinds or kind not in PLURALS:
        return counted(n, "item")
    return f"{n} {PLURALS[kind][:-1] if n == 1 and kind != 'dict' else PLURALS[kind]}" if n > 1 else "1 item"


def article(noun: str) -> str:
    """`a` or `an`."""
    return "an" if noun[:1].lower() in "aeiou" else "a"
