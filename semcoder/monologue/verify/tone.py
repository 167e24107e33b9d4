"""How a sentence speaks: as a fact, a denial or a possibility, of what was or of what came to be, and where it is."""

import re
from functools import lru_cache
from typing import NamedTuple

from semcoder.monologue.verify.patterns import (
    AFTER_LOOP,
    BEFORE_LOOP,
    BRANCH,
    CALLS,
    ENDING,
    LOOP_DONE,
    LOOPING,
    RECAP,
)

_HYPOTHETICAL = re.compile(
    r"\b(?:if|would|could|might|suppose|assum\w+|unless|whether|until|as long as|"
    r"e\.g|for example|for instance|"
    r"hypothetical\w*|expect\w*|in general|typically|usually|imagine|"
    r"had|otherwise|possibl[ey]|"
    r"whenever|mistake\w*|wrong\w*|claim\w*|say|says|when|while|each|every|always|"
    r"normally|let's say|intended|supposed)\b|\?"
)
_OPEN = re.compile(r"\b(?:may|can|cannot|can't|any|either|for which)\b")
_NEGATION = re.compile(r"\b(?:not|never|no longer|without|neither|nor|no|skip\w*|avoid\w*)\b|n't\b")
_ALLOWED = re.compile(
    r"\bwhen the (?:\w+ )?loop\b|^\W{0,5}(?:so )?when (?:\x01|[a-z_]\w*\s?(?:=|is|comes|"
    r"reaches|becomes)\s?['\"\d\x01,])|\beach time\b|\bevery time\b|\bare each\b|\bonce for each\b|"
    r"\bcan be\b|\bat least\b(?= as)|\bcannot be read off\b|\b(?:every|each) iteration k\b|"
    r"(?:^|[.;:])\W{0,3}say (?=\x01)|\b(?:loops?|looping|repeats?) while\b"
)


def hypothetical(words: str) -> bool:
    """Whether a sentence says what would or might be, so that nothing in it is certainly claimed."""
    return _HYPOTHETICAL.search(_ALLOWED.sub("", words)) is not None


def left_open(words: str) -> bool:
    """Whether a sentence says what may be, so that the clause that says so claims nothing certainly."""
    return _OPEN.search(_ALLOWED.sub("", words)) is not None


@lru_cache(maxsize=8192)
def negated(words: str) -> bool:
    """Whether a clause denies something."""
    return _NEGATION.search(words) is not None


_GIVEN = re.compile(
    r"\b(?:(?P<given>where|since|because|as|given|from|with|when|before|previously|currently|"
    r"was|old|initially|for|"
    r"using|of|take|undo|turned|had|at this point|so far|now that|while)|"
    r"(?P<result>after|into|gives|giving|becomes?|gets?|now|makes?|sets?|setting|yields?|"
    r"comes from|update[ds]?|so|then))\b"
)


@lru_cache(maxsize=8192)
def is_given(words: str) -> bool:
    """Whether the words before a state present it as what was there, and not as what came to be."""
    role = ""
    for match in _GIVEN.finditer(words.rpartition(";")[2]):
        role = match.lastgroup or ""
    return role == "given"


class Tone(NamedTuple):
    """What the words of a chunk say of all its claims together."""

    hypothetical: bool
    left_open: bool
    negated: bool
    looping: bool
    after_loop: bool
    before_loop: bool
    calling: bool
    branching: bool
    ending: bool
    loop_done: bool
    recap: bool


@lru_cache(maxsize=32768)
def tone(words: str) -> Tone:
    """The tone of a chunk, from its words in lower case with one mask for each code span."""
    sure = _ALLOWED.sub("", words)
    return Tone(
        _HYPOTHETICAL.search(sure) is not None,
        _OPEN.search(sure) is not None,
        negated(words),
        LOOPING.search(words) is not None,
        AFTER_LOOP.search(words) is not None,
        BEFORE_LOOP.search(words) is not None,
        CALLS.search(words) is not None,
        BRANCH.search(words) is not None,
        ENDING.search(words) is not None,
        LOOP_DONE.search(words) is not None,
        RECAP.search(words) is not None,
    )
