"""Traces beside the programs and tests that they were made from."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from semcoder import records
from semcoder.errors import UserError
from semcoder.records import Program, TestCase, Trace


class Case(NamedTuple):
    """A traced input of a program."""

    program: Program
    test: TestCase
    trace: Trace

    @property
    def key(self) -> tuple[str, str]:
        """What inputs with the same output share."""
        return self.program.id, self.test.output


def cases(programs: Path, tests: Path, traces: Path) -> Iterator[Case]:
    """The traces with what they were made from; of the other files no more than that is held.

    Raises UserError where the files do not belong together.
    """
    wanted = records.among(records.parents(traces, Trace))
    known = {program.id: program for program in records.read(programs, Program, wanted)}
    inputs = {test.id: test for test in records.read(tests, TestCase, wanted)}
    for trace in records.read(traces, Trace):
        try:
            test, program = trace.parents
            case = Case(known[program], inputs[test], trace)
        except (KeyError, ValueError) as error:
            raise UserError(
                f"{traces}: {tests} and {programs} do not hold what {trace.id} was made from "
                f"({' and '.join(trace.parents) or 'nothing'}); give the files that belong to the traces."
            ) from error
        yield case
