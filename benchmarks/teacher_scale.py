"""The data part of the graph at two sizes, asked of a teacher over HTTP: does time grow with the seeds, and memory not?

    python -m benchmarks.teacher_scale run --seeds 5000 --folder /scratch/scale
    python -m benchmarks.teacher_scale run --seeds 20000 --folder /scratch/scale
    python -m benchmarks.teacher_scale compare --folder /scratch/scale 5000 20000

Each run makes a corpus of Python files found on this machine that holds as many function seeds, starts
benchmarks.teacher_server, and runs the whole graph of profiles/quickstart/teacher.yaml with it, as many jobs at a time
and seeds a shard in every size. Measured: the graph's time and processor time, stage by stage too, and the most memory
that all its processes had together (PSS, looked at every second); beside it the same without the programs under trial,
each of which may take `execution.memory_mb` for a moment. The teacher stands for a server elsewhere: its memory is not
counted, its processor time is told apart.
"""

import csv
import hashlib
import json
import os
import platform
import resource
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from benchmarks.measure import below, cpu_of, share_mb
from semcoder.artifacts import write_json, writing
from semcoder.errors import UserError
from semcoder.progress import tell, track
from semcoder.records import Seed
from semcoder.seeds.calls import CallIndex
from semcoder.seeds.extract import Options, seeds_of
from semcoder.seeds.sources import Document, clean

OPTIONS = Options(frozenset({"function"}), max_lines=90, max_context_lines=160)
"""As profiles/quickstart/scale.yaml has them."""
TIME, MEMORY = 4.4, 1.2
"""At most, for four times the seeds."""
RATIOS = ("wall_s", "cpu_s", "peak_mb", "peak_without_programs_mb", "seeds")
EVERY_S = 1.0
MEASURABLE_S = 5.0
"""Stages that took less are not compared: Snakemake does not see what a job of moments takes."""
PROFILES = ("profiles/quickstart/scale.yaml", "profiles/quickstart/teacher.yaml")

app = typer.Typer(pretty_exceptions_enable=False, add_completion=False)


@app.command()
def run(
    seeds: Annotated[int, typer.Option(help="How many function seeds, at least.")],
    folder: Annotated[Path, typer.Option(help="Folder of the run; the result is SEEDS.json in it.")],
    root: Annotated[
        list[Path] | None, typer.Option(help="Folders of Python files; default: this interpreter's.")
    ] = None,
    seeds_a_shard: Annotated[int, typer.Option(min=1, help="The same in every size.")] = 625,
    cores: Annotated[int, typer.Option(min=1, help="Jobs at a time.")] = 2,
    port: Annotated[int, typer.Option(help="Of the teacher's server.")] = 8711,
) -> None:
    """Run one size, and keep what was measured."""
    place = folder.resolve() / str(seeds)
    if place.exists():
        raise UserError(f"{place}: is there already; remove it, or give another --folder.")
    corpus = place / "corpus.jsonl"
    found = _corpus(corpus, seeds, root or _own_roots())
    shards = max(1, round(seeds / seeds_a_shard))
    overlay = place / "run.yaml"
    with writing(overlay) as stream:
        yaml.safe_dump(_overlay(place, corpus, shards, port), stream)
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.teacher_server",
            "--results",
            str(place / "results"),
            "--port",
            str(port),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout
        if not server.stdout.readline().startswith("serving"):
            raise UserError(f"--port {port}: the teacher's server did not start; give a free port.")
        measured = _measured(overlay, place, cores, server)
    finally:
        server.kill()
        server.wait()
    result = {"seeds": found, "shards": shards, "cores": cores, **measured, **_told(place / "results")}
    result["seeds_per_s"] = found / result["wall_s"]
    result["machine"] = f"{os.cpu_count()} cores, {platform.platform()}, Python {platform.python_version()}"
    write_json(folder / f"{seeds}.json", result)
    _show(result)


@app.command()
def compare(
    sizes: Annotated[list[int], typer.Argument(help="The smaller size, then the larger one.")],
    folder: Annotated[Path, typer.Option(help="Folder that both were run in.")],
) -> None:
    """Put two sizes beside each other; ends with 1 where time or memory grow too much."""
    small, large = (json.loads((folder / f"{size}.json").read_text()) for size in sizes)
    times = large["seeds"] / small["seeds"]
    ratios = {name: large[name] / small[name] for name in RATIOS}
    stages = {
        stage: round(large["stages"][stage]["cpu_s"] / each["cpu_s"], 2)
        for stage, each in small["stages"].items()
        if each["cpu_s"] >= MEASURABLE_S
    }
    bounds = {"wall_s": TIME * times / 4, "peak_mb": MEMORY}
    held = {name: ratios[name] <= bound for name, bound in bounds.items()}
    write_json(folder / "compared.json", {"ratios": ratios, "bounds": bounds, "held": held, "stages": stages})
    for stage, grown in stages.items():
        print(f"{stage:<24} processor time x {grown}")
    for name, value in ratios.items():
        most = f" (at most {bounds[name]:.2f}: {'yes' if held[name] else 'NO'})" if name in bounds else ""
        print(f"{name:<24} x {value:.2f}{most}")
    raise typer.Exit(not all(held.values()))


def _own_roots() -> list[Path]:
    paths = sysconfig.get_paths()
    return [Path(paths["stdlib"]), Path(paths["purelib"])]


def _overlay(place: Path, corpus: Path, shards: int, port: int) -> dict[str, Any]:
    return {
        "results": str(place / "results"),
        "seeds": {"sources": [{"kind": "jsonl", "path": str(corpus), "name": "files"}], "fraction": 1.0},
        "teacher": {"base_url": f"http://127.0.0.1:{port}/v1", "store": str(place / "answers")},
        "pyx": {"shards": shards},
    }


def _corpus(path: Path, wanted: int, roots: list[Path]) -> int:
    """Write files, in the order of a hash of their text, until they hold the wanted number of seeds; returns how many
    they hold. A larger corpus begins as a smaller one."""
    found = 0
    with writing(path) as stream:
        for text in track(_texts(roots), "corpus"):
            seeds = seeds_of(Document("x", text, ""), CallIndex([]), OPTIONS)
            count = sum(isinstance(each, Seed) for each in seeds)
            if count:
                stream.write(json.dumps({"content": text}) + "\n")
                found += count
            if found >= wanted:
                return found
    raise UserError(
        f"--seeds {wanted}: {', '.join(map(str, roots))} hold only {found}; give more with --root."
    )


def _texts(roots: list[Path]) -> Iterator[str]:
    """The Python files below the roots, each text once."""
    marked: dict[str, Path] = {}
    for root in roots:
        for path in root.rglob("*.py"):
            if path.is_file():
                marked.setdefault(hashlib.sha256(path.read_bytes()).hexdigest(), path)
    for _, path in sorted(marked.items()):
        try:
            yield clean(path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            continue  # an old encoding, a test of encodings


def _measured(overlay: Path, place: Path, cores: int, server: subprocess.Popen[str]) -> dict[str, Any]:
    """Run the graph; its time, processor time and memory."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--profile",
        "profiles/quickstart",
        "--configfile",
        *PROFILES,
    ]
    started, used = time.monotonic(), _children_s()
    with (place / "snakemake.log").open("w") as log:
        graph = subprocess.Popen([*command, str(overlay), "--cores", str(cores)], stdout=log, stderr=log)
        peak, own, ended = 0.0, 0.0, threading.Event()

        def look() -> None:
            nonlocal peak, own
            while not ended.wait(EVERY_S):
                shares = {pid: share_mb(pid) for pid in [graph.pid, *below(graph.pid)]}
                peak = max(peak, sum(shares.values()))
                own = max(own, sum(mb for pid, mb in shares.items() if not _is_shut_in(pid)))

        watch = threading.Thread(target=look)
        watch.start()
        try:
            status = graph.wait()
        finally:
            ended.set()
            watch.join()
    if status:
        raise UserError(f"{place / 'snakemake.log'}: the graph ended with {status}; see there.")
    return {
        "wall_s": round(time.monotonic() - started, 1),
        "cpu_s": round(_children_s() - used, 1),
        "server_cpu_s": round(cpu_of(server.pid), 1),
        "peak_mb": round(peak, 1),
        "peak_without_programs_mb": round(own, 1),
    }


def _is_shut_in(pid: int) -> bool:
    """Whether a process is in the sandbox: in a user namespace of its own."""
    try:
        return Path(f"/proc/{pid}/ns/user").readlink() != Path("/proc/self/ns/user").readlink()
    except OSError:
        return True  # it may not be looked into, or has ended


def _children_s() -> float:
    return sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])


def _told(results: Path) -> dict[str, Any]:
    """What the graph itself wrote down: jobs by stage, and what each stage kept."""
    stages: dict[str, dict[str, float]] = {}
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        stage = path.relative_to(results / "benchmarks").as_posix().removesuffix(".tsv")
        name = ".".join(part for part in stage.replace("/", ".").split(".") if "-of-" not in part)
        with path.open() as stream:
            [row] = csv.DictReader(stream, delimiter="\t")
        jobs = stages.setdefault(name, {"jobs": 0, "s": 0.0, "cpu_s": 0.0, "most_pss_mb": 0.0})
        jobs["jobs"] += 1
        jobs["s"] += float(row["s"])
        jobs["cpu_s"] += _number(row["cpu_time"])
        jobs["most_pss_mb"] = max(jobs["most_pss_mb"], _number(row["max_pss"]))
    with (results / "tables/yields.csv").open() as stream:
        yields = list(csv.DictReader(stream))
    with (results / "tables/teacher.csv").open() as stream:
        teacher = list(csv.DictReader(stream))
    return {"stages": stages, "yields": yields, "teacher": teacher}


def _number(text: str) -> float:
    """Snakemake writes a dash or NA of jobs that ended before it looked."""
    return float(text) if text.replace(".", "").isdigit() else 0.0


def _show(result: dict[str, Any]) -> None:
    for name, each in result["stages"].items():
        print(
            f"{name:<36} {each['jobs']:>4.0f} jobs {each['s']:>9.1f} s  most {each['most_pss_mb']:>7.0f} MB"
        )
    for row in result["yields"]:
        if row["in"]:
            print(f"{row['stage']:<36} {row['in']:>8} in {row['kept']:>8} kept")
    tell(
        f"{result['seeds']} seeds, {result['wall_s']} s, {result['seeds_per_s']:.2f} seeds/s, {result['peak_mb']} MB"
    )


if __name__ == "__main__":
    try:
        app()
    except UserError as error:
        raise SystemExit(f"teacher_scale: {error}") from error
