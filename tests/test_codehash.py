"""The code hash of a command covers the modules that it imports, and nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from semcoder import codehash
from semcoder.cli import STAGES

COMMANDS = [(stage, verb, module) for stage, (_, verbs) in STAGES.items() for verb, module in verbs.items()]


@pytest.mark.parametrize(("stage", "verb", "module"), COMMANDS, ids=lambda value: value)
def test_every_module_that_a_command_loads_is_in_its_hash(stage: str, verb: str, module: str) -> None:
    program = (
        f"import sys, importlib; importlib.import_module({module!r})\n"
        "print(*[n for n in sys.modules if n.split('.')[0] == 'semcoder'])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    assert set(loaded.split()) <= codehash.modules_behind(module)


def test_generations_do_not_hang_on_how_they_are_judged() -> None:
    behind = codehash.modules_behind(STAGES["evaluation"][1]["generate"])
    judging = [
        name
        for name in behind
        if name.startswith(("semcoder.evaluation.judges", "semcoder.tracing"))
        or name.rpartition(".")[2] in ("checking", "inside", "replay", "expressions", "child", "pool")
        or name == "semcoder.evaluation.evalplus"
    ]
    assert judging == []
    scored = codehash.modules_behind(STAGES["evaluation"][1]["judge"])
    assert {"semcoder.evaluation.checking", "semcoder.execution.child"} <= scored


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of three modules: `a` imports `b` inside a function, `c` stands alone."""
    root = tmp_path / "semcoder"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "a.py").write_text('"""Doc."""\n\ndef main():\n    from semcoder import b\n    return b.x\n')
    (root / "b.py").write_text("x = 1\n")
    (root / "c.py").write_text("y = 1\n")
    monkeypatch.setattr(codehash, "PACKAGE", root)
    monkeypatch.setitem(codehash.STAGES, "s", ("", {"v": "semcoder.a"}))
    return root


def forget() -> None:
    """As in a new process."""
    for each in (codehash.modules_behind, codehash._imports, codehash._source):
        each.cache_clear()
    codehash._remembered.clear()


def fresh_hash() -> str:
    forget()
    value = codehash.code_hash("s", "v")
    forget()
    return value


def test_what_was_read_before_is_read_again_where_it_changed(package: Path, tmp_path: Path) -> None:
    store = tmp_path / "code.json"
    before = fresh_hash()
    codehash.remember(store)
    (package / "b.py").write_text("x = 22\n")
    forget()
    codehash.remember(store)
    assert codehash.code_hash("s", "v") == fresh_hash() != before
    forget()
    codehash.remember(tmp_path / "nowhere" / "code.json")
    assert not (tmp_path / "nowhere").exists()
    store.write_text("no JSON")
    codehash.remember(store)
    assert codehash.code_hash("s", "v") == fresh_hash()


@pytest.mark.parametrize(
    ("file", "text", "changes"),
    [
        ("b.py", "x = 2\n", True),
        ("a.py", '"""Other doc."""\n\ndef main():\n    from semcoder import b\n    return b.x + 1\n', True),
        (
            "a.py",
            '"""Other doc."""\n\n\ndef main():\n    # why\n    from semcoder import b\n\n    return (b.x)\n',
            False,
        ),
        ("c.py", "y = 2\n", False),
        ("b.py", 'x = 1\n"""What it is."""\n', False),
    ],
)
def test_the_hash_changes_with_what_can_change_a_result(
    package: Path, file: str, text: str, changes: bool
) -> None:
    before = fresh_hash()
    (package / file).write_text(text)
    assert (fresh_hash() != before) == changes


def test_what_users_of_the_library_import_counts_for_no_command(package: Path) -> None:
    before = fresh_hash()
    (package / "__init__.py").write_text("from semcoder.c import y\n__version__ = '2'\n")
    assert fresh_hash() == before and "semcoder.c" not in codehash.modules_behind("semcoder.a")


def test_what_fields_say_counts_where_it_is_written_out(package: Path) -> None:
    told = 'class A(BaseModel):\n    model_config = ConfigDict(%s)\n    x: int\n    """%s."""\n'
    hashes = []
    for option, words in (("frozen=True", "An x"), ("frozen=True", "A y")):
        (package / "b.py").write_text(told % (option, words))
        hashes.append(fresh_hash())
    assert hashes[0] == hashes[1]
    (package / "b.py").write_text(told % ("use_attribute_docstrings=True", "An x"))
    before = fresh_hash()
    (package / "b.py").write_text(told % ("use_attribute_docstrings=True", "A y"))
    assert fresh_hash() != before
