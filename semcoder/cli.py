"""`semcoder STAGE VERB`: one command a rule, each a module that can also be used alone.

A command's module holds one function, `main`, whose signature is its options and whose docstring is its help.
Modules are imported only when their command runs, so that one command never pays for another's libraries, and
so that a rule's code hash (semcoder.codehash) covers just what its own command imports.
"""

import functools
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder import orphan, progress, seals
from semcoder.artifacts import output_directory, output_file
from semcoder.errors import UserError
from semcoder.execution import network
from semcoder.execution.isolation import Isolation, choose

STAGES: dict[str, tuple[str, dict[str, str]]] = {
    # stage: (help, {verb: module}), in the order of the graph
    "containers": (
        "Images that rules run in.",
        {
            "base": "semcoder.containers.base",
            "wheelhouse": "semcoder.containers.wheelhouse",
            "build": "semcoder.containers.build",
            "lock": "semcoder.containers.lock",
        },
    ),
    "data": ("External files, pinned in data/versions.csv.", {"fetch": "semcoder.fetch"}),
    "seeds": ("Raw seeds from existing programs.", {"extract": "semcoder.seeds.extract"}),
    "teacher": (
        "What is asked of a language model, and what it costs.",
        {
            "estimate": "semcoder.teacher.estimate",
            "usage": "semcoder.teacher.costs",
            "export": "semcoder.teacher.exported",
            "import": "semcoder.teacher.imported",
        },
    ),
    "pyx": (
        "Problems, programs and inputs that run.",
        {
            "synthesize": "semcoder.pyx.synthesize",
            "expand": "semcoder.pyx.expand",
            "select": "semcoder.pyx.select",
            "executability": "semcoder.pyx.executability",
            "export": "semcoder.release.exported",
            "import": "semcoder.release.imported",
            "similarity": "semcoder.pyx.edit_similarity",
            "categories": "semcoder.pyx.categories",
            "overlap": "semcoder.pyx.overlap",
        },
    ),
    "contests": (
        "Contest problems with solutions that pass.",
        {"read": "semcoder.contests.read", "solve": "semcoder.contests.solve"},
    ),
    "execution": ("The sandbox.", {"run": "semcoder.execution.run"}),
    "tracing": (
        "Traces and the formats made from them.",
        {"trace": "semcoder.tracing.trace", "render": "semcoder.tracing.render"},
    ),
    "monologue": (
        "Monologues, forward and backward.",
        {
            "write": "semcoder.monologue.write",
            "sample": "semcoder.monologue.sample",
            "translate": "semcoder.monologue.translate",
            "verify": "semcoder.monologue.verify.command",
            "quality": "semcoder.monologue.quality",
            "show": "semcoder.monologue.show",
        },
    ),
    "training": (
        "Mixtures, base models and training.",
        {
            "clean": "semcoder.training.clean",
            "mix": "semcoder.training.mix",
            "base": "semcoder.training.base",
            "plan": "semcoder.training.plan",
            "train": "semcoder.training.train",
        },
    ),
    "evaluation": (
        "Generations and scores.",
        {
            "questions": "semcoder.evaluation.questions",
            "variants": "semcoder.evaluation.variants.command",
            "states": "semcoder.evaluation.states",
            "generate": "semcoder.evaluation.generate",
            "judge": "semcoder.evaluation.judging",
            "score": "semcoder.evaluation.score",
        },
    ),
    "refine": (
        "PyX-R and self-refinement.",
        {"build": "semcoder.refine.build", "round": "semcoder.refine.round"},
    ),
    "report": (
        "Tables and plots.",
        {
            "table": "semcoder.report.table",
            "claims": "semcoder.report.claims",
            "overview": "semcoder.report.overview",
            "robustness": "semcoder.report.robustness",
            "contamination": "semcoder.report.contamination",
            "yields": "semcoder.report.yields",
            "plot": "semcoder.report.plot",
        },
    ),
}
TOP: dict[str, tuple[str, str]] = {
    "lineage": ("Follow a record back to its seed.", "semcoder.lineage"),
    "fate": ("What became of a function: what was made of it, and why it was dropped.", "semcoder.fate"),
    "config": ("Check a configuration, or tell of every key.", "semcoder.configfiles"),
    "formats": ("Every file of a run, and the fields of what stands in it.", "semcoder.reference.formats"),
    "demo": ("A web page that asks a model and checks what it says.", "semcoder.demo.command"),
    "doctor": ("Whether a run would get through on this machine.", "semcoder.doctor"),
    "plan": (
        "What a target costs before it runs: jobs, GPU hours, dollars, disk, time.",
        "semcoder.planning.command",
    ),
    "crate": ("The record of a finished run (RO-Crate), as a folder or a bundle.", "semcoder.crate.command"),
    "why": ("Why an artifact would be made again, or that it would not.", "semcoder.why"),
}

OUTPUTS: dict[str, str] = {
    # command: the options that name what it makes; with a slash what is a directory
    "containers base": "out",
    "containers wheelhouse": "out/",
    "containers build": "out",
    "containers lock": "lock",
    "data fetch": "",  # a file or a directory: the command knows which
    "seeds extract": "seeds dropped summary",
    "teacher estimate": "",
    "teacher usage": "csv_file markdown",
    "teacher export": "answers",
    "teacher import": "",
    "pyx synthesize": "problems programs inputs soft dropped summary",
    "pyx expand": "kept tests dropped summary",
    "pyx select": "out_problems out_programs out_train out_heldout out_tests out_soft dropped summary",
    "pyx executability": "csv_file markdown",
    "pyx export": "out/",
    "pyx import": "out dropped summary",
    "pyx similarity": "csv_file markdown",
    "pyx categories": "csv_file markdown",
    "pyx overlap": "out",
    "contests read": "problems dropped summary",
    "contests solve": "out dropped summary",
    "execution run": "verdicts",
    "tracing trace": "traces dropped summary",
    "tracing render": "out dropped summary",
    "monologue write": "monologues dropped summary",
    "monologue sample": "monologues dropped summary",
    "monologue translate": "monologues dropped summary",
    "monologue verify": "verdicts",
    "monologue quality": "csv_file markdown",
    "monologue show": "html",
    "training clean": "out dropped summary",
    "training mix": "mixture dropped summary",
    "training base": "out/",
    "training plan": "",
    "training train": "out/",
    "evaluation questions": "out dropped summary",
    "evaluation variants": "out dropped summary",
    "evaluation states": "out dropped summary",
    "evaluation generate": "generations setup",
    "evaluation judge": "items score",
    "evaluation score": "scores",
    "refine build": "out dropped summary",
    "refine round": "out_generations setup",
    "report table": "csv_file markdown",
    "report claims": "markdown",
    "report overview": "html",
    "report robustness": "csv_file markdown",
    "report contamination": "csv_file markdown",
    "report yields": "table markdown plot",
    "report plot": "out",
}

OFFLINE = frozenset(
    {
        "pyx executability",
        "execution run",
        "tracing trace",
        "monologue quality",
        "monologue show",
        "evaluation questions",
        "evaluation variants",
        "evaluation states",
        "evaluation judge",
        "evaluation score",
    }
)
"""Commands that execute programs and ask nobody: no teacher, no engine, nothing fetched. They have no network."""


def _command(words: Sequence[str]) -> tuple[str, str]:
    """The stage and the verb among the words of a command line, empty where there is none."""
    own = 0
    while words[own : own + 1] in (["--log"], ["--isolation"]):
        own += 2
    stage, verb = [*words[own:], "", ""][:2]
    return stage, verb


def application(words: Sequence[str]) -> typer.Typer:
    """The command line, with no more modules imported than the command named by `words` needs."""
    stage, verb = _command(words)
    root = typer.Typer(
        name="semcoder",
        help="SemCoder, reproducible. Stages stand in the order of the graph; each verb's --help has an example.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback()(_before)
    for name, (text, verbs) in STAGES.items():
        branch = typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
        branch.callback()(lambda: None)
        if name == stage:
            for each in [verb] if verb in verbs else verbs:
                work = importlib.import_module(verbs[each]).main
                branch.command(each)(_with_checked_paths(work, OUTPUTS.get(f"{stage} {each}", "").split()))
        root.add_typer(branch, name=name)
    for name, (text, module) in TOP.items():
        if name == stage:
            root.command(name)(importlib.import_module(module).main)
        else:
            root.command(name, help=text)(lambda: None)
    return root


def _with_checked_paths(work: Callable[..., None], outputs: list[str]) -> Callable[..., None]:
    """`work`, refused before it begins where an output cannot be made or is named by another option too, or where
    an input was damaged since a rule wrote it."""

    names = {name.rstrip("/") for name in outputs}

    @functools.wraps(work)
    def checked(**options: Any) -> None:
        for name in outputs:
            if path := options[name.rstrip("/")]:
                (output_directory if name.endswith("/") else output_file)(path)
        named: dict[Path, str] = {}
        for name in sorted(options, key=names.__contains__):  # outputs last
            values = options[name] if isinstance(options[name], list | tuple) else [options[name]]
            for path in (value for value in values if isinstance(value, Path)):
                other = named.setdefault(path.resolve(), name)
                if other != name and name in names:
                    words = " and ".join(f"--{each.replace('_', '-')}" for each in (other, name))
                    raise UserError(f"{path}: named by {words}; an output needs a path of its own.")
                if name not in names:
                    seals.check(path)
        made = [options[name] for name in outputs if not name.endswith("/") and options[name]]
        for path in made:
            seals.unseal(path)
        work(**options)
        for path in made:
            seals.seal(path)

    return checked


def _before(
    log: Annotated[
        Path | None, typer.Option(help="Write messages to this file, progress to the terminal.")
    ] = None,
    isolation: Annotated[
        Isolation,
        typer.Option(
            envvar="SEMCODER_ISOLATION",
            help="How programs are isolated; rlimits-only where the kernel forbids namespaces.",
        ),
    ] = "namespaces",
) -> None:
    choose(isolation)
    if log:  # a rule's job
        progress.log_to(log)
        seals.keep()
        orphan.end_with_workflow()


def _words() -> list[str]:
    """The words of the command line, or those that a shell wants completed (bash; zsh, fish)."""
    if "_SEMCODER_COMPLETE" not in os.environ:
        return sys.argv[1:]
    line = os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS") or ""
    return line.split()[1:]


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 a bug (with its trace), 2 the user can mend it, 130 interrupted."""
    words = _words()
    try:
        if " ".join(_command(words)) in OFFLINE:
            network.leave()  # where the kernel forbids it, `semcoder doctor` says so
        application(words)(prog_name="semcoder")
    except UserError as error:
        progress.tell(f"semcoder: {error}")
        sys.exit(2)
    except OSError as error:
        if error.filename is None:
            raise
        progress.tell(f"semcoder: {error.filename}: {error.strerror}; give a path that can be used.")
        sys.exit(2)
    except MemoryError:
        progress.tell(
            "semcoder: out of memory; give the command more of it (mem_mb of its rule), or smaller files."
        )
        sys.exit(2)
    except KeyboardInterrupt:
        progress.tell("semcoder: interrupted; run the same command again to go on.")
        sys.exit(130)


if __name__ == "__main__":
    main()
