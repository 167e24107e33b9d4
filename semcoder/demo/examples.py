"""What stands in the page at first: something of each kind to try."""

DESCRIPTION = (
    "Write a Python function `running_maximum(numbers)` that returns a list: at each place the largest of the numbers "
    "up to there."
)
DESCRIPTION_TESTS = """\
assert running_maximum([3, 1, 4]) == [3, 3, 4]
assert running_maximum([]) == []
assert running_maximum([-2, -5]) == [-2, -2]"""

FORWARD = """\
def collapse(text):
    kept = ""
    for letter in text:
        if not kept or kept[-1] != letter:
            kept += letter
    return kept"""
FORWARD_CALL = 'collapse("aabba") == ??'

BACKWARD = """\
def squares(numbers):
    found = []
    for number in numbers:
        if number % 2 == 0:
            found.append(number * number)
    return found"""
BACKWARD_CALL = "squares(??) == [4, 16]"

PROBLEM = "Write a function `median(numbers)` that returns the middle one of an odd count of numbers."
BUGGY = """\
def median(numbers):
    ordered = numbers
    return ordered[len(ordered) // 2]"""
BUGGY_TESTS = """\
assert median([1, 2, 3]) == 2
assert median([9, 1, 5]) == 5"""
