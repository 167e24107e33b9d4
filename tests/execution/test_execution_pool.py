"""What the sandbox says of programs, and how the pool behaves. Real workers throughout."""

import itertools
from collections.abc import Iterator

import pytest

from semcoder.execution.api import Call, Job, Limits, Outcome
from semcoder.execution.pool import IN_FLIGHT, WINDOW, Sandbox

LIMITS = Limits(cpu_s=0.4, wall_s=3.0, memory_mb=128, output_kb=4, result_kb=64)
DOUBLE = "def f(x, y=2):\n    return x * y\n"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(2, LIMITS) as pool:
        yield pool


def run(
    pool: Sandbox, code: str, *calls: Call, entry_point: str = "", stdin: str = "", trace: bool = False
) -> Outcome:
    job = Job("job", code, entry_point or ("f" if calls else ""), calls, stdin, trace)
    (outcome,) = pool.run([job])
    assert outcome.id == "job"
    return outcome


@pytest.mark.parametrize(
    ("code", "verdict", "detail"),
    [
        ("x = 1", "ok", ""),
        ("", "ok", ""),
        ("1 / 0", "raised", "ZeroDivisionError: division by zero (line 1)"),
        ("def g():\n    raise KeyError('k')\n\ng()", "raised", "KeyError: 'k' (line 2)"),
        ("import json\njson.loads('{')", "raised", "JSONDecodeError: Expecting property name"),
        ("raise SystemExit(3)", "raised", "SystemExit: 3 (line 1)"),
        ("exit()", "raised", "SystemExit: None (line 1)"),
        ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt:  (line 1)"),
        ("class E(BaseException):\n    __str__ = None\nraise E", "raised", "E:  (line 3)"),
        ("raise ValueError(object())", "raised", "ValueError: <object object> (line 1)"),
        ("def f(): f()\nf()", "raised", "RecursionError: maximum recursion depth exceeded (line 1)"),
        (
            "import numpy_is_not_here",
            "raised",
            "ModuleNotFoundError: No module named 'numpy_is_not_here' (line 1)",
        ),
        ("exec('x =')", "raised", "SyntaxError: invalid syntax (<string>, line 1) (line 1)"),
        ("str(10 ** 5000)", "raised", "ValueError: Exceeds the limit (4300 digits)"),
        ("while True: pass", "timeout", "over 0.4 s of processor time"),
        ("import time; time.sleep(60)", "timeout", "over 3 s"),
        ("x = [0] * 10 ** 9", "memory", "MemoryError"),
        ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory", "MemoryError"),
        ("import os; os._exit(0)", "killed", "it left with status 0"),
        ("import os; os._exit(7)", "killed", "it left with status 7"),
        ("x =", "invalid", "SyntaxError: invalid syntax (<program>, line 1)"),
        ("return 1", "invalid", "SyntaxError: 'return' outside function"),
        ("x = '\ud800'", "invalid", "UnicodeEncodeError"),
        ("a\0b", "invalid", ""),
        ("(" * 300 + ")" * 300, "invalid", "SyntaxError: too many nested parentheses"),
        ("-" * 200_000 + "1", "invalid", ""),
        ("open('/etc/passwd')", "forbidden", "open: /etc/passwd"),
        ("import tempfile; open(tempfile.__file__)", "forbidden", "open: <library>/tempfile.py"),
        ("import os; os.listdir('.')", "forbidden", "os.listdir: ."),
        ("import socket; socket.socket()", "forbidden", "socket.__new__"),
        ("import subprocess; subprocess.run(['true'])", "forbidden", "subprocess.Popen: true"),
        ("import os; os.system('true')", "forbidden", "os.system: true"),
        ("import os; os.fork()", "forbidden", "os.fork"),
        ("import os; os.kill(1, 9)", "forbidden", "os.kill: 1"),
        ("import ctypes; ctypes.CDLL(None)", "forbidden", "ctypes.dlopen"),
        ("input()", "forbidden", "input"),
        ("import sys; sys.stdin.read()", "forbidden", "input"),
        ("import sys; sys.settrace(lambda *a: None)", "forbidden", "sys.settrace"),
    ],
)
def test_verdicts(sandbox: Sandbox, code: str, verdict: str, detail: str) -> None:
    outcome = run(sandbox, code)
    assert (outcome.verdict, outcome.detail[: len(detail)]) == (verdict, detail)
    assert outcome.results == ()


@pytest.mark.parametrize(
    "code",
    [
        "import xml.dom.minidom, csv, asyncio, concurrent.futures, logging, email.message, unittest, sqlite3, zoneinfo",
        "import sqlite3; sqlite3.connect(':memory:').execute('select 1')",
        "import traceback, json\ntry: json.loads('{')\nexcept ValueError: print(traceback.format_exc())",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n    x: 'int' = 1\nassert A().x == 1",
        "import os; os.environ['A'] = 'b'; assert os.getenv('A') == 'b'",
        "import threading; t = threading.Thread(target=print, args=('x',)); t.start(); t.join()",
        "import threading; t = threading.Thread(target=int, args=('x',)); t.start(); t.join()",
        "class A:\n    def __del__(s): 1 / 0\nA()",
        "import warnings; warnings.warn('x')",
        "x = 1 is 1",
        "import pickle\nclass A: pass\nassert type(pickle.loads(pickle.dumps(A()))) is A",
        "import __main__; assert __main__.__name__ == __name__ == 'solution'",
    ],
)
def test_computing_is_not_forbidden(sandbox: Sandbox, code: str) -> None:
    outcome = run(sandbox, code)
    assert (outcome.verdict, outcome.detail) == ("ok", "")


def test_calls_return_literals_or_raise(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox, DOUBLE, Call(("3",)), Call(("'a'",), {"y": "1 + 2"}), Call(("None",)), Call(), Call(("(",))
    )
    assert outcome.verdict == "ok"
    values = [result.value for result in outcome.results]
    assert values == ["6", "'aaa'", None, None, None]
    raised = [result.raised for result in outcome.results if result.raised]
    assert raised[0][0] == "TypeError" and raised[0][2] == 2
    assert raised[1] == ("TypeError", "f() missing 1 required positional argument: 'x'", 0)
    assert raised[2][0] == "SyntaxError"


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        ("{'b', 'a', 'c'}", "{'a', 'b', 'c'}"),
        ("float('nan')", "float('nan')"),
        ("'\\ud800\\n\\u00e9'", "'\\ud800\\né'"),
        ("2 ** 14000", str(2**14000)),
        ("{(1,): [None, True, b'x', 1j]}", "{(1,): [None, True, b'x', complex(0.0, 1.0)]}"),
    ],
)
def test_values_are_canonical(sandbox: Sandbox, expression: str, text: str) -> None:
    (result,) = run(sandbox, f"def f(): return {expression}", Call()).results
    assert result.value == text


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return object()", "not plain data: object"),
        ("return (x for x in 'ab')", "not plain data: generator"),
        ("return 10 ** 5000", "an int of more than 4,300 digits"),
        ("x = []; x.append(x); return x", "nested too deeply"),
        ("return 'x' * 200_000", "the result is over the limit of 64 KB"),
    ],
)
def test_what_has_no_literal_is_raised(sandbox: Sandbox, body: str, message: str) -> None:
    outcome = run(sandbox, f"def f(): {body}", Call())
    assert outcome.verdict == "ok"
    assert outcome.results[0].raised == ("NotPlain", message, 0)


def test_results_beyond_the_limit_end_the_job(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "def f(): return 'x' * 30_000", *[Call()] * 1000)
    assert (outcome.verdict, outcome.detail) == ("killed", "the results are over the limit of 64 KB")
    assert [len(result.value or "") for result in outcome.results[:2]] == [30_002, 30_002]
    assert len(outcome.results) < 1000


def test_each_call_has_a_fresh_namespace(sandbox: Sandbox) -> None:
    code = "seen = []\ndef f(x):\n    seen.append(x)\n    return seen\n"
    results = run(sandbox, code, Call(("1",)), Call(("2",)), Call(("len(seen)",))).results
    assert [result.value for result in results] == ["[1]", "[2]", "[0]"]


def test_no_program_sees_another(sandbox: Sandbox) -> None:
    spoil = "import builtins, sys, random\nbuiltins.len = None\nrandom.x = 1\nsys.setrecursionlimit(50)\n"
    look = "import random, sys\nprint(len('ab'), hasattr(random, 'x'), sys.getrecursionlimit())"
    outcomes = list(sandbox.run([Job("a", spoil), Job("b", look)] * 4))
    assert {outcome.stdout for outcome in outcomes[1::2]} == {"2 False 1000\n"}


def test_calls_before_the_verdict_are_kept(sandbox: Sandbox) -> None:
    code = "def f(x):\n    while x: pass\n    return x\n"
    outcome = run(sandbox, code, Call(("0",)), Call(("1",)), Call(("0",)))
    assert (outcome.verdict, [result.value for result in outcome.results]) == ("timeout", ["0"])


def test_entry_points(sandbox: Sandbox) -> None:
    outcome = run(sandbox, DOUBLE, Call(("1",)), entry_point="g")
    assert (outcome.verdict, outcome.detail) == ("raised", "NameError: name 'g' is not defined")
    code = "class Solution:\n    def solve(self, x): return x + 1\n"
    assert run(sandbox, code, Call(("1",)), entry_point="Solution().solve").results[0].value == "2"


def test_traces_come_with_the_result(sandbox: Sandbox) -> None:
    outcome = run(sandbox, DOUBLE, Call(("3",)), Call(("None",)), trace=True)
    assert outcome.verdict == "ok"
    first, second = outcome.results
    assert first.value == "6"
    assert [(event.kind, event.line) for event in first.events] == [("call", 1), ("line", 2), ("return", 2)]
    assert first.events[0].changes == {"x": "3", "y": "2"}
    assert second.raised is not None and second.raised[0] == "TypeError"
    assert second.events[-1].kind == "exception"


def test_streams(sandbox: Sandbox) -> None:
    code = "import sys\nprint(input()[::-1], sys.stdin.read())\nprint('e', file=sys.stderr)"
    outcome = run(sandbox, code, stdin="abc\nürest")
    assert (outcome.verdict, outcome.stdout, outcome.stderr) == ("ok", "cba ürest\n", "e\n")
    outcome = run(sandbox, "print(open(0).read())", stdin="x")
    assert (outcome.verdict, outcome.stdout) == ("ok", "x\n")
    assert run(sandbox, "print('\\ud800')").detail.startswith("UnicodeEncodeError")


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("print('out')\n1 / 0", "raised"),
        ("print('out')\nexit()", "raised"),
        ("print('out')\nx = [0] * 10 ** 9", "memory"),
        ("import io, sys\nsys.stdout = io.TextIOWrapper(sys.stdout.buffer)\nprint('out')", "ok"),
        ("import sys\nsys.stdout = open(1, 'w')\nprint('out')", "ok"),
        ("import sys\nsys.stdout.reconfigure(write_through=False)\nprint('out')", "ok"),
        ("import sys\nprint('out')\nsys.stdout = None", "ok"),
        ("import atexit\natexit.register(print, 'out')", "ok"),
        (
            "from concurrent.futures import ThreadPoolExecutor\nt = ThreadPoolExecutor()\nt.submit(print, 'out')",
            "ok",
        ),
        ("import sys\nassert sys.stdout.name == '<stdout>'\nprint('out')", "ok"),
    ],
)
def test_output_is_kept_however_the_script_ends(sandbox: Sandbox, code: str, verdict: str) -> None:
    outcome = run(sandbox, code)
    assert (outcome.verdict, outcome.stdout) == (verdict, "out\n"), outcome


def test_threads_share_the_output() -> None:
    code = """
import sys, threading
sys.setswitchinterval(1e-6)
def write(name):
    for n in range(2000): sys.stdout.write(f"{name}{n:04d}" + " " * 50)
for name in "abcd": threading.Thread(target=write, args=(name,)).start()
"""
    said = sorted(f"{name}{n:04d}" for name in "abcd" for n in range(2000))
    with Sandbox(2, Limits(cpu_s=60, wall_s=120, output_kb=2000)) as pool:
        for outcome in pool.run([Job(str(n), code) for n in range(60)]):
            assert sorted(outcome.stdout.split()) == said


def test_an_input_may_be_larger_than_any_result(sandbox: Sandbox) -> None:
    outcome = run(sandbox, "import sys\nprint(len(sys.stdin.read()))", stdin="x" * (4 << 20))
    assert (outcome.verdict, outcome.stdout) == ("ok", f"{4 << 20}\n")


def test_processor_time_of_threads_counts_together(sandbox: Sandbox) -> None:
    code = """
import hashlib, threading, time
def work():
    end = time.monotonic() + 0.35
    while time.monotonic() < end: hashlib.pbkdf2_hmac("sha256", b"", b"", 9999)
for _ in range(4): threading.Thread(target=work).start()
"""
    outcome = run(sandbox, code)
    assert outcome.verdict == ("timeout" if outcome.cpu_s >= LIMITS.cpu_s else "ok")


def test_output_is_capped_and_the_program_does_not_notice(sandbox: Sandbox) -> None:
    outcome = run(
        sandbox, "import sys\nfor _ in range(10 ** 5): print('x' * 99)\nprint('e' * 9999, file=sys.stderr)"
    )
    assert outcome.verdict == "ok"
    assert outcome.stdout == ("x" * 99 + "\n") * 40 + "x" * 96
    assert outcome.stderr == "e" * 4096


def test_outcomes_stand_in_the_order_of_the_jobs(sandbox: Sandbox) -> None:
    code = "import time\ndef f(s):\n    time.sleep(s)\n    return s\n"
    jobs = [Job(str(n), code, "f", (Call((str(0.3 if n % 10 == 0 else 0),)),)) for n in range(40)]
    outcomes = list(sandbox.run(jobs))
    assert [outcome.id for outcome in outcomes] == [str(n) for n in range(40)]
    assert {outcome.verdict for outcome in outcomes} == {"ok"}


def test_jobs_are_pulled_as_needed(sandbox: Sandbox) -> None:
    pulled = []

    def jobs() -> Iterator[Job]:
        for number in itertools.count():
            pulled.append(number)
            yield Job(str(number), "x = 1")

    outcomes = sandbox.run(jobs())
    assert next(outcomes).id == "0"
    assert len(pulled) <= 2 * WINDOW
    for _ in range(50):
        next(outcomes)
    assert len(pulled) <= 51 + 2 * WINDOW
    outcomes.close()  # type: ignore[attr-defined]
    assert run(sandbox, "x = 1").verdict == "ok"


def test_a_slow_job_does_not_let_others_run_ahead_without_bound(sandbox: Sandbox) -> None:
    pulled = []

    def jobs() -> Iterator[Job]:
        yield Job("slow", "import time; time.sleep(1)")
        for number in range(1000):
            pulled.append(number)
            yield Job(str(number), "")

    assert next(iter(sandbox.run(jobs()))).id == "slow"
    assert IN_FLIGHT < len(pulled) <= 2 * WINDOW


def test_one_run_at_a_time(sandbox: Sandbox) -> None:
    first = sandbox.run([Job("a", "")] * 3)
    next(first)
    with pytest.raises(RuntimeError, match="already running"):
        next(sandbox.run([Job("b", "")]))
    assert len(list(first)) == 2


def test_an_error_of_the_caller_leaves_the_pool_usable(sandbox: Sandbox) -> None:
    def jobs() -> Iterator[Job]:
        yield Job("a", "while True: pass")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        list(sandbox.run(jobs()))
    assert run(sandbox, "x = 1").verdict == "ok"


def test_a_job_larger_than_any_program_is_invalid(sandbox: Sandbox) -> None:
    outcomes = list(sandbox.run([Job("a", "x"), Job("big", "#" * (17 << 20)), Job("c", "x = 1")]))
    assert [outcome.verdict for outcome in outcomes] == ["raised", "invalid", "ok"]


def test_large_jobs_and_results_pass(sandbox: Sandbox) -> None:
    code = f"text = {'y' * 3_000_000!r}\ndef f(): return text[:60_000]\n"
    outcomes = list(sandbox.run([Job(str(n), code, "f", (Call(),)) for n in range(6)]))
    assert {len(outcome.results[0].value or "") for outcome in outcomes} == {60_002}


def test_chance_differs_from_run_to_run(sandbox: Sandbox) -> None:
    jobs = [Job(str(n), "import random\ndef f(): return random.random()", "f", (Call(),)) for n in range(8)]
    assert len({outcome.results[0].value for outcome in sandbox.run(jobs)}) == 8


ENDLESS_FOR_2 = "def f(n):\n    while n == 2:\n        pass\n    return n\n"


@pytest.mark.parametrize("trace", [False, True])
def test_call_limit_ends_the_call_that_exceeds_it(sandbox: Sandbox, trace: bool) -> None:
    calls = tuple([Call((str(n),)) for n in (1, 2, 3)])
    outcome = next(iter(sandbox.run([Job("job", ENDLESS_FOR_2, "f", calls, trace=trace, call_s=0.1)])))
    assert (outcome.verdict, outcome.detail) == ("timeout", "over 0.1 s of processor time in one call")
    assert [result.value for result in outcome.results] == ["1"]
    assert outcome.cpu_s < 0.3, "the job's own limit is 0.4 s"


def test_each_call_has_its_own_time(sandbox: Sandbox) -> None:
    code = (
        "import time\ndef f(n):\n    end = time.process_time() + 0.05\n"
        "    while time.process_time() < end: pass\n    return n"
    )
    calls = tuple([Call((str(n),)) for n in range(5)])
    outcome = next(iter(sandbox.run([Job("job", code, "f", calls, call_s=0.1)])))
    assert (outcome.verdict, len(outcome.results)) == ("ok", 5)
    assert outcome.cpu_s > 0.25


@pytest.mark.parametrize(
    "trick",
    ["signal.signal(signal.SIGPROF, signal.SIG_IGN)", "signal.setitimer(signal.ITIMER_PROF, 0)"],
)
def test_program_that_resets_its_timers_gains_the_jobs_time_at_most(sandbox: Sandbox, trick: str) -> None:
    code = f"import signal\ndef f():\n    {trick}\n    while True: pass"
    outcome = next(iter(sandbox.run([Job("job", code, "f", (Call(),), call_s=0.1)])))
    assert (outcome.verdict, outcome.detail) == ("timeout", "over 0.4 s of processor time")
