"""The text of `emergency.yaml` while it is changed: what is declared comes in, what ended goes; comments stay."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from io import StringIO
from typing import Any, Final
from zoneinfo import ZoneInfo

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from ivr.flow.emergency import KINDS, Declared
from ivr.flow.hours import notation

FILE: Final = "emergency.yaml"
MOMENT: Final = "%Y-%m-%d %H:%M"
Files = Mapping[str, str]


def key(one: Declared) -> str:
    """Return by what an emergency is known, whichever go before it in the file."""
    return sha256(repr(replace(one, number=0, words=dict(one.words))).encode()).hexdigest()[:16]


def declared(files: Files, wanted: Declared, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return files with one emergency more, from the minute that now is; those that ended before are gone.

    The emergencies that the files hold must be readable.
    """

    def add(data: dict[str, Any]) -> None:
        if data.get(wanted.kind) is None:
            data[wanted.kind] = []
        data[wanted.kind].append(_entry(wanted, zone))

    return _changed(files, lambda kind, number, until: until > now, zone, add)


def ended(files: Files, one: Declared, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return files without one of their emergencies, and without those that ended before."""
    this = (one.kind, one.number)
    return _changed(files, lambda kind, number, until: until > now and (kind, number) != this, zone)


def current(files: Files, now: datetime, zone: ZoneInfo) -> dict[str, str]:
    """Return files without the emergencies that have ended."""
    return _changed(files, lambda kind, number, until: until > now, zone)


def _changed(
    files: Files,
    stays: Callable[[str, int, datetime], bool],
    zone: ZoneInfo,
    add: Callable[[dict[str, Any]], None] = lambda data: None,
) -> dict[str, str]:
    yaml = YAML()
    yaml.width, yaml.preserve_quotes = 120, True
    yaml.indent(mapping=2, sequence=4, offset=2)
    data = yaml.load(files.get(FILE, "")) or {}
    for kind in KINDS:
        entries = data.get(kind) or []
        for number in reversed(range(len(entries))):
            until = notation.moment(str(entries[number]["until"])).replace(tzinfo=zone)
            if not stays(kind, number, until):
                del entries[number]
        if not entries:
            data.pop(kind, None)
    add(data)
    if not data:
        return {name: text for name, text in files.items() if name != FILE}
    written = StringIO()
    yaml.dump(data, written)
    return {**files, FILE: written.getvalue()}


def _entry(one: Declared, zone: ZoneInfo) -> dict[str, Any]:
    quoted = DoubleQuotedScalarString
    entry: dict[str, Any] = {"queues": list(one.queues)} if one.queues else {}
    if one.words:
        entry["words" if one.kind == "announce" else "why"] = {name: quoted(text) for name, text in one.words.items()}
    if one.to:
        entry["to"] = quoted(one.to)
    entry["from"], entry["until"] = (quoted(at.astimezone(zone).strftime(MOMENT)) for at in (one.start, one.end))
    return {**entry, "by": quoted(one.by)}
