"""The forms of the editor, made from the fields of each kind of node: a new kind has its form without a line here."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ivr.console.texts import TEXTS
from ivr.editor.labels import FIELDS, HELP, Both
from ivr.editor.marks import fields, inner, known
from ivr.flow.node import Key, Mark, Piece, flat

USES: Final = ("words", "place", "queue")


@cache
def forms() -> Mapping[str, Any]:
    """Return for every kind its title, and its fields with name, type, title, help and options, ready for JSON."""
    return {kind: {"title": _kind(kind), "about": _about(made), "fields": form(made)} for kind, made in known().items()}


def form(piece: type[Piece]) -> list[dict[str, Any]]:
    """Return the fields of a piece of the menus, in their order."""
    infos = {info.alias or name: info for name, info in piece.model_fields.items()}
    return [_field(name, types, infos[name]) for name, types in fields(piece).items()]


def title(field: str) -> Both:
    """Return what a field is called."""
    plain = field.replace("_", " ")
    return FIELDS.get(field, {"zh": plain, "en": plain[:1].upper() + plain[1:]})


def _field(name: str, types: list[Any], info: FieldInfo) -> dict[str, Any]:
    sort, options = _sort(types)
    default = None if info.is_required() or isinstance(info.default, Piece) else info.default
    told = {"name": name, "type": sort, "required": info.is_required(), "title": title(name), "options": options}
    return told | {"help": HELP.get(name), "default": list(default) if isinstance(default, tuple) else default}


def _sort(types: list[Any]) -> tuple[str, list[str]]:
    """Return a field's type in the words of the editor, and what it can be, where that is a choice."""
    every = list(flat(types))
    origins = {get_origin(one) for one in every}
    if Literal in origins:
        return "choice", [str(one) for found in every if get_origin(found) is Literal for one in get_args(found)]
    if dict in origins:
        leads = [one for one in fields_of(inner(types, "")) if Mark("place") in list(flat(one))]
        return ("choices" if leads else "map"), []
    if origins & {list, tuple}:
        return "list", []
    for use in USES:
        if Mark(use) in every:
            return use, []
    if get_args(Key)[1] in every:
        return "key", []
    return ("flag" if bool in every else "number" if int in every else "text"), []


def fields_of(types: list[Any]) -> list[list[Any]]:
    """Return the types of each field of the piece that these types mean, if they mean one."""
    pieces = (one for one in flat(types) if isinstance(one, type) and issubclass(one, Piece))
    return [one for piece in pieces for one in fields(piece).values()]


def _kind(kind: str) -> Both:
    plain = kind.replace("_", " ").capitalize()
    return {language: words.get(f"node_{kind}", plain) for language, words in TEXTS.items()}


def _about(kind: type[Piece]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]
