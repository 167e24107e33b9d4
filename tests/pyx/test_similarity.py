import ast

from hypothesis import given
from hypothesis import strategies as st

from semcoder.pyx.duplicates import bands, distinct
from semcoder.pyx.similarity import grams, normal_form, tokens
from semcoder.records import Program

SUMS = '''def sums(items, start=0):
    """Sum them."""
    total = start  # so far
    for item in items:
        if item > 0:
            total += item
        else:
            total -= 1
    return total
'''
RENAMED = (
    SUMS.replace("items", "xs").replace("total", "acc").replace("item", "x").replace("def sums", "def other")
)
# One more line: nearly the same.
NEAR = SUMS.replace("    return total\n", "    print(total)\n    return total\n")
UNLIKE = """def words(text):
    return {word.lower(): len(word) for word in text.split() if word.isalpha()}
"""


def program(code: str) -> Program:
    name = next(node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef))
    return Program(code=code, entry_point=name)


def verdicts(*codes: str, threshold: float = 0.7) -> list[str]:
    found = distinct([program(code) for code in codes], threshold, 128, 0)
    return [refusal.reason if refusal else "" for _, refusal in found]


def test_names_comments_docstrings_annotations_and_layout_are_no_difference() -> None:
    spaced = SUMS.replace("(items, start=0)", "(items: list[int], start: int=0) -> int").replace("    ", "  ")
    assert normal_form(SUMS) == normal_form(RENAMED) == normal_form(spaced) != ""
    assert normal_form(SUMS) != normal_form(SUMS.replace("total += item", "total += total"))
    assert normal_form(SUMS) != normal_form(SUMS.replace("item > 0", "item > 2"))
    assert normal_form("def f(x): return len(x)") != normal_form("def f(x): return sum(x)")


def test_constants_can_be_masked_but_not_those_that_mean_much() -> None:
    def masked(code: str) -> str:
        return normal_form(code, masked=True)

    assert masked("def f(x): return x + 7 - len('ab')") == masked("def g(y): return y + 9 - len('cd')")
    assert masked("def f(x): return x + 7") != masked("def f(x): return x + 7.5")
    assert masked("def f(x): return x + 7") != masked("def f(x): return x + 1")
    assert masked("def f(x): return f'a{x:03}b'") == masked("def f(x): return f'c{x:03}d'")


def test_code_that_is_none_has_no_form() -> None:
    for code in ("def f(:", "", '"""only words"""', "# nothing\n", "\0"):
        assert normal_form(code) == ""


def test_tokens_and_grams() -> None:
    assert tokens("def f(x):  # one\n    return 'a b'\n") == [
        "def",
        "f",
        "(",
        "x",
        ")",
        ":",
        "return",
        "'a b'",
    ]
    assert tokens("if (") == ["if", "("]
    assert grams("abc", 2) == {"a b", "b c"}
    assert grams("ab", 5) == {"a b"} and grams("", 5) == set()


def test_duplicates_near_duplicates_and_neither() -> None:
    assert verdicts(SUMS, RENAMED, NEAR, UNLIKE) == ["", "duplicate", "near duplicate", ""]
    assert verdicts(SUMS, NEAR, threshold=0.99) == ["", ""]
    assert verdicts(UNLIKE, NEAR, SUMS) == ["", "", "near duplicate"]


def test_the_detail_names_the_one_that_stayed() -> None:
    (first, _), (_, refusal) = distinct([program(SUMS), program(NEAR)], 0.7, 128, 0)
    assert refusal is not None and refusal.detail.endswith(f"like {first.id}")


@given(st.floats(0.05, 1.0), st.sampled_from([16, 32, 64, 128, 256]))
def test_bands_divide_the_permutations_and_see_similar_pairs(threshold: float, permutations: int) -> None:
    count = bands(threshold, permutations)
    rows = permutations // count
    assert count * rows == permutations
    assert rows == 1 or (1 - threshold**rows) ** count <= 1e-3
