"""Why an artifact would be made again: what changed at the start of its chain, asked of Snakemake's own plan."""

import ast
import json
import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from semcoder.configfiles import Configfiles, Profile
from semcoder.planning.dryrun import planned

MAX_CHARS = 80
"""Of a value that is shown."""
ABSENT = "none"


def main(
    artifact: Annotated[str, typer.Argument(help="A file or folder that a rule makes, or a target's name.")],
    profile: Profile = None,
    configfile: Configfiles = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: artifact, remade, why.")] = False,
) -> None:
    """Say in one sentence why an artifact would be made again, or that it would not. Runs nothing.

    Example: semcoder why results/quickstart/pyx/train.jsonl --profile profiles/quickstart
    """
    path = Path(os.path.normpath(artifact))
    name = str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    with planned([name], profile, configfile or []) as workflow:
        chain = Chain(workflow, name)
        sentence, remade = chain.sentence(), bool(chain.due)
    found = {"artifact": name, "remade": remade, "why": sentence}
    typer.echo(json.dumps(found, ensure_ascii=False) if as_json else sentence)


class Chain:
    """The jobs between what changed and an artifact."""

    def __init__(self, workflow: Any, artifact: str) -> None:
        self.dag, self.records = workflow.dag, workflow.persistence
        self.artifact = artifact
        (self.last,) = self.dag.targetjobs
        self.due = {job for job in self.dag.needrun_jobs() if not job.rule.norun}

    def sentence(self) -> str:
        """Why the artifact would be made again, or that it would not."""
        reason = self.dag.reason(self.last)
        if not self.dag.needrun(self.last):
            if reason.no_metadata and self.last.output:
                return (
                    f"{self.artifact} would not be made again, but how rule {self.last.rule.name} made it is not "
                    f"recorded here: only newer input files would be noticed."
                )
            return f"{self.artifact} is up to date: nothing that it depends on has changed."
        missing = self._missing()
        roots = [job for job in self._in_order() if self._is_root(job) and job != self.last]
        if missing:
            path, job = missing
            first = path if path == self.artifact else f"{self.artifact} lacks {path}, which"
            return f"{first} {self._absence(path, job)}{self._before(job, [r for r in roots if r != job])}."
        if self._is_root(self.last):
            roots.append(self.last)
        others = f", and {_jobs(len(roots) - 1, 'other job')}" if len(roots) > 1 else ""
        return (
            f"{self.artifact} would be made again: {self._cause(roots[0])} (rule {roots[0].rule.name}{others})"
            f"{self._between(roots[0])}."
        )

    def _is_root(self, job: Any) -> bool:
        """Whether the job is due by itself, and not by what it is made from or for."""
        reason = self.dag.reason(job)
        return job in self.due and (reason.forced or not reason.derived)

    def _in_order(self) -> list[Any]:
        """Jobs that are due, from the start of the graph."""
        levels = [sorted(level, key=lambda job: list(job.output)) for level in self.dag.toposorted()]
        return [job for level in levels for job in level if job in self.due]

    def _missing(self) -> tuple[str, Any] | None:
        """The artifact, or the first file of a target, where it is not there; and its job."""
        if self.last.rule.norun:
            makers = {file: job for job, files in self.dag.dependencies[self.last].items() for file in files}
        else:
            files = self.last.output if self.artifact == self.last.rule.name else [self.artifact]
            makers = dict.fromkeys(files, self.last)
        return next(((str(f), job) for f, job in sorted(makers.items()) if not Path(f).exists()), None)

    def _absence(self, path: str, job: Any) -> str:
        rule = job.rule.name
        file = next((each for each in job.output if str(each) == path), job.output[0])
        if self.records._filter_incomplete_keys([path]):
            return f"is not finished: its job was killed, or still runs; rule {rule} makes it"
        if self.records.metadata(file):
            return f"was made, but is not there any more: rule {rule} makes it again"
        return f"has not been made yet: rule {rule} makes it"

    def _before(self, job: Any, roots: list[Any]) -> str:
        """What else runs before a missing artifact's job."""
        others = [each for each in self._in_order() if each not in (job, self.last)]
        words = ""
        if others:
            words = f" after {_jobs(len(others), 'other job')}, from rule {others[0].rule.name} on"
        if roots:
            words += f", where this changed: {self._cause(roots[0])} (rule {roots[0].rule.name})"
        return words

    def _between(self, root: Any) -> str:
        if root == self.last:
            return ""
        after = set(self.dag.bfs(self.dag.depending, root)) & self.due
        number = len(after - {root, self.last})
        return f"; {_jobs(number, 'job')} {'stands' if number == 1 else 'stand'} between"

    def _cause(self, job: Any) -> str:
        """What is not as it was when the job last ran."""
        reason = self.dag.reason(job)
        causes = []
        if reason.forced:
            causes.append("its job was killed, or still runs")
        if reason.missing_output:
            causes.append(f"{_listed(reason.missing_output)} is not there")
        if reason.updated_input:
            causes.append(self._input(job, sorted(reason.updated_input)))
        if reason.params_changed:
            file = min(reason.params_changed.files)
            change = self.records.params_changed(job, file=file)
            words = _differences(change.only_old, change.only_new, _command(job))
            causes.append(", ".join(words) or "the rule's parameters changed")
        if reason.input_changed:
            file = next(self.records.input_changed(job))
            causes.append(_of_sets(set(self.records.input(file)), set(map(str, job.input))))
        if reason.code_changed:
            causes.append("the rule's shell command changed")
        if reason.software_stack_changed:
            file = next(self.records.software_stack_changed(job))
            old, new = self.records.container_img_url(file), job.container_img_url
            changed = f": {_short(old)} -> {_short(new)}" if old != new else ", with images or without"
            causes.append(f"its software environment changed{changed}")
        return "; ".join(causes) or str(reason)

    def _input(self, job: Any, files: list[Any]) -> str:
        """Input files that changed; by content where Snakemake remembers their hashes."""
        hashed = None not in self.records.input_checksums(job, files[0])
        what = "has other content than it had" if hashed else "is newer than what was made from it"
        more = f" ({len(files) - 1} more so)" if len(files) > 1 else ""
        return f"input {files[0]} {what}{more}"


def _jobs(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _command(job: Any) -> str:
    """The package's command that a rule runs."""
    found = re.search(r"--log \{log\} ([a-z]+ [a-z]+)", job.rule.shellcmd or "")
    return f"`semcoder {found[1]}`" if found else f"rule {job.rule.name}"


def _short(value: Any) -> str:
    """A value as it stands in a sentence."""
    if isinstance(value, str):
        text = value or '""'
    else:
        text = ABSENT if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"


def _listed(files: Iterable[Any]) -> str:
    first, *more = sorted(map(str, files))
    return f"{first} (and {len(more)} more)" if more else first


def _of_sets(old: set[str], new: set[str]) -> str:
    """What became of a set of input files."""
    words = [f"with {_listed(new - old)}"] if new - old else []
    words += [f"without {_listed(old - new)}"] if old - new else []
    return f"the set of input files changed: {' and '.join(words) or 'their order or number'}"


def _differences(old: Iterable[str], new: Iterable[str], command: str) -> Iterator[str]:
    """What differs between the parameters that were recorded and those of now, as Snakemake writes them."""
    before, now = _named(old), _named(new)
    code = False
    for name in sorted(before.keys() | now.keys()):
        one, other = before.get(name, []), now.get(name, [])
        if one == other:
            continue
        if name == "code=":
            code = True
        elif name == "definition=":
            yield "the files that the image is built from changed"
        elif name == "pin=":
            words = ("location", "revision", "sha256")
            pins = (
                dict(zip(words, each[0].split(" "), strict=False)) if each else {} for each in (one, other)
            )
            yield f"the pin in the table of external files changed: {', '.join(_pairs('', *pins))}"
        elif name == "corpora=":
            pairs = list(_pairs("", *(_corpora(each) for each in (one, other))))
            yield f"the content of a corpus changed: {', '.join(pairs)}"
        else:
            gone = [each for each in one if each not in other]
            come = [each for each in other if each not in one]
            both = (gone, come) if gone or come else (one, other)  # else their order changed
            yield from _pairs(name.rstrip("="), *map(_parsed, both))
    if code:  # last: where options changed too, they say more
        yield f"the package's code behind {command} changed"


def _named(recorded: Iterable[str]) -> dict[str, list[str]]:
    """Values by option: `--seed 42` and `teacher={...}`, under "" what has no name."""
    found: dict[str, list[str]] = {}
    for each in sorted(recorded):
        try:
            value = ast.literal_eval(each)
        except (ValueError, SyntaxError):
            value = each
        if not isinstance(value, str):
            value = json.dumps(value, default=str)
        if value.startswith("--"):
            name = ""
            for word in shlex.split(value):
                if word.startswith("--"):
                    name = word
                    found.setdefault(name, [])
                else:
                    found[name].append(word)
        elif setting := re.match(r"(\w+=)", value):
            found.setdefault(setting[1], []).append(value.removeprefix(setting[1]))
        elif value:
            found.setdefault("", []).append(value)
    return found


def _corpora(values: list[str]) -> dict[str, str]:
    """What each corpus holds: its hash, or the version of the standard library."""
    parts = [each.rpartition(" ") for each in ", ".join(values).split(", ") if each]
    return {name: state for name, _, state in parts}


def _parsed(values: list[str]) -> Any:
    """The value of an option: JSON where it is a block or a list of blocks."""
    if len(values) != 1:
        return ", ".join(values) or None
    try:
        value = json.loads(values[0])
    except ValueError:
        return values[0]
    return value if isinstance(value, dict | list) else values[0]


def _pairs(name: str, old: Any, new: Any) -> Iterator[str]:
    """`NAME OLD -> NEW` for each value that differs, blocks compared key by key."""
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        old, new = (dict(zip(map(str, range(len(new))), each, strict=True)) for each in (old, new))
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in [*new, *(key for key in old if key not in new)]:
            if key not in old or key not in new or old[key] != new[key]:
                yield from _pairs(f"{name}.{key}".lstrip("."), old.get(key), new.get(key))
    else:
        yield f"{name} {_short(old)} -> {_short(new)}".lstrip()
