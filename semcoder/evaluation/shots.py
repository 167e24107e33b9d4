"""What our few-shot prompts tell and show before the question: own words, own examples.

The paper's base model had two worked examples (section 5) that it does not print; CRUXEval's own prompts, which
upstream uses, are read from its file where there is one (evaluation.fewshot).
"""

from typing import NamedTuple

OUTPUT = (
    "Each block below holds a Python function and an assertion about one call, with ?? for what the call returns. "
    "Run the function in your head and write the assertion with that value, as a plain literal, "
    "between [ANSWER] and [/ANSWER]."
)
INPUT = (
    "Each block below holds a Python function and an assertion about one call, with ?? for its arguments. "
    "Choose arguments that make the assertion hold, whichever you like, and write it with them "
    "between [ANSWER] and [/ANSWER]."
)
THOUGHT = " Put your reasoning before it, between [THOUGHT] and [/THOUGHT]."


class Example(NamedTuple):
    """A program, one call of it, and how one finds the call's output or the arguments."""

    entry_point: str
    code: str
    arguments: str
    output: str
    forward: str
    backward: str


EXAMPLES = (
    Example(
        "squares",
        """\
def squares(numbers, limit):
    kept = []
    for number in numbers:
        if number < limit:
            kept.append(number * number)
    return kept""",
        "[3, 8, 5], 6",
        "[9, 25]",
        "kept starts empty. 3 is below 6, so 9 is added; 8 is not; 5 is, so 25 is added. kept is [9, 25] at the end.",
        "9 and 25 are the squares of 3 and 5, so numbers holds 3 and then 5, and limit is above both. "
        "A number that is not below limit leaves no trace. [3, 8, 5] with limit 6 will do.",
    ),
    Example(
        "tag",
        """\
def tag(word):
    return word.upper() + str(len(word))""",
        "'tea'",
        "'TEA3'",
        "word is 'tea'. In capitals it is 'TEA', and its length is 3. Joined they are 'TEA3'.",
        "'TEA3' is a word in capitals and then its length. A word of 3 letters that is 'TEA' in capitals is 'tea'.",
    ),
)
