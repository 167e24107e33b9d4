"""What a scripted model writes to the questions that stand in the demo at first."""

HOSTILE = "<img src=x onerror=\"console.error('run')\">"
FORWARD = f"""\
[L2] `kept` is set to ''. {HOSTILE}
[L3] The loop takes each letter. In the first iteration `letter` is 'a'.
[L5] `kept` becomes 'a'. Later `kept` becomes 'abc'. The `speed` is 7. The weather is fine.
[L6] The function returns 'aba'.
[/MONOLOGUE]
[ANSWER]
assert collapse("aabba") == "aba"
[/ANSWER]"""
BACKWARD = """\
The output is [4, 16], so 2 and 4 were squared. Odd numbers leave no trace.
[/MONOLOGUE]
[ANSWER]
assert squares([2, 3, 4]) == [4, 16]
[/ANSWER]"""
REPAIR = """\
[L2] `ordered` is [9, 1, 5]. [L3] The function returns 1, but 5 was wanted. The list was never sorted.
[/MONOLOGUE]
[Refined]
```python
def median(numbers):
    return sorted(numbers)[len(numbers) // 2]
```
[/Refined]"""
WRITTEN = """\
```python
def running_maximum(numbers):
    best = []
    for number in numbers:
        best.append(max([number, *best[-1:]]))
    return best
```"""


def reply(prompt: str) -> str:
    for opening, text in (
        ("Simulate the Execution", FORWARD),
        ("Deduce the Semantic", BACKWARD),
        ("Debug and Refine", REPAIR),
    ):
        if prompt.startswith(opening):
            return text
    return WRITTEN
