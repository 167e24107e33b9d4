"""One statement of a text, as it was read."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal[
    "line", "iteration", "state", "condition", "value", "return", "exception", "call", "count", "output",
    "constraint", "change", "input", "invariant", "precondition", "trend",
]  # fmt: skip
WHOLE_RUN = frozenset({"output", "input", "count", "invariant", "precondition", "trend"})


@dataclass(slots=True)
class Said:
    """One claim. `start` and `end` are places in the text; `value` is a literal, or what `kind` needs."""

    kind: Kind
    start: int
    end: int
    subject: str = ""
    value: str = ""
    given: bool = False
    """Whether a state may be that from before the step."""
    loose: bool = False
    """Whether the value stands in prose, where types are not written out."""
    hedged: bool = False
    """Whether it is too uncertain that the text claims this to call it false."""
    more: Any = None
    fresh: bool = False
    """Whether a state is said to have come to be, or to have stayed, just there."""

    @property
    def of_whole_run(self) -> bool:
        """Whether it is about the whole run, or a whole loop, wherever in the text it stands."""
        return self.kind in WHOLE_RUN or self.more == "summary"
