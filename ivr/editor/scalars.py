"""Values as they are written in YAML: in the house's way where that reads back as what was meant, quoted otherwise."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from ivr.flow.text import PLAIN

Value = Any  # What JSON can hold.
QUOTED: Final = '"'
BARE: Final = re.compile(r"[\d.:+-]+")  # Some programs would read a number, a date or a time.
# What YAML allows in no text or takes for the end of a line, though JSON leaves it as it is.
UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def is_scalar(value: Value) -> bool:
    """Tell whether a value is one text, number or truth."""
    return not isinstance(value, Mapping | list)


def scalar(value: Value, flow: bool, style: str | None = None) -> str:
    """Return one text, number or truth in one line; `style` is "" (plain), `'` or `"` where one is wished."""
    if not isinstance(value, str):
        return json.dumps(value)
    if style is None:
        style = QUOTED if BARE.fullmatch(value) else ""
    written = {"": value, "'": "'{}'".format(value.replace("'", "''"))}.get(style, "")
    return written if written and _reads("x", written, flow) == ("x", value) else _quoted(value)


def key(name: str, flow: bool) -> str:
    """Return a name as it stands on the left of a colon."""
    return name if _reads(name, "x", flow) == (name, "x") else _quoted(name)


def in_flow(value: Value) -> str:
    """Return anything in one line."""
    match value:
        case Mapping():
            return "{" + ", ".join(f"{key(str(name), True)}: {in_flow(item)}" for name, item in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(in_flow, value)) + "]"
        case _:
            return scalar(value, True)


def behind(value: Value, column: int) -> str:
    """Return what stands behind a `name:` in this column: on lines of its own what holds things that hold others."""
    items = value.values() if isinstance(value, Mapping) else ()
    deep = isinstance(value, list) or not all(map(is_scalar, items))
    return (
        in_block(value, column + 2)
        if value and deep
        else f" {scalar(value, False) if is_scalar(value) else in_flow(value)}"
    )


def in_block(value: Value, indent: int) -> str:
    """Return the entries of a mapping or a list, each on a line of its own, so far indented."""
    margin = "\n" + " " * indent
    if isinstance(value, list):
        return "".join(f"{margin}- {in_flow(item)}" for item in value)
    return "".join(f"{margin}{key(str(name), False)}:{behind(item, indent)}" for name, item in value.items())


def _quoted(text: str) -> str:
    return UNPRINTABLE.sub(lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(text, ensure_ascii=False))


def _reads(name: str, written: str, flow: bool) -> tuple[str, str] | None:
    """Return what `name: written` is read as; None where it is not one name with one text."""
    line = f"{{{name}: {written}}}" if flow else f"{name}: {written}\n"
    try:
        root = YAML(typ="safe", pure=True).compose(line)
    except YAMLError:
        return None
    match root:
        case MappingNode(value=[(ScalarNode() as found, ScalarNode() as item)], anchor=None):
            odd = found.anchor or item.anchor or (not item.style and item.value in PLAIN) or "\n" in written
            return None if odd or found.end_mark.line else (found.value, item.value)
    return None
