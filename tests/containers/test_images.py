"""What an image is built from, and whether the file that is there is the one that was built."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from semcoder.configfiles import laid_over
from semcoder.containers import images
from semcoder.containers.images import IMAGES, by_kind, definition_of, read_lock
from semcoder.errors import UserError
from semcoder.graph import Graph

ROOT = Path(__file__).parents[2]
CONTENT = b"an image"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The definitions and locks, to be edited."""
    for folder in ("containers", "envs"):
        (tmp_path / folder).mkdir()
        for path in (ROOT / folder).iterdir():
            if path.is_file():
                (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(images, "ROOT", tmp_path)
    monkeypatch.setattr(images, "DEFINITIONS", tmp_path / "containers")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "old", "new", "changed"),
    [
        ("envs/data.lock", "openai==", "openai==9.", {"data"}),
        ("envs/serve.lock", "vllm==", "vllm==9.", {"serve"}),
        ("envs/torch-cpu.lock", "torch==", "torch==9.", {"train-cpu"}),
        ("containers/data.def", "%test", "%test\n    true", {"data"}),
        ("containers/post.sh", "cd /opt/build", "cd /opt/build/.", set(IMAGES)),
        ("containers/post.sh", "# ", "#  otherwise said: ", set()),
        ("containers/sbom.py", "import json\n", "import json  # why\n\n", set()),
        ("containers/train.def", "# Built", "# Made", set()),
        ("envs/dev.lock", "pytest==", "pytest==9.", set()),
    ],
)
def test_a_definition_changes_with_what_the_image_holds(
    checkout: Path, file: str, old: str, new: str, changed: set[str]
) -> None:
    before = {name: definition_of(name) for name in IMAGES}
    text = (checkout / file).read_text()
    assert old in text
    (checkout / file).write_text(text.replace(old, new))
    assert {name for name in IMAGES if definition_of(name) != before[name]} == changed


@pytest.mark.parametrize("name", IMAGES)
def test_every_package_of_an_image_comes_with_hashes_as_a_wheel_or_as_source(name: str) -> None:
    wheels, sources = by_kind(name)
    packages = [line for line in (wheels + sources).splitlines() if not line.startswith(" ")]
    assert len(packages) > 20 and all("==" in line for line in packages)
    assert (wheels + sources).count("--hash=sha256:") >= len(packages)
    assert "deepspeed==" not in wheels and ("deepspeed==" in sources) == name.startswith("train")


def graph(tmp_path: Path, **overlay: Any) -> Graph:
    values = yaml.safe_load((ROOT / "config.yaml").read_text())
    values = laid_over(values, yaml.safe_load((ROOT / "profiles/quickstart/scale.yaml").read_text()))
    own = {"containers": {"directory": str(tmp_path), "lock": str(tmp_path / "images.lock")}}
    return Graph.of(laid_over(laid_over(values, {"results": str(tmp_path / "results"), **own}), overlay))


def lock(tmp_path: Path, **changed: str) -> None:
    rows = {}
    for name in ("data", "train-cpu"):
        digest = hashlib.sha256(CONTENT).hexdigest()
        (tmp_path / f"{name}-{digest[:12]}.sif").write_bytes(CONTENT)
        rows[name] = {"sha256": digest, "base": "debian abc", "definition": definition_of(name), **changed}
    (tmp_path / "images.lock").write_text(json.dumps(rows))


def test_an_image_that_is_the_one_in_the_lock_is_used_by_its_digest(tmp_path: Path) -> None:
    lock(tmp_path)
    found = graph(tmp_path).images
    found.check()
    assert Path(found.path("data")).name == f"data-{hashlib.sha256(CONTENT).hexdigest()[:12]}.sif"
    assert Path(found.path("serve")).name.startswith("train-cpu-")  # transformers generate, on a CPU


def test_other_content_under_the_name_is_refused_with_both_digests(tmp_path: Path) -> None:
    lock(tmp_path)
    path = Path(graph(tmp_path).images.path("data"))
    path.write_bytes(b"another image")
    with pytest.raises(UserError) as refused:
        graph(tmp_path).images.check()
    for content in (CONTENT, b"another image"):
        assert hashlib.sha256(content).hexdigest() in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"definition": "0" * 12}, "was built from other files"),
        ({"base": f"python@sha256:{'0' * 64}"}, "was built on python@sha256"),
    ],
)
def test_an_image_that_is_out_of_date_is_refused(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    lock(tmp_path, **changed)
    with pytest.raises(UserError, match=said):
        graph(tmp_path).images.check()


def test_an_image_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no image data; run `snakemake containers"):
        graph(tmp_path).images.check()
    lock(tmp_path)
    Path(graph(tmp_path).images.path("train")).unlink()
    with pytest.raises(UserError, match="is not there"):
        graph(tmp_path).images.check()


def test_a_lock_that_is_none_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "images.lock").write_text('{"data": {"sha256": "abc"}}')
    with pytest.raises(UserError, match=r"images\.lock: data\.sha256"):
        read_lock(tmp_path / "images.lock")


@pytest.mark.parametrize("base", ["python:3.11", "python@sha256:abc", ""])
def test_a_base_without_a_digest_is_refused(tmp_path: Path, base: str) -> None:
    with pytest.raises(UserError, match=r"containers\.base"):
        graph(tmp_path, containers={"base": base})
