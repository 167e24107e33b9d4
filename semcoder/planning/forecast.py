"""The cost of a plan: jobs, GPU hours, the teacher, disk and wall time; each figure measured or estimated."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from semcoder.graph import Graph
from semcoder.planning import teaching
from semcoder.planning.dryrun import Step, asking, steps
from semcoder.planning.gpu import Models, model_disk_gb, training_disk_gb
from semcoder.planning.rates import OTHERS, START, UNTIMED, Rates
from semcoder.planning.schedule import wall
from semcoder.planning.sizes import Figure, Mark, Sizes, counted
from semcoder.training.forecast import CARDS

AT_ONCE = (1, 2, 8, 32, 128)
"""Jobs, and GPUs, at a time of which the wall time is told."""
AS_RUN = "as run"
PROGRAM_BYTES = 54_000
"""Of data, tables and logs for each program: the quickstart's 18.5 MB for 344."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RuleCost(_Row):
    """The jobs of one rule."""

    rule: str
    jobs: int
    hours: float
    """Of all of them, one after the other; of those on GPUs on the chosen card, or as run where measured."""
    mark: Mark


class GpuCost(_Row):
    """What one model takes of GPUs."""

    model: str
    work: str
    """training or generation"""
    jobs: int
    hours: dict[str, float]
    """{card: GPU hours}; of measured ones `AS_RUN` alone, on whatever card they ran; empty where nothing is known."""
    mark: Mark


class DiskCost(_Row):
    """What a part of the run leaves or needs."""

    what: str
    gigabytes: float
    mark: Mark


class Cost(_Row):
    """All of it. `unknown` names what no figure holds."""

    results: str
    jobs: int
    seeds: float
    seeds_mark: Mark
    programs: float
    programs_mark: Mark
    card: str
    rules: list[RuleCost]
    gpu: list[GpuCost]
    teacher: list[dict[str, Any]]
    teacher_dollars: float | None
    teacher_mark: Mark
    disk: list[DiskCost]
    wall_hours: dict[int, float]
    """{jobs and GPUs at a time: hours}"""
    wall_mark: Mark
    unknown: list[str]


def cost(workflow: Any, card: str, seeds: int | None) -> Cost:
    """Of Snakemake's planned workflow. `card`: a name in CARDS that GPU jobs run on."""
    graph: Graph = workflow.globals["GRAPH"]
    config = graph.config
    asks = bool(config.teacher.models)
    listed = steps(workflow, asks)
    sizes = Sizes(config, seeds)
    drivers = {"seeds": sizes.seeds.value, "programs": sizes.programs.value}
    models, rates = Models(graph, sizes), Rates(list(workflow.rules), config.results)
    per_rule = Counter(each.rule for each in listed)
    asked = teaching.bill(config, round(sizes.seeds.value), asking(workflow) if asks else {})

    def seconds(step: Step) -> Figure:
        if (found := rates.of(step, drivers)) is not None:
            return found
        if step.asks:
            waited = teaching.seconds(config, asked, step.rule, per_rule[step.rule])
            return Figure(waited + rates.typical(step, drivers).value, "estimated")
        if (work := models.work(step)) is not None:
            on = CARDS[card] if step.gpus else None
            return Figure(work.seconds(on, step.gpus), "estimated")
        return rates.typical(step, drivers)

    times = [seconds(step) for step in listed]
    spent = [each.value + START for each in times]
    return Cost(
        results=str(config.results),
        jobs=len(listed),
        seeds=round(sizes.seeds.value),
        seeds_mark=sizes.seeds.mark,
        programs=round(sizes.programs.value),
        programs_mark=sizes.programs.mark,
        card=card,
        rules=_by_rule(listed, times),
        gpu=_by_model(listed, times, models),
        teacher=[
            each.post.model_dump(
                include={"purpose", "model", "answers", "prompt_tokens", "completion_tokens"}
            )
            | {"mark": each.mark}
            for each in asked.asked
        ],
        teacher_dollars=asked.dollars,
        teacher_mark=asked.mark,
        disk=_disk(listed, models, sizes.programs),
        wall_hours={each: wall(listed, spent, each) / 3600 for each in AT_ONCE},
        wall_mark=_mark(times),
        unknown=[*_unknown(listed, models, graph), *_untimed(listed, times)],
    )


def _mark(times: Sequence[Figure]) -> Mark:
    """A sum is measured where all of it was."""
    return "measured" if all(each.mark == "measured" for each in times) else "estimated"


def _by_rule(listed: Sequence[Step], times: Sequence[Figure]) -> list[RuleCost]:
    """In the order of the graph."""
    found = []
    for rule in dict.fromkeys(each.rule for each in listed):
        some = [time for step, time in zip(listed, times, strict=True) if step.rule == rule]
        hours = sum(each.value for each in some) / 3600
        found.append(RuleCost(rule=rule, jobs=len(some), hours=hours, mark=_mark(some)))
    return found


def _by_model(listed: Sequence[Step], times: Sequence[Figure], models: Models) -> list[GpuCost]:
    groups: dict[tuple[str, str, Mark], list[int]] = {}
    for place, step in enumerate(listed):
        if step.gpus:
            work = "training" if step.rule == "train" else "generation"
            name = step.wildcards.get("recipe" if work == "training" else "model", "")
            groups.setdefault((name, work, times[place].mark), []).append(place)
    found = []
    for (name, work, mark), places in groups.items():
        hours: dict[str, float] = {}
        if mark == "measured":
            hours[AS_RUN] = sum(times[each].value * listed[each].gpus for each in places) / 3600
        elif models.weights(name) is not None:
            for card in CARDS:
                jobs = ((models.work(listed[each]), listed[each].gpus) for each in places)
                hours[card] = sum(job.seconds(CARDS[card], gpus) * gpus for job, gpus in jobs if job) / 3600
        found.append(GpuCost(model=name, work=work, jobs=len(places), hours=hours, mark=mark))
    return found


def _disk(listed: Sequence[Step], models: Models, programs: Figure) -> list[DiskCost]:
    rows = [("data, tables and logs", programs.value * PROGRAM_BYTES / 1e9)]
    trained = [each.wildcards["recipe"] for each in listed if each.rule == "train"]
    sized = [weights for each in trained if (weights := models.weights(each))]
    if sized:
        rows.append((counted(len(sized), "trained model"), sum(map(model_disk_gb, sized))))
        rows.append(("beside each run in training", max(map(training_disk_gb, sized))))
    fetched = {
        each.wildcards.get("model") or each.wildcards.get("name", "")
        for each in listed
        if each.rule in ("convert_base", "fetch_snapshot")
    }
    bases = [weights for each in sorted(fetched) if (weights := models.of_entry(each))]
    if bases:
        rows.append((f"{counted(len(bases), 'model')} fetched or converted", sum(map(model_disk_gb, bases))))
    return [DiskCost(what=what, gigabytes=gigabytes, mark="estimated") for what, gigabytes in rows]


def _unknown(listed: Sequence[Step], models: Models, graph: Graph) -> list[str]:
    names = {
        each.wildcards.get("recipe" if each.rule == "train" else "model", "")
        for each in listed
        if each.rule in ("train", "generate", "sample_buggy", "refine_round")
    }
    found = [
        f"{name}: its size is not known before it is fetched; its hours and disk are left out"
        for name in sorted(names)
        if name and models.weights(name) is None
    ]
    sets = sorted({each.wildcards["name"] for each in listed if each.rule == "fetch_snapshot"})
    unsized = [each for each in sets if models.of_entry(each) is None and not graph.entries[each].size_bytes]
    return found + [f"what is fetched of {', '.join(unsized)}: data/versions.csv has no size"] * bool(unsized)


def _untimed(listed: Sequence[Step], times: Sequence[Figure]) -> list[str]:
    """The rules whose jobs take long, and nobody knows how long."""
    guessed = {step.rule for step, time in zip(listed, times, strict=True) if time.mark == "estimated"}
    rules = [each for each in UNTIMED if each in guessed]
    return [f"time of {', '.join(rules)}: never timed at scale, {OTHERS:.0f} s a job stand for it"] * bool(
        rules
    )
