"""Generations, scores, rounds of refinement and tables: what they are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from semcoder.evaluation.prompts import LABELLED, RELEASED_LABEL_OFFSET, is_few_shot
from semcoder.evaluation.registry import BENCHMARKS
from semcoder.evaluation.sampling import Sampling
from semcoder.graph.options import option
from semcoder.graph.training import CONTESTS, DIRECTIONS, RENDERED
from semcoder.tables import ANALYSES, BEYOND, CATEGORIES, SIMILARITY, Refinement, Table

if TYPE_CHECKING:
    from semcoder.graph import Graph


Gather = SimpleNamespace


@dataclass(frozen=True)
class Evaluations:
    """Generations, scores, rounds and tables."""

    graph: Graph

    def format_of(self, system: str, benchmark: str) -> str:
        """The format in which a system answers a benchmark: its own, or code."""
        if BENCHMARKS[benchmark].task == "code":
            return "code"
        return self.graph.config.systems[system].format

    def data_of(self, benchmark: str) -> list[str]:
        """The files of a benchmark; PyX's own asks about held-out tests that copying does not answer."""
        facts = BENCHMARKS[benchmark]
        if facts.change:
            return [f"{self.graph.results}/variants/{facts.entry}.{facts.change}.jsonl"]
        if facts.task == "state":
            return [f"{self.graph.results}/states/questions.jsonl"]
        if facts.entry:
            return [self.graph.data.path(facts.entry)]
        tests = "tests" if facts.task == "code" else "questions"
        return [f"{self.graph.results}/pyx/{each}.jsonl" for each in ("heldout", tests, "problems")]

    @property
    def questions_wanted(self) -> int:
        """1 where a wanted table asks about held-out programs, else 0."""
        config = self.graph.config
        tables = [each for name, each in config.score_tables.items() if name in config.wanted]
        return int(any({"pyx_output", "pyx_input"} & set(each.benchmarks) for each in tables))

    def generations(
        self, model: str, benchmark: str, format: str, gather: Gather, suffix: str = "jsonl"
    ) -> list[str]:
        """The generation files that a score reads; benchmarks that ask the same questions share them.

        With the suffix `setup.json`: how they were made.
        """
        asked = BENCHMARKS[benchmark].asked_as or benchmark
        pattern = f"{self.graph.results}/generations/{model}/{asked}.{format}/{{scatteritem}}.{suffix}"
        return list(gather.evaluation(pattern))

    def few_shot(self, model: str, benchmark: str, format: str) -> list[str]:
        """The file of a benchmark's own few-shot prompts, where they are asked with and can be had; else ours are."""
        entry = BENCHMARKS[benchmark].prompts
        wanted = entry and is_few_shot(format, self.graph.models.style(model))
        return [self.graph.data.path(entry)] if wanted and self.graph.data.has(entry) else []

    def generation_options(self, model: str, benchmark: str, format: str) -> str:
        """What is asked in one generation job, and how."""
        evaluation, prompts = self.graph.config.evaluation, self.graph.config.prompts
        facts = BENCHMARKS[benchmark]
        sampling = evaluation.benchmarks.get(benchmark) or evaluation.benchmarks.get(facts.of)
        if not sampling:
            limits = {"code": evaluation.max_code_tokens, "direct": evaluation.max_answer_tokens}
            limit = limits.get(format, evaluation.sampling.max_tokens)
            sampling = evaluation.sampling.model_copy(update={"max_tokens": limit})
        upstream = self.graph.models.style(model) == "upstream"
        words = [
            *(option("benchmark", benchmark), option("format", format)),
            self._asking(model, sampling),
            *[option("few_shot", path) for path in self.few_shot(model, benchmark, format)],
            option("label_offset", RELEASED_LABEL_OFFSET if upstream else prompts.label_offset)
            if format in LABELLED and facts.task != "state"
            else "",
        ]
        return " ".join(filter(None, words))

    def buggy_options(self, model: str) -> str:
        """The same of a job that samples solutions for PyX-R."""
        asking = self._asking(model, self.graph.config.pyx_r.sampling)
        return f"{option('benchmark', 'pyx_code')} {option('format', 'code')} {asking}"

    def refinement_options(self, refinement: str, model: str) -> str:
        """Decoding, feedback and prompt style of one round."""
        settings = self.graph.config.refinement[refinement]
        return f"{self._asking(model, settings.sampling)} {option('feedback', settings.feedback)}"

    def _asking(self, model: str, sampling: Sampling) -> str:
        """Decoding, prompt style, and which model it is; of one trained here its weights tell."""
        words = [option("sampling", sampling.model_dump(mode="json"))]
        if model in self.graph.config.models:
            entry = self.graph.entries[self.graph.config.models[model].data]
            words.append(option("revision", entry.revision or entry.sha256 or "not pinned"))
        return " ".join([*words, option("style", self.graph.models.style(model))])

    def refinement_inputs(self, wildcards: Any, gather: Gather) -> dict[str, list[str] | str]:
        """What a round starts from: the first answers, or the round before."""
        model, benchmark, number = wildcards.model, wildcards.benchmark, int(wildcards.round)
        if number == 1:
            return {
                "generations": self.generations(model, benchmark, "code", gather),
                "verdicts": f"{self.graph.results}/scores/{model}/{benchmark}.code.items.jsonl",
            }
        before = self._round(wildcards.refinement, model, benchmark, wildcards.rationale, number - 1)
        return {"generations": [f"{before}.jsonl"], "verdicts": f"{before}.items.jsonl"}

    def _round(self, refinement: str, model: str, benchmark: str, rationale: str, number: int) -> str:
        folder = f"{self.graph.results}/refinement/{refinement}/{model}/{benchmark}.{rationale}"
        return f"{folder}/round{number}"

    def score(self, model: str, benchmark: str, format: str) -> str:
        """The score file."""
        return f"{self.graph.results}/scores/{model}/{benchmark}.{format}.json"

    @staticmethod
    def verdicts(score: str) -> str:
        """The file of single verdicts beside a score file."""
        return f"{score.removesuffix('json')}items.jsonl"

    def cells(self, table: str) -> list[tuple[str, str, str]]:
        """(row, column, score file) of a table, for the benchmarks whose files can be had."""
        settings = self.graph.config.score_tables[table]
        return [
            (system, benchmark, self.score(model, benchmark, self.format_of(system, benchmark)))
            for system in settings.systems
            for model in [self.graph.config.systems[system].model]
            for benchmark in settings.benchmarks
            if self.graph.data.has_benchmark(benchmark)
        ]

    def pairs(self, table: str) -> list[list[str]]:
        """[row, other row, benchmark, verdicts, the other's] of what a table compares item by item."""
        if table in self.graph.config.refinement:
            return []
        settings = self.graph.config.score_tables[table]
        paths = {(row, benchmark): self.verdicts(score) for row, benchmark, score in self.cells(table)}
        benchmarks = dict.fromkeys(benchmark for _, benchmark in paths)
        return [
            [row, other, benchmark, paths[row, benchmark], paths[other, benchmark]]
            for row, other in settings.paired
            for benchmark in benchmarks
        ]

    def refinement_cells(self, refinement: str) -> list[tuple[str, str, str]]:
        """(row, column, score file) of a refinement table: the first answers and each round."""
        settings = self.graph.config.refinement[refinement]
        cells = []
        for model in settings.models:
            for rationale in settings.rationales:
                for benchmark in settings.benchmarks:
                    for number in settings.rounds:
                        path = f"{self._round(refinement, model, benchmark, rationale, number)}.json"
                        score = path if number else self.score(model, benchmark, "code")
                        cells.append((f"{model} ({rationale})", f"{benchmark} round {number}", score))
        return cells

    def table_options(self, name: str) -> str:
        """Title, cells, the paper's names of rows, and notes of `report table`."""
        config = self.graph.config
        if name in config.refinement:
            settings: Table | Refinement = config.refinement[name]
            cells, models = self.refinement_cells(name), config.refinement[name].models
            names = config.refinement[name].paper_rows
        else:
            settings = table = config.score_tables[name]
            cells, models = self.cells(name), [config.systems[each].model for each in table.systems]
            names = {each: config.systems[each].paper for each in table.systems if config.systems[each].paper}
        lacking = self.graph.data.left_out(settings.benchmarks)
        notes = [settings.note, lacking, *[self._note(model) for model in models]]
        return " ".join(
            [
                option("title", settings.title),
                *[option("cell", "|".join(cell)) for cell in cells],
                *[option("paper", str(path)) for path in settings.paper],
                *[option("paper_row", f"{ours}={theirs}") for ours, theirs in sorted(names.items())],
                *[option("pair", "|".join(pair)) for pair in self.pairs(name)],
                *[option("note", note) for note in dict.fromkeys(notes) if note],
            ]
        )

    def table_inputs(self, name: str) -> list[str]:
        """The score files and the paper's numbers of a table."""
        config = self.graph.config
        refined = name in config.refinement
        cells = self.refinement_cells(name) if refined else self.cells(name)
        settings: Table | Refinement = config.refinement[name] if refined else config.score_tables[name]
        return [
            *dict.fromkeys(path for *_, path in cells),
            *dict.fromkeys(path for pair in self.pairs(name) for path in pair[3:]),
            *map(str, settings.paper),
        ]

    @property
    def names(self) -> list[str]:
        """Every table and figure that can be asked for by its name."""
        return [*self.graph.config.tables, *self.graph.config.refinement, *ANALYSES, *BEYOND]

    @property
    def drawn(self) -> dict[str, str]:
        """What is drawn beside its table, with how: figures, and refinement of which more than two rounds are shown."""
        curves = [name for name, each in self.graph.config.refinement.items() if len(each.rounds) > 2]
        return dict.fromkeys(curves, "rounds") | {SIMILARITY: "similarity", CATEGORIES: "categories"}

    def files_of(self, name: str) -> list[str]:
        """What asking for a table or figure makes."""
        kinds = ("csv", "md", "svg") if name in self.drawn else ("csv", "md")
        return [f"{self.graph.results}/tables/{name}.{kind}" for kind in kinds]

    def claims(self, asked: Iterable[str]) -> list[tuple[str, str, list[str]]]:
        """(system, benchmark, its score and verdicts) as far as they exist, or come into being for what is `asked` for
        beside the claims: nothing is made for their sake. Rounds of refinement are there as `TABLE/ROW/ROUND`.
        """
        coming = set(self._made_for(asked))
        # A score may be given without its verdicts: to make these would be to make all of it.
        return [  # in an order that the configuration's own does not change
            (system, benchmark, [each for each in paths if paths[0] in coming or Path(each).exists()])
            for system, benchmark, score in sorted(self._claimable())
            for paths in [(score, self.verdicts(score))]
            if score in coming or Path(score).exists()
        ]

    def _claimable(self) -> Iterator[tuple[str, str, str]]:
        config = self.graph.config
        for system, settings in config.systems.items():
            for name in BENCHMARKS:
                yield system, name, self.score(settings.model, name, self.format_of(system, name))
        for table in config.refinement:
            for row, column, score in self.refinement_cells(table):
                benchmark, number = column.split(" round ")
                yield f"{table}/{row}/{number}", benchmark, score

    def _made_for(self, asked: Iterable[str]) -> Iterator[str]:
        """The files asked for by path, and those that the tables asked for by name or path are made from."""
        tables = {path: name for name in self.names for path in (name, *self.files_of(name))}
        for each in asked:
            yield each
            for name in self.graph.config.wanted if each == "all" else filter(None, [tables.get(each)]):
                if name not in (*ANALYSES, "contamination"):  # no scores stand in these
                    yield from self.table_inputs(name)

    def claim_files(self, asked: Iterable[str]) -> list[str]:
        """The score files of all claims."""
        return list(dict.fromkeys(path for *_, paths in self.claims(asked) for path in paths))

    def claim_options(self, asked: Iterable[str]) -> str:
        """The same as options of `report claims`."""
        return " ".join(
            option("score", "|".join([row, name, *paths])) for row, name, paths in self.claims(asked)
        )

    @property
    def _writers(self) -> list[str]:
        return self._told_by([self.graph.config.monologue.writer])

    def _told_by(self, writers: list[str]) -> list[str]:
        return [f"monologues/{writer}/{direction}/{{}}" for writer in writers for direction in DIRECTIONS]

    @property
    def monologue_sources(self) -> list[str]:
        """Writers of monologues that are compared: the configured one, and the trace, which costs nothing."""
        return list(dict.fromkeys(["trace", self.graph.config.monologue.writer]))

    def told(self, suffix: str) -> list[str]:
        """The monologues of every compared source (`jsonl`), or the counts of their stages (`summary.json`)."""
        stages = self._told_by(self.monologue_sources)
        return [path for stage in stages for path in self.graph.training.shards(f"{stage}.{suffix}")]

    @property
    def quality_options(self) -> str:
        """The same as options of `monologue quality`, each with the name of its source."""
        return " ".join(
            option(flag, f"{path.split('/monologues/')[1].split('/')[0]}={path}")
            for flag, suffix in (("monologues", "jsonl"), ("summary", "summary.json"))
            for path in self.told(suffix)
        )

    @property
    def shown_monologues(self) -> dict[str, list[str]]:
        """The files that the page of monologues chooses from: the first shard of the configured writer."""
        first = [self.graph.training.shards(f"{stage}.jsonl")[0] for stage in self._writers]
        return {"monologues": first, "traces": self.graph.training.shards("traces/{}.jsonl")[:1]}

    @property
    def summaries(self) -> list[str]:
        """The counts of every stage, in the order of the graph."""
        extras = self.graph.training.extras_for(self.recipes)
        mixtures = self._contests(self.recipes, f"{self.graph.results}/contests/problems.summary.json")
        mixtures += [f"{self.graph.results}/extras/{each}.summary.json" for each in extras]
        mixtures += [f"{self.graph.results}/mixtures/{recipe}.summary.json" for recipe in self.recipes]
        if self.graph.config.pyx.source == "released":
            sets = self.graph.training.released_for(self.recipes)
            return [f"{self.graph.results}/released/{each}.summary.json" for each in sets] + mixtures
        formats = [f"formats/{each}/{direction}/{{}}" for each in RENDERED for direction in DIRECTIONS]
        told = self._told_by(self.monologue_sources)
        stages = ["seeds/{}", "pyx/synthesized/{}", "pyx/expanded/{}", "traces/{}", *told, *formats]
        shards = [self.graph.training.shards(f"{stage}.summary.json") for stage in stages]
        shards.insert(3, [f"{self.graph.results}/pyx/{each}summary.json" for each in ("", "questions.")])
        return [*(path for files in shards for path in files), *mixtures]

    @property
    def asked_summaries(self) -> list[str]:
        """The counts of the stages that ask the teacher."""
        told = self._told_by([each for each in self.monologue_sources if each != "trace"])
        stages = ["pyx/synthesized/{}", "pyx/expanded/{}", *told]
        shards = [path for each in stages for path in self.graph.training.shards(f"{each}.summary.json")]
        debugging = any(self.graph.config.recipes[each].tasks.refine for each in self.recipes)
        contests = self._contests(self.recipes) if self.graph.config.contests.by == "teacher" else []
        return [*shards, *([f"{self.graph.results}/pyx_r/summary.json"] if debugging else []), *contests]

    def _contests(self, recipes: Iterable[str], *before: str) -> list[str]:
        """The counts of the contest part, after others of it, where a recipe takes rows of it."""
        training = self.graph.training
        taken = CONTESTS in training.extras_for(recipes)
        return [*before, *training.shards("contests/{}.summary.json")] if taken else []

    def lengths(self, kind: str) -> list[str]:
        """The traces, or the monologues."""
        stages = ["traces/{}"] if kind == "traces" else self._writers
        return [path for stage in stages for path in self.graph.training.shards(f"{stage}.jsonl")]

    @property
    def recipes(self) -> list[str]:
        """Recipes whose models stand in a wanted table, and those that these were trained from."""
        config = self.graph.config
        return [each for each in self.with_bases(self.models_in(config.wanted)) if each in config.recipes]

    def with_bases(self, models: Iterable[str]) -> list[str]:
        """Models, and those that they were trained from."""
        recipes, wanted = self.graph.config.recipes, list(models)
        for each in wanted:
            wanted += [recipes[each].base] if each in recipes else []
        return list(dict.fromkeys(wanted))

    def models_in(self, tables: Iterable[str]) -> list[str]:
        """The models in the rows of tables."""
        config, found = self.graph.config, []
        for name in tables:
            if name in config.refinement:
                found += config.refinement[name].models
            elif name in config.score_tables:
                found += [config.systems[each].model for each in config.score_tables[name].systems]
        return found

    @property
    def targets(self) -> list[str]:
        """Everything that the whole run makes; the overview last, when what the others took is known."""
        return [*self.shown, f"{self.graph.results}/pages/overview.html"]

    @property
    def overview_options(self) -> str:
        """The tables that the overview shows, and where what the teacher cost stands, as options."""
        config, results = self.graph.config, self.graph.results
        # That of robustness is one of differences, with other columns; it stands in its own file.
        scores = {*config.score_tables, *config.refinement} - {"robustness"}
        tables = [each for each in config.wanted if each in scores]
        words = [option("table", f"{each}={results}/tables/{each}.csv") for each in tables]
        return " ".join(words + [option("teacher", f"{results}/tables/teacher.csv")] * bool(self._asks))

    @property
    def _asks(self) -> bool:
        config = self.graph.config
        return bool(config.teacher.models) and config.pyx.source == "own"

    @property
    def shown(self) -> list[str]:
        """The same but the overview."""
        results, config = self.graph.results, self.graph.config
        found = [
            *[path for each in (*config.wanted, "yields") for path in self.files_of(each)],
            f"{results}/plots/yields.svg",
            *[f"{results}/plots/loss.{recipe}.svg" for recipe in self.recipes],
            *self.summaries,
        ]
        if config.pyx.source == "released":
            return found
        return [
            *found,
            *[f"{results}/plots/{each}.svg" for each in ("traces", "monologues")],
            *[f"{results}/tables/monologues.{kind}" for kind in ("csv", "md")],
            f"{results}/pages/monologues.html",
            *(self.files_of("teacher") if config.teacher.models else []),
        ]

    def _note(self, model: str) -> str:
        """What is to be said of a model, or of the one that it was trained from."""
        config = self.graph.config
        return (
            self._note(config.recipes[model].base) if model in config.recipes else config.models[model].note
        )
