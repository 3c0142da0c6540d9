"""The JSON Schema of hours.yaml, as `ivr.flow.hours` reads it; what is closed or opened at once is not checked."""

from typing import Any, Final

from ivr.flow.hours.notation import WEEKDAYS
from ivr.flow.hours.reading import OPTIONAL
from ivr.flow.speech import languages

TO: Final = r"\s*[-–—~至]\s*"
AND: Final = r"\s*[,，、]\s*"
TIME: Final = r"(?:[01]?\d|2[0-4])[:：][0-5]\d"
SPANS: Final = rf"^\s*(?:closed|always|{TIME}{TO}{TIME}(?:{AND}{TIME}{TO}{TIME})*)\s*$"
DATE: Final = r"\d{4}-\d{1,2}-\d{1,2}"
DAYS: Final = rf"^\s*{DATE}(?:(?:\s+to\s+|\s*至\s*){DATE})?\s*$"


def hours() -> dict[str, Any]:
    """Return the schema of the file."""
    day = "|".join(f"[{name[0].upper()}{name[0]}]{name[1:]}" if name.isascii() else name for name in WEEKDAYS)
    part = f"(?:{day})(?:{TO}(?:{day}))?"
    week = _object(patternProperties={f"^\\s*{part}(?:{AND}{part})*\\s*$": _spans()})
    written: dict[str, Any] = {
        "queues": {
            "type": "object",
            "description": "When people answer, queue by queue: `always`, or weekdays with their hours.",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [{"const": "always"}, week]},
        },
        "holidays": {"type": ["string", "null"], "description": "The country, as in CN, whose public holidays close."},
        "workday": {"type": "string", "pattern": f"^(?:{day})$", "description": "Whose hours weekend workdays have."},
        "callbacks": _spans("When customers are rung back."),
        "years": _object("Years that the calendar does not know yet.", patternProperties={"^[12]\\d{3}$": _year()}),
        "exceptions": {
            "type": ["array", "null"],
            "items": _exception(),
            "description": "Days that are not like others.",
        },
    }
    written |= {name: {"type": ["array", "null"]} for name in OPTIONAL if name not in written}
    return {"type": "object", "required": ["queues"], "properties": written, "additionalProperties": False}


def _spans(words: str = "Hours") -> dict[str, Any]:
    return {
        "type": "string",
        "pattern": SPANS,
        "description": f'{words}: "09:00-12:00, 13:00-18:00", closed or always.',
    }


def _object(words: str = "", **more: Any) -> dict[str, Any]:
    return (
        {"type": ["object", "null"], "additionalProperties": False} | ({"description": words} if words else {}) | more
    )


def _days() -> dict[str, Any]:
    return {"type": "string", "pattern": DAYS, "description": "2027-02-05, or 2027-02-05 to 2027-02-11."}


def _called() -> dict[str, Any]:
    """What callers hear that a day is."""
    text = {"type": "string", "pattern": r"\S"}
    return {
        "anyOf": [
            text,
            {"type": "object", "properties": dict.fromkeys(languages(), text), "additionalProperties": False},
        ]
    }


def _year() -> dict[str, Any]:
    workdays = {"anyOf": [{"type": ["array", "null"], "items": _days()}, _days()]}
    holidays = _object(patternProperties={DAYS: _called()})
    fields = {"holidays": holidays, "workdays": workdays}
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


def _exception() -> dict[str, Any]:
    named = {"type": "string", "x-use": "queue"}
    fields = {
        "date": _days(),
        "hours": _spans(),
        "queues": {"anyOf": [{"type": "array", "items": named, "minItems": 1}, named]},
        "why": _called(),
    }
    return {"type": "object", "properties": fields, "required": ["date", "hours"], "additionalProperties": False}
