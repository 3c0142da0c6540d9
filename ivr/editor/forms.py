"""The forms of the editor, made from the fields of each kind of node: a new kind has its form without a line here."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ivr.console.texts import TEXTS
from ivr.console.texts_wallet import rows
from ivr.editor.labels import CALLED, FIELDS, HELP, Both
from ivr.editor.marks import fields, inner, known
from ivr.flow.node import Key, Mark, Piece, Types, flat
from ivr.flow.nodes import lookup, sms
from ivr.flow.questions import QUESTIONS

USES: Final = ("words", "place", "queue")
# What of a field depends on what stands in another, and how long a text may be.
MORE: Final[Mapping[str, Mapping[str, Any]]] = {
    "lookup.nth": {"only": {"ask": [name for name, one in QUESTIONS.items() if lookup.NTH in one.about]}},
    "lookup.outcomes": {"by": "ask", "rows": {name: rows(name) for name in QUESTIONS}},
    "sms.text": {"most": sms.LONGEST},
}


@cache
def forms() -> Mapping[str, Any]:
    """Return for every kind its title, and its fields with name, type, title, help and options, ready for JSON."""
    return {
        name: {"title": _kind(name), "about": _about(made), "fields": form(made, name)}
        for name, made in known().items()
    }


def form(piece: type[Piece], kind: str = "") -> list[dict[str, Any]]:
    """Return the fields of a piece of the menus, which is a node of this kind or none, in their order."""
    infos = {info.alias or name: info for name, info in piece.model_fields.items()}
    return [_field(name, types, infos[name], kind) for name, types in fields(piece).items()]


def title(field: str, kind: str = "") -> Both:
    """Return what a field is called, of a kind of nodes or anywhere."""
    plain = field.replace("_", " ")
    return FIELDS.get(f"{kind}.{field}", FIELDS.get(field, {"zh": plain, "en": plain[:1].upper() + plain[1:]}))


def _field(name: str, types: Types, info: FieldInfo, kind: str) -> dict[str, Any]:
    (sort, options), own = _sort(types), f"{kind}.{name}"
    default = None if info.is_required() or isinstance(info.default, Piece) else info.default
    told = {"name": name, "type": sort, "required": info.is_required(), "title": title(name, kind), "options": options}
    told |= {"help": HELP.get(own, HELP.get(name)), "default": list(default) if isinstance(default, tuple) else default}
    return told | {"called": CALLED.get(own, {}), **MORE.get(own, {})}


def _sort(types: Types) -> tuple[str, list[str]]:
    """Return a field's type in the words of the editor, and what it can be, where that is a choice."""
    every = flat(types)
    origins = {get_origin(one) for one in every}
    if Literal in origins:
        return "choice", [str(one) for found in every if get_origin(found) is Literal for one in get_args(found)]
    if Mark("question") in every:
        return "choice", [*QUESTIONS]
    if dict in origins:
        return _mapping(inner(types, "")), []
    if origins & {list, tuple}:
        return "list", []
    for use in USES:
        if Mark(use) in every:
            return use, []
    if get_args(Key)[1] in every:
        return "key", []
    return ("flag" if bool in every else "number" if int in every else "text"), []


def _mapping(types: Types) -> str:
    """Return what a mapping to these types is: choices of a menu, ways that lead on, or any other."""
    if Mark("place") in flat(types):
        return "ways"
    return "choices" if any(Mark("place") in flat(one) for one in fields_of(types)) else "map"


def fields_of(types: Types) -> list[Types]:
    """Return the types of each field of the piece that these types mean, if they mean one."""
    pieces = (one for one in flat(types) if isinstance(one, type) and issubclass(one, Piece))
    return [one for piece in pieces for one in fields(piece).values()]


def _kind(kind: str) -> Both:
    plain = kind.replace("_", " ").capitalize()
    return {language: words.get(f"node_{kind}", plain) for language, words in TEXTS.items()}


def _about(kind: type[Piece]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]
