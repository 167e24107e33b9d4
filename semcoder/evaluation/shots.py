"""The worked examples of the few-shot prompts.

`direct_*` are the prompts of CRUXEval (facebookresearch/cruxeval prompts.py, MIT), which upstream used
unchanged for direct prediction: scores compare only with those words. The chain-of-thought prompts follow the
same layout (two worked examples, paper section 5) in this project's words; they are for untrained models.
"""

_DIRECT_OUTPUT = """\
You are given a Python function and an assertion containing an input to the function. \
Complete the assertion with a literal (no unsimplified expressions, no function calls) containing the output \
when executing the provided code on the given input, even if the function is incorrect or incomplete. \
Do NOT output any extra information. Provide the full assertion with the correct output in \
[ANSWER] and [/ANSWER] tags, following the examples.

[PYTHON]
def f(n):
    return n
assert f(17) == ??
[/PYTHON]
[ANSWER]
assert f(17) == 17
[/ANSWER]

[PYTHON]
def f(s):
    return s + "a"
assert f("x9j") == ??
[/PYTHON]
[ANSWER]
assert f("x9j") == "x9ja"
[/ANSWER]

"""

_DIRECT_INPUT = """\
You will be given a function f and an output in the form f(??) == output. \
Find any input such that executing f on the input leads to the given output. \
There may be multiple answers, but you should only output one. In [ANSWER] and [/ANSWER] tags, \
complete the assertion with one such input that will produce the output when executing the function.

[PYTHON]
def f(my_list):
    count = 0
    for i in my_list:
        if len(i) % 2 == 0:
            count += 1
    return count
assert f(??) == 3
[/PYTHON]
[ANSWER]
assert f(["mq", "px", "zy"]) == 3
[/ANSWER]

[PYTHON]
def f(s1, s2):
    return s1 + s2
assert f(??) == "banana"
[/PYTHON]
[ANSWER]
assert f("ba", "nana") == "banana"
[/ANSWER]

"""

FORWARD_COT = """\
Below is a Python function followed by an assertion whose right-hand side is missing. \
Work out what the call returns by running the function in your head, one step at a time, \
then write the completed assertion between [ANSWER] and [/ANSWER]. \
The right-hand side must be a plain literal. \
Two solved cases come first.

[PYTHON]
def total(prices, limit):
    kept = []
    for price in prices:
        if price < limit:
            kept.append(price)
    return sum(kept)
assert total([4, 9, 2], 5) == ??
[/PYTHON]
[THOUGHT]
prices is [4, 9, 2], limit is 5 and kept starts as [].
- price 4: 4 < 5, so kept becomes [4].
- price 9: 9 < 5 is false, kept stays [4].
- price 2: 2 < 5, so kept becomes [4, 2].
The sum of [4, 2] is 6.
[/THOUGHT]
[ANSWER]
assert total([4, 9, 2], 5) == 6
[/ANSWER]

[PYTHON]
def tail(word):
    return word[-2:].upper() + "."
assert tail("river") == ??
[/PYTHON]
[THOUGHT]
The last two characters of "river" are "er". In upper case they are "ER", and a full stop is added.
[/THOUGHT]
[ANSWER]
assert tail("river") == "ER."
[/ANSWER]

"""

BACKWARD_COT = """\
Below is a Python function followed by an assertion whose arguments are missing. \
Reason back from the required result to arguments that produce it; any that do are accepted. \
Then write the completed assertion between [ANSWER] and [/ANSWER]. Two solved cases come first.

[PYTHON]
def scale(values, factor):
    return [value * factor for value in values]
assert scale(??) == [6, 0, 9]
[/PYTHON]
[THOUGHT]
Each element is multiplied by the same factor. With factor 3 the elements must be 2, 0 and 3.
[/THOUGHT]
[ANSWER]
assert scale([2, 0, 3], 3) == [6, 0, 9]
[/ANSWER]

[PYTHON]
def initials(name):
    return "".join(part[0] for part in name.split())
assert initials(??) == "AL"
[/PYTHON]
[THOUGHT]
The name is split at blanks and the first letters are joined. Two words are needed, one with A and one with L.
[/THOUGHT]
[ANSWER]
assert initials("Ada Lovelace") == "AL"
[/ANSWER]

"""


def direct_output(question: str) -> str:
    """CRUXEval's direct prompt for output prediction; `question` is the [PYTHON] block."""
    return f"{_DIRECT_OUTPUT}{question}[ANSWER]\n"


def direct_input(question: str) -> str:
    """CRUXEval's direct prompt for input prediction; `question` is the [PYTHON] block."""
    return f"{_DIRECT_INPUT}{question}[ANSWER]\n"
