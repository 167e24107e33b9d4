"""`semcoder STAGE VERB`: one command a rule, each a module that can also be used alone.

A command's module holds one function, `main`, whose signature is its options and whose docstring is its help.
Modules are imported only when their command runs, so that one command never pays for another's libraries, and
so that a rule's code hash (semcoder.codehash) covers just what its own command imports.
"""

import importlib
import os
import sys
from typing import Any

import click
import typer
from typer.core import TyperGroup

from semcoder.errors import UserError

STAGES: dict[str, tuple[str, dict[str, str]]] = {
    # stage: (help, {verb: module}), in the order of the graph
    "data": ("External files, pinned in data/versions.csv.", {"fetch": "semcoder.fetch"}),
    "seeds": ("Raw seeds from existing programs.", {"extract": "semcoder.seeds.extract"}),
    "pyx": (
        "Problems, programs and inputs that run.",
        {
            "synthesize": "semcoder.pyx.synthesize",
            "expand": "semcoder.pyx.expand",
            "select": "semcoder.pyx.select",
        },
    ),
    "execution": ("The sandbox.", {"run": "semcoder.execution.run"}),
    "tracing": (
        "Traces and the formats made from them.",
        {"trace": "semcoder.tracing.trace", "render": "semcoder.tracing.render"},
    ),
    "monologue": ("Monologues, forward and backward.", {"write": "semcoder.monologue.write"}),
    "training": (
        "Mixtures, base models and training.",
        {
            "mix": "semcoder.training.mix",
            "base": "semcoder.training.base",
            "train": "semcoder.training.train",
        },
    ),
    "evaluation": (
        "Generations and scores.",
        {"generate": "semcoder.evaluation.generate", "score": "semcoder.evaluation.score"},
    ),
    "refine": (
        "PyX-R and self-refinement.",
        {"build": "semcoder.refine.build", "round": "semcoder.refine.round"},
    ),
    "report": (
        "Tables and plots.",
        {
            "table": "semcoder.report.table",
            "yields": "semcoder.report.yields",
            "plot": "semcoder.report.plot",
        },
    ),
}
TOP: dict[str, tuple[str, str]] = {
    "lineage": ("Follow a record back to its seed.", "semcoder.lineage"),
    "config": ("Check a configuration, or print its schema.", "semcoder.config"),
}


class LazyGroup(TyperGroup):
    """A group whose commands are imported when they are asked for."""

    modules: dict[str, str]
    helps: dict[str, str]

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Verbs in the order of the graph."""
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb's module and wrap its `main`."""
        if cmd_name not in self.modules:
            return None
        return command(self.modules[cmd_name])


def command(module: str) -> click.Command:
    """The click command of a module's `main`."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(importlib.import_module(module).main)
    return typer.main.get_command(app)


def group() -> click.Group:
    """The whole command line."""
    root = click.Group(
        name="semcoder",
        help="SemCoder, reproducible: stages in the order of the graph. Each verb has --help with an example.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.list_commands = lambda ctx: [*STAGES, *TOP]  # type: ignore[method-assign]
    for stage, (text, verbs) in STAGES.items():
        lazy = LazyGroup(name=stage, help=text)
        lazy.modules = verbs
        root.add_command(lazy)
    for name, (text, module) in TOP.items():
        root.add_command(_LazyCommand(name, text, module))
    return root


class _LazyCommand(click.Command):
    """A top-level command, imported when it runs."""

    def __init__(self, name: str, text: str, module: str) -> None:
        super().__init__(name, help=text)
        self._module = module

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Hand over to the real command before options are read."""
        return command(self._module).make_context(info_name, args, parent=parent, **extra)


def main() -> None:
    """Entry point. Exit codes: 0 done, 1 a bug (with its trace), 2 the user can mend it, 130 interrupted."""
    try:
        status = group().main(standalone_mode=False)
        sys.exit(status if isinstance(status, int) else 0)
    except UserError as error:
        print(f"semcoder: {error}", file=sys.stderr)
        sys.exit(2)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        print("semcoder: interrupted; run the same command again to go on.", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)


if __name__ == "__main__":
    main()
