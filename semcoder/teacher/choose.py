"""The teacher that a configuration asks for."""

from typing import Annotated, Any

import typer
from pydantic import ValidationError

from semcoder.errors import UserError, first_fault
from semcoder.teacher.grounded import GroundedTeacher
from semcoder.teacher.interface import Teacher
from semcoder.teacher.settings import TeacherSettings

TeacherOption = Annotated[
    str,
    typer.Option(
        help='JSON settings of the teacher, such as {"kind": "grounded"}. Monologues, retellings and PyX-R need the '
        "kind openai."
    ),
]


def teacher_from(text: str) -> Teacher:
    """The teacher that a JSON object of settings describes (`{"kind": "grounded"}`). Raises UserError."""
    try:
        settings = TeacherSettings.model_validate_json(text)
    except ValidationError as error:
        raise UserError(
            f'--teacher: {first_fault(error, "the whole")}; give a JSON object such as {{"kind": "grounded"}}.'
        ) from error
    if settings.kind == "grounded":
        return GroundedTeacher()
    from semcoder.teacher.llm import LLMTeacher  # here, so that no model means no client library

    return LLMTeacher(settings)


def costs(teacher: Teacher) -> dict[str, list[dict[str, Any]]]:
    """What a stage's summary says of its teacher's bill; nothing where nothing was paid for."""
    rows = [each.model_dump(exclude=None if each.batch else {"batch"}) for each in teacher.bill]
    return {"teacher": rows} if rows else {}
