"""The words between two atoms, and what they say. General English and notation, not this package's own forms.

Every pattern is anchored and has no nested repetition of the same characters, so that matching is linear.
"""

import re
from functools import lru_cache
from typing import Literal

from semcoder.monologue.verify.values import NUMBER_WORDS

Relation = Literal["equals", "all", "returns", "from", "to", "gains", "loses", "takes", "and", "i.e.", ""]

_NOUN = (
    r"(?:(?:the|a|an|its?|new|current|final|value|values|integer|string|number|list|"
    r"tuple|dict|dictionary|set|"
    r"character|char|result|float|boolean|bool|of|now|still|again|just|simply|equal to|literal|following|"
    r"unchanged at|back|to be|exactly|only|key|letter|word|index|element|item)[\s:*_]+){0,5}"
)
_BEFORE = (
    r"(?:(?:,|;|and|which|that|it|this|now|then|thus|so|therefore|also|still|again|finally|"
    r"here|currently|there|"
    r"just|variable|will|does|has|had|must|should|value|needs? to|has to|value of|now)[\s,]+){0,5}"
)
_SET = (
    r"(?:set|reset|updated?|assigned|bound|changed|initiali[sz]ed|incremented|decremented|"
    r"increased|decreased|"
    r"reduced|extended|reassigned|modified|mutated|computed|calculated|bumped|raised|lowered|trimmed|cut|"
    r"overwritten|equal|rebound|converted|turned|shortened|evaluated|defined|given|brought|"
    r"sorted|reversed|left)"
)
_VERB = (
    r"(?:=|:=|==|->|→|=>|⇒|:|is|was|be|being|becomes?|became|becoming|equals?|equal|holds?|contains?|stores?|"
    r"gets?|got|takes on|evaluates? to|evaluated to|evaluating to|gives?|gave|giving|"
    r"yields?|yielding|produces?|"
    r"producing|results? in|resulting in|computes? to|computed as|resolves? to|turns? into|"
    r"reads?|makes?|making|"
    r"comes? out (?:as|to)|works out (?:as|to)|ends? (?:up )?(?:as|at|with|being)|ends? up|"
    r"starts? (?:out )?(?:at|as|with|from)|begins? (?:at|as|with)|"
    r"remains?(?: at)?|stays?(?: at)?|goes (?:up |down )?to|grows to|rises to|drops to|"
    r"falls to|shrinks to|moves to|"
    r"increases to|decreases to|changes to|amounts to|counts to|jumps to|comes to|"
    rf"(?:is|gets?|was|be|being|are|has been) (?:now |then |also |initially |first )?{_SET}(?: to|"
    rf" as| into| by| with| at| back to|)|"
    r"has (?:the )?value|with (?:the )?value|having (?:the )?value|i\.e\.,?)"
)
_EQUALS = re.compile(rf"{_BEFORE}(?:value\s+)?{_VERB}[\s:*_]*{_NOUN}\Z")
_ALL = re.compile(
    rf"{_BEFORE}(?:are|become|were|equal|hold|remain|stay)(?: now| both| each| all| set to|"
    rf" initialized to| equal to| still)*[\s:*_]*{_NOUN}\Z"
)
_RETURNS = re.compile(
    rf"{_BEFORE}(?:returns?|returned|returning|yields?|yielded|gives back|hands back)[\s:*_]*{_NOUN}\Z"
)
_FROM = re.compile(
    rf"{_BEFORE}(?:goes|went|go|changes?|changed|moves?|moved|increases?|increased|grows?|"
    rf"grew|drops?|dropped|decreases?|"
    rf"decreased|shrinks?|rises?|rose|falls?|is (?:{_SET})|turns?|turned|jumps?)(?: up|"
    rf" down)?\s*from[\s:*_]+{_NOUN}\Z"
)
_TO = re.compile(rf"(?:up |down )?(?:to|into|->|→)[\s:*_]+{_NOUN}\Z")
_GAINS = re.compile(r"gains?\Z")
_LOSES = re.compile(r"loses?\Z")
_TAKES = re.compile(
    r"(?:the values?|takes?(?: on)?|runs through|goes through|ranges over|cycles through)(?: in turn)?(?: "
    r"the)?(?: values?)?(?: of)?:?\Z"
)
_AND = re.compile(r"(?:,|and|, and|&)\Z")
_IE = re.compile(r",?\s?\(?(?:i\.e\.|that is|which means|meaning|so|or|thus),?\Z")


@lru_cache(maxsize=8192)
def relation(glue: str) -> Relation:
    """What the words between two atoms say of the first and the second."""
    words = " ".join(glue.replace("*", " ").replace("_", " ").split())
    if not words or len(words) > 90:
        return ""
    if words == "=":
        return "equals"
    if words == ": of":
        return ""
    padded = words + " "
    for name, pattern in _RELATIONS:
        if pattern.match(padded if name not in _BARE else words):
            return name
    return ""


_RELATIONS: tuple[tuple[Relation, re.Pattern[str]], ...] = (
    ("and", _AND),
    ("takes", _TAKES),
    ("gains", _GAINS),
    ("loses", _LOSES),
    ("returns", _RETURNS),
    ("from", _FROM),
    ("to", _TO),
    ("all", _ALL),
    ("equals", _EQUALS),
    ("i.e.", _IE),
)
_BARE = {"and", "takes", "gains", "loses", "i.e."}

_TRUE = r"true|satisfied|met|fulfilled"
_FALSE = r"false|not satisfied|not met|not fulfilled|not true|untrue"
_LINK = (
    r"(?:is|was|are|evaluates? to|evaluated to|evaluates? as|returns?|gives|yields|comes out(?: as)?|"
    r"turns out(?: to be)?|"
    r"has to be|must be|becomes|resolves to|results in|results? to|=|==|->|→|=>|:|-|–|—)"
)
_VERDICT = re.compile(
    rf"[\s*_]*(?:(?:,\s*)?(?:which|and|it|this|that|the condition|condition|now|therefore|so)\s+)?{_LINK}"
    rf"[\s*_]*(?:also |now |again |still |therefore |thus |clearly |indeed |both |once more )?[`*_]*"
    rf"(?:(?P<true>{_TRUE})|(?P<false>{_FALSE}))\b(?!\s+(?:or|for|if|when|in|only)\b)(?P<each>\s(?:each|"
    rf"every) (?:time|iteration))?"
)
_HOLDS = re.compile(
    r"[\s*_]*(?:,\s*which\s+)?(?:(?P<true>holds(?: true)?|passes|succeeds)|"
    r"(?P<false>fails|does not hold|doesn't hold|is not true|isn't true|does not pass))\b(?!\s+(?:or|for|if|when|"
    r"these|those|just|the|an?|its|all|only|exactly|no|values?|items?|elements?)\b|\s*[\d\x01'\"\[{(])"
    r"(?P<each>\s(?:each|every) (?:time|iteration))?"
)


def verdict(after: str) -> tuple[bool, int, bool] | None:
    """(whether it is true, where the words end, whether it is so each time) of what follows a condition."""
    found = _VERDICT.match(after) or _HOLDS.match(after)
    if found is None:
        return None
    return found["true"] is not None, found.end(), found["each"] is not None


INVARIANT = re.compile(
    r"\b(?:(?:after|at the end of) (?:every|each) iteration k|(?:once|when) iteration k is (?:done|over))\b"
)
"""Before what is true at the end of each iteration, k being its number."""
MUST = r"(?:must|ha(?:s|ve) to|needs? to|should)"
MUST_HOLD = re.compile(rf"[\s*_]*{MUST} (?:hold|be satisfied|be fulfilled)\b")
SATISFY = (" satisfy", " fulfil", " fulfill", " such that")
MUST_SATISFY = re.compile(
    rf"\b(?:inputs?|arguments?|parameters?|it|they) {MUST} (?:satisfy|fulfill?|be such that)[\s*_:]+\Z"
)
TRENDS = {
    "extends": (re.compile(r"\bonly adds? to the end of[\s*_]+\Z"), None),
    "rises": (None, re.compile(r"[\s*_]+never (?:decreases|falls|shrinks)\b")),
    "falls": (None, re.compile(r"[\s*_]+never (?:increases|grows|rises)\b")),
    "kept": (
        None,
        re.compile(r"[\s*_]+(?:is|are) (?:only read(?:,| and) never changed|never (?:changed|modified))\b"),
    ),
}
"""What stands before and after a variable of which something is said for a whole loop or run."""
TIMES = re.compile(r"[\s*_]*(?:runs?|ran|is called) \d{1,9} times and returns? \Z")
"""Between a function and what its calls returned, one after the other."""
OUTPUT_IS = re.compile(
    r"\bthe (?:output|return value|returned value)(?= (?:is|must be|has to be|should be) an? )"
)


NOT_A_VALUE = re.compile(
    r"[*_\s]+(?:or|characters?|chars?|items?|elements?|entries|entry|times|more|less|"
    r"fewer|digits?|letters?|words?|"
    r"iterations?|keys?|places?|positions?|steps?|long|plus|minus|mod|modulo|divided|percent|values?|pairs?|"
    r"integers?|strings?|numbers?|lists?|spaces?|distinct|unique|different|of them|of the|"
    r"return|and then some|further|"
    r"tuples?|dictionar(?:y|ies)|sets?|booleans?|floats?|bytes|objects?|passes|calls?|"
    r"copies|tests?|branch\w*|lines?|cases?|points?|vowels?|occurrences?|"
    r"matches|spots?|slots?)\b"
    r"|\s*(?:[-+/%<>^]|\*\*?\s?\d|//|==|!=|<=|>=|\bif\b|\bto\b|\bin\b|\band so on\b|\.\.\.|…|\bth\b|\bor\b)"
)
"""What may follow a number that is not a value by itself: `3 items`, `2 + …`."""

_N = r"(?P<n>\d{1,9}|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
_KIND = (
    r"(?P<kind>empty string|empty list|empty dictionary|empty dict|empty set|empty tuple|"
    r"byte string|string|list|"
    r"tuple|dictionary|dict|set|frozenset|integer|int|float|boolean|bool|complex number|`none`)"
)
KIND_FOR = re.compile(rf"\bworks with[^.:]*\ban? {_KIND} for[\s*_]+\Z")
_UNIT = (
    r"(?P<unit>characters?|chars?|letters?|items?|elements?|entries|entry|keys?|key-value pairs?|"
    r"pairs?|integers?|"
    r"numbers?|strings?|floats?|booleans?|lists?|tuples?|dictionaries|sets?|values?|"
    r"byte strings?|bytes|words?)"
)
_BE = r"(?:is|becomes|ends (?:up )?as|are each|are both|are|was|must be|has to be|should be|be|being)"
SHAPE = re.compile(
    rf"[\s*_]*(?:,\s*)?(?:\(|{_BE}\s+|=\s*)(?:still |now |just |again |itself )?(?:an? )(?:single )?{_KIND}s?\b"
    rf"(?:\s+(?:of|with|containing|that has|holding)\s+(?:length\s+)?{_N}(?:\s+{_UNIT}\b)?(?!\s+(?:or|"
    rf"to)\b))?"
)
SIZE = re.compile(
    rf"[\s*_]*(?:,\s*)?(?:has|have|had|must have|must contain|contains?|holds?|needs|"
    rf"is of|has to have|should have)\s+"
    rf"(?:exactly |now |still |also |only )?(?:(?P<length>(?:a )?(?:length|size)\s+(?:of\s+)?)?{_N}(?:\s+{_UNIT})?)\b"
    rf"(?!\s+(?:or|to|that|which|in|with|equal|greater|less|more|\w+s)\b)"
)
LONG = re.compile(
    rf"[\s*_]*(?:is|are|must be|has to be)\s+(?:exactly |now )?(?P<length>){_N}\s+{_UNIT}\s+long\b"
)


def shape(match: re.Match[str]) -> tuple[str, int | None, str]:
    """(kind, size, unit) of a value, as a match of SHAPE, SIZE or LONG has them; empty where it has none."""
    groups = match.groupdict()
    number = groups["n"]
    size = int(number) if number and number.isdigit() else NUMBER_WORDS.get(number or "")
    return groups.get("kind") or "", size, groups.get("unit") or ""


COUNT = re.compile(
    rf"\b(?:{_N}\s+(?:full\s|complete\s|whole\s|loop\s)?(?P<what>iterations?|passes|times)\b|"
    r"(?P<once>once|twice)\b(?!\s+(?:iteration|it|we|all|this|that|a|an)\b))(?!\s?(?:for|per|more|the|again))"
)
LOOPING = re.compile(r"\b(?:loop\w*|iterat\w+|repeats?|body|runs?|rounds?)\b")
EXCEPTION = re.compile(
    r"([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Iteration|Warning))\b(?:\((.*)\)|:\s*(.*))?\Z", re.DOTALL
)
RAISING = re.compile(
    r"\b(?:raises?|raised|raising|throws?|thrown|throwing|triggers?|fails with|ends (?:in|with)|crashes with|"
    r"stops with|results in|causes|hits|gets)[\s*_:]+(?:an?\s+|the\s+)?\Z"
)
RAISED = re.compile(
    r"[\s*_]*(?:exception |error )?(?:is|gets|was) (?:then |now |immediately )?(?:raised|"
    r"thrown|propagated)\b|[\s*_]*(?:occurs|propagates)\b"
)
CALLING = re.compile(
    r"\b(?:calls?|calling|called|invokes?|invoking|enters?|entering|the call|recurses? (?:into|"
    r"with|on)|a call (?:of|to))[\s*_:]+(?:the (?:function|helper|method) )?\Z"
)
CALLS = re.compile(r"\b(?:call|calls|called|calling|invokes?|invoked|enters?|runs|recurs\w*)\b")
CALLED = re.compile(r"[\s*_]*(?:is|gets|was) (?:then |now |first )?(?:called|invoked|entered|run)\b")
OUTPUT = re.compile(
    r"\b(?:(?:final |overall |expected |required |target |returned |correct |desired )?(?:output|"
    r"outcome|final result|return value|returned value|"
    r"final answer|answer|final value returned)(?: of the (?:function|call|program|code))?|"
    r"(?:the )?(?:function|program|call)(?: call)?)"
    r"(?: `?\w*`?)?[\s*_]*(?:here |then |finally |therefore |thus |eventually |now |"
    r"so |is required to |has to |must )*"
    r"(?:is|was|will be|would be|becomes|:|=|equals|be|returns?|returned|ends up returning|"
    r"gives back|outputs?|gives|produces|yields|evaluates to)"
    r"[\s*_:]*(?:therefore |thus |exactly |simply |just |now |the |a |value |string |"
    r"list |tuple |integer |number |dictionary |set |empty |boolean |result )*\Z"
)
OPERAND = re.compile(
    r"\b(?:add(?:s|ing|ed)?|append(?:s|ing|ed)?|subtract(?:s|ing|ed)?|multipl(?:y|ies|"
    r"ying) by)[\s*_]+(?:the )?(?:value |item |character |number )?\Z"
)
RESULT = re.compile(
    r"\b(?:result|returned)(?: of the call| of all this)?[\s*_]*(?:is|:|=|becomes|will be)[\s*_:]*(?:therefore "
    r"|thus |the |a |value |string |list |tuple |number )*\Z"
)
RETURNING = re.compile(
    r"\b(?:returns?|returned|returning|yields?|gives back)[\s*_:]+(?:the |an? |back |"
    r"value |string |list |tuple |integer |number |dictionary |boolean |result |literal |"
    r"just |simply )*\Z"
)
IS_RETURNED = re.compile(
    r"[\s*_]*(?:,\s*)?(?:(?:which|and it|and this|so it)\s+)?(?:is|gets|was|are) (?:then |"
    r"now |what is |the value |thus |finally )?(?:returned|yielded|the (?:return value|"
    r"returned value|final output|output|final result))\b"
)
PROPOSED = re.compile(r"\b(?:input|inputs|argument|arguments|choose|pick|candidate)\b")
IN_ALL = re.compile(
    r"[\s*_]*(?:is|was) (?:(?P<all>true (?:every time|each time|in (?:all|each|every)[^.;]{0,30}))|"
    r"(?P<none>never true|false (?:every time|each time|in (?:all|each|every)[^.;]{0,30}))|"
    r"true in (?P<some>\d{1,6}) of them|true in iterations? (?P<list>[\d, and]{1,60}))"
)
VERB_TO = re.compile(
    r"\b(?:sets?|setting|assigns?|assigning|updates?|updating|initiali[sz]es?|initiali[sz]ing|"
    r"changes?|changing|increments?|incrementing|decrements?|"
    r"decrementing|bumps?|bumping|resets?|resetting|increases?|increasing|decreases?|"
    r"decreasing|raises?|raising|brings?|bringing|turns?|turning|makes?|making|leaves?|"
    r"leaving|moves?|moving|"
    r"grows?|binds?|binding|reduces?|reducing|advances?|advancing|drops?|pushes|pushing|"
    r"takes?|taking|puts?|extends?|extending|start|starting|converts?|defines?|have|"
    r"has|with|let|keeps?)[\s*_]+(?:the )?(?:variable |counter |accumulator |list |string |"
    r"value of |local |name )?\Z"
)
"""Before a name: then `to`, `as` or `at` gives its value."""
TO_VALUE = re.compile(
    r"(?:back |up |down |out |over )?(?:to|as|at|be|equal to|with|into)[\s:*_]+" + _NOUN + r"\Z"
)
STORED_IN = re.compile(
    r"(?:is|gets|was|are)? ?(?:then |now )?(?:assigned to|stored (?:in|as|into)|bound to|"
    r"saved (?:in|as|into)|put (?:in|into)|placed in|to|in|into|as)(?: the)?(?: variable|"
    r" name)?\Z"
)
ASSIGNING = re.compile(
    r"\b(?:assign(?:s|ed|ing)?|stor(?:es|ed|ing|e)|sav(?:es|ed|ing|e)|bind(?:s|ing)?|"
    r"put(?:s|ting)?)[\s*_]+(?:the )?(?:value |result |integer |string |list )*\Z"
)
BRANCH = re.compile(
    r"\b(?:(?P<into>(?:so |and |we |the |it |then |therefore )?(?:branch is taken|enter the branch|"
    r"branch runs|body (?:of the `?if`? )?(?:runs|executes|is executed)|enters? the (?:if )?(?:block|"
    r"body|branch)|take the (?:if )?branch|(?:if )?block (?:runs|executes|is executed)))|"
    r"(?P<past>skip the branch|branch is skipped|(?:other|else) branch (?:runs|is taken|"
    r"executes)|take the (?:else|other) branch|skips? the (?:if )?(?:block|body|branch)|"
    r"(?:body|block) is skipped))\b"
)
SELECTING = re.compile(
    r"[\s*_(>–—-]*(?:(?:when|for|at|iteration|iter|pass|with|then|next|now|and|in the iteration where|"
    r"the iteration with|turn)[\s,*_:(]+)*\Z"
)
AFTER_LOOP = re.compile(
    r"\b(?:after (?:the |this |all |both )?(?:outer |inner |while |for )?(?:loops?|iterations)|"
    r"once the (?:\w+ )?loop|when the (?:\w+ )?loop (?:ends|is done|finishes)|the loop (?:has )?(?:ends?|"
    r"ended|finishe[sd]|exits?|is over|terminates?|completes?|stops)|loop is done|outside the loop|"
    r"with the loop (?:done|over|finished)|exits? the loop|left the loop|(?:in|at) the end|"
    r"finally|at last|in total|overall)\b"
)
BEFORE_LOOP = re.compile(
    r"\b(?:before (?:the|this|entering the|any) (?:\w+ )?(?:loop|iteration|first iteration)|"
    r"loop starts from|prior to the loop)\b"
)
ENDING = re.compile(
    r"\b(?:ends?|exits?|stops?|terminat\w+|done|over|finish\w*|false|fails|leaves?|break\w*|"
    r"no more|exhaust\w*|not)\b"
)
NEVER_RUNS = re.compile(
    r"\b(?:body never runs|never (?:runs|executes|enters)|does not run|nothing to go through|"
    r"skip|zero iterations)\b"
)


SAME = re.compile(r"[\s*_]*(?:stays?|remains?|is left|is)\s+(?:the same|unchanged)\b")
CHANGES = re.compile(
    r"\b(?:becom\w+|became|now|updated|set|still|stays?|remains?|incremented|decremented|"
    r"increased|decreased|goes|reset|grows|drops|reduced)\b"
)
"""Words of a state that say that it came to be just there."""
LOOP_DONE = re.compile(
    r"\b(?:after (?:the|this) (?:\w+ )?loop|once the (?:\w+ )?loop|when the (?:\w+ )?loop (?:ends|"
    r"is (?:done|finished|over)|finishes|has (?:ended|finished)|stops)|at the end of the loop)\b"
)
RECAP = re.compile(
    r"\b(?:told in short|passed over|left out|looking back|not (?:yet )?(?:told|mentioned|shown))\b"
)
"""In a line that tells of what has passed already."""
