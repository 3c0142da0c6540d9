"""How events are written down: to plain JSON-able data and back, losing nothing but secrets."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, get_args

import orjson

from ivr.flow.events import Ended, Entered, Event, Heard, Missed, Said, Switched
from ivr.flow.inputs import Input
from ivr.flow.secret import SEALED, Secret
from ivr.flow.waits import Wait

OURS: Final = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME  # To be read as what they were.
ALIKE: Final = frozenset({Said, Entered, Missed, Switched, Ended})
KINDS: Final[Mapping[str, type[Any]]] = {
    kind.__name__: kind for union in (Event, Input, Wait) for kind in get_args(union)
}
FIELDS: Final[Mapping[type[Any], tuple[tuple[str, Any], ...]]] = {  # With their defaults, by kind.
    kind: tuple((field.name, field.default) for field in fields(kind)) for kind in KINDS.values()
}


class UnknownRecordError(ValueError):
    """The journal holds a kind of event that this release does not know: it was written by a newer one."""


def write(events: Iterable[Event]) -> str:
    """Return events as JSON text; fields at their default are left out, secrets are written as dots."""
    told = [_alike(event) if type(event) in ALIKE else event for event in events]
    return orjson.dumps(told, default=_plain, option=OURS).decode()


def read(text: str) -> tuple[Event, ...]:
    """Return the events that `write` wrote; raise UnknownRecordError for a kind from a newer release."""
    return tuple(_made(item) for item in orjson.loads(text))


def heard(text: str) -> Heard:
    """Return what began a turn that `write` wrote, without reading what came of it."""
    return _made(orjson.loads(text)[0])  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def _alike(event: Event) -> orjson.Fragment:
    """Return what happens to every caller alike as JSON, which is made once."""
    return orjson.Fragment(orjson.dumps(event, default=_plain, option=OURS))


def _plain(value: Any) -> Any:
    """Return what JSON has no word for in words that it has, one level deep."""
    kind = type(value)
    if kind in FIELDS:
        told: dict[str, Any] = {"is": kind.__name__}
        for name, default in FIELDS[kind]:
            if (item := getattr(value, name)) != default:
                told[name] = _facts(item) if isinstance(item, dict) else item
        return told
    match value:
        case datetime():
            return {"at": value.isoformat()}
        case Secret():
            return SEALED
        case Mapping():
            return _facts(value)
    raise TypeError(f"{kind.__name__} cannot be written to the journal")


def _facts(value: Mapping[str, Any]) -> dict[str, Any]:
    return {"facts": {str(key): item for key, item in value.items()}}


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
