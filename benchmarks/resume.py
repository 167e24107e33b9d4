"""Programs run by the command, killed at random moments and started again: is every verdict there, once, and the same?

`python -m benchmarks.resume --programs 100000 --kills 3`: a tenth of the programs hostile. Ends with 1 if a program has
no verdict or two, if the verdicts are not those that its kind must have, or if a finished program was run again.
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.endurance import HOSTILE, code_of, kinds_of

OPTIONS = ("--timeout", "0.3", "--memory", "256")


def main(
    programs: Annotated[int, typer.Option(help="How many.")] = 100_000,
    kills: Annotated[int, typer.Option(help="How often the command is killed.")] = 3,
    workers: Annotated[int, typer.Option(help="Side by side.")] = 2,
    seed: Annotated[int, typer.Option(help="Of the programs and of the moments.")] = 0,
) -> None:
    """Run, kill, go on, and look at what came of it."""
    kinds = list(kinds_of(programs, seed))
    with tempfile.TemporaryDirectory() as folder:
        source, verdicts = Path(folder, "programs.jsonl"), Path(folder, "verdicts.jsonl")
        lines = [
            {
                "id": str(number),
                "code": code_of(number, kind),
                "entry_point": "f",
                "args": ["7"],
                "expected": "49",
            }
            for number, kind in enumerate(kinds)
        ]
        source.write_text("".join(json.dumps(line) + "\n" for line in lines))
        partial = verdicts.with_name(f"{verdicts.name}.partial.jsonl")
        command = [sys.executable, "-m", "semcoder.cli", "execution", "run", "--programs", str(source)]
        command += ["--verdicts", str(verdicts), "--workers", str(workers), *OPTIONS]
        draw = random.Random(seed)
        moments = sorted(draw.uniform(0.05, 0.95) * programs for _ in range(kills))
        kept = b""
        lost = 0
        for moment in [*moments, None]:
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            while moment is not None and process.poll() is None and _lines(partial) < moment:
                time.sleep(0.02)
            if moment is not None:
                process.kill()
            process.wait()
            now = partial.read_bytes() if partial.exists() else b""
            if partial.exists():
                lost += not now.startswith(kept)
                kept = now[: now.rfind(b"\n") + 1]
                print(f"killed after {kept.count(bytes([10])) - 1} verdicts", flush=True)
        rows = [json.loads(line) for line in verdicts.read_text().splitlines()]
        repeated = not verdicts.read_bytes().startswith(kept.partition(b"\n")[2])
    missing = [row["id"] for row in rows] != [str(number) for number in range(programs)]
    wrong = Counter(
        (kind, row["verdict"], row["detail"])
        for row, kind in zip(rows, kinds, strict=False)
        if row["verdict"] not in _may_be(kind)
    )
    print(
        f"{len(rows)} verdicts for {programs} programs after {kills} kills; in order and once: {not missing}"
    )
    print(
        f"verdicts lost or changed by a kill: {lost + repeated}; with another verdict than theirs: {wrong.total()}"
    )
    for each, count in wrong.items():
        print(count, *each)
    raise SystemExit(int(missing or bool(wrong) or bool(lost) or repeated))


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as stream:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: stream.read(1 << 20), b""))
    except FileNotFoundError:
        return 0


def _may_be(kind: str) -> set[str]:
    """What `execution run` may say of a program of this kind."""
    if kind in ("honest", "starts threads"):
        return {"passed"}
    return {"raised" if verdict == "ok" else verdict for verdict in HOSTILE[kind][1:]}


if __name__ == "__main__":
    typer.run(main)
