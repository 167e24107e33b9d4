"""Links of the README and of docs/ lead somewhere, and so do the files and settings that they name."""

import re
from pathlib import Path

import pytest
import yaml
from pages import PAGES, ROOT, inline, prose

from semcoder.config import Config
from semcoder.configfiles import load
from semcoder.reference.words import anchor
from semcoder.report.claims import read_claims

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(
    r"(?:semcoder|rules|docs|tests|profiles|envs|containers|benchmarks|data|results/paper)/[\w./-]+\w"
)


def anchors(path: Path) -> set[str]:
    return {anchor(each) for each in re.findall(r"^#+ (.*)$", prose(path.read_text()), re.MULTILINE)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in LINK.findall(prose(page.read_text())):
        if re.match(r"https?:", link):
            continue
        file, _, place = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists() and target.is_relative_to(ROOT), link
        assert not place or place in anchors(target), link


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for page in PAGES[1:]:
        assert f"](docs/{page.name}" in readme, page.name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_is_there(page: Path) -> None:
    made = ("data/external", "containers/images.lock", "results/paper/*")
    for text in inline(page.read_text()):
        if (
            PATH.fullmatch(text)
            and not text.startswith(made)
            and page.name not in ("configuration.md", "formats.md")
        ):
            assert (ROOT / text).exists(), text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    values = load([ROOT / "config.yaml"]).model_dump(mode="json")
    sections = "|".join(Config.model_fields)
    for text in inline(page.read_text()):
        match = re.fullmatch(rf"((?:{sections})(?:\.[a-z_]+)+)(?:: .*)?", text)
        if not match or match[1].endswith((".md", ".csv", ".jsonl", ".py", ".smk")):
            continue
        at = values
        for part in match[1].split("."):
            assert part in at, text
            at = at[part]


def test_every_claim_is_told_with_its_number_and_target() -> None:
    page = (ROOT / "docs/artifact-evaluation.md").read_text()
    rows = re.findall(r"^\| (.*?) \| (.*?) \| `(.*?)` \|", page, re.MULTILINE)
    told = {claim: (paper, target) for claim, paper, target in rows}
    for claim in read_claims(ROOT / "claims.yaml"):
        points = " points" if claim.over else ""
        paper = "above 0" if claim.value is None else f"{claim.value:g}{points}"
        if claim.at_least is not None:
            paper = f"at least {claim.at_least:g}{points} less {claim.margin:g}"
        elif claim.margin:
            paper = f"within {claim.margin:g} points"
        assert told[claim.claim] == (paper, claim.target), claim.claim


def test_the_recipes_of_the_paper_are_told() -> None:
    page = (ROOT / "docs/artifact-evaluation.md").read_text()
    for name in yaml.safe_load((ROOT / "config.yaml").read_text())["recipes"]:
        assert f"`{name}`" in page or name.startswith("ablation_"), name


def test_each_part_of_the_paper_leads_to_the_rule_that_does_it_here() -> None:
    page = (ROOT / "docs/upstream.md").read_text()
    table = page.partition("## What the paper describes")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][2:]
    rows = [row for row in rows if not row.startswith("| a demo |")]  # no part of the paper
    assert len(rows) > 15
    for row in rows:
        here = row.rstrip(" |").rpartition(" | ")[2]
        files = re.findall(r"\]\(\.\./(rules/\w+\.smk)\)", here)
        assert files, row
        rules = {
            name
            for file in files
            for name in re.findall(
                r"^(?:use rule \w+ as|rule) (\w+)", (ROOT / file).read_text(), re.MULTILINE
            )
        }
        assert rules & set(re.findall(r"`(\w+)`", here)), row
