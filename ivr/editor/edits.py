"""The edits of an editor, made on the menus' text: comments, order and all lines that are not meant stay."""

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Annotated, Any, Final, Literal, get_origin

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ivr.editor import marks
from ivr.editor.asking import asking
from ivr.editor.change import Change, Drop, Put, Rename, inside
from ivr.editor.moves import moved
from ivr.editor.sheets import Sheets, free, home, refused
from ivr.editor.splice import Path
from ivr.flow.flow import Queue
from ivr.flow.load import EMERGENCY
from ivr.flow.node import Piece, flat

FILE: Final = re.compile(r"[a-z][a-z0-9_]*\.yaml|languages/[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\.yaml")
KEYS: Final = "123456789*#0"
PIECES: Final[Mapping[str, type[Piece]]] = {"queues.yaml": Queue}
Name = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=200_000)]
Told = dict[Name, Text]  # Words by language.


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Set(_Edit):
    """A field of a node, or of a file (`hotline`, `queues.fraud`, `main` for its matter); null removes it."""

    do: Literal["set"]
    place: Name
    path: tuple[Name | int, ...] = Field((), max_length=8)
    value: Any = None


class Words(_Edit):
    """What callers hear in one language at one place; null or nothing removes it."""

    do: Literal["words"]
    language: Name
    place: Name
    value: Text | None = None


class Add(_Edit):
    """A new node; `words` are by field (`say`, `choices.stolen`) and language."""

    do: Literal["add"]
    place: Name
    kind: Name
    fields: dict[Name, Any] = {}
    words: dict[Name, Told] = {}


class Remove(_Edit):
    """A node less, and its translations."""

    do: Literal["remove"]
    place: Name


class Move(_Edit):
    """Another place for a node: all that leads to it and its translations follow."""

    do: Literal["move"]
    place: Name
    to: Name


class Choice(_Edit):
    """A menu's key: with words by language, where it leads, and its new key, with which a taken one changes places.

    A key that is not there is added (null: a free one). With nothing but `to_key: null` it is removed.
    """

    do: Literal["choice"]
    place: Name
    key: Name | None = None
    to_key: Name | None = None
    go: Name | None = None
    words: Told = {}


class Ask(_Edit):
    """Another question for a step that asks the wallet: what it may answer as well leads on as before."""

    do: Literal["ask"]
    place: Name
    question: Name


class File(_Edit):
    """A file's text as somebody typed it; null removes the file."""

    do: Literal["file"]
    name: Name
    text: Text | None = None


Edit = Annotated[Set | Words | Add | Remove | Move | Choice | Ask | File, Field(discriminator="do")]


def apply(files: Mapping[str, str], edit: Edit) -> dict[str, str]:
    """Return the files (name to text) with an edit made; raise EditError where it cannot be made at all.

    An edit that leaves the menus wrong is made: `load` tells of that.
    """
    made = dict(_made(Sheets(files), edit).texts)
    for name, text in made.items():
        if any("\ud800" <= sign <= "\udfff" for sign in text) and text != files.get(name):
            raise refused(name, "there is a character in it that is none")
    return made


def _made(sheets: Sheets, edit: Edit) -> Sheets:
    match edit:
        case Set(place=place, path=path, value=value):
            return _set(sheets, place, path, value)
        case Words(language=language, place=place, value=value):
            return _worded(sheets, language, place, (value or "").strip())
        case Add():
            return _added(sheets, edit)
        case Remove(place=place):
            file, name = sheets.node(place)
            return sheets.followed(sheets.changed([(file, Drop((name,)))]))
        case Move(place=place, to=to):
            return moved(sheets, place, to)
        case Choice():
            return _choice(sheets, edit)
        case Ask(place=place, question=question):
            return asking(sheets, place, question)
        case File(name=name, text=text):
            return _file(sheets, name, text)


def _set(sheets: Sheets, place: str, path: Path, value: Any) -> Sheets:
    file, own = home(place)
    whole, data = (*own, *path), sheets.data.get(file, {})
    if not path:
        raise refused(file, "say which field is meant")
    if value is None:
        there = _there(data, whole)
        return sheets.followed(sheets.changed([(file, Drop(whole))])) if there else sheets
    if own and own[0] not in data and file not in (*PIECES, "hotline.yaml"):
        sheets.node(place)
    while len(whole) > 1 and not _there(data, whole[:-1]):
        whole, value = whole[:-1], {str(whole[-1]): value}
    return sheets.followed(sheets.changed([(file, Put(whole, value, _before(data, file, whole)))]))


def _there(data: Any, path: Path) -> bool:
    try:
        return inside(data, path) is not None or isinstance(path[-1], str)
    except (KeyError, IndexError, TypeError):
        return False


def _before(data: Mapping[str, Any], file: str, path: Path) -> str:
    """Return after which field a new one is to stand: in the order of its kind."""
    if len(path) != 2:
        return ""
    here = data.get(str(path[0]))
    if not isinstance(here, Mapping):
        return ""
    pieces = (PIECES[file],) if file in PIECES else marks.kind_of(here)
    order = ["kind", *(name for piece in pieces for name in marks.fields(piece))]
    earlier = order[: order.index(str(path[1]))] if path[1] in order else []
    return next((name for name in reversed(earlier) if name in here), "")


def _worded(sheets: Sheets, language: str, place: str, text: str) -> Sheets:
    if language != sheets.languages[0]:
        return sheets.translated({place: {language: text}})
    file = f"{place.partition('.')[0]}.yaml"
    said = marks.said(sheets.data, file) if file in sheets.data else {}
    if place in said:
        path = said[place][0]
        return sheets.changed([(file, Put(path, text))]) if text else _set(sheets, marks.stem(file), path, None)
    name, *field = place.split(".")[1:] or [""]
    if not field or ".choices." in place:
        raise refused(file, f"nothing is said at {place!r} any more: reload the page")
    return _set(sheets, f"{marks.stem(file)}.{name}", tuple(field), text or None)


def _added(sheets: Sheets, edit: Add) -> Sheets:
    file, name = free(sheets, edit.place)
    if edit.kind not in marks.known():
        raise refused(file, f"there is no kind {edit.kind!r}: known kinds are {', '.join(sorted(marks.known()))}")
    base, others = sheets.languages[0], sheets.languages[1:]
    words = {place: told.get(base) for place, told in edit.words.items()}
    made = sheets.changed([(file, Put((name,), _node(edit, words)))])
    told = {place: {tag: text for tag, text in all_of.items() if tag in others} for place, all_of in edit.words.items()}
    return made.translated({f"{edit.place}.{place}": all_of for place, all_of in told.items()})


def _node(edit: Add, words: Mapping[str, str | None]) -> dict[str, Any]:
    """Return a new node's data, its fields in the order of its kind, those that it must have in any case."""
    kind = marks.known()[edit.kind]
    given = deepcopy(edit.fields) | {place: text for place, text in words.items() if "." not in place}
    choices = given.get("choices")
    if isinstance(choices, dict):
        given["choices"] = {key: _choice_of(choice, words) for key, choice in choices.items()}
    blank = {name: _blank(info) for name, info in kind.model_fields.items() if info.is_required()}
    ordered = {name: blank.get(name) for name in marks.fields(kind)} | given
    return {"kind": edit.kind} | {name: value for name, value in ordered.items() if value is not None}


def _choice_of(choice: Any, words: Mapping[str, str | None]) -> Any:
    if not isinstance(choice, dict):
        return choice
    text = words.get(f"choices.{choice.get('go')}") or choice.get("for", "")
    return {"for": text} | {name: one for name, one in choice.items() if name != "for"}


def _blank(info: Any) -> Any:
    types = (info.annotation, *info.metadata)
    return {} if any(get_origin(one) is dict for one in flat(types)) else ""


def _choice(sheets: Sheets, edit: Choice) -> Sheets:
    file, name = sheets.node(edit.place)
    choices = sheets.data[file][name].get("choices")
    choices = choices if isinstance(choices, dict) else {}
    if edit.key is None or edit.key not in choices:
        return _chosen(sheets, edit, choices)
    if "to_key" in edit.model_fields_set and edit.to_key is None and not edit.go and not edit.words:
        return sheets.followed(sheets.changed([(file, Drop((name, "choices", edit.key)))]))
    key = edit.to_key or edit.key
    if key != edit.key:
        sheets = sheets.changed((file, one) for one in _renumbered((name, "choices"), choices, edit.key, key))
    if edit.go:
        sheets = _set(sheets, edit.place, ("choices", key, "go"), edit.go)
    return _told(sheets, edit, file, (name, "choices", key))


def _renumbered(path: Path, choices: Mapping[str, Any], key: str, to_key: str) -> list[Change]:
    """Return what gives a choice another key, in its place; two change places, so that keys are heard in order."""
    if to_key in choices:
        return [Put((*path, key), choices[to_key]), Put((*path, to_key), choices[key])]
    return [Rename((*path, key), to_key)]


def _chosen(sheets: Sheets, edit: Choice, choices: Mapping[str, Any]) -> Sheets:
    """Return the files with one key more."""
    file, name = sheets.node(edit.place)
    everywhere = sheets.data["hotline.yaml"].get("keys")
    taken = {*choices, *(everywhere.values() if isinstance(everywhere, dict) else ())}
    key = edit.to_key or edit.key or next((one for one in KEYS if one not in taken), None)
    if key is None or key in choices:
        raise refused(file, f"key {key} is taken: choose another one" if key else "no key is left")
    if not edit.go:
        raise refused(file, f"where does key {key} lead?")
    value = {"for": edit.words.get(sheets.languages[0], ""), "go": edit.go}
    made = _set(sheets, edit.place, ("choices", key), value)
    return _told(made, edit, file, (name, "choices", key))


def _told(sheets: Sheets, edit: Choice, file: str, path: Path) -> Sheets:
    base, choice = sheets.languages[0], inside(sheets.data[file], path)
    if base in edit.words:
        sheets = sheets.changed([(file, Put((*path, "for"), edit.words[base]))])
    others = {tag: text for tag, text in edit.words.items() if tag != base}
    return sheets.translated({f"{edit.place}.choices.{choice.get('go')}": others})


def _file(sheets: Sheets, name: str, text: str | None) -> Sheets:
    if not FILE.fullmatch(name) or name == EMERGENCY:
        raise refused(name, "no file of a draft has this name")
    kept = {one: told for one, told in sheets.texts.items() if one != name}
    if text is None:
        return Sheets(kept)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return Sheets({**sheets.texts, name: lines if lines.endswith("\n") or not lines else f"{lines}\n"})
