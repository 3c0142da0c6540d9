"""The kinds of nodes, one module each: the kind `say` is the class `Say` in `say.py`."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ivr.flow.node import Node


@cache
def kinds() -> Mapping[str, type[Node]]:
    """Return every kind in this folder by the word that the menus use for it."""
    found = {}
    for module in iter_modules(__path__):
        found[module.name] = getattr(import_module(f"{__name__}.{module.name}"), module.name.title().replace("_", ""))
    return found
