"""The words of the pages about the menus in their two languages; each group of pages has a module of its own."""

from collections.abc import Mapping
from typing import Any, Final

from ivr.console import office
from ivr.console.office import Office
from ivr.console.texts import language
from ivr.editor import texts_replay, texts_shelf

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {**texts_shelf.CHINESE, **texts_replay.CHINESE},
    "en": {**texts_shelf.ENGLISH, **texts_replay.ENGLISH},
}


def words(given: Office) -> dict[str, Any]:
    """Return what every template about the menus is told."""
    told = office.words(given)
    return told | {"t": {**told["t"], **TEXTS[language()]}}


def said(name: str, **gaps: object) -> str:
    """Return one of the texts in the reader's language, with its gaps filled."""
    return TEXTS[language()][name].format(**gaps)
