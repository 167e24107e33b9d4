"""What to say of a name that no rule makes: whose it is, what makes it, or what could have been meant."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from semcoder.configfiles import read
from semcoder.errors import nearest

REPORT = "report.html"
"""Of a finished run, in its results folder: Snakemake's own report, which no rule can make of its own run."""


def remedy(artifact: str, workflow: Any) -> str:
    """The end of the sentence `ARTIFACT: no rule makes it`, of a workflow as it was planned."""
    path = Path(artifact)
    results: Path = workflow.globals["GRAPH"].config.results
    if path == results / REPORT:
        return f"; `snakemake --report {artifact}` does after the run, as at the end of `make quickstart`"
    if path.is_relative_to(results):
        return nearest(artifact, _known(path, workflow))
    owners = [(words, folder) for words, folder in _results(results) if path.is_relative_to(folder)]
    if owners:
        # Two profiles may share their results: that with their name first.
        words, folder = min(owners, key=lambda owner: not owner[0].endswith(f"/{owner[1].name}"))
        return f"; it belongs to {folder}: {words}"
    return "; it is a source" if path.exists() else nearest(artifact, _known(path, workflow))


def _results(present: Path) -> Iterator[tuple[str, Path]]:
    """(what asks for them, the results folder) of each profile, of each file laid over config.yaml, and of that."""
    for path in sorted(Path("profiles").glob("*/config.yaml")):
        named = read(path).get("configfile") or []
        for file in [named] if isinstance(named, str) else named:
            if Path(file).is_file() and (results := read(Path(file)).get("results")):
                yield f"add --profile {path.parent}", Path(results)
    for path in sorted(Path("profiles").glob("*.yaml")):
        if results := read(path).get("results"):
            yield f"add --configfile {path}", Path(results)
    if (own := Path(read(Path("config.yaml"))["results"])) != present:
        yield "leave out the profile", own


def _known(path: Path, workflow: Any) -> set[str]:
    """Names that could have been meant: of targets, of what is made or lies in the same folder, of such a file.

    Nothing hidden, and nothing half-written: its name ends in `.partial`.
    """
    if path.parent == Path():
        return {rule.name for rule in workflow.rules if not rule.has_wildcards()}
    made = {Path(f) for rule in workflow.rules for f in rule.output if not f.contains_wildcard()}
    near = {each for each in made if path.parent == each.parent or path.name == each.name}
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    seen = {each for each in beside if not each.name.startswith(".") and each.suffix != ".partial"}
    return set(map(str, near | seen))
