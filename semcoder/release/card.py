"""The card of a published data set: README.md, its head in YAML as the hub and `datasets` read it."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from semcoder import __version__
from semcoder.release.contents import Contents
from semcoder.release.rows import COLUMNS, columns
from semcoder.report.counts import by_count

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
LARGEST = "1M<n<10M"
TITLES = {"pyx": "PyX", "pyx_r": "PyX-R"}
PAPER = "https://arxiv.org/abs/2406.01006"


def card(contents: Contents) -> str:
    """The whole README.md."""
    return (
        "\n\n".join(
            [
                f"---\n{yaml.safe_dump(head(contents), sort_keys=False, allow_unicode=True, width=100)}---",
                f"# {contents.settings.name}",
                _opening(contents),
                "## Rows",
                _rows(contents),
                "## Columns",
                _columns(contents),
                "## How it was made",
                _making(contents),
                "## Licences",
                _licences(contents),
                "## Known limits",
                _limits(contents),
            ]
        )
        + "\n"
    )


def head(contents: Contents) -> dict[str, Any]:
    """The YAML at the top: configurations with their files by split, columns with their types."""
    total = len(contents.rows)
    return {
        "pretty_name": contents.settings.name,
        "license": "other",
        "license_name": "licences-of-the-sources",
        "license_link": "README.md#licences",
        "language": ["en", "code"],
        "task_categories": ["text-generation"],
        "tags": ["code", "python", "execution-reasoning", "croissant"],
        "size_categories": [next((name for limit, name in SIZES if total < limit), LARGEST)],
        "configs": [
            {
                "config_name": name,
                **({"default": True} if name == "pyx" else {}),
                "data_files": [{"split": file.split, "path": file.path} for file in files],
            }
            for name, files in contents.configs.items()
        ],
        "dataset_info": [
            {
                "config_name": name,
                "features": [
                    {"name": column, "dtype": "int64" if about.annotation is int else "string"}
                    for column, about in columns(files[0].kind).items()
                ],
            }
            for name, files in contents.configs.items()
        ],
    }


def _table(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    def line(cells: tuple[object, ...]) -> str:
        shown = (f"{each:,}" if isinstance(each, int) else str(each).replace("|", "\\|") for each in cells)
        return f"| {' | '.join(shown)} |"

    return "\n".join([line(header), "|---" * len(header) + "|", *map(line, rows)])


def _opening(contents: Contents) -> str:
    parts = "; ".join(f'`"{name}"`: {TITLES[name]}' for name in contents.configs)
    return (
        f"Python programs with inputs that ran, and their executions told forward and backward, after SemCoder "
        f"({PAPER}). It has the columns of the data that the paper's authors released, is made anew from other "
        f"sources, and is not their data.\n\n"
        f"`datasets.load_dataset(FOLDER, NAME)` with NAME one of {parts}."
    )


def _rows(contents: Contents) -> str:
    rows = [
        (TITLES[file.config], file.split, task, count)
        for file in contents.files
        for task, count in file.tasks.items()
    ]
    text = _table(("set", "split", "task", "rows"), rows)
    if contents.left_out:
        text += (
            "\n\nNot among them: " + ", ".join(f"{why} {n:,}" for why, n in contents.left_out.items()) + "."
        )
    return text


def _columns(contents: Contents) -> str:
    """A table for each set; the columns of provenance once."""
    parts, told = [], set()
    for name, files in contents.configs.items():
        kind = files[0].kind
        rows: list[tuple[object, ...]] = [
            (f"`{column}`", about.description)
            for column, about in columns(kind).items()
            if column in COLUMNS[kind] or column not in told
        ]
        told |= set(columns(kind))
        parts.append(f"{TITLES[name]}:\n\n" + _table(("column", "what is in it"), rows))
    return "\n\n".join(parts) + (
        "\n\nA question column holds what stands after the task's prefix (paper App. H), as in the released data. All "
        "ids are those of the records of the run (the released ids count programs and inputs); `semcoder lineage ID "
        "--results FOLDER`, with the id of a row's monologue, generation or program, shows its whole chain. Rows are "
        "in the order of their ids, so that tasks come mixed."
    )


def _making(contents: Contents) -> str:
    writers = [(name, count) for name, count in contents.writers.items()]
    text = (
        f"By SemCoder-Repro {__version__}, configuration `{contents.fingerprint}` (sha256 of the settings below, its "
        f"first 12 digits).\n\n" + _table(("who wrote the response", "rows"), writers)
    )
    if contents.stages:
        rows: list[tuple[object, ...]] = []
        for each in contents.stages:
            why = ", ".join(f"{reason} {count:,}" for reason, count in by_count(each.reasons))
            rows.append((each.stage, each.taken, each.kept, why))
        text += "\n\n" + _table(("stage", "in", "kept", "dropped, by reason"), rows)
        text += "".join(f"\n\n{each.checked}" for each in contents.stages if each.checked)
    settings = json.dumps(contents.configuration, indent=2, sort_keys=True, ensure_ascii=False)
    return f"{text}\n\n```json\n{settings}\n```"


def _licences(contents: Contents) -> str:
    return (
        "Each row names the licence of the file that its seed was taken from, read from the file's own SPDX line or "
        "the nearest licence file above it. Nobody has looked at them one by one. Text that a model wrote is also "
        "under the terms of whoever serves that model.\n\n"
        + _table(("licence of the source", "rows", "programs"), [*contents.licences])
    )


def _limits(contents: Contents) -> str:
    monologue = contents.configuration.get("monologue", {})
    if monologue.get("writer") == "trace":
        steps = "Monologues are written from traces by rules: their steps are those of the run, their wording is even."
    elif monologue.get("verify"):
        steps = (
            "Monologues were kept only if their answer is right when run and no claim in them that could be read "
            "contradicts the trace; claims that could not be read were not checked."
        )
    else:
        steps = "Of monologues only the answers were checked by running them; steps may be wrong."
    lines = [
        steps,
        "Programs are deterministic under the hash seeds named above, short, and without input or output other than "
        "arguments and return value; what was kept says nothing of code that is otherwise.",
        "Outputs are those of one version of Python.",
        "Problems that a model or a docstring states may say less than the program does.",
        "Decontamination looked for items of the benchmarks named above, and of no other.",
        "The held-out split shares no family of near duplicates with the training split; PyX-R has no held-out split.",
    ]
    return "\n".join(f"- {line}" for line in lines)
