"""Worked examples for the monologue and debugging prompts. Tests run every program and check every state."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shot:
    """One program with a forward and a backward monologue (paper sections 4.2.1 and 4.2.2, App. G)."""

    code: str
    entry_point: str
    arguments: str
    output: str
    forward: str
    backward: str
    deduced: str
    """The arguments that the backward monologue ends in; they need not be `arguments`."""


@dataclass(frozen=True)
class Repair:
    """A wrong program, a test that it fails, and the way to the repair (paper section 3.3, App. F Example 2)."""

    problem: str
    code: str
    test: str
    observed: str
    rationale: str
    repaired: str


LONGEST_RUN = Shot(
    code="""\
def longest_run(values):
    best = 0
    run = 0
    previous = None
    for value in values:
        if value == previous:
            run += 1
        else:
            run = 1
        best = max(best, run)
        previous = value
    return best""",
    entry_point="longest_run",
    arguments="[4, 4, 7]",
    output="2",
    forward="""\
### Understanding the Function
`longest_run` measures the longest stretch of equal neighbours in a sequence.

### Key Properties and Constraints
- `run` is the length of the stretch that ends at the current element, so it restarts at 1 on every change.
- `best` never shrinks and ends as the largest `run` seen.
- An empty sequence leaves `best` at 0.

### Execution Simulation
1. [L1]: The call begins with `values = [4, 4, 7]`.
2. [L2]: `best = 0`.
3. [L3]: `run = 0`.
4. [L4]: `previous = None`.
5. [L5]: The loop visits three elements.
   - **Iteration 1**: [L5]: `value = 4`. [L6]: It differs from `previous`, so the `else` branch runs. \
[L9]: `run = 1`. [L10]: `best = 1`. [L11]: `previous = 4`.
   - **Iteration 2**: [L5]: The next element is 4 again. [L6]: It equals `previous`. [L7]: `run = 2`. \
[L10]: `best = 2`. [L11]: `previous` stays the same.
   - **Iteration 3**: [L5]: `value = 7`. [L6]: It differs from `previous`. [L9]: `run = 1`. \
[L10]: `best` stays at 2, the larger of the two. [L11]: `previous = 7`.
6. [L5]: No element is left, so the loop ends.
7. [L12]: The function returns 2.

### Conclusion
The two fours form the longest stretch. Therefore, the correct assertion would be:""",
    backward="""\
### Understanding the Function
`longest_run` measures the longest stretch of equal neighbours in a sequence.

### Key Properties and Constraints
- The result is 0 only for an empty sequence; otherwise it is at least 1.
- A result of 2 needs two equal elements side by side somewhere, and nowhere three.

### Reverse Deduction
1. The function returns 2, so `best` was 2 at the end; it grows only when `run` reaches a new maximum.
2. So `run` was 2 at some point: one element equalled the one before it, and that one started a stretch.
3. `run` was never 3, so no element continued that stretch. What stands elsewhere is free as long as it \
forms no stretch of three.
4. The shortest sequence with these properties is one pair of equal elements, such as two fives.

### Conclusion
For two fives, `run` goes 1, 2 and `best` ends at 2. Therefore, the correct assertion would be:""",
    deduced="[5, 5]",
)

CROWDED = Shot(
    code="""\
def crowded_initials(names, limit):
    groups = {}
    for name in names:
        key = name[0].upper()
        groups.setdefault(key, []).append(name)
    crowded = [key for key, group in groups.items() if len(group) > limit]
    return sorted(crowded)""",
    entry_point="crowded_initials",
    arguments="['ann', 'Bob', 'al'], 1",
    output="['A']",
    forward="""\
### Understanding the Function
`crowded_initials` groups names by their first letter in upper case and returns, sorted, the letters whose group \
has more than `limit` names.

### Key Properties and Constraints
- Every name is non-empty, or taking its first letter would fail.
- A letter is returned at most once, because it is a key of a dictionary.
- The returned letters are in alphabetical order.

### Execution Simulation
1. [L1]: The call begins with `names = ['ann', 'Bob', 'al']` and `limit = 1`.
2. [L2]: `groups = {}`.
3. [L3]: The loop visits three names.
   - **Iteration 1**: [L3]: `name = 'ann'`. [L4]: `key = 'A'`. [L5]: `groups = {'A': ['ann']}`.
   - **Iteration 2**: [L3]: `name = 'Bob'`. [L4]: `key = 'B'`. [L5]: `groups = {'A': ['ann'], 'B': ['Bob']}`.
   - **Iteration 3**: [L3]: `name = 'al'`. [L4]: `key = 'A'`. \
[L5]: `groups = {'A': ['ann', 'al'], 'B': ['Bob']}`.
4. [L3]: No name is left, so the loop ends.
5. [L6]: Only the group of 'A' has more than one name: `crowded = ['A']`.
6. [L7]: Sorting one letter changes nothing; the function returns ['A'].

### Conclusion
Only 'A' starts more than one name. Therefore, the correct assertion would be:""",
    backward="""\
### Understanding the Function
`crowded_initials` groups names by their first letter in upper case and returns, sorted, the letters whose group \
has more than `limit` names.

### Key Properties and Constraints
- Each returned letter starts more than `limit` names; each other letter starts at most `limit`.
- The sorting at the end hides the order in which the letters were met, so that order is free.

### Reverse Deduction
1. The result is ['A'], so before sorting `crowded` held 'A' alone.
2. The group of 'A' therefore had more than `limit` names, and no other group had.
3. With `limit` equal to 0, a single name that starts with 'a' or 'A' is enough, and there may be no name with \
another initial.
4. One name such as 'ada' meets all of this.

### Conclusion
The only group is 'A' with one name, which is more than 0. Therefore, the correct assertion would be:""",
    deduced="['ada'], 0",
)

MONOLOGUES = (LONGEST_RUN, CROWDED)

AVERAGE = Repair(
    problem=(
        "Write a function `trimmed_mean(values)` that returns the mean of a list of numbers after one smallest "
        "and one largest value have been left out. Where fewer than three values are given, it returns 0.0."
    ),
    code="""\
def trimmed_mean(values):
    ordered = sorted(values)
    inner = ordered[1:-1]
    return sum(inner) / len(inner)""",
    test="assert trimmed_mean([4, 9]) == 0.0",
    observed="ZeroDivisionError: division by zero",
    rationale="""\
### Execution Simulation
1. `trimmed_mean` is called with `values` equal to [4, 9].
2. `ordered` becomes [4, 9]; sorting changes nothing here.
3. `inner` drops the first and the last of two elements and becomes the empty list [].
4. `sum(inner)` is 0 and `len(inner)` is 0, so the division raises ZeroDivisionError before anything is returned.

### Root Cause Analysis
Leaving out two values leaves nothing when there are at most two, and the mean of nothing divides by zero. \
The problem asks for 0.0 in that case, but the code has no branch for it.

### Bug Fixing
Return 0.0 before trimming whenever fewer than three values are given; longer lists are handled as before.""",
    repaired="""\
def trimmed_mean(values):
    if len(values) < 3:
        return 0.0
    ordered = sorted(values)
    inner = ordered[1:-1]
    return sum(inner) / len(inner)""",
)

REPAIRS = (AVERAGE,)
