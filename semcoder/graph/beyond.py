"""What the paper does not measure: variants, questions about states, contamination, and what they are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from semcoder.evaluation.registry import BENCHMARKS
from semcoder.graph.options import one_of, option

if TYPE_CHECKING:
    from semcoder.graph import Graph


@dataclass(frozen=True)
class BeyondThePaper:
    """Variants, states, contamination."""

    graph: Graph

    @property
    def sources(self) -> str:
        """A wildcard's constraint: files whose programs can be changed."""
        return one_of({each.entry for each in BENCHMARKS.values() if each.change})

    @staticmethod
    def asked_of(entry: str) -> str:
        """The benchmark whose questions are in this file, with programs and outputs."""
        return next(
            name for name, each in BENCHMARKS.items() if each.entry == entry and each.task == "output"
        )

    def pairs(self) -> list[dict[str, str]]:
        """For each system, benchmark and change: scores and verdicts of both, and how many programs changed."""
        settings, evaluation = self.graph.config.beyond.robustness, self.graph.evaluation
        found = []
        for system in settings.systems:
            model = self.graph.config.systems[system].model
            for benchmark in filter(self.graph.data.has_benchmark, settings.benchmarks):
                for change in settings.changes:
                    pair = {"row": system, "benchmark": benchmark, "change": change}
                    for key, name in (("original", benchmark), ("changed", f"{benchmark}_{change}")):
                        score = evaluation.score(model, name, evaluation.format_of(system, name))
                        pair |= {key: score, f"{key}_items": evaluation.verdicts(score)}
                    [variants] = evaluation.data_of(f"{benchmark}_{change}")
                    summary = f"{variants.removesuffix('jsonl')}summary.json"
                    found.append({**pair, "summary": summary})
        return found

    def pair_files(self) -> list[str]:
        """The files that the table of robustness reads."""
        own = ("row", "benchmark", "change")
        return list(
            dict.fromkeys(path for each in self.pairs() for key, path in each.items() if key not in own)
        )

    def pair_options(self) -> str:
        """The same as options of `report robustness`."""
        title = self.graph.config.beyond.tables["robustness"].title
        return " ".join([option("title", title), *(option("pair", each) for each in self.pairs())])

    def compared(self) -> dict[str, list[str]]:
        """The benchmarks of the paper's wanted tables, with their files; those of one file once."""
        config, evaluation = self.graph.config, self.graph.evaluation
        columns = {name: each.benchmarks for name, each in config.tables.items()}
        columns |= {name: each.benchmarks for name, each in config.refinement.items()}
        asked = dict.fromkeys(b for name in config.targets for b in columns.get(name, ()))
        found: dict[tuple[str, ...], str] = {}
        for each in asked:
            facts = BENCHMARKS[each]
            if not facts.change and facts.task != "state" and self.graph.data.has_benchmark(each):
                found.setdefault(tuple(evaluation.data_of(each)), each)
        return {benchmark: list(paths) for paths, benchmark in found.items()}

    def compared_files(self) -> list[str]:
        """Their files."""
        return list(dict.fromkeys(path for paths in self.compared().values() for path in paths))

    def compared_options(self) -> str:
        """The same as options of `pyx overlap`."""
        return " ".join(
            option("benchmark", "|".join([name, *paths])) for name, paths in self.compared().items()
        )

    def overlaps(self) -> list[str]:
        """What each mixture behind a wanted table holds of them."""
        return [f"{self.graph.results}/contamination/{each}.json" for each in self.graph.evaluation.recipes]
