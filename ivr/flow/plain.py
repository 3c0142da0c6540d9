"""What pydantic found wrong, in words for operations."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ivr.flow.node import Piece


def said(error: Mapping[str, Any], kind: type[Piece]) -> str:
    """Return one of a ValidationError's errors in plain words that name the field and say what to do."""
    *_, name = ("this", *(step for step in error["loc"] if isinstance(step, str) and step != "[key]"))
    given, context = error.get("input"), error.get("ctx", {})
    if given is None and error["type"] != "missing":
        return f"{name!r} is empty: fill it in"
    match error["type"]:
        case "missing":
            return f"{name!r} is missing: add it"
        case "extra_forbidden":
            return f"there is no field {name!r} here{_meant(name, kind)}"
        case "literal_error":
            return f"{name!r} is {given!r}, but must be {context['expected']}"
        case "form" if error["loc"][-1] == "[key]":
            return f"{name!r} cannot stand here: {context['words']}"
        case "form":
            return f"{name!r} is {given!r}: {context['words']}"
        case "string_type":
            return f"{name!r} must be text: put it in quotes"
        case "string_too_short" | "too_short":
            return f"{name!r} is empty: fill it in"
        case "value_error":
            return str(context["error"])
        case "model_type" | "dict_type":
            return f"{name!r} is {given!r}, but must have fields of its own, indented below it as `field: value`"
        case "tuple_type":
            return f"{name!r} is {given!r}, but must be a list: put it in [ and ]"
        case "greater_than_equal":
            return f"{name!r} is {given!r}, but must be at least {context['ge']}"
        case "less_than_equal":
            return f"{name!r} is {given!r}, but must be at most {context['le']}"
        case "int_parsing" | "int_type":
            return f"{name!r} is {given!r}, but must be a whole number"
        case "bool_parsing" | "bool_type":
            return f"{name!r} is {given!r}, but must be true or false"
        case _:
            return f"{name!r} is {given!r}: {lowered(error['msg'])}"


def lowered(words: str) -> str:
    """Return what pydantic says as it stands within a sentence."""
    return f"{words[0].lower()}{words[1:]}"


def _meant(name: str, kind: type[Piece]) -> str:
    known = [info.alias or field for field, info in kind.model_fields.items() if field != "place"]
    close = get_close_matches(name, known, 1)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"
