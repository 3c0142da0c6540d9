"""What the editor's page sends, and what is told where it cannot be read."""

from collections.abc import Iterable
from typing import Annotated, Any, Final, NoReturn, TypeVar

from flask import abort, jsonify, make_response, request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ivr.editor.edits import Edit
from ivr.editor.telling import problems, told
from ivr.editor.texts import said
from ivr.flow.plain import lowered
from ivr.flow.problem import Problem

LARGEST: Final = 1_000_000  # bytes
Short = Annotated[str, StringConstraints(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Step(_Body):
    """The revision that the page shows."""

    revision: int = Field(ge=0, lt=2**31)


class Edits(Step):
    """Edits on a revision, all or none of them."""

    edits: tuple[Edit, ...] = Field(min_length=1, max_length=200)


class Publication(Step):
    """A revision to be published, and why."""

    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)] = ""


class Rehearsal(_Body):
    """A practice call: who rings when, and what happened since."""

    at: Short
    caller: Short
    inputs: tuple[dict[str, Any], ...] = Field((), max_length=500)
    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""


Sent = TypeVar("Sent", bound=_Body)


def sent(kind: type[Sent]) -> Sent:
    """Return what the page sent; 422 that says which field is wrong."""
    asked = request.get_json(silent=True)
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "JSON"
        refuse(422, said("draft_field", where=where, why=told(lowered(first["msg"]))))


def refuse(status: int, message: str, **more: Any) -> NoReturn:
    """End the request with this message."""
    abort(make_response(jsonify(message=message, **more), status))


def listed(found: Iterable[Problem]) -> list[dict[str, Any]]:
    """Return problems ready for JSON."""
    return [{"file": one.file, "line": one.line, "words": one.words} for one in problems(found)]
