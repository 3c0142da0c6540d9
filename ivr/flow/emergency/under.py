"""Menus under emergencies: what is said in front of everything, which queues are closed."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from ivr.flow.emergency import Declared, House
from ivr.flow.flow import Flow, Hotline
from ivr.flow.hours.schedule import Emergency
from ivr.flow.move import Prompt


def house(hotline: Hotline, queues: Iterable[str]) -> House:
    """Return what emergencies of these menus are about."""
    zone, prefixes = ZoneInfo(hotline.zone), hotline.callbacks.prefixes
    return House(zone, hotline.number, tuple(hotline.languages), tuple(queues), prefixes)


def under(flow: Flow, declared: tuple[Declared, ...]) -> Flow:
    """Return a flow with what was declared; it goes before emergencies of the hours, which it may contradict."""
    closings = tuple(
        Emergency(frozenset(one.queues), False, one.start, one.end, one.words)
        for one in declared
        if one.kind == "close"
    )
    schedule = replace(flow.schedule, emergencies=(*closings, *flow.schedule.emergencies))
    words = {language: {**words, **_words(declared, language)} for language, words in flow.words.items()}
    return replace(flow, emergencies=declared, schedule=schedule, words=words)


def announcements(flow: Flow, at: datetime) -> tuple[Prompt, ...]:
    """Return what a call that begins at a moment hears first: in each language, as nobody knows its own yet."""
    on = [one for one in flow.emergencies if one.kind == "announce" and one.on(at)]
    return tuple(Prompt(one.place, language=language) for language in flow.words for one in on)


def _words(declared: tuple[Declared, ...], language: str) -> Mapping[str, str]:
    return {one.place: one.words[language] for one in declared if language in one.words}
