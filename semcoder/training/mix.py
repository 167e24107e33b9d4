"""The mixture that a model is trained on: the three tasks of the paper (section 4.3), none too long."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import ValidationError

from semcoder import libraries
from semcoder.artifacts import write_json
from semcoder.errors import UserError, first_fault
from semcoder.evaluation.prompts import (
    Style,
    backward_prompt,
    forward_prompt,
    nl2code_prompt,
    nl2code_response,
    response,
)
from semcoder.progress import tell, track
from semcoder.records import (
    Dropped,
    Example,
    Monologue,
    Problem,
    Program,
    R,
    Record,
    TestCase,
    read,
    read_all,
    write,
)
from semcoder.training.encoding import encode, load_tokenizer
from semcoder.training.extra import examples as extra_examples
from semcoder.training.pairs import Row, left_out, pair_of
from semcoder.training.recipe import MixtureRecipe

STAGE = "training mix"
HELD_OUT = "program is not in the training split"
DUPLICATE = "same prompt and response as another"
TOO_LONG = "longer than max_tokens"
UNPAIRED = "not in every format compared"
CAPPED = "beyond the recipe's cap"
LANGUAGE = "another language"


class Draft(NamedTuple):
    """An example on its way in, with the record it would come from."""

    example: Example
    origin: tuple[str, ...]
    """Id of that record, then its parents."""
    pair: str = ""
    """What it tells, where several formats tell the same (training.pairs)."""


class Sources(NamedTuple):
    """What examples are made of, by id."""

    programs: dict[str, Program]
    problems: dict[str, Problem]
    tests: dict[str, TestCase]


class Phrasing(NamedTuple):
    """How questions are put."""

    style: Style
    label_offset: int


def parent(record: Record, prefix: str) -> str:
    """The id of the record's parent of one kind; raises UserError when it has none."""
    for each in record.parents:
        if each.startswith(prefix + "-"):
            return each
    raise UserError(f"{record.id} has no {prefix} among its parents; remake the file with its rule.")


def code_draft(program: Program, sources: Sources) -> Draft:
    """The nl2code example of a program; raises UserError when its problem is missing."""
    key = parent(program, Problem.prefix)
    problem = sources.problems.get(key)
    if problem is None:
        raise UserError(f"--problems: {key}, the problem of {program.id}, is missing.")
    example = Example(
        parents=(program.id,),
        task="nl2code",
        prompt=nl2code_prompt(problem.instruction),
        response=nl2code_response(program.code),
    )
    return Draft(example, (program.id, *program.parents))


def rationale_draft(record: Monologue, sources: Sources, phrasing: Phrasing) -> Draft | Dropped:
    """The forward or backward example of one rationale, unless its program is held out."""
    origin = (record.id, *record.parents)
    program = sources.programs.get(parent(record, Program.prefix))
    if program is None:
        return Dropped(parents=origin, stage=STAGE, reason=HELD_OUT)
    test = sources.tests.get(parent(record, TestCase.prefix))
    if test is None:
        raise UserError(f"--tests: {parent(record, TestCase.prefix)}, the test of {record.id}, is missing.")
    arguments, output = test.call_arguments, test.output
    style, offset = phrasing
    if record.direction == "forward":
        output = record.answer
        prompt = forward_prompt(program.code, arguments, program.entry_point, record.format, style, offset)
    else:
        arguments = record.answer
        prompt = backward_prompt(program.code, output, program.entry_point, record.format, style, offset)
    answer = response(
        record.format,
        record.text,
        entry_point=program.entry_point,
        arguments=arguments,
        output=output,
        style=style,
    )
    example = Example(parents=(record.id,), task=record.direction, prompt=prompt, response=answer)
    return Draft(example, origin)


class Mixture:
    """Collects examples under a recipe. The result depends on ids and seed alone, never on file order."""

    def __init__(self, recipe: MixtureRecipe, tokenizer: Path) -> None:
        self.recipe = recipe
        self.tokenizer = load_tokenizer(tokenizer)
        self.kept: dict[str, Example] = {}
        self.pairs: dict[str, str] = {}
        """{example: the pair that it tells}, where formats are compared: they choose and order by pair."""
        self.dropped: list[Dropped] = []
        self.seen = 0
        self.tokens = 0
        self.response_tokens = 0

    def add(self, found: Iterable[Draft | Dropped], cap: int, what: str) -> None:
        """Keep up to `cap` drafts (-1: all) in the seed's order; the others are dropped with a reason."""
        drafts = []
        for each in found:
            self.seen += 1
            if isinstance(each, Dropped):
                self.dropped.append(each)
            else:
                drafts.append(each)
        drafts.sort(key=lambda draft: (self._rank(draft.pair or draft.example.id), draft.origin))
        taken = 0
        encoded = encode(self.tokenizer, (draft.example for draft in drafts))
        for draft in track(drafts, what):
            if cap >= 0 and taken >= cap:
                self._drop(draft, CAPPED)
                continue
            tokens, prompt = next(encoded)
            if draft.example.id in self.kept:
                self._drop(draft, DUPLICATE)
            elif len(tokens) > self.recipe.max_tokens:
                self._drop(draft, TOO_LONG, f"{len(tokens)} tokens")
            else:
                self.kept[draft.example.id] = draft.example
                self.pairs |= {draft.example.id: draft.pair} if draft.pair else {}
                self.tokens += len(tokens)
                self.response_tokens += len(tokens) - prompt
                taken += 1

    def in_common(self, found: Mapping[str, Sequence[Draft]]) -> list[Draft | Dropped]:
        """The recipe's own drafts, those dropped that another format compared does not tell. `found` by format."""
        rows: dict[str, list[Row]] = {}
        for name in self.recipe.compare:
            drafts = sorted(found.get(name, ()), key=lambda draft: draft.origin)
            encoded = encode(self.tokenizer, (draft.example for draft in drafts))
            rows[name] = [
                Row(draft.pair, draft.example, len(tokens))
                for draft, (tokens, _) in zip(drafts, track(encoded, f"pairs, {name}"), strict=True)
            ]
        faults = left_out(rows, self.recipe.max_tokens)
        kept: dict[str, Draft | Dropped] = {}
        for draft in sorted(found[self.recipe.format], key=lambda draft: draft.origin):
            fault = faults.get(draft.pair) or ("another row of the same" if draft.pair in kept else "")
            if fault:
                row = Dropped(parents=draft.origin, stage=STAGE, reason=UNPAIRED, detail=fault)
                kept[draft.origin[0]] = row
            else:
                kept[draft.pair] = draft
        return list(kept.values())

    def write(self, mixture: Path, dropped: Path, summary: Path) -> None:
        """Write the three files, examples in the seed's order; raises UserError when there is no example."""
        if not self.kept:
            raise UserError(
                f"the mixture is empty ({_counted(self.dropped) or 'nothing went in'}); raise max_tokens or "
                "the tasks' counts, or make more data."
            )
        order = {key: self._rank(self.pairs.get(key, key)) for key in self.kept}
        write(mixture, sorted(self.kept.values(), key=lambda example: order[example.id]))
        self.dropped.sort(key=lambda each: (each.reason, each.parents))
        write(dropped, self.dropped)
        write_json(
            summary,
            {
                "stage": STAGE,
                "in": self.seen,
                "kept": len(self.kept),
                "dropped": _counted(self.dropped),
                "tasks": dict(Counter(example.task for example in self.kept.values())),
                "tokens": self.tokens,
                "response_tokens": self.response_tokens,
            }
            | ({"pairs": len(set(self.pairs.values()))} if self.recipe.compare else {}),
        )

    def _rank(self, key: str) -> bytes:
        return hashlib.sha256(f"{self.recipe.seed}:{key}".encode()).digest()

    def _drop(self, draft: Draft, reason: str, detail: str = "") -> None:
        self.dropped.append(Dropped(parents=draft.origin, stage=STAGE, reason=reason, detail=detail))


def _counted(dropped: Sequence[Dropped]) -> dict[str, int]:
    return dict(Counter(each.reason for each in dropped))


def parse_recipe(text: str) -> MixtureRecipe:
    """Raises UserError naming the field at fault."""
    try:
        return MixtureRecipe.model_validate_json(text)
    except ValidationError as error:
        raise UserError(f"--recipe: {first_fault(error, 'JSON')}.") from error


def parse_extra(entries: Sequence[str], recipe: MixtureRecipe) -> dict[str, Path]:
    """`NAME=PATH` options by name; they must be just those that the recipe names."""
    paths = {}
    for entry in entries:
        name, equals, path = entry.partition("=")
        if not equals:
            raise UserError(f"--extra {entry}: write it as NAME=PATH.")
        paths[name] = Path(path)
    if paths.keys() != recipe.extra.keys():
        wanted = ", ".join(recipe.extra) or "none"
        raise UserError(f"--extra gives {', '.join(paths) or 'none'}, but the recipe's extra names {wanted}.")
    return paths


def extra_drafts(name: str, path: Path, language: str, style: Style) -> Iterator[Draft | Dropped]:
    """The rows of another data set, those in another language dropped where it says the language."""
    for example, its_language in extra_examples(name, path, style):
        if language and its_language and its_language != language:
            yield Dropped(parents=example.parents, stage=STAGE, reason=LANGUAGE, detail=its_language)
        else:
            yield Draft(example, example.parents)


def _by_id(path: Path | None, kind: type[R]) -> dict[str, R]:
    return {record.id: record for record in read(path, kind)} if path else {}


def main(
    recipe: Annotated[str, typer.Option(help="JSON: the recipe's fields that decide what is in a mixture.")],
    tokenizer: Annotated[Path, typer.Option(help="Model directory whose tokenizer counts tokens.")],
    mixture: Annotated[Path, typer.Option(help="Example records to write.")],
    dropped: Annotated[Path, typer.Option(help="Dropped records to write.")],
    summary: Annotated[Path, typer.Option(help="JSON to write: counts, tokens.")],
    problems: Annotated[Path | None, typer.Option(help="Problem records.")] = None,
    programs: Annotated[Path | None, typer.Option(help="Program records of the training split.")] = None,
    tests: Annotated[Path | None, typer.Option(help="TestCase records.")] = None,
    rationales: Annotated[list[Path] | None, typer.Option(help="Monologue records; repeatable.")] = None,
    soft: Annotated[Path | None, typer.Option(help="Program records of PyX-Soft: they only parse.")] = None,
    refine: Annotated[Path | None, typer.Option(help="Example records of PyX-R.")] = None,
    released: Annotated[
        Path | None, typer.Option(help="Example records of the released PyX, in place of all but --refine.")
    ] = None,
    extra: Annotated[
        list[str] | None, typer.Option(help="NAME=PATH of another data set; repeatable.")
    ] = None,
    style: Annotated[Style, typer.Option(help="Prompt style.")] = "corrected",
    label_offset: Annotated[int, typer.Option(help="Added to line numbers in labels.")] = 0,
) -> None:
    """Make a training mixture: nl2code, forward, backward and refine examples, and other data sets.

    An example that is too long is dropped and counted, never cut. With the recipe's `compare`, a program and input
    is taken only where every format named there tells it within max_tokens: mixtures that differ in `format` alone
    then hold the same pairs, in the same order (paper Table 2).

    Example: semcoder training mix --recipe '{"max_tokens": 512}' --problems problems.jsonl
    --programs train.jsonl --tests tests.jsonl --rationales monologues.jsonl --tokenizer models/smollm2
    --mixture mixture.jsonl --dropped dropped.jsonl --summary summary.json
    """
    wanted = parse_recipe(recipe)
    extras = parse_extra(extra or [], wanted)
    tasks = wanted.tasks
    made_here = not released
    for option, path, needed in (
        ("--problems", problems, made_here and (tasks.nl2code or wanted.soft)),
        ("--programs", programs, made_here and (tasks.nl2code or tasks.forward or tasks.backward)),
        ("--tests", tests, made_here and (tasks.forward or tasks.backward)),
        ("--rationales", rationales, made_here and (tasks.forward or tasks.backward)),
        ("--soft", soft, wanted.soft),
        ("--refine", refine, tasks.refine),
    ):
        if needed and not path:
            raise UserError(f"{option} is missing, but the recipe has examples that are made from it.")
    if released and (wanted.format != "monologue" or wanted.compare or wanted.soft):
        raise UserError("--released: holds monologues alone; the recipe wants other formats, or PyX-Soft.")
    libraries.prepare()
    sources = Sources(_by_id(programs, Program), _by_id(problems, Problem), _by_id(tests, TestCase))
    made = Mixture(wanted, tokenizer)
    softly = _by_id(soft if wanted.soft else None, Program)
    if tasks.nl2code and made_here:
        known = [*sources.programs.values(), *softly.values()]
        made.add((code_draft(program, sources) for program in known), tasks.nl2code, "nl2code")
    if wanted.soft and not any(row.parents[0] in softly for row in made.kept.values()):
        raise UserError(
            f"{soft}: none of its {len(softly)} programs gets into the mixture; set the recipe's soft to false, "
            "or raise tasks.nl2code, max_tokens, or the amount of data."
        )
    phrasing = Phrasing(style, label_offset)
    found: dict[str, list[Draft | Dropped]] = {"forward": [], "backward": []}
    compared: dict[str, dict[str, list[Draft]]] = {task: defaultdict(list) for task in found}
    for record in read_all(rationales or [], Monologue):
        if record.format not in {wanted.format, *wanted.compare}:
            continue
        draft = rationale_draft(record, sources, phrasing)
        if wanted.compare and isinstance(draft, Draft):
            pair = pair_of(record.parents, record.direction)
            compared[record.direction][record.format].append(draft._replace(pair=pair))
        elif record.format == wanted.format:
            found[record.direction].append(draft)
    for task, drafts in found.items():
        if compared[task].get(wanted.format) and getattr(tasks, task):
            drafts += made.in_common(compared[task])
        if getattr(tasks, task) and made_here:
            if not drafts:
                raise UserError(
                    f"--rationales: no {task} record in format {wanted.format}; set the task to 0."
                )
            made.add(drafts, getattr(tasks, task), task)
    if released:
        of_task: dict[str, list[Draft]] = defaultdict(list)
        for row in read(released, Example):
            of_task[row.task].append(Draft(row, row.parents))
        for task in ("nl2code", "forward", "backward"):
            if getattr(tasks, task):
                if not of_task[task]:
                    raise UserError(f"{released}: no {task} row; set the recipe's tasks.{task} to 0.")
                made.add(of_task[task], getattr(tasks, task), task)
    if refine and tasks.refine:
        made.add((Draft(row, row.parents) for row in read(refine, Example)), tasks.refine, "refine")
    for name, path in extras.items():
        made.add(extra_drafts(name, path, wanted.extra_language, style), wanted.extra[name], name)
    made.write(mixture, dropped, summary)
    tell(f"{len(made.kept)} examples, {made.tokens} tokens")
