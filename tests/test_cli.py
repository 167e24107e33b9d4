"""The command line as a user meets it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from semcoder.cli import OUTPUTS, STAGES, TOP, application, main

SEMCODER = [sys.executable, "-m", "semcoder.cli"]
COMMANDS = [[stage, verb] for stage, (_, verbs) in STAGES.items() for verb in verbs] + [
    [name] for name in TOP
]


def semcoder(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*SEMCODER, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example(words: list[str]) -> None:
    done = semcoder(*words, "--help")
    assert done.returncode == 0, done.stderr
    assert f"Example: semcoder {' '.join(words)}" in " ".join(done.stdout.split())


def test_stages_stand_in_the_order_of_the_graph() -> None:
    text = semcoder("--help").stdout
    places = [text.index(f"\n  {stage} ") for stage in STAGES]
    assert places == sorted(places)


def test_a_users_mistake_is_one_sentence_and_exit_code_2(tmp_path: Path) -> None:
    done = semcoder("lineage", "example-0000000000000000", "--results", str(tmp_path))
    assert done.returncode == 2
    assert done.stderr.startswith("semcoder: ") and done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_an_unknown_verb_is_refused() -> None:
    done = semcoder("pyx", "selekt")
    assert done.returncode == 2 and "selekt" in done.stderr


def test_with_a_log_the_sentence_stands_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    done = semcoder("--log", str(log), "lineage", "nothing-0", "--results", str(tmp_path))
    assert done.returncode == 2 and log.read_text().startswith("semcoder: ")


def test_the_outputs_of_each_command_are_known() -> None:
    """The rules say which options are outputs."""
    rules = "".join(path.read_text() for path in (Path(__file__).parents[1] / "rules").glob("*.smk"))
    found: dict[str, set[str]] = {}
    for shell in re.findall(r"shell:\n((?:\s+\".*\"\n)+)", rules):
        command = re.search(r"(?:--log \{log\}) (\w+ \w+)", shell)
        assert command, shell
        text = re.sub(r'"\n\s+"', "", shell)
        options = re.findall(r"--([\w-]+) \{output[^}]*\}", text)
        found.setdefault(command[1], set()).update(options)
    for command, options in found.items():
        if command == "data fetch":
            continue
        stage, verb = command.split()
        group = typer.main.get_command(application([stage, verb]))
        declared = {each.name: each.opts[0] for each in group.commands[stage].commands[verb].params}
        named = {declared[name.rstrip("/")].removeprefix("--") for name in OUTPUTS[command].split()}
        assert options <= named, command
    assert set(OUTPUTS) == {f"{stage} {verb}" for stage, (_, verbs) in STAGES.items() for verb in verbs}


def run_words(folder: Path, **paths: str) -> list[str]:
    options = {"programs": folder / "p", "verdicts": folder / "v"} | {k: folder / v for k, v in paths.items()}
    return [
        "execution",
        "run",
        *(word for key, value in options.items() for word in (f"--{key}", str(value))),
    ]


def test_an_output_is_not_written_over_an_input(tmp_path: Path) -> None:
    programs = tmp_path / "p"
    programs.write_text('{"id": "a", "code": "1"}\n')
    (tmp_path / "link").symlink_to(programs)
    for name in ("p", "./p", "link"):
        done = semcoder(*run_words(tmp_path, verdicts=name))
        assert done.returncode == 2 and "named by --programs and --verdicts" in done.stderr
        assert programs.read_text() == '{"id": "a", "code": "1"}\n'


def test_two_outputs_are_two_files(tmp_path: Path) -> None:
    words = [word for name in ("items", "score") for word in (f"--{name}", str(tmp_path / "o"))]
    done = semcoder(
        "evaluation", "judge", "--benchmark", "humaneval", "--data", "d", "--generations", "g", *words
    )
    assert done.returncode == 2 and "--items and --score" in done.stderr


@pytest.mark.parametrize("place", ["folder", "p/below", "pipe"])
def test_a_place_where_nothing_can_be_written_is_refused_before_the_work(tmp_path: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "p").write_text("not JSON, which the work would find")
    done = semcoder(*run_words(tmp_path, verdicts=place))
    assert done.returncode == 2 and f"{tmp_path}/{place}" in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "p", "pipe"]


def test_a_log_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    done = semcoder("--log", str(tmp_path), "lineage", "nothing-0", "--results", str(tmp_path))
    assert done.returncode == 2 and done.stderr.startswith(f"semcoder: --log {tmp_path}")


RECORDS = "--programs BAD --tests BAD"
LISTS = "--dropped d --summary s"
INPUTS = [
    f"tracing trace {RECORDS} --traces t {LISTS} --max-events 9",
    f"tracing render {RECORDS} --traces BAD --direction forward --format next --out o {LISTS}",
    f"monologue write {RECORDS} --traces BAD --direction forward --monologues o {LISTS}",
    f'pyx synthesize --teacher {{"kind":"grounded"}} --seeds BAD --problems a --programs b --inputs c --soft e {LISTS}',
    *(
        f"evaluation judge --benchmark {each} --data BAD --generations BAD --items i --score s"
        for each in ("humaneval", "humaneval_plus", "cruxeval_output", "pyx_output", "lcb_execution")
    ),
    f"training mix --recipe {{}} --tokenizer BAD --problems BAD {RECORDS} --rationales BAD --mixture m {LISTS}",
    "training base --gguf BAD --out p",
    "data fetch humaneval --versions BAD --out o",
    "report table --title t --cell a|humaneval|BAD --csv c --markdown m",
    "report table --title t --cell a|b --csv c --markdown m",
    "report claims --claims BAD --markdown m",
    "report yields --summary BAD --table c --markdown m --plot p",
    "report plot loss --source BAD --out p",
    "report plot traces --source BAD --out p",
    "pyx executability --data BAD --csv c --markdown m",
    "execution run --programs BAD --verdicts v",
    "lineage program-0123456789abcdef --results BAD",
    "config BAD",
]


@pytest.mark.parametrize("bad", ["directory", "bytes", "empty", "missing"])
@pytest.mark.parametrize("line", INPUTS)
def test_an_input_that_is_none_is_one_sentence(
    line: str, bad: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if bad == "directory":
        Path("BAD").mkdir()
    elif bad != "missing":
        Path("BAD").write_bytes(b'{"id": "\xff"}\n' if bad == "bytes" else b"")
    monkeypatch.setattr(sys, "argv", ["semcoder", *line.split()])
    monkeypatch.setattr("semcoder.cli.network.leave", str)  # this process has tests to come that need one
    with pytest.raises(SystemExit) as end:
        main()
    said = capfd.readouterr().err
    if end.value.code != 0 or bad != "empty":  # that there is nothing to do is no error
        assert end.value.code == 2 and said.startswith("semcoder: ") and said.count("\n") == 1, said
        assert "BAD" in said or "a|b" in said
        assert [each.name for each in tmp_path.iterdir()] == ([] if bad == "missing" else ["BAD"])


def test_one_command_does_not_import_anothers_libraries() -> None:
    program = """
import sys
sys.argv = ["semcoder", "seeds", "--help"]
from semcoder.cli import main
try:
    main()
except SystemExit:
    print([name for name in ("torch", "transformers", "datasets", "openai") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("semcoder trac", "tracing"),
        ("semcoder pyx se", "select"),
        ("semcoder pyx select --programs", "--programs"),
    ],
)
def test_a_shell_completes_stages_verbs_and_options(line: str, wanted: str) -> None:
    asked = {"_SEMCODER_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(line.count(" "))}
    done = subprocess.run(SEMCODER, env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert wanted in done.stdout.split(), done.stderr


PAGE = Path(__file__).parents[1] / "docs/cli.md"


def test_exit_codes_are_those_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = re.findall(r"^\| (\d+)(?:, (\d+))? \|", PAGE.read_text(), re.MULTILINE)
    assert [code for pair in told for code in pair if code] == ["0", "1", "2", "130", "137", "143"]
    assert semcoder("config", "--schema").returncode == 0
    for words in (
        ["config", "missing.yaml"],
        ["config", "--nothing"],
        ["nothing"],
        ["why", str(tmp_path / "x")],
    ):
        done = semcoder(*words)
        assert done.returncode == 2 and "Traceback" not in done.stderr, done.stderr

    def interrupted(*_: object) -> typer.Typer:
        raise KeyboardInterrupt

    monkeypatch.setattr("semcoder.cli.application", interrupted)
    monkeypatch.setattr(sys, "argv", ["semcoder", "config"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 130


def test_a_bug_keeps_its_trace_and_has_a_code_of_its_own() -> None:
    program = """
import sys
from semcoder import cli
def broken(words):
    raise RuntimeError("a bug")
cli.application = broken
cli.main()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "RuntimeError: a bug" in done.stderr


def test_what_the_page_says_of_json_is_so() -> None:
    for words in re.findall(r"^\| `semcoder ([a-z ]+?)(?: [A-Z]+)? --json`", PAGE.read_text(), re.MULTILINE):
        assert "--json" in semcoder(*words.split(), "--help").stdout, words


def test_claims_and_the_doctor_speak_json(tmp_path: Path) -> None:
    claims = Path(__file__).parents[1] / "claims.yaml"
    done = semcoder(
        "report", "claims", "--claims", str(claims), "--markdown", str(tmp_path / "c.md"), "--json"
    )
    rows = json.loads(done.stdout)
    assert {row["outcome"] for row in rows} == {"not run"} and rows[0]["value"] == 79.3
    done = subprocess.run(
        [*SEMCODER, "doctor", "--profile", "profiles/quickstart", "--json"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert {each["verdict"] for each in found} <= {"ok", "warning", "fault"} and "disk" in found[-1]["text"]
