"""How events are written down: to plain JSON-able data and back, losing nothing but secrets."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, get_args

from ivr.flow.events import Event
from ivr.flow.inputs import Input
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import Wait

KINDS: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind for union in (Event, Input, Wait) for kind in get_args(union)
}


class UnknownRecordError(ValueError):
    """The journal holds a kind of event that this release does not know: it was written by a newer one."""


def write(events: Iterable[Event]) -> str:
    """Return events as JSON text; fields at their default are left out, secrets are written as dots."""
    return json.dumps([_plain(event) for event in events], ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> tuple[Event, ...]:
    """Return the events that `write` wrote; raise UnknownRecordError for a kind from a newer release."""
    return tuple(_made(item) for item in json.loads(text))


def _plain(value: Any) -> Any:
    match value:
        case str() | int() | float() | None:
            return value
        case datetime():
            return {"at": value.isoformat()}
        case Secret():
            return SEALED
        case tuple() | list():
            return [_plain(item) for item in value]
        case Mapping():
            return {"facts": {str(key): _plain(item) for key, item in value.items()}}
    if not is_dataclass(value):
        raise TypeError(f"{type(value).__name__} cannot be written to the journal")
    kind = type(value).__name__
    return {"is": kind} | {
        name: _plain(item) for name, default in _fields(kind) if (item := getattr(value, name)) != default
    }


@cache
def _fields(kind: str) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(KINDS[kind]))


def _made(data: Any) -> Any:
    match data:
        case {"is": name, **rest}:
            if name not in KINDS:
                raise UnknownRecordError(f"the journal holds a {name!r}, which this release does not know: update it")
            return KINDS[name](**{str(key): _made(item) for key, item in rest.items()})
        case {"at": str(moment)}:
            return datetime.fromisoformat(moment)
        case {"facts": dict(facts)}:
            return {key: _made(item) for key, item in facts.items()}
        case list():
            return tuple(_made(item) for item in data)
        case _:
            return data
