"""ro-crate-metadata.json of a run, after the Provenance Run Crate profile 0.5 and those that it builds on."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from semcoder.artifacts import sha256_of
from semcoder.containers.images import read_lock
from semcoder.crate.run import Job, Run
from semcoder.progress import track
from semcoder.software import of_jobs

PROFILES = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
TERMS = {
    name: f"https://w3id.org/ro/terms/workflow-run#{name}"
    for name in ("sha256", "containerImage", "ContainerImage")
}
"""Terms of the profiles that RO-Crate's own context lacks."""
MIT = "https://spdx.org/licenses/MIT"
WORKFLOW = "Snakefile"
KINDS = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".md": "text/markdown",
    ".svg": "image/svg+xml",
    ".html": "text/html",
    ".yaml": "application/yaml",
    ".py": "text/x-python",
}


def described(run: Run, left_out: Mapping[str, str]) -> dict[str, Any]:
    """The metadata of a crate with all files of the run but those `left_out`, which it names with the reason."""
    return _Description(run, left_out).document()


class _Description:
    def __init__(self, run: Run, left_out: Mapping[str, str]) -> None:
        self.run, self.left_out = run, left_out
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms.update(TERMS)
        self.entities: dict[str, Entity] = {}

    def document(self) -> dict[str, Any]:
        run, crate = self.run, self.crate
        title = f"SemCoder-Repro, {run.graph.results}"
        crate.name = title
        crate.description = (
            f"A finished run of the SemCoder reproduction workflow: {len(run.jobs)} jobs of "
            f"{len({job.rule for job in run.jobs})} rules."
        )
        crate.license = self._thing(MIT, "CreativeWork", name="MIT License", url=MIT)
        ends = [job.ended for job in run.jobs if job.ended]
        crate.datePublished = max(ends, default=datetime.now(UTC).isoformat(timespec="seconds"))
        crate.root_dataset["conformsTo"] = [
            self._thing(url, "CreativeWork", name=name, version=version) for url, name, version in PROFILES
        ]
        for each in track([*run.workflow, *run.files.values()], "hashing files"):
            if each.id in self.left_out:
                self.entities[each.id] = self._absent(each.id, each.path)
            else:
                self.entities[each.id] = self._file(each.id, each.path)
        self._workflow()
        found: dict[str, Any] = crate.metadata.generate()
        return found

    def _thing(self, id_: str, kind: str | list[str], **properties: Any) -> Entity:
        """An entity that is no file of the crate."""
        return self.crate.add(
            ContextEntity(self.crate, id_, {"@type": kind, **{k: v for k, v in properties.items() if v}})
        )

    def _file(self, id_: str, path: Path) -> Entity:
        properties: dict[str, Any] = {
            "name": id_,
            "contentSize": str(path.stat().st_size),
            "sha256": sha256_of(path),
        }
        if kind := KINDS.get(path.suffix):
            properties["encodingFormat"] = kind
        if id_ == WORKFLOW:
            properties["@type"] = ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"]
        return self.crate.add_file(dest_path=id_, properties=properties)

    def _absent(self, id_: str, path: Path) -> Entity:
        """What a bundle leaves out, with its hash, so that it is known when it turns up."""
        return self._thing(
            f"#left-out/{id_}",
            "CreativeWork",
            name=id_,
            description=f"Left out: {self.left_out[id_]}.",
            contentSize=str(path.stat().st_size),
            sha256=sha256_of(path),
        )

    def _workflow(self) -> None:
        run, crate = self.run, self.crate
        workflow = self.entities[WORKFLOW]
        crate.mainEntity = workflow
        version = run.software.get("git") or run.software["semcoder"]
        language = self._thing(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            "ComputerLanguage",
            name="Snakemake",
            alternateName="Snakemake",
            version=run.software.get("snakemake"),
            identifier={"@id": "https://snakemake.readthedocs.io"},
            url={"@id": "https://snakemake.readthedocs.io"},
        )
        engine = self._thing(
            "#snakemake",
            "SoftwareApplication",
            name="Snakemake",
            softwareVersion=run.software.get("snakemake"),
        )
        starting = {name: found for name, found in run.software.items() if name != "snakemake"}
        computing = of_jobs(each.path for each in run.files.values())
        libraries = [
            self._thing(
                f"#software/{kind}/{name}",
                "SoftwareApplication",
                name=name,
                softwareVersion=found,
                description=where,
            )
            for kind, where, versions in (
                ("start", "In the environment that started the run.", starting),
                *((kind, f"In {kind}, as its jobs noted.", found) for kind, found in computing.items()),
            )
            for name, found in versions.items()
        ]
        tools = {rule: self._tool(rule) for rule in dict.fromkeys(job.rule for job in run.jobs)}
        settings = dict(self._settings())
        taken = [self.entities[each] for each in sorted(run.external)]
        made = [self.entities[each] for each in run.results]
        actions, controls = self._actions(tools)
        whole = self._thing(
            "#run",
            "CreateAction",
            name=f"Run of the workflow in {run.graph.results}",
            instrument=workflow,
            object=[*settings.values(), *taken],
            result=made,
            startTime=min((job.started for job in run.jobs if job.started), default=""),
            endTime=max((job.ended for job in run.jobs if job.ended), default=""),
        )
        self._thing(
            "#engine-run",
            "OrganizeAction",
            name="Execution by Snakemake",
            instrument=engine,
            object=controls,
            result=whole,
        )
        inputs = [self._parameter(f"#config/{name}", name, "Text", each) for name, each in settings.items()]
        # A parameter needs a file or a value to stand for it, which what is left out is not.
        here = [each for each in taken if "File" in each.type]
        inputs += [self._parameter(f"#in/{each.id}", each["name"], "File", each) for each in here]
        here = [each for each in made if "File" in each.type]
        outputs = [self._parameter(f"#out/{each.id}", each["name"], "File", each) for each in here]
        for name, value in (
            ("name", "SemCoder-Repro"),
            ("programmingLanguage", language),
            ("version", version),
            ("license", MIT),
            ("input", inputs),
            ("output", outputs),
            ("hasPart", list(tools.values())),
            ("step", [self.entities[f"#step-{rule}"] for rule in tools]),
            ("softwareRequirements", libraries),
        ):
            workflow[name] = value
        crate.root_dataset["mentions"] = [whole, *actions]

    def _settings(self) -> Iterable[tuple[str, Entity]]:
        for name, value in _leaves(self.run.graph.values):
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield name, self._thing(f"#value/{name}", "PropertyValue", name=name, value=text or '""')

    def _tool(self, rule: str) -> Entity:
        """The command behind a rule, and the step that it is."""
        words = next((job.command.split() for job in self.run.jobs if job.rule == rule and job.command), [])
        at = next((place for place, word in enumerate(words) if word == "--log"), None)
        name = f"semcoder {' '.join(words[at + 2 : at + 4])}" if at is not None else rule
        tool = self._thing(
            f"#tool-{rule}", "SoftwareApplication", name=name, softwareVersion=self.run.software["semcoder"]
        )
        position = sum(each.startswith("#step-") for each in self.entities)
        self.entities[f"#step-{rule}"] = self._thing(
            f"#step-{rule}", "HowToStep", name=f"rule {rule}", position=str(position + 1), workExample=tool
        )
        return tool

    def _actions(self, tools: Mapping[str, Entity]) -> tuple[list[Entity], list[Entity]]:
        actions, controls = [], []
        for number, job in enumerate(self.run.jobs, 1):
            action = self._thing(
                f"#job-{number}",
                "CreateAction",
                name=f"{job.rule}: {job.outputs[0]}" if job.outputs else job.rule,
                description=job.command,
                instrument=tools[job.rule],
                object=[self.entities[each] for each in job.inputs],
                result=[self.entities[each] for each in job.outputs],
                startTime=job.started,
                endTime=job.ended,
                containerImage=self._image(job),
            )
            actions.append(action)
            controls.append(
                self._thing(
                    f"#control-{number}",
                    "ControlAction",
                    name=f"job {number}",
                    instrument=self.entities[f"#step-{job.rule}"],
                    object=action,
                )
            )
        return actions, controls

    def _image(self, job: Job) -> Entity | None:
        if not job.image:
            return None
        id_ = f"#image/{job.image}"
        if id_ not in self.entities:
            name = job.image.removesuffix(".sif").rpartition("-")[0]
            locked = read_lock(self.run.graph.config.containers.lock).get(name)
            self.entities[id_] = self._thing(
                id_,
                "ContainerImage",
                name=job.image,
                additionalType={"@id": "https://w3id.org/ro/terms/workflow-run#SIFImage"},
                sha256=locked.sha256 if locked else None,
                description=f"on {locked.base}" if locked else None,
            )
        return self.entities[id_]

    def _parameter(self, id_: str, name: str, kind: str, value: Entity) -> Entity:
        parameter = self._thing(id_, "FormalParameter", name=name, additionalType=kind, workExample=value)
        value["exampleOfWork"] = parameter
        return parameter


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    """(dotted key, value) of everything that is no block."""
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value
