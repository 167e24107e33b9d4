"""Counts of what a run works on."""

import gzip
from pathlib import Path

import pytest

from semcoder.configfiles import load
from semcoder.planning.sizes import SEEDS_PER_FILE, Sizes, counted, lines
from semcoder.seeds.sources import DirectorySource, JsonlSource, Source

ROOT = Path(__file__).parents[2]


def seeds(folder: Path, source: Source) -> float:
    config = load([ROOT / "config.yaml"])
    chosen = config.seeds.model_copy(update={"sources": (source,), "fraction": 0.5})
    return Sizes(config.model_copy(update={"seeds": chosen, "results": folder / "results"})).seeds.value


def test_files_give_as_many_seeds_in_a_folder_as_in_a_table(tmp_path: Path) -> None:
    code, table = tmp_path / "code", tmp_path / "code.jsonl.gz"
    code.mkdir()
    (code / "LICENSE").write_text("MIT")
    for number in range(100):
        (code / f"f{number}.py").write_text("x = 1\n")
    table.write_bytes(gzip.compress(b"{}\n" * 100))
    expected = pytest.approx(50 * SEEDS_PER_FILE, abs=1)
    assert seeds(tmp_path, DirectorySource(kind="directory", path=code)) == expected
    assert seeds(tmp_path, JsonlSource(kind="jsonl", path=table)) == expected


def test_the_papers_configuration_has_as_many_seeds_as_its_documents_say() -> None:
    config = load([ROOT / "config.yaml"])
    found = Sizes(config.model_copy(update={"results": ROOT / "none"})).seeds.value
    assert found == pytest.approx(150_000, rel=0.01)
    assert "for 150,000 seeds" in (ROOT / "README.md").read_text()


def test_the_rows_of_semcoder_s_are_the_papers() -> None:
    config = load([ROOT / "config.yaml"])
    rows = Sizes(config.model_copy(update={"results": ROOT / "none"})).rows("semcoder_s").value
    assert rows == pytest.approx(214_100, rel=0.01)


def test_rows_in_gzip_are_counted_unpacked(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.jsonl.gz"
    plain.write_text("{}\n" * 3)
    packed.write_bytes(gzip.compress(b"{}\n" * 5000))
    assert lines([plain, packed]) == 5003


@pytest.mark.parametrize(("number", "said"), [(1, "1 job"), (0, "0 jobs"), (2000, "2,000 jobs")])
def test_one_is_no_plural(number: int, said: str) -> None:
    assert counted(number, "job") == said
