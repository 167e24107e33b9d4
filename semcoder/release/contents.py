"""What a published folder holds: as much as its card and its metadata say of it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

from semcoder.records import Task
from semcoder.release.rows import QUESTIONS, Row, Split
from semcoder.release.settings import ReleaseSettings
from semcoder.report.counts import Yield


class File(NamedTuple):
    """A file of rows."""

    config: str
    """`pyx` or `pyx_r`."""
    split: Split
    kind: type[Row]
    rows: list[Row]
    sha256: str
    size: int
    """Bytes."""

    @property
    def path(self) -> str:
        """Below the folder."""
        return f"{self.config}/{self.split}.jsonl"

    @property
    def tasks(self) -> dict[Task, int]:
        """{task: rows}"""
        asked = {task: column for task, column in QUESTIONS.items() if column in self.kind.model_fields}
        return {
            task: count
            for task, column in asked.items()
            if (count := sum(bool(getattr(row, column)) for row in self.rows))
        }


@dataclass(frozen=True)
class Contents:
    """All of a folder."""

    settings: ReleaseSettings
    files: list[File]
    stages: list[Yield]
    left_out: dict[str, int]
    """Records of the run that are no row, by reason."""
    configuration: dict[str, Any]
    fingerprint: str

    @property
    def rows(self) -> list[Row]:
        """Every row."""
        return [row for file in self.files for row in file.rows]

    @property
    def configs(self) -> dict[str, list[File]]:
        """{config: its files}"""
        found: dict[str, list[File]] = {}
        for file in self.files:
            found.setdefault(file.config, []).append(file)
        return found

    @property
    def licences(self) -> list[tuple[str, int, int]]:
        """(licence of the source, rows, programs), the most rows first."""
        rows = Counter(row.licence for row in self.rows)
        programs = Counter(licence for _, licence in {(row.program, row.licence) for row in self.rows})
        return sorted(
            ((each, count, programs[each]) for each, count in rows.items()), key=lambda x: (-x[1], x[0])
        )

    @property
    def writers(self) -> dict[str, int]:
        """{who wrote the response: rows}, the most first."""
        return dict(Counter(row.writer for row in self.rows).most_common())
