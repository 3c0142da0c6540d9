"""Which answers are whole and right: the forms of facts, and of each outcome of each question."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache, reduce
from operator import or_
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, create_model

from ivr.flow.inputs import Found
from ivr.flow.questions import QUESTIONS


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


def _moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


def _shaped(pattern: str, what: str, **more: Any) -> Any:
    return Annotated[str, StringConstraints(pattern=pattern), Field(description=what, json_schema_extra=more or None)]


DAY: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
MOMENT: Final = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})$"
# What facts are, by the catalogue's words for it.
SORTS: Final[Mapping[str, Any]] = {
    "digits": _shaped("^[0-9]{1,32}$", "Digits, as callers hear and key them."),
    "phone": _shaped(r"^\+[1-9][0-9]{6,14}$", "A phone number in E.164."),
    "amount": _shaped("^(0|[1-9][0-9]{0,11})$", "An amount in fen."),
    "date": Annotated[_shaped(DAY, "A date, in China.", format="date"), AfterValidator(_day)],
    "moment": Annotated[_shaped(MOMENT, "A moment with its zone.", format="date-time"), AfterValidator(_moment)],
}
STRICT: Final = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


@cache
def outcomes(question: str) -> Mapping[str, type[BaseModel]]:
    """Return by each outcome of a question the form of that answer."""
    found = QUESTIONS[question].outcomes
    return {outcome: _answer(_named(question, outcome), outcome, facts) for outcome, facts in found.items()}


def read(question: str, body: bytes) -> Found:
    """Return the answer that a body in JSON holds; raise ValueError for one that is not whole, right and known."""
    answer = _adapter(question).validate_json(body)
    return Found(answer.facts.model_dump(), answer.outcome)


@cache
def _adapter(question: str) -> TypeAdapter[Any]:
    forms = tuple(outcomes(question).values())
    form: Any = reduce(or_, forms)
    if len(forms) > 1:
        form = Annotated[form, Field(discriminator="outcome")]
    return TypeAdapter(form)


def _answer(name: str, outcome: str, facts: Mapping[str, str]) -> type[BaseModel]:
    fields: dict[str, Any] = {fact: (SORTS[sort], ...) for fact, sort in facts.items()}
    told = create_model(f"{name}Facts", __config__=STRICT, **fields)
    this: Any = Literal[outcome]
    return create_model(name, __config__=STRICT, outcome=(this, ...), facts=(told, ...))


def _named(question: str, outcome: str) -> str:
    return "".join(part.title() for part in f"{question}_{outcome}".split("_"))
