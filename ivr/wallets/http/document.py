"""The OpenAPI document for a wallet company's engineers, made from the catalogue of questions."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from ivr.flow.questions import QUESTIONS, Question
from ivr.wallets.http import prose
from ivr.wallets.http.forms import SORTS, outcomes

FILE: Final = Path(__file__).parents[1] / "openapi.json"
REF: Final = "#/components/schemas/{model}"
Document = dict[str, Any]


def document() -> Document:
    """Return the document, as `openapi.json` holds it."""
    schemas: dict[str, Any] = {"Problem": prose.PROBLEM}
    return {
        "openapi": "3.1.0",
        "info": {"title": "What the hotline asks the wallet", "version": "1", "description": prose.ABOUT},
        "servers": [{"url": "https://wallet.example.com", "description": "WALLET_URL"}],
        "security": [{"signature": []}],
        "paths": {f"/v1/{name}": {"post": _operation(name, one, schemas)} for name, one in QUESTIONS.items()},
        "components": {
            "schemas": schemas,
            "parameters": prose.HEADERS,
            "responses": {f"Error{status}": _error(words) for status, words in prose.ERRORS.items()},
            "securitySchemes": {"signature": prose.SIGNATURE},
        },
    }


def text() -> str:
    """Return the document as the file's text."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _operation(name: str, question: Question, schemas: dict[str, Any]) -> Document:
    answers = {outcome: TypeAdapter(model).json_schema(ref_template=REF) for outcome, model in outcomes(name).items()}
    for schema in answers.values():
        schemas.update({schema["title"]: schema} | schema.pop("$defs", {}))
    references = [{"$ref": REF.format(model=schema["title"])} for schema in answers.values()]
    described = [prose.QUESTIONS[name], *(words for is_so, words in _traits(question) if is_so)]
    described += [f"* `{outcome}`: {prose.OUTCOMES[name][outcome]}" for outcome in question.outcomes]
    return {
        "operationId": name,
        "summary": prose.QUESTIONS[name].split(". ")[0].rstrip("."),
        "description": "\n".join(described),
        "parameters": [{"$ref": f"#/components/parameters/{header}"} for header in prose.HEADERS],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _body(question)}}},
        "responses": {
            "200": {
                "description": "One of the outcomes.",
                "content": {"application/json": {"schema": {"oneOf": references} | _told(answers)}},
            },
            **{status: {"$ref": f"#/components/responses/Error{status}"} for status in prose.ERRORS},
        },
    }


def _told(answers: Mapping[str, Any]) -> Document:
    mapping = {outcome: REF.format(model=schema["title"]) for outcome, schema in answers.items()}
    return {"discriminator": {"propertyName": "outcome", "mapping": mapping}}


def _traits(question: Question) -> tuple[tuple[bool, str], ...]:
    return (
        (question.acts, prose.ACTS),
        (question.proven, prose.PROVEN),
        (question.guarded, prose.GUARDED),
    )


def _body(question: Question) -> Document:
    about = {name: _fact(name) for name in (*question.about, *question.may)}
    facts = _object(about, question.about)
    return _object({"about": facts}, ("about",))


def _fact(name: str) -> Document:
    told = prose.ASKED[name]
    if isinstance(told, str):
        sort, words = told.split(": ", 1)
        return {**TypeAdapter(SORTS[sort]).json_schema(), "description": words}
    return dict(told)


def _object(properties: Mapping[str, Any], required: tuple[str, ...]) -> Document:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


def _error(words: str) -> Document:
    problem = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": problem}}}
