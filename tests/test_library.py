"""What library users import: light, whole, and at work in an environment of the wheel alone."""

import json
import os
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distributions, requires
from importlib.util import find_spec
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import semcoder
from semcoder import Limits, Question, UserError, score, score_inputs, score_programs, trace
from semcoder.evaluation.assertions import read_tests
from tests.docs.pages import ROOT, fences

EXAMPLES = fences((ROOT / "docs/library.md").read_text(), "python")


def test_importing_the_package_loads_nothing() -> None:
    program = "import sys, semcoder; print(*[n for n in sys.modules if n.split('.')[0] in ('semcoder', 'pydantic')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["semcoder"]


def test_every_public_name_is_there_and_told() -> None:
    page = (ROOT / "docs/library.md").read_text()
    assert sorted(name for names in semcoder._HOMES.values() for name in names) == semcoder.__all__
    for name in semcoder.__all__:
        assert getattr(semcoder, name).__doc__, name
        assert f"`{name}`" in page and name in dir(semcoder), name
    with pytest.raises(AttributeError, match="no_such_name"):
        getattr(semcoder, "no_such_name")  # noqa: B009 - what `from semcoder import` does


def test_type_checkers_see_the_names(tmp_path: Path) -> None:
    names = "\n".join(f"reveal_type(semcoder.{name})" for name in semcoder.__all__)
    (tmp_path / "use.py").write_text(f"import semcoder\n{names}\n")
    command = [sys.executable, "-m", "mypy", "--config-file", os.devnull, "--follow-imports=silent", "use.py"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    revealed = [line for line in done.stdout.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(semcoder.__all__), done.stdout
    assert not [line for line in revealed if '"Any"' in line]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel and what it requires, taken from this one by links."""
    folder = tmp_path_factory.mktemp("alone")
    build = "from setuptools.build_meta import build_wheel; import sys; print(build_wheel(sys.argv[1]))"
    for path in ("semcoder", "pyproject.toml", "README.md", "LICENSE"):
        (folder / path).symlink_to(ROOT / path)
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env/bin/python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", "--no-index", "--no-compile", str(wheel)], check=True)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (installed,) = distributions(name="semcoder", path=[str(site)])
    for module in required(installed.requires or []):
        found = find_spec(module)
        assert found and found.origin
        origin = Path(found.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (site / origin.name).symlink_to(origin)
    return python


def required(waiting: list[str]) -> set[str]:
    """The modules of all requirements, and of what those require."""
    names: set[str] = set()
    while waiting:
        wanted = Requirement(waiting.pop())
        if wanted.name not in names and (not wanted.marker or wanted.marker.evaluate({"extra": ""})):
            names.add(wanted.name)
            waiting += requires(wanted.name) or []
    special = {"pyyaml": "yaml", "markdown-it-py": "markdown_it"}
    return {special.get(name.lower(), name.lower().replace("-", "_")) for name in names}


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_the_wheel_alone_runs_the_examples(alone: Path, example: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(alone), "-c", f"import semcoder\nassert 'alone' in semcoder.__file__\n{example}"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("words", "shown"),
    [("", "evaluation"), ("execution run", "--verdicts"), ("evaluation score", "{benchmark}")],
)
def test_the_wheel_alone_has_the_command_line(alone: Path, words: str, shown: str) -> None:
    command = [str(alone.with_name("semcoder")), *words.split(), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and shown in done.stdout, done.stderr


def test_the_wheel_alone_runs_programs(alone: Path, tmp_path: Path) -> None:
    semcoder_ = str(alone.with_name("semcoder"))
    (tmp_path / "p.jsonl").write_text('{"id": "a", "code": "x = 1 + 1"}\n{"id": "b", "code": "1 / 0"}\n')
    words = [semcoder_, "execution", "run", "--programs", "p.jsonl", "--verdicts", "v.jsonl"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    verdicts = [json.loads(line)["verdict"] for line in (tmp_path / "v.jsonl").read_text().splitlines()]
    assert verdicts[0] == "passed" and verdicts[1] != "passed"


def test_the_version_stands_in_one_place() -> None:
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"\nversion: {semcoder.__version__}\n" in citation
    assert "version" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_a_call_that_cannot_be_traced_is_an_error_that_says_why() -> None:
    with pytest.raises(UserError, match="program, line 2: not Python"):
        trace("x = 1\ndef f(: x", "f", "1")
    with pytest.raises(UserError, match="not traced: timeout"):
        trace("while True: pass", "f", "1", Limits(cpu_s=0.3))
    with pytest.raises(UserError, match="program, line 1: not Python"):
        score_inputs([(Question("q", "def f(:", "f", "", "1"), "1")])
    with pytest.raises(UserError, match="no call that can be made"):
        trace("def f(x): return x", "f", "1 2")
    assert trace("def f(x): return 1 / x", "f", "0").raised == ("ZeroDivisionError", "division by zero", 1)


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("assert f(1) == 2\nassert f(1)", "line 2: not an assertion about a call"),
        ("x = 1", "line 1: not an assertion"),
        ("", "there are none"),
        ("assert f(1) == 2\nassert g(1) == 2", "they call f and g"),
        ("assert f(1) == 2\nassert f(", "line 2: not Python"),
        ("assert f(*[1]) == 2", "unpacked arguments"),
        ("assert f(1) == g(2)", r"g\(2\) is no plain value"),
    ],
)
def test_what_is_no_test_is_refused_with_its_line(tests: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        score_programs(tests, [])


def test_assertions_are_read_as_calls_and_values() -> None:
    read = read_tests("assert f([1], key='a') == {'a': (1, None)}\nassert f(-1) is True, 'why'")
    first, second = read.tests
    assert (read.entry_point, first.arguments, first.expected) == ("f", "[1], key='a'", {"a": (1, None)})
    assert (second.call.args, second.expected) == (("-1",), True)


def test_an_expected_value_never_meets_the_program() -> None:
    looking = "def f(x):\n    import sys\n    return [str(v) for v in sys._getframe(1).f_globals.values()]\n"
    equal = "class A:\n    def __eq__(self, other): return True\ndef f(x):\n    return A()\n"
    assert [each.passed for each in score_programs("assert f(1) == 12345", [looking, equal])] == [
        False,
        False,
    ]


def test_an_item_that_a_benchmark_does_not_have_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cruxeval.jsonl"
    file.write_text('{"id": "sample_0", "code": "def f(a): return a", "input": "1", "output": "1"}\n')
    with pytest.raises(UserError, match="sample_9"):
        score("cruxeval_output", [file], {"sample_9": ["1"]})
