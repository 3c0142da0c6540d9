"""The words of the pages about the menus in their two languages; each group of pages has a module of its own."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ivr.console import office
from ivr.console.office import Office
from ivr.console.texts import language
from ivr.editor import (
    texts_draft,
    texts_emergency,
    texts_hours,
    texts_prompts,
    texts_replay,
    texts_settings,
    texts_shelf,
)
from ivr.flow.names import queue_name

GROUPS: Final = (texts_shelf, texts_draft, texts_emergency, texts_hours, texts_prompts, texts_replay, texts_settings)
TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {name: words for group in GROUPS for name, words in group.CHINESE.items()},
    "en": {name: words for group in GROUPS for name, words in group.ENGLISH.items()},
}


def words(given: Office) -> dict[str, Any]:
    """Return what every template about the menus is told."""
    told = office.words(given)
    return told | {"t": {**told["t"], **TEXTS[language()]}}


def said(name: str, **gaps: object) -> str:
    """Return one of the texts in the reader's language, with its gaps filled."""
    return TEXTS[language()][name].format(**gaps)


def goals(given: Office) -> Callable[[str], str]:
    """Return how what callers want is called: a queue, a message or a call back."""
    flow, t = given.flow(), words(given)["t"]
    spoken = office.spoken(flow)
    others = {"message": t["node_voicemail"], "callback": t["node_callback"]}
    return lambda name: others.get(name) or queue_name(flow, spoken, name)
