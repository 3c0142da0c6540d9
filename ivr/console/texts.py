"""The words of the agents' pages in their two languages, and which of them a reader wants."""

from collections.abc import Mapping
from typing import Final

from flask import request, session

from ivr.console import (
    texts_answers,
    texts_blocked,
    texts_calls,
    texts_emergency,
    texts_people,
    texts_reports,
    texts_wallboard,
)
from ivr.console.texts_en import ENGLISH
from ivr.console.texts_zh import CHINESE

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh": {
        **CHINESE,
        **texts_people.CHINESE,
        **texts_calls.CHINESE,
        **texts_reports.CHINESE,
        **texts_wallboard.CHINESE,
        **texts_emergency.CHINESE,
        **texts_answers.CHINESE,
        **texts_blocked.CHINESE,
    },
    "en": {
        **ENGLISH,
        **texts_people.ENGLISH,
        **texts_calls.ENGLISH,
        **texts_reports.ENGLISH,
        **texts_wallboard.ENGLISH,
        **texts_emergency.ENGLISH,
        **texts_answers.ENGLISH,
        **texts_blocked.ENGLISH,
    },
}


def language() -> str:
    """Return the page's language: the one just asked for, the one of this session, or the browser's."""
    asked = request.args.get("lang", "")
    if asked in TEXTS:
        session["language"] = asked
    kept: str = session.get("language", "")
    return kept if kept in TEXTS else request.accept_languages.best_match(list(TEXTS)) or next(iter(TEXTS))
