"""The look at a machine before a run: what is missing is said, with the remedy, and nothing else."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from semcoder.configfiles import laid_over
from semcoder.doctor import Site, look, require
from semcoder.errors import UserError
from semcoder.graph import Graph

ROOT = Path(__file__).parents[1]
SINFO = '#!/bin/sh\nprintf "gpu gpu:a6000:8(S:0-1)\\ncpu (null)\\n"\n'


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder before all others in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def command(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def graph(tmp_path: Path, **overlay: Any) -> Graph:
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    values = laid_over(values, yaml.safe_load((ROOT / "profiles/quickstart/scale.yaml").read_text()))
    return Graph.of(laid_over(values, {"results": str(tmp_path / "results"), **overlay}))


def faults(graph: Graph, site: Site) -> list[str]:
    return [each.text for each in look(graph, site) if each.verdict == "fault"]


def test_a_machine_that_has_all_has_no_fault(tmp_path: Path, commands: Path) -> None:
    command(commands, "sinfo", SINFO)
    site = Site(slurm=True, partitions=frozenset({"gpu"}), gpu_models=frozenset({"a6000"}))
    assert faults(graph(tmp_path, training={"gpus": 8}), site) == []


@pytest.mark.parametrize(
    ("partition", "model", "gpus", "said"),
    [
        ("gpus", "a6000", 8, "there is no partition gpus (known: cpu, gpu)"),
        ("gpu", "h100", 8, "no node has a GPU called h100 (known: a6000)"),
        ("gpu", "a6000", 16, "a node has 8 GPUs a6000, one job asks for 16"),
    ],
)
def test_what_the_cluster_lacks_is_said(
    tmp_path: Path, commands: Path, partition: str, model: str, gpus: int, said: str
) -> None:
    command(commands, "sinfo", SINFO)
    site = Site(slurm=True, partitions=frozenset({partition}), gpu_models=frozenset({model}))
    [found] = faults(graph(tmp_path, training={"gpus": gpus}), site)
    assert said in found


def test_several_nodes_need_a_scheduler_where_something_is_trained(tmp_path: Path) -> None:
    several = graph(tmp_path, training={"gpus": 8, "nodes": 2})
    [found] = faults(several, Site())
    assert "2 nodes are SLURM's to give; run with --profile slurm" in found
    assert faults(several, Site(trains=False)) == []


def test_an_apptainer_that_is_too_old_and_images_that_are_not_there_are_faults(
    tmp_path: Path, commands: Path
) -> None:
    command(commands, "apptainer", "#!/bin/sh\necho apptainer version 1.1.9\n")
    lock = {"containers": {"lock": str(tmp_path / "images.lock")}}
    found = faults(graph(tmp_path, **lock), Site(images=True))
    assert len(found) == 3 and "1.1.9 is too old" in found[0] and "has no image data" in found[1]


def test_a_key_is_needed_where_a_teacher_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEACHER_KEY", raising=False)
    models = {f"{each}_model": "m" for each in ("problem", "solution", "monologue")}
    asked = graph(tmp_path, teacher={"kind": "openai", "key_variable": "TEACHER_KEY", **models})
    with pytest.raises(UserError, match="TEACHER_KEY is not set; export the key"):
        require(asked, Site())
    require(asked, Site(asks=False))
    monkeypatch.setenv("TEACHER_KEY", "key")
    require(asked, Site())


def test_of_external_files_those_are_spoken_of_that_are_asked_for(tmp_path: Path) -> None:
    def lacking(site: Site, **overlay: Any) -> set[str]:
        external = {"data": {"directory": str(tmp_path), "reach": []}}
        [said] = [
            each.text
            for each in look(graph(tmp_path, **external, **overlay), site)
            if "data: no" in each.text
        ]
        return set(said.removeprefix("data: no source may be asked for ").partition(";")[0].split(", "))

    assert lacking(Site()) == {
        *("smollm2-135m-gguf", "humaneval", "cruxeval", "cruxeval_prompts"),
        "mbpp_plus",  # PyX must not hold its tasks
    }
    assert lacking(Site(tables=frozenset({"table7"}), pyx=False)) == {"Magicoder-OSS-Instruct-75K"}
    assert lacking(Site(tables=frozenset(), pyx=True)) == {"humaneval", "cruxeval", "mbpp_plus"}
    table3 = lacking(Site(tables=frozenset({"table3"}), pyx=False))
    assert {"deepseek-coder-6.7b-base", "humaneval_plus"} <= table3 and "semcoder_1030" not in table3


def test_what_has_no_revision_yet_is_a_fault_before_anything_is_fetched(tmp_path: Path) -> None:
    corpus = {"kind": "parquet", "path": "data/external/starcoderdata"}
    wanted = graph(tmp_path, seeds={"sources": [corpus]}, data={"directory": "data/external"})
    with pytest.raises(
        UserError, match="starcoderdata cannot be fetched without a full revision in data/versions"
    ):
        require(wanted, Site(asks=False))
    require(wanted, Site(asks=False, pyx=False))
    # Given scores are all that `claims` reads: seeds that made them once are not fetched.
    require(wanted, Site(asks=False, fetched=frozenset({"humaneval"})))
    with pytest.raises(UserError, match="starcoderdata cannot be fetched"):
        require(wanted, Site(asks=False, fetched=frozenset({"starcoderdata"})))


def test_the_slurm_profile_is_read_as_snakemake_reads_it() -> None:
    site = Site.of(ROOT / "slurm")
    assert site.images and site.slurm and site.partitions and site.gpu_models
    assert Site.of(ROOT / "profiles/quickstart").files == (Path("profiles/quickstart/scale.yaml"),)
