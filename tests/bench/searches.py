"""What is looked for: each filter of the call log alone and with others, often and seldom met, and never."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Engine, func, select

from ivr.reports.catalogue import reports
from ivr.reports.facts import NUMBER
from ivr.store.engine import opened
from ivr.store.fact_tables import facts
from ivr.store.journal import Journal
from ivr.store.tables import turns
from tests.bench.days import AGENTS, RARE

SEARCH: Final = 60.0
TEXT: Final = 200.0
CALL: Final = 50.0
DAY: Final = 50.0
YEAR: Final = 100.0
FREQUENT_WORDS: Final = ("退款", "refund", "银行卡限额", "angry")
RARE_WORDS: Final = (*RARE, "4711")


@dataclass(frozen=True, slots=True)
class Wish:
    """A kind of page: its addresses, and the milliseconds within which p95 is asked to be (0: nothing is asked)."""

    name: str
    most: float
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """Calls by chance, of all and of those whose turns are there, and the numbers keyed in the latter."""

    calls: tuple[Any, ...]
    whole: tuple[str, ...]
    numbers: tuple[str, ...]
    callers: tuple[str, ...]
    first: date
    last: date


def samples(engine: Engine, chance: Random, count: int) -> Samples:
    """Choose so many."""
    journal, found, whole = Journal(engine), list[Any](), list[str]()
    with opened(engine) as connection:
        span = connection.execute(select(func.min(facts.c.started_at), func.max(facts.c.started_at))).one()
        while len(found) < count:
            after = facts.c.call_id > f"CA{chance.getrandbits(128):032x}"
            query = select(facts).where(after, facts.c.caller_last4 != "").order_by(facts.c.call_id)
            found += connection.execute(query.limit(1)).all()
        while len(whole) < count:
            after = turns.c.call_id > f"CA{chance.getrandbits(128):032x}"
            whole += connection.scalars(select(turns.c.call_id).where(after).order_by(turns.c.call_id).limit(1)).all()
    numbers = [value for one in whole for value in _keyed(journal, one)]
    callers = tuple(journal.caller(one.call_id) for one in found)
    first, last = (at.date() for at in span)
    return Samples(tuple(found), tuple(whole), tuple(numbers[:count]), callers, first, last)


def _keyed(journal: Journal, call_id: str) -> list[str]:
    stored = journal.fresh(call_id)
    return [value for value in stored.call.facts.values() if NUMBER.fullmatch(value)] if stored else []


def wishes(known: Samples, chance: Random) -> list[Wish]:
    """Return all searches of the call log."""
    return [*_alone(known, chance), *_together(known, chance), *_nothing(known)]


def _alone(known: Samples, chance: Random) -> list[Wish]:
    some, least = known.calls, {"seconds": (30, 300, 900, 1_800, 3_600), "waited": (20, 60, 300, 900, 1_800)}
    agents, languages = AGENTS[::5], {one.language for one in some}
    found = [
        _wish("the newest", SEARCH, *[{}] * 10),
        _wish("a day", SEARCH, *({"since": day, "until": day} for day in _days(known, chance, 10))),
        _wish("until a day long ago", SEARCH, *({"until": day} for day in _days(known, chance, 10))),
        _wish("caller's whole number", SEARCH, *({"caller": one} for one in known.callers)),
        _wish("last four digits", SEARCH, *({"caller": one.caller_last4} for one in some)),
        _wish("keyed number", SEARCH, *({"number": one} for one in known.numbers)),
        _wish("agent", SEARCH, *({"agent": one} for one in agents)),
        _wish("language", SEARCH, *({"language": one} for one in languages)),
        _wish("version", SEARCH, *({"version": one.version} for one in some[:10])),
        _wish("words of notes, frequent", TEXT, *({"text": one} for one in FREQUENT_WORDS)),
        _wish("words of notes, rare", TEXT, *({"text": one} for one in RARE_WORDS)),
        _wish("words of notes, several", TEXT, {"text": "退款 angry"}, {"text": "refund promised 4711"}),
    ]
    for name in ("matter", "queue", "outcome", "code"):
        values = sorted({getattr(call, name) for call in some} - {""})
        found += [_wish(name, SEARCH, *({name: one} for one in values))]
    for name, numbers in least.items():
        found += [_wish(f"{name} at least {one}", SEARCH, *[{name: one}] * 3) for one in numbers]
    return found


def _together(known: Samples, chance: Random) -> list[Wish]:
    some = known.calls
    served = [one for one in some if one.agent and one.code] or some
    pairs = [
        ("matter", "outcome"), ("queue", "code"), ("queue", "agent"), ("agent", "code"), ("language", "code"),
        ("version", "matter"), ("language", "outcome", "queue"), ("agent", "matter", "outcome"),
    ]  # fmt: skip
    found = [
        _wish(" + ".join(names), SEARCH, *({name: getattr(one, name) for name in names} for one in served[:10]))
        for names in pairs
    ]
    days = _days(known, chance, 10)
    months = [_month(day) for day in days]
    ends = [month | {"caller": one.caller_last4} for month, one in zip(months, some, strict=False)]
    long = [{"queue": queue, "seconds": 1800} for queue in ("payments", "complaints")]
    return [
        *found,
        _wish("last four + a month", SEARCH, *ends),
        _wish("caller + outcome", SEARCH, *({"caller": who, "outcome": "served"} for who in known.callers)),
        _wish("a month + agent + seconds", SEARCH, *(month | {"agent": AGENTS[3], "seconds": 900} for month in months)),
        _wish("queue + seconds at least 1800", SEARCH, *long),
        _wish("hung up + waited at least 300", SEARCH, *[{"outcome": "hung-up", "waited": 300}] * 3),
        _wish("a month + waited at least 600", SEARCH, *(month | {"waited": 600} for month in months)),
        _wish("words + a month", TEXT, *(month | {"text": "退款"} for month in months)),
        _wish("words + agent", TEXT, {"text": "angry", "agent": AGENTS[0]}, {"text": "量子", "agent": AGENTS[39]}),
        _wish("words + code + language", TEXT, {"text": "refund", "code": "wrong number", "language": "en-US"}),
    ]


def _nothing(known: Samples) -> list[Wish]:
    later = (known.last + timedelta(days=40)).isoformat()
    return [
        _wish("nothing: no such caller", SEARCH, {"caller": "+8615900000000"}, {"caller": "+8615900000001"}),
        _wish("nothing: no such number", SEARCH, {"number": "99999999999"}),
        _wish("nothing: later than all", SEARCH, {"since": later}),
        _wish("nothing: matter of another queue", SEARCH, *[{"matter": "refund", "queue": "fraud"}] * 3),
        _wish("nothing: served, but by nobody", SEARCH, *[{"outcome": "finished", "agent": AGENTS[0]}] * 3),
        _wish("nothing: so long", SEARCH, *[{"seconds": 90_000}] * 3),
        _wish("nothing: waited so long", SEARCH, *[{"waited": 90_000}] * 3),
        _wish("nothing: left a message, talked so long", SEARCH, *[{"code": "wrong number", "seconds": 20_000}] * 3),
        _wish("nothing: no such words", TEXT, {"text": "鲸鱼"}, {"text": "whale"}, {"text": "退款 whale"}),
    ]


def _wish(name: str, most: float, *asked: Mapping[str, Any]) -> Wish:
    return Wish(name, most, tuple(f"/desk/calls?{urlencode(one)}" for one in asked))


def _days(known: Samples, chance: Random, count: int) -> list[str]:
    span = (known.last - known.first).days
    return [(known.first + timedelta(days=chance.randint(0, span))).isoformat() for _ in range(count)]


def _month(day: str) -> dict[str, str]:
    return {"since": day, "until": (date.fromisoformat(day) + timedelta(days=29)).isoformat()}


def figures(known: Samples) -> list[Wish]:
    """Return the reports, each of a day and of a year."""
    last = known.last
    spans = {"day": (last, DAY), "year": (last - timedelta(days=364), YEAR)}
    return [
        Wish(f"report {name}, {span}", most, (f"/desk/reports/{name}?since={since}&until={last}",) * 10)
        for span, (since, most) in spans.items()
        for name in reports()
    ]
