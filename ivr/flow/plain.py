"""What pydantic found wrong, in words for operations."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ivr.flow.node import Piece


def said(error: Mapping[str, Any], kind: type[Piece]) -> str:
    """Return one of a ValidationError's errors in plain words that name the field and say what to do."""
    name = str(error["loc"][-1]) if error["loc"] else "this"
    given, context = error.get("input"), error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"{name!r} is missing: add it"
        case "extra_forbidden":
            return f"there is no field {name!r} here{_meant(name, kind)}"
        case "literal_error":
            return f"{name!r} is {given!r}, but must be {context['expected']}"
        case "string_pattern_mismatch":
            return f"{name!r} is {given!r}, which has not the right form ({context['pattern']})"
        case "string_type":
            return f"{name!r} must be text: put it in quotes" if given is not None else f"{name!r} is empty: fill it in"
        case "string_too_short" | "too_short":
            return f"{name!r} is empty: fill it in"
        case "value_error":
            return str(context["error"])
        case _:
            return f"{name!r} is {given!r}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _meant(name: str, kind: type[Piece]) -> str:
    known = [info.alias or field for field, info in kind.model_fields.items() if field != "place"]
    close = get_close_matches(name, known, 1)
    return f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"
