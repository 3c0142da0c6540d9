"""The emergencies that are on, as every page shows them until they end: what, by whom, until when."""

from dataclasses import dataclass
from datetime import datetime

from ivr.flow import names
from ivr.flow.emergency import Declared
from ivr.flow.flow import Flow


@dataclass(frozen=True, slots=True)
class Notice:
    """An emergency in the reader's language: its queues and where they lead, and the words that callers hear."""

    kind: str
    about: str
    words: str
    by: str
    until: str


def on(flow: Flow, now: datetime) -> tuple[Declared, ...]:
    """Return what is on at a moment."""
    return tuple(one for one in flow.emergencies if one.on(now))


def notices(flow: Flow, now: datetime, language: str) -> list[Notice]:
    """Return what is on at a moment for a reader of this language."""
    return [notice(flow, one, now, language) for one in on(flow, now)]


def notice(flow: Flow, one: Declared, now: datetime, language: str) -> Notice:
    """Return one emergency for a reader of this language."""
    spoken, end = names.spoken(flow, language), one.end.astimezone(flow.zone)
    queues = " · ".join(names.queue_name(flow, spoken, queue) for queue in one.queues)
    to = one.to if one.to.startswith("+") or not one.to else names.queue_name(flow, spoken, one.to)
    about = f"{queues} → {to}" if to else queues
    today = end.date() == now.astimezone(flow.zone).date()
    return Notice(one.kind, about, one.words.get(spoken, ""), one.by, end.strftime("%H:%M" if today else "%m-%d %H:%M"))
