import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from semcoder.teacher.patterns import matching

PATTERNS = [
    r"\d+",
    r"(?P<year>\d{4})-(\d\d)(-\d\d)?",
    r"^\s*(\w+)\s*=\s*([^#]*)(#.*)?$",
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*",
    r"(a|bc|def)+?x",
    r"([\"'])[a-z]*\1",
    r"[^\\]\\.",
    r"(?:0x[0-9a-f]+|0b[01]+)\Z",
    r"(.*?)([\"\\\x00-\x1f])",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_texts_match(pattern: str) -> None:
    rng = random.Random(0)
    texts = [matching(pattern, rng) for _ in range(50)]
    assert all(text is not None and re.search(pattern, text) for text in texts)
    assert len(set(texts)) > 2


def test_the_seed_decides() -> None:
    runs = [[matching(pattern, random.Random(3)) for pattern in PATTERNS] for _ in range(2)]
    assert runs[0] == runs[1]


@given(st.text(max_size=30) | st.from_regex(r"[\[\](){}|*+?.^$\\a-z0-9,:=!<-]{1,20}", fullmatch=True))
def test_anything_may_come_in(pattern: str) -> None:
    text = matching(pattern, random.Random(0))
    try:
        re.compile(pattern)
    except re.error:
        return
    assert text is None or len(text) < 100_000
