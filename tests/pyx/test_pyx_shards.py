"""PyX is the same however many shards the corpus is worked on in."""

import json
from pathlib import Path

from semcoder import records
from semcoder.pyx import expand, select, synthesize
from semcoder.records import Problem, Program, Seed, TestCase

CODE = """def clamp(value, low=0, high=10):
    \"\"\"Return value moved into the range from low to high{}.\"\"\"
    if value < low:
        return low
    if value > high:
        return high
    return value
"""
BROKEN = """def loads(key):
    \"\"\"Return what the table of this module holds under the given key{}.\"\"\"
    return TABLE[key]
"""


def corpus() -> list[Seed]:
    """Eight files with one function, its docstring and the calls of it different in some; and one that never runs."""
    made = []
    for number in range(8):
        for code, context in ((CODE, ""), (BROKEN, 'TABLE = {}["missing"]\n')):
            made.append(
                Seed(
                    kind="function",
                    code=code.format(", both of them included" * (number % 3 == 0)),
                    context=context,
                    calls=(f"clamp({number * 3 - 6})", "clamp(5, 1, 3)") if code is CODE else (),
                    source=f"hand/file_{number}.py",
                    first_line=1,
                    last_line=7,
                    licence="MIT",
                )
            )
    return made


def pyx(folder: Path, shards: int) -> dict[str, Path]:
    """The three rules of rules/pyx.smk for so many shards."""
    folder.mkdir()
    names = [f"{number}-of-{shards}" for number in range(1, shards + 1)]
    made = ("problems", "programs", "inputs", "soft", "dropped", "summary")
    for place, name in enumerate(names):
        seeds = [each for each in corpus() if int(each.source[-4]) % shards == place]
        records.write(folder / f"{name}.seeds", seeds)
        paths = {kind: folder / f"{name}.{kind}" for kind in made}
        synthesize.main(
            seeds=folder / f"{name}.seeds", teacher='{"kind": "grounded"}', workers=1, cpu_s=2.0, **paths
        )
    for name in names:
        expand.main(
            programs=[folder / f"{each}.programs" for each in names],
            inputs=[folder / f"{each}.inputs" for each in names],
            shard=name,
            teacher='{"kind": "grounded"}',
            filters='{"max_functions": 2, "max_lines": 40, "max_branches": 8, "allow_classes": false}',
            threshold=6,
            workers=1,
            cpu_s=2.0,
            **{kind: folder / f"{name}.expanded.{kind}" for kind in ("kept", "tests", "dropped", "summary")},
        )
    parts = ("problems", "programs", "train", "heldout", "tests", "soft")
    outputs = {f"out_{part}": folder / part for part in parts}
    outputs |= {part: folder / part for part in ("dropped", "summary")}
    select.main(
        problems=[folder / f"{each}.problems" for each in names],
        programs=[folder / f"{each}.expanded.kept" for each in names],
        tests=[folder / f"{each}.expanded.tests" for each in names],
        soft=[folder / f"{each}.soft" for each in names],
        **outputs,  # type: ignore[arg-type]
    )
    return outputs


def test_one_two_and_four_shards_give_the_same_bytes(tmp_path: Path) -> None:
    one, two, four = (pyx(tmp_path / str(shards), shards) for shards in (1, 2, 4))
    for name, path in one.items():
        assert path.read_bytes() == two[name].read_bytes() == four[name].read_bytes(), name
    (program,) = records.read(one["out_programs"], Program)
    (soft,) = records.read(one["out_soft"], Program)
    problems = {each.id for each in records.read(one["out_problems"], Problem)}
    assert problems == {program.parents[0], soft.parents[0]}
    tests = list(records.read(one["out_tests"], TestCase))
    assert len(tests) == 6 and {each.origin for each in tests} == {"call site"}
    for shards in (1, 2, 4):
        files = (tmp_path / str(shards)).glob("*.expanded.summary")
        counts = [json.loads(path.read_text()) for path in files]
        assert sum(each["kept"] for each in counts) == 1
        assert all(each["in"] == each["kept"] + sum(each["dropped"].values()) for each in counts)
