import json

import pytest

from semcoder.errors import UserError
from semcoder.pyx.filters import Filters

LIMITS = Filters(max_functions=2, max_lines=12, max_branches=3, allow_classes=False)
FINE = "def f(x):\n    return x + 1\n"


def reason(code: str, filters: Filters = LIMITS) -> str:
    refusal = filters.refusal(code, "f")
    return refusal.reason if refusal else ""


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (FINE, ""),
        ("import random\n" + FINE, "randomness"),
        ("from uuid import uuid4 as u\ndef f(x):\n    return u()\n", "randomness"),
        ("def f(x):\n    import secrets\n    return secrets.token_hex(x)\n", "randomness"),
        ("import time\n" + FINE, "time or environment"),
        ("import datetime as d\ndef f(x):\n    return d.datetime.now().year + x\n", "time or environment"),
        ("from datetime import date\ndef f(x):\n    return date.today().year + x\n", "time or environment"),
        ("from sys import platform\ndef f(x):\n    return platform + x\n", "time or environment"),
        ("import os\ndef f(x):\n    return os.environ[x]\n", "external interaction"),
        ("import os.path\ndef f(x):\n    return os.path.exists(x)\n", "external interaction"),
        ("from os import path as p\ndef f(x):\n    return p.getsize(x)\n", "external interaction"),
        ("import os as system\ndef f(x):\n    return system.listdir(x)\n", "external interaction"),
        ("import urllib.request\n" + FINE, "external interaction"),
        ("def f(x):\n    return open(x).read()\n", "external interaction"),
        ("def f(x):\n    return input(x)\n", "external interaction"),
        ("import threading\n" + FINE, "concurrency"),
        ("from concurrent.futures import wait\n" + FINE, "concurrency"),
        ("def f(x):\n    return eval(x)\n", "dynamic code"),
        ("import re\ndef f(x):\n    return re.enum.sys.modules['os'].stat(x).st_size\n", "dynamic code"),
        ("def f(x):\n    return (i for i in x).gi_frame.f_globals\n", "dynamic code"),
        ("def f(x):\n    return id(x)\n", "object identity"),
        ("from math import *\n" + FINE, "star import"),
        ("def g(x):\n    return x + 1\n", "no function to call"),
        ("async def f(x):\n    return x + 1\n", "generator or coroutine"),
        ("def f(x):\n    yield x + 1\n", "generator or coroutine"),
        ("def f():\n    return 1 + 1\n", "takes no input"),
        ("def f(x):\n    x.append(1)\n", "returns nothing"),
        ("def f(x, y):\n    return (y, x)\n", "trivial"),
        ("class A: pass\n" + FINE, "defines a class"),
        (FINE + "def g(x): return 1\ndef h(x): return 2\n", "too many functions"),
        (FINE + "a = 1\n" * 12, "too long"),
        (FINE + f"a = {'x' * 2000!r}\n", "too long"),
        (
            "def f(x):\n    return [a if a else b for a in x for b in x if a if b if a > b]\n",
            "too many branches",
        ),
    ],
)
def test_each_reason(code: str, expected: str) -> None:
    assert reason(code) == expected


@pytest.mark.parametrize(
    "code",
    [
        "import os\ndef f(x):\n    return os.path.join(os.sep, os.fspath(x)) + os.path.sep.upper()\n",
        "import sys\ndef f(x):\n    return min(x, sys.maxsize, sys.float_info.dig)\n",
        "import datetime\ndef f(x):\n    return datetime.date(x, 1, 1).toordinal()\n",
        "import io\ndef f(x):\n    return io.StringIO(x).getvalue()\n",
        "def f(open, id):\n    return open + id\n",
        "def f(x):\n    return x.os + x.modules\n",
        "def f(x):\n    def g():\n        yield x\n    return list(g())\n",
    ],
)
def test_pure_parts_of_the_library_are_let_through(code: str) -> None:
    assert reason(code) == ""


def test_classes_are_an_option_and_the_detail_names_the_culprit() -> None:
    assert reason("class A: pass\n" + FINE, LIMITS.model_copy(update={"allow_classes": True})) == ""
    refusal = LIMITS.refusal("import os\ndef f(x):\n    return os.getcwd() + x\n", "f")
    assert refusal is not None and refusal.detail == "os.getcwd"


def test_options_are_read_strictly() -> None:
    assert Filters.parse(json.dumps(LIMITS.model_dump())) == LIMITS
    for text in ("{}", "[1]", "no json", json.dumps({**LIMITS.model_dump(), "max_line": 1})):
        with pytest.raises(UserError, match="--filters"):
            Filters.parse(text)
