"""Run times read from benchmark files."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from semcoder.planning.dryrun import Step
from semcoder.planning.rates import Rates

DRIVERS = {"seeds": 400.0, "programs": 100.0}


def step(rule: str, times: str, asks: bool = False, **wildcards: str) -> Step:
    return Step(rule, wildcards, 0, asks, times, (), ())


def rules(results: Path) -> list[SimpleNamespace]:
    names = {
        "trace": "traces/{scatteritem}",
        "plot_loss": "report/loss.{recipe,a|b}",
        "plot_lengths": "report/{kind,traces|monologues}",
        "score": "scores/{model}.{benchmark}.{format}",
        "table": "tables/{table}",
    }
    found = [SimpleNamespace(name=n, benchmark=f"{results}/benchmarks/{p}.tsv") for n, p in names.items()]
    return [*found, SimpleNamespace(name="fetch", benchmark=None)]


def write(results: Path, name: str, seconds: str) -> None:
    path = results / f"benchmarks/{name}.tsv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results/mine"
    (folder / "pyx").mkdir(parents=True)
    (folder / "pyx/programs.jsonl").write_text("{}\n" * 50)
    return folder


def test_this_very_job_counts_first(results: Path) -> None:
    write(results, "traces/1-of-2", "7.5")
    write(results, "traces/2-of-2", "2.5")
    rates = Rates(rules(results), results)
    job = step("trace", f"{results}/benchmarks/traces/1-of-2.tsv", scatteritem="1-of-2")
    assert rates.of(job, DRIVERS) == (7.5, "measured")


def test_another_shard_is_scaled_by_the_programs_in_it(results: Path) -> None:
    write(results, "traces/1-of-2", "7.5")
    write(results, "traces/2-of-2", "2.5")
    rates = Rates(rules(results), results)
    # 10 s for 50 programs; a shard of four holds 25 of 100.
    found = rates.of(step("trace", "", scatteritem="1-of-4"), DRIVERS)
    assert found == (pytest.approx(5.0), "measured")


def test_a_name_that_two_rules_could_have_is_of_the_one_that_says_more(results: Path) -> None:
    write(results, "report/loss.a", "3.0")
    rates = Rates(rules(results), results)
    assert rates.of(step("plot_loss", "", recipe="a"), DRIVERS) == (3.0, "measured")
    assert rates.of(step("plot_lengths", "", kind="traces"), DRIVERS) is None


def test_other_results_tell_of_data_but_not_of_models_or_teachers(results: Path) -> None:
    other = results.with_name("other")
    (other / "pyx").mkdir(parents=True)
    (other / "pyx/programs.jsonl").write_text("{}\n" * 10)
    write(other, "traces/1-of-1", "1.0")
    write(other, "scores/m.humaneval.code", "1.0")
    write(other, "tables/table1", "900.0")
    rates = Rates(rules(results), results)
    assert rates.of(step("trace", "", scatteritem="1-of-1"), DRIVERS) == (pytest.approx(10.0), "measured")
    assert rates.of(step("trace", "", asks=True, scatteritem="1-of-1"), DRIVERS) is None
    assert rates.of(step("score", "", model="m", benchmark="humaneval", format="code"), DRIVERS) is None
    # A table there may be of other systems: nothing says what its time grows with.
    assert rates.of(step("table", "", table="table1"), DRIVERS) is None


def test_a_benchmark_says_nothing_of_another_nor_a_format_of_another(results: Path) -> None:
    write(results, "scores/m.humaneval.code", "4.0")
    rates = Rates(rules(results), results)
    same = step("score", "", model="m", benchmark="humaneval", format="code")
    assert rates.of(same, DRIVERS) == (4.0, "measured")
    for change in ({"benchmark": "mbpp"}, {"format": "direct"}, {"model": "n"}):
        other = same._replace(wildcards={**same.wildcards, **change})
        assert rates.of(other, DRIVERS) is None, change


@pytest.mark.parametrize("broken", ["", "-", "s"])
def test_a_benchmark_file_of_a_killed_job_tells_nothing(results: Path, broken: str) -> None:
    write(results, "traces/1-of-1", broken)
    assert Rates(rules(results), results).of(step("trace", "", scatteritem="1-of-1"), DRIVERS) is None
