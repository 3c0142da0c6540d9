"""A draft's queues and what holds for the whole hotline, as forms made from their fields: what stands, what changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, get_origin

from ivr.editor import forms, marks
from ivr.editor.change import inside, parsed
from ivr.editor.edits import Edit, File, Set, Words
from ivr.editor.labels import Both
from ivr.editor.labels_settings import TITLES
from ivr.editor.sheets import NAME
from ivr.editor.state import languages, spoken
from ivr.flow.flow import Callbacks, GlobalKeys, Hotline, Limits, Queue
from ivr.flow.node import Piece, flat
from ivr.flow.phrases import Asking, Lifeboat, Phrases

PARTS: Final[Mapping[str, type[Piece]]] = {
    "hotline": Hotline,
    "keys": GlobalKeys,
    "limits": Limits,
    "callbacks": Callbacks,
    "phrases": Phrases,
    "wallet": Asking,
    "lifeboat": Lifeboat,
}
QUEUES: Final = "queues"
Files = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One field: its name in the form, what it is called, its type as `forms` has it, and what stands there.

    `value` is a text, a truth, or words by language; `schema` is the field's JSON Schema.
    """

    name: str
    title: Both
    type: str
    value: Any
    options: list[str]
    required: bool
    schema: Mapping[str, Any]


def parts(files: Files) -> dict[str, type[Piece]]:
    """Return the pieces that have a form: those of the hotline, and `queues.NAME` for each queue."""
    queues = _data(files).get("queues.yaml", {})
    return {**PARTS, **{f"{QUEUES}.{name}": Queue for name, told in queues.items() if isinstance(told, Mapping)}}


def every(files: Files) -> dict[str, list[Row]]:
    """Return the fields of each piece with what stands there."""
    said = _said(files)
    return {part: _rows(files, part, said) for part in parts(files)}


def rows(files: Files, part: str) -> list[Row]:
    """Return the fields of a piece with what stands there; raise KeyError where there is no such piece."""
    return _rows(files, part, _said(files))


def _rows(files: Files, part: str, said: Mapping[str, Any]) -> list[Row]:
    kind, here = parts(files)[part], _here(files, part)
    return [_row(part, one, here, said, _schemas(kind)[one["name"]]) for one in _fields(kind)]


@cache
def _schemas(kind: type[Piece]) -> Mapping[str, Any]:
    """Return each field's JSON schema, by its name."""
    found: Mapping[str, Any] = kind.model_json_schema()["properties"]
    return found


def changes(files: Files, part: str, form: Mapping[str, str]) -> list[Edit]:
    """Return what changes when a piece's form is sent; nothing where all stands as before. Raise KeyError."""
    place, path = _home(part)
    made = list[Edit]()
    for row in rows(files, part):
        if row.type == "words":
            made += _words(row, f"{_place(part)}.{row.name}", _data(files), form)
        elif (value := _sent(row, form)) != row.value:
            made.append(Set(do="set", place=place, path=(*path, row.name), value=_written(row, value)))
    return made


def add_queue(files: Files, name: str, words: Mapping[str, str]) -> list[Edit]:
    """Return what adds a queue, open as the hotline's own queue is; raise ValueError in plain words."""
    data = _data(files)
    if not NAME.fullmatch(name):
        raise ValueError("write the queue's name in small letters, digits and _, as in vip_service")
    if name in data.get("queues.yaml", {}):
        raise ValueError(f"there is a queue {name} already: choose another name")
    base, *others = languages(data)
    if not words.get(base):
        raise ValueError(f"write what the queue is called in {base}")
    weeks = data.get("hours.yaml", {}).get("queues") or {}
    week = weeks.get(str(data.get("hotline.yaml", {}).get("queue")), "always")
    made: list[Edit] = [Set(do="set", place=QUEUES, path=(name,), value={"name": words[base]})]
    made += [
        Words(do="words", language=tag, place=f"queues.{name}.name", value=words[tag])
        for tag in others
        if words.get(tag)
    ]
    return [*made, Set(do="set", place="hours", path=("queues", name), value=week)]


def drop_queue(files: Files, name: str) -> list[Edit]:
    """Return what removes a queue and its hours; raise ValueError where there is none."""
    if name not in _data(files).get("queues.yaml", {}):
        raise ValueError(f"there is no queue {name}")
    where = ((QUEUES, (name,)), ("hours", ("queues", name)))
    return [Set(do="set", place=place, path=path, value=None) for place, path in where]


def add_language(files: Files, tag: str, voice: str, called: str) -> list[Edit]:
    """Return what adds a language whose words are still to be written; raise ValueError in plain words."""
    name = f"languages/{tag}.yaml"
    if tag in languages(_data(files)) or name in files:
        raise ValueError(f"there is a language {tag} already")
    if not voice or not called:
        raise ValueError("write the voice that speaks the language, and what agents call it")
    return [
        File(do="file", name=name, text=f"# What callers hear in {tag}: place -> words.\n"),
        Set(do="set", place="hotline", path=("languages", tag), value=voice),
        Set(do="set", place="hotline", path=("tongues", tag), value=called),
    ]


def drop_language(files: Files, tag: str) -> list[Edit]:
    """Return what removes a language with all its words; raise ValueError for the base language, or none."""
    base, *others = languages(_data(files))
    if tag not in others:
        raise ValueError(f"{tag} cannot be removed: {'it is the base language' if tag == base else 'it is not there'}")
    where = (("languages", tag), ("tongues", tag))
    made: list[Edit] = [Set(do="set", place="hotline", path=path, value=None) for path in where]
    return [*made, File(do="file", name=f"languages/{tag}.yaml")]


def voices(files: Files) -> dict[str, tuple[str, dict[str, str]]]:
    """Return each language's voice, and what agents call it by language."""
    data, said = _data(files), _said(files)
    told = data.get("hotline.yaml", {}).get("languages")
    held = told if isinstance(told, Mapping) else {}
    return {tag: (str(held.get(tag) or ""), said.get(f"hotline.tongues.{tag}", {})) for tag in languages(data)}


def voiced(files: Files, form: Mapping[str, str]) -> list[Edit]:
    """Return what changes when the form of voices is sent."""
    made = list[Edit]()
    for tag, (voice, called) in voices(files).items():
        if (sent := form.get(f"voice.{tag}", voice).strip()) != voice:
            made.append(Set(do="set", place="hotline", path=("languages", tag), value=sent or None))
        row = Row(tag, {}, "words", called, [], False, {})
        made += _words(row, f"hotline.tongues.{tag}", _data(files), form)
    return made


def _data(files: Files) -> dict[str, dict[str, Any]]:
    return {name: parsed(name, text)[0].data for name, text in files.items()}


def _said(files: Files) -> dict[str, dict[str, str]]:
    data = _data(files)
    return spoken(data, languages(data))


def _home(part: str) -> tuple[str, tuple[str, ...]]:
    """Return the place and the path by which a field of a piece is set."""
    if part.startswith(f"{QUEUES}."):
        return part, ()
    return "hotline", () if part == "hotline" else (part,)


def _place(part: str) -> str:
    return part if part.partition(".")[0] in ("hotline", QUEUES) else f"hotline.{part}"


def _here(files: Files, part: str) -> Mapping[str, Any]:
    file, _, name = _place(part).partition(".")
    data = _data(files).get(f"{file}.yaml", {})
    try:
        found = inside(data, (name,)) if name else data
    except (KeyError, IndexError, TypeError):
        return {}
    return found if isinstance(found, Mapping) else {}


def _fields(kind: type[Piece]) -> Iterator[dict[str, Any]]:
    """Yield the fields of a piece that are one thing each; what is a piece of its own has a form of its own."""
    types = marks.fields(kind)
    for one in forms.form(kind):
        every = flat(types[one["name"]])
        nested = any(isinstance(found, type) and issubclass(found, Piece) for found in every)
        if not nested and dict not in {get_origin(found) for found in every}:
            yield one


def _row(part: str, told: dict[str, Any], here: Mapping[str, Any], said: Mapping[str, Any], schema: Any) -> Row:
    name, sort, section = told["name"], told["type"], QUEUES if part.startswith(QUEUES) else part
    options = told["options"] or [str(one) for one in schema.get("enum", [])]
    standing = here.get(name, told["default"])
    match sort:
        case "words":
            value: Any = dict(said.get(f"{_place(part)}.{name}", {}))
        case "flag":
            value = bool(standing)
        case "list":
            value = " ".join(map(str, standing or ()))
        case _:
            value = "" if standing is None else str(standing)
    title = TITLES.get(f"{section}.{name}", told["title"])
    return Row(name, title, "choice" if options else sort, value, options, told["required"], schema)


def _words(row: Row, place: str, data: marks.Files, form: Mapping[str, str]) -> list[Edit]:
    sent = {tag: _plain(form[f"{row.name}.{tag}"]) for tag in languages(data) if f"{row.name}.{tag}" in form}
    return [
        Words(do="words", language=tag, place=place, value=text)
        for tag, text in sent.items()
        if text != _plain(row.value.get(tag, ""))
    ]


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _sent(row: Row, form: Mapping[str, str]) -> Any:
    """Return what was sent for a field, as `rows` would tell it; what was not sent stays."""
    if row.type == "flag":
        return row.name in form
    if row.name not in form:
        return row.value
    return " ".join(form[row.name].replace(",", " ").split()) if row.type == "list" else form[row.name].strip()


def _written(row: Row, value: Any) -> Any:
    """Return a value as it is written in the menus; what is no number stays a text, of which `load` tells."""
    if row.type == "list":
        return value.split() or None
    if value == "" or (row.type == "flag" and value == row.schema.get("default")):
        return None
    if row.schema.get("type") == "integer" and value.isascii() and value.isdigit():
        return int(value)
    return value
