"""Why an artifact would be made again, asked in a clone in which a few were made from a corpus of three files."""

import base64
import contextlib
import io
import json
import multiprocessing
import os
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from semcoder import why
from semcoder.cli import STAGES
from semcoder.codehash import code_hash
from semcoder.configfiles import laid_over
from semcoder.crate.run import finished
from semcoder.errors import UserError

ROOT = Path(__file__).parents[1]
LIBRARY = Path(statistics.__file__).parent
SEEDS = "results/quickstart/seeds/1-of-2.jsonl"
PROGRAMS = "results/quickstart/pyx/synthesized/1-of-2.programs.jsonl"
TESTS = "results/quickstart/pyx/expanded/1-of-2.tests.jsonl"
SCALES = ["profiles/quickstart/scale.yaml", "small.yaml"]
SMALL = {"seeds": {"sources": [{"kind": "directory", "path": "corpus"}], "fraction": 0.35}}
Ask = Callable[..., str]
Apart = Callable[..., Any]


def _make(folder: Path) -> None:
    from snakemake.cli import main

    os.chdir(folder)
    os.environ["PYTHONPATH"] = str(folder)  # of the jobs
    with pytest.raises(SystemExit) as ended:
        main(["--profile", "profiles/quickstart", "--configfile", *SCALES, "--cores", "2", "--", TESTS])
    assert ended.value.code == 0


def _ask(folder: Path, artifact: str, configfiles: list[str]) -> str:
    os.chdir(folder)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        why.main(artifact, Path("profiles/quickstart"), list(map(Path, configfiles)))
    assert said.getvalue().count("\n") == 1
    return said.getvalue().rstrip("\n")


@pytest.fixture(scope="module")
def apart() -> Apart:
    """Calls a function in a process of its own, for which libraries and hashes of code are there already."""
    import snakemake.cli

    import semcoder.graph  # noqa: F401

    snakemake.cli.get_argument_parser()
    for stage, (_, verbs) in STAGES.items():
        for verb in verbs:
            code_hash(stage, verb)

    def called(work: Callable[..., Any], *words: Any) -> Any:
        # Not multiprocessing's own pool: it ends processes by SIGTERM, which Snakemake's scheduler survives.
        with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as process:
            return process.submit(work, *words).result()

    return called


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, apart: Apart) -> Path:
    """The workflow and the package, where the tests of one shard were made."""
    folder = tmp_path_factory.mktemp("why")
    for name in ("Snakefile", "config.yaml", "data/versions.csv", "envs", "profiles", "results/paper"):
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / name).symlink_to(ROOT / name)
    for name in ("rules", "report", "semcoder"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "corpus").mkdir()
    for name in ("bisect.py", "colorsys.py", "stat.py"):
        shutil.copy(LIBRARY / name, folder / "corpus")
    (folder / "small.yaml").write_text(yaml.safe_dump(SMALL))
    apart(_make, folder)
    return folder


@pytest.fixture(scope="module")
def ask(clone: Path, apart: Apart) -> Ask:
    """The sentence, with settings laid over those that the files were made with."""

    def asked(artifact: str, **settings: Any) -> str:
        (clone / "changed.yaml").write_text(yaml.safe_dump(settings))
        return apart(_ask, clone, artifact, [*SCALES, "changed.yaml"])

    return asked


@contextmanager
def kept(path: Path) -> Iterator[bytes]:
    """What a file holds, which it holds again afterwards, as if it had never changed."""
    content, times = path.read_bytes(), path.stat()
    try:
        yield content
    finally:
        path.write_bytes(content)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def recorded(clone: Path, artifact: str, kind: str = "metadata") -> Path:
    """Where Snakemake remembers of an artifact how it was made."""
    return clone / ".snakemake" / kind / base64.urlsafe_b64encode(artifact.encode()).decode()


def test_what_was_made_of_what_there_is_is_up_to_date(ask: Ask) -> None:
    assert ask(TESTS) == f"{TESTS} is up to date: nothing that it depends on has changed."


def test_what_was_never_made(ask: Ask) -> None:
    assert ask("./results/quickstart/pyx/questions.jsonl") == (
        "results/quickstart/pyx/questions.jsonl has not been made yet: rule questions makes it after 3 other jobs, "
        "from rule fetch_file on."
    )


def test_a_changed_setting_has_its_old_and_new_value(ask: Ask) -> None:
    said = ask(TESTS, pyx={"filters": {"max_lines": 9}, "seed": 9})
    assert said == (
        f"{TESTS} would be made again: --filters.max_lines 120 -> 9, --seed 42 -> 9 (rule expand_inputs)."
    )


def test_the_cause_is_at_the_start_of_the_chain(ask: Ask) -> None:
    assert ask(TESTS, pyx={"retries": 1, "seed": 9}) == (
        f"{TESTS} would be made again: --retries 0 -> 1 (rule synthesize, and 1 other job); no jobs stand between."
    )
    assert ask(TESTS, pyx={"retries": 1}, seeds={"min_lines": 4}) == (
        f"{TESTS} would be made again: --min-lines 3 -> 4 (rule extract_seeds, and 1 other job); 1 job stands between."
    )


def test_the_package(clone: Path) -> None:
    """Edited in the clone, asked by the program."""
    module = clone / "semcoder/pyx/synthesize.py"
    with kept(module) as content:
        module.write_bytes(content + b"\nANOTHER = 1\n")
        words = ["why", PROGRAMS, "--profile", "profiles/quickstart"]
        for each in SCALES:
            words += ["--configfile", each]
        done = subprocess.run(
            [sys.executable, "-m", "semcoder.cli", *words],
            cwd=clone,
            env={**os.environ, "PYTHONPATH": str(clone)},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stderr == ""
    assert done.stdout == (
        f"{PROGRAMS} would be made again: the package's code behind `semcoder pyx synthesize` changed "
        f"(rule synthesize).\n"
    )


def test_a_changed_corpus(ask: Ask, clone: Path) -> None:
    with kept(clone / "corpus/stat.py") as content:
        (clone / "corpus/stat.py").write_bytes(content + b"# more\n")
        said = ask(SEEDS)
    assert said.startswith(f"{SEEDS} would be made again: the content of a corpus changed: ")
    assert " -> " in said and said.endswith(" (rule extract_seeds).")


def test_a_changed_input(ask: Ask, clone: Path) -> None:
    with kept(clone / SEEDS) as content:
        (clone / SEEDS).write_bytes(content + b"\n")
        assert ask(TESTS) == (
            f"{TESTS} would be made again: input {SEEDS} has other content than it had (rule synthesize); "
            f"no jobs stand between."
        )
        (clone / SEEDS).write_bytes(content)
        assert ask(TESTS).startswith(f"{TESTS} is up to date")  # newer, but the same


def test_a_deleted_artifact(ask: Ask, clone: Path) -> None:
    with kept(clone / PROGRAMS):
        (clone / PROGRAMS).unlink()
        assert ask(PROGRAMS, seeds={"min_lines": 4}) == (
            f"{PROGRAMS} was made, but is not there any more: rule synthesize makes it again after 1 other job, from "
            f"rule extract_seeds on, where this changed: --min-lines 3 -> 4 (rule extract_seeds)."
        )
        recorded(clone, PROGRAMS, "incomplete").write_text("{}")
        assert ask(PROGRAMS) == (
            f"{PROGRAMS} is not finished: its job was killed, or still runs; rule synthesize makes it."
        )
    said = ask(TESTS)
    recorded(clone, PROGRAMS, "incomplete").unlink()
    assert said == (
        f"{TESTS} would be made again: its job was killed, or still runs (rule synthesize); "
        f"no jobs stand between."
    )


def test_what_else_is_recorded(ask: Ask, clone: Path) -> None:
    record = {
        "input": [SEEDS, "a.jsonl", "b.jsonl"],
        "code": "semcoder pyx other",
        "software_stack_hash": "0",
        "container_img_url": "old.sif",
    }
    with kept(recorded(clone, PROGRAMS)) as content:
        recorded(clone, PROGRAMS).write_text(json.dumps(json.loads(content) | record))
        said = re.sub(r"data-[0-9a-f]{12}", "data", ask(PROGRAMS))
        assert said == (
            f"{PROGRAMS} would be made again: the set of input files changed: without a.jsonl (and 1 more); the "
            f"rule's shell command changed; its software environment changed: old.sif -> images/data.sif "
            f"(rule synthesize)."
        )


def test_without_a_record_nothing_but_newer_files_is_noticed(ask: Ask, clone: Path) -> None:
    with kept(recorded(clone, PROGRAMS)):
        recorded(clone, PROGRAMS).unlink()
        assert ask(PROGRAMS, pyx={"retries": 1}) == (
            f"{PROGRAMS} would not be made again, but how rule synthesize made it is not recorded here: "
            f"only newer input files would be noticed."
        )


def test_a_target_by_its_name(ask: Ask) -> None:
    said = ask("scores")
    assert said.startswith(
        "scores lacks results/quickstart/tables/scores.csv, which has not been made yet: rule "
    )


def _record(folder: Path, noted: str) -> list[str] | str:
    os.chdir(folder)
    results = Path("results/quickstart")
    (results / "configuration.json").write_text(noted)
    try:
        return [job.rule for job in finished(results, [TESTS]).jobs]
    except UserError as refusal:
        return str(refusal)


def test_a_record_of_settings_that_did_not_make_the_files_is_refused(clone: Path, apart: Apart) -> None:
    noted = (clone / "results/quickstart/configuration.json").read_text()
    assert apart(_record, clone, noted) == [
        "expand_inputs",
        *["extract_seeds"] * 2,
        *["synthesize"] * 2,
    ]
    said = apart(_record, clone, json.dumps(laid_over(json.loads(noted), {"pyx": {"seed": 9}})))
    assert f"not those that made {TESTS.replace('tests', 'programs')} (rule expand_inputs;" in said
    said = apart(_record, clone, json.dumps(laid_over(json.loads(noted), {"seeds": {"min_lines": 4}})))
    assert f"not those that made {SEEDS} (rule extract_seeds;" in said
    (clone / "results/quickstart/configuration.json").write_text(noted)


def test_what_no_rule_makes_is_refused_with_the_nearest(ask: Ask) -> None:
    with pytest.raises(UserError, match=r"seeds/1-of-2\.json: no rule .* mean results/quickstart/seeds/1-of"):
        ask("results/quickstart/seeds/1-of-2.json")
    with pytest.raises(UserError, match=r"selekt: no rule makes it \(did you mean select\?\)"):
        ask("selekt")
    with pytest.raises(UserError, match=r"corpus/stat\.py: no rule makes it; it is a source"):
        ask("corpus/stat.py")
    with pytest.raises(UserError, match=r"pyx\.retries is -1"):
        ask(PROGRAMS, pyx={"retries": -1})


def test_what_is_half_written_is_not_suggested(ask: Ask, clone: Path) -> None:
    half = clone / f"{SEEDS}.2b573a18.partial"
    half.touch()
    with pytest.raises(UserError) as refused:
        ask(half.with_name("1-of-2.jsonl.2b573a18").relative_to(clone).as_posix())
    half.unlink()
    assert "partial" not in str(refused.value) and f"did you mean {SEEDS}?" in str(refused.value)


def test_a_file_of_other_results_names_what_they_belong_to(ask: Ask) -> None:
    with pytest.raises(
        UserError, match=r"it belongs to results/quickstart: add --profile profiles/quickstart\."
    ):
        ask(PROGRAMS, results="results/other")
    with pytest.raises(UserError, match=r"released-pyx: add --configfile profiles/released\.yaml\."):
        ask("results/released-pyx/pyx/train.jsonl")
    with pytest.raises(UserError, match=r"belongs to results/semcoder: leave out the profile\."):
        ask("results/semcoder/pyx/train.jsonl")


def test_the_report_is_made_after_the_run(ask: Ask, clone: Path) -> None:
    report = clone / "results/quickstart/report.html"
    report.touch()
    with pytest.raises(UserError, match=r"`snakemake --report results/quickstart/report\.html` does after"):
        ask("results/quickstart/report.html")
    report.unlink()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('--engine \'{"dtype": "bf16"}\'', '--engine \'{"dtype": "fp16"}\'', ["--engine.dtype bf16 -> fp16"]),
        ('teacher={"kind": "a", "t": 0.6}', 'teacher={"kind": "a", "t": 1}', ["teacher.t 0.6 -> 1"]),
        ("--benchmark a=x --benchmark b=y", "--benchmark a=x", ["--benchmark b=y -> none"]),
        ("--cell a --cell b", "--cell b --cell a", ["--cell a, b -> b, a"]),
        ("--seed 1", "--limit 3 --seed 1", ["--limit none -> 3"]),
        ("definition=a", "definition=b", ["the files that the image is built from changed"]),
        (
            "pin=pypi:a 1 00",
            "pin=pypi:a 2 11",
            ["the pin in the table of external files changed: revision 1 -> 2, sha256 00 -> 11"],
        ),
        ("corpora=a 0, b 1", "corpora=a 0, b 2", ["the content of a corpus changed: b 1 -> 2"]),
        ("semcoder", "torchrun -m semcoder.cli", ["semcoder -> torchrun -m semcoder.cli"]),
    ],
)
def test_parameters_are_compared_by_what_they_set(old: str, new: str, said: list[str]) -> None:
    assert list(why._differences([repr(old)], [repr(new)], "")) == said
