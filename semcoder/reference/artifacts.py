"""Every file that a rule makes: its path below `results`, the rule, and what stands in it."""

from typing import NamedTuple

from pydantic import BaseModel

from semcoder import records
from semcoder.contests.tasks import Task
from semcoder.evaluation.scorefile import ScoreFile, Setup
from semcoder.pyx.overlap import Report
from semcoder.report.counts import Summary

Content = type[BaseModel] | str
"""A model: one JSON object, for records one a line; else words."""


class Artifact(NamedTuple):
    """`about`: which of its kind the file holds."""

    path: str
    rule: str
    content: Content
    about: str


DROPPED = ("dropped.jsonl", records.Dropped, "what was not kept, each with its reason")
SUMMARY = ("summary.json", Summary, "counts of both")
ROUND = "refinement/{refinement}/{model}/{benchmark}.{rationale}/round{round}"


def _stage(rule: str, start: str, *made: tuple[str, Content, str]) -> list[Artifact]:
    """What one rule makes, under names that begin alike."""
    return [Artifact(f"{start}{name}", rule, content, about) for name, content, about in made]


ARTIFACTS: dict[str, list[Artifact]] = {
    # chapter: files, in the order of the graph
    "Seeds": _stage(
        "extract_seeds", "seeds/{scatteritem}.", ("jsonl", records.Seed, "seeds"), DROPPED, SUMMARY
    ),
    "PyX": [
        *_stage(
            "synthesize",
            "pyx/synthesized/{scatteritem}.",
            ("problems.jsonl", records.Problem, "problems of the programs that run"),
            ("programs.jsonl", records.Program, "solutions that run"),
            ("inputs.jsonl", records.Candidate, "inputs that the seeds and the teacher propose"),
            ("soft.jsonl", records.Program, "solutions that parse and do not run (PyX-Soft)"),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "expand_inputs",
            "pyx/expanded/{scatteritem}.",
            ("programs.jsonl", records.Program, "programs that pass the filters and have inputs"),
            ("tests.jsonl", records.TestCase, "their inputs, each with what the program returned"),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "select",
            "pyx/",
            ("problems.jsonl", records.Problem, "problems of all programs kept"),
            ("programs.jsonl", records.Program, "all programs kept: no duplicate, no benchmark item"),
            ("train.jsonl", records.Program, "those that may be trained on"),
            (
                "heldout.jsonl",
                records.Program,
                "whole families of programs kept apart for PyX's own benchmarks",
            ),
            ("tests.jsonl", records.TestCase, "tests of all programs kept"),
            ("soft.jsonl", records.Program, "PyX-Soft after the same filters"),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "questions",
            "pyx/questions.",
            ("jsonl", records.TestCase, "held-out tests that copying the question does not answer"),
            DROPPED,
            SUMMARY,
        ),
    ],
    "Traces and baseline formats": [
        *_stage(
            "trace", "traces/{scatteritem}.", ("jsonl", records.Trace, "traces of tests"), DROPPED, SUMMARY
        ),
        *_stage(
            "render",
            "formats/{format}/{direction}/{scatteritem}.",
            ("jsonl", records.Monologue, "the traces in a format of the ablation"),
            DROPPED,
            SUMMARY,
        ),
    ],
    "Monologues": [
        each
        for rule, writer, about in (
            ("write_monologues", "trace", "written from the trace"),
            ("sample_monologues", "teacher", "sampled from the teacher and accepted by execution"),
            ("translate_monologues", "translation", "the first, retold by the teacher and checked"),
        )
        for each in _stage(
            rule,
            f"monologues/{writer}/{{direction}}/{{scatteritem}}.",
            ("jsonl", records.Monologue, about),
            DROPPED,
            SUMMARY,
        )
    ],
    "PyX-R": [
        *_stage(
            "sample_buggy",
            "pyx_r/{model}/{scatteritem}.",
            (
                "generations.jsonl",
                records.Generation,
                "solutions of PyX problems by the model to be debugged",
            ),
            ("setup.json", Setup, "how they were made"),
        ),
        *_stage(
            "score_buggy",
            "pyx_r/{model}/{scatteritem}.",
            ("items.jsonl", records.ScoredItem, "the verdict on each"),
            ("json", ScoreFile, "their score"),
        ),
        *_stage(
            "build_pyx_r",
            "pyx_r/",
            ("pyx_r.jsonl", records.Example, "buggy solution, failed test, rationale and repair that passes"),
            DROPPED,
            SUMMARY,
        ),
    ],
    "Contest problems": [
        *_stage(
            "read_contests",
            "contests/problems.",
            ("jsonl", Task, "problems of CodeContests with tests and solutions of others"),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "solve_contests",
            "contests/{scatteritem}.",
            (
                "jsonl",
                "`origin` (problem and number), `site`, `lang`, `problem`, `solution`",
                "solutions that pass every test, as rows to train on",
            ),
            DROPPED,
            SUMMARY,
        ),
    ],
    "Training": [
        *_stage(
            "clean_extra",
            "extras/{extra}.",
            (
                "jsonl",
                "a row of the data set, with where it comes from (`origin`) and its `licence`",
                "rows of another data set that match no benchmark",
            ),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "mix",
            "mixtures/{recipe}.",
            ("jsonl", records.Example, "the rows that a recipe trains on, in their order"),
            DROPPED,
            SUMMARY,
        ),
        Artifact(
            "models/{model}", "convert_base", "folder", "a GGUF model as safetensors, with its tokenizer"
        ),
        Artifact("checkpoints/{recipe}", "train", "folder", "a trained model; its files stand below"),
    ],
    "Evaluation": [
        *_stage(
            "generate",
            "generations/{model}/{benchmark}.{format}/{scatteritem}.",
            ("jsonl", records.Generation, "answers of a model to its share of a benchmark"),
            ("setup.json", Setup, "how they were made"),
        ),
        *_stage(
            "score",
            "scores/{model}/{benchmark}.{format}.",
            ("items.jsonl", records.ScoredItem, "the verdict on each answer"),
            ("json", ScoreFile, "pass@k with intervals, and all that says what was scored"),
        ),
        *_stage(
            "refine_round",
            f"{ROUND}.",
            (
                "jsonl",
                records.Generation,
                "answers after so many rounds of refinement, those that stayed too",
            ),
            ("setup.json", Setup, "how they were made"),
        ),
        *_stage(
            "score_round",
            f"{ROUND}.",
            ("items.jsonl", records.ScoredItem, "the verdict on each"),
            ("json", ScoreFile, "their score"),
        ),
    ],
    "Tables, plots, claims": [
        Artifact("tables/{table}.csv", "table", "table", "scores beside the paper's numbers"),
        Artifact("tables/{table}.md", "table", "Markdown", "the same, with how the answers were made"),
        Artifact("tables/figure5.csv", "similarity", "table", "how similar PyX is to benchmarks"),
        Artifact("tables/figure5.md", "similarity", "Markdown", "the same"),
        Artifact("tables/figure6.csv", "categories", "table", "what PyX's problems are about"),
        Artifact("tables/figure6.md", "categories", "Markdown", "the same"),
        Artifact("tables/{figure}.svg", "draw", "SVG", "a figure, or rounds of refinement, drawn"),
        Artifact("tables/table7.csv", "executability", "table", "how much of another instruction set runs"),
        Artifact("tables/table7.md", "executability", "Markdown", "the same"),
        Artifact("tables/yields.csv", "yields", "table", "what each stage took, kept and dropped"),
        Artifact("tables/yields.md", "yields", "Markdown", "the same"),
        Artifact("tables/monologues.csv", "monologue_quality", "table", "sources of monologues compared"),
        Artifact(
            "tables/monologues.md", "monologue_quality", "Markdown", "the same, with what each measure is"
        ),
        Artifact("tables/teacher.csv", "teacher_usage", "table", "answers, tokens and dollars of each stage"),
        Artifact("tables/teacher.md", "teacher_usage", "Markdown", "the same"),
        Artifact("claims.md", "claims", "Markdown", "each claim: reproduced, not reproduced, or not run"),
        Artifact(
            "pages/overview.html",
            "overview",
            "HTML",
            "claims and their status, tables, yields, time, environment",
        ),
        Artifact("plots/yields.svg", "yields", "SVG", "what each stage kept"),
        Artifact("plots/{kind}.svg", "plot_lengths", "SVG", "lengths of traces, of monologues"),
        Artifact(
            "plots/loss.{recipe}.svg",
            "plot_loss",
            "SVG",
            "loss and throughput over the steps of a training run",
        ),
        Artifact("pages/monologues.html", "monologue_pages", "HTML", "some monologues, step by step"),
    ],
    "Beyond the paper": [
        *_stage(
            "variants",
            "variants/{entry}.{change}.",
            (
                "jsonl",
                "lines as in the benchmark's file",
                "its items with changed programs that run the same",
            ),
            DROPPED,
            SUMMARY,
        ),
        *_stage(
            "state_questions",
            "states/questions.",
            (
                "jsonl",
                "id, code, entry_point, arguments, output (the answer), kind, line, time, variable",
                "questions about moments of runs",
            ),
            DROPPED,
            SUMMARY,
        ),
        Artifact("contamination/{recipe}.json", "overlap", Report, "benchmark items found in a mixture"),
        Artifact("tables/robustness.csv", "robustness_table", "table", "what changed programs cost"),
        Artifact("tables/robustness.md", "robustness_table", "Markdown", "the same"),
        Artifact("tables/contamination.csv", "contamination_table", "table", "benchmark items in mixtures"),
        Artifact("tables/contamination.md", "contamination_table", "Markdown", "the same"),
    ],
    "Released data, in and out": [
        *_stage(
            "read_released",
            "released/{released}.",
            ("jsonl", records.Example, "the authors' rows as examples"),
            DROPPED,
            SUMMARY,
        ),
        Artifact(
            "release", "release", "folder", "PyX and PyX-R for others, with card and Croissant metadata"
        ),
    ],
}
