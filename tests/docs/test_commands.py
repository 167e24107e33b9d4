"""The commands of the README and of docs/ are taken by the programs that they call."""

import argparse
import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pages import PAGES, ROOT, commands, fences, inline
from typer.testing import CliRunner

from semcoder.cli import STAGES, TOP, application

HOLES = {"N": "2", "DIR": ".", "FILE": "config.yaml", "FILE...": "config.yaml", "...": None}
"""What a page leaves open, and what stands for it here."""


def of_all(name: str) -> list[str]:
    return sorted({each for page in PAGES for each in commands(page.read_text(), name)})


def words_of(command: str) -> list[str]:
    words = [HOLES.get(word, word) for word in shlex.split(command.partition(" > ")[0].partition(" | ")[0])]
    return [word for word in words if word is not None]


def test_there_are_commands() -> None:
    assert len(of_all("semcoder")) > 25 and len(of_all("snakemake")) > 10 and len(of_all("make")) > 3


@pytest.mark.parametrize("command", [each for each in of_all("semcoder") if each != "semcoder STAGE VERB"])
def test_semcoder_takes_the_command(command: str) -> None:
    words = words_of(command)[1:]
    if words and words[-1].startswith("--") and words[-1] != "--help":
        words.append("a value that the page leaves out")
    done = CliRunner().invoke(application(words), [*words, *([] if "--help" in words else ["--help"])])
    assert done.exit_code == 0, f"{command}\n{done.output}"


@pytest.mark.parametrize("command", of_all("make"))
def test_make_has_the_target(command: str) -> None:
    rules = re.findall(r"^([\w./-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert all(word in rules for word in words_of(command)[1:] if "=" not in word), command


@pytest.mark.parametrize("command", [*of_all("python"), *of_all("pytest")])
def test_python_has_what_is_to_run(command: str) -> None:
    name, *words = words_of(command)
    if name == "pytest":
        added = (ROOT / "docs/extending.md").read_text()
        assert all((ROOT / word).exists() or f"\n+++ b/{word}\n" in added for word in words)
    elif words[:1] == ["-m"]:
        module = ROOT / words[1].replace(".", "/")
        source = (module / "__main__.py" if module.is_dir() else module.with_suffix(".py")).read_text()
        named = {node.arg for node in ast.walk(ast.parse(source)) if isinstance(node, ast.arg)}
        options = {word[2:].replace("-", "_") for word in words[2:] if word.startswith("--")}
        assert options <= {*named, "help"}, command


def snakemake_options() -> argparse.ArgumentParser:
    from snakemake.cli import get_argument_parser

    return get_argument_parser()


def asked(command: str, parser: argparse.ArgumentParser) -> tuple[tuple[str, ...], set[str]]:
    """(configuration files, targets) of a command that Snakemake takes; its profile is looked up here, so that no
    executor needs to be installed."""
    words, files = words_of(command)[1:], []
    if "--profile" in words:
        place = words.index("--profile")
        profile = ROOT / words[place + 1] / "config.yaml"
        files = yaml.safe_load(profile.read_text()).get("configfile", [])
        del words[place : place + 2]
    if not {"--cores", "--help"} & set(words):
        words += ["--cores", "2"]
    given = parser.parse_args(words)
    files = [str(file) for file in given.configfile] if given.configfile else files
    return tuple(files), (set(given.targets) or {"all"}) - {"NAME"}


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], dict[str, Any]]:
    """What Snakemake would do for all commands of the pages, by their configuration files; made in two processes."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "code").mkdir()
    (folder / "code/a.py").write_text("def f(x):\n    return x\n")
    (folder / "released.yaml").write_text(
        fences((ROOT / "docs/artifact-evaluation.md").read_text(), "yaml")[0]
    )
    mine = yaml.safe_load(fences((ROOT / "docs/guide.md").read_text(), "yaml")[0])
    mine["seeds"]["sources"][0]["path"] = str(folder / "code")
    (folder / "mine.yaml").write_text(yaml.safe_dump(mine))
    parser, wanted = snakemake_options(), defaultdict[tuple[str, ...], set[str]](set)
    for command in of_all("snakemake"):
        files, targets = asked(command, parser)
        wanted[files] |= targets
    jobs = [
        {
            "files": [str(folder / file if (folder / file).exists() else ROOT / file) for file in files],
            "targets": sorted(targets),
            # Less of the same rules; and the pages have a folder MIRROR, which is not here.
            "config": {
                "pyx": {"shards": 1},
                "evaluation": {"shards": 1},
                "data": {"reach": ["pypi", "url", "hub"]},
            },
        }
        for files, targets in wanted.items()
    ]
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("dry.py"))],
        input=json.dumps(jobs),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(wanted, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_snakemake_plans_every_command(plans: dict[tuple[str, ...], dict[str, Any]]) -> None:
    assert len(plans) >= 6
    for files, plan in plans.items():
        assert "edges" in plan, f"{files}: {plan}"


def test_the_data_flow_is_drawn_as_it_is(plans: dict[tuple[str, ...], dict[str, Any]]) -> None:
    (drawing,) = fences((ROOT / "docs/design.md").read_text(), "mermaid")
    drawn = set(re.findall(r"^  (\w+) --> (\w+)$", drawing, re.MULTILINE))
    rules = {rule for edge in drawn for rule in edge}
    real = {(first, second) for first, second in plans[()]["edges"]}
    assert drawn == {edge for edge in real if set(edge) <= rules}
    page = (ROOT / "docs/design.md").read_text()
    for file in (ROOT / "rules").glob("*.smk"):
        for rule in re.findall(r"^(?:use rule \w+ as|rule) (\w+)", file.read_text(), re.MULTILINE):
            assert re.search(rf"\b{rule}\b", page), rule


def test_an_option_named_by_itself_exists() -> None:
    known = {word for action in snakemake_options()._actions for word in action.option_strings}
    for words in [
        *([stage, verb] for stage, (_, verbs) in STAGES.items() for verb in verbs),
        *([t] for t in TOP),
    ]:
        at: Any = typer.main.get_command(application(words))
        known |= {word for each in at.params for word in each.opts}
        for word in words:
            at = at.commands[word]
        known |= {word for each in at.params for word in each.opts}
    for page in PAGES:
        for text in inline(page.read_text()):
            if text.startswith("--"):
                assert re.split(r"[ =]", text)[0] in known, f"{page.name}: {text}"


def test_the_sandbox_page_shows_what_it_says(tmp_path: Path) -> None:
    shell = "\n".join(fences((ROOT / "docs/sandbox.md").read_text(), "bash"))
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name, module in (("semcoder", "-m semcoder.cli"), ("python", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-euc", shell], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    allowed, caught = done.stdout.splitlines()
    assert set(json.loads(allowed)) == {"network", "sandbox"} and caught == "3"
    verdicts = [
        json.loads(line)["verdict"] for line in (tmp_path / "verdicts.jsonl").read_text().splitlines()
    ]
    assert verdicts == ["forbidden", "forbidden", "timeout", "passed"]
