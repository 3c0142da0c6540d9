"""English as it is spoken on the telephone."""
# ruff: noqa: N999 -- the module is called by its language

import datetime
from bisect import bisect
from collections.abc import Sequence
from functools import lru_cache

from num2words import num2words

from ivr.flow.speech._digits import groups

SIGNS = {str(digit): str(num2words(digit)) for digit in range(10)}
MARKS = {"@": "at", ".": "dot", "-": "dash", "_": "underscore"}
KEYS = {**{digit: digit for digit in "0123456789"}, "*": "star", "#": "pound"}
DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow", 2: "the day after tomorrow"}
WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
NAMED = {datetime.time(): "midnight", datetime.time(12): "noon"}
HOURS = (12, 18, 21)  # where the next part of the day begins
PARTS = ("in the morning", "in the afternoon", "in the evening", "at night")
MOST = 10**12  # what no listener takes in is said digit by digit


def digits(text: str) -> str:
    """one three eight, zero zero one three. Not cached: what callers key in must not stay in memory."""
    return ", ".join(" ".join(SIGNS.get(sign, sign) for sign in group) for group in groups(text))


def address(text: str) -> str:
    """service at wallet dot example: words as words, digits one by one."""
    named = ((f" {MARKS[sign]} " if sign in MARKS else f" {SIGNS[sign]} " if sign.isdigit() else sign) for sign in text)
    return " ".join("".join(named).split())


@lru_cache(maxsize=4096)
def number(n: int) -> str:
    """two, one hundred and one, one thousand two hundred."""
    if n < 0:
        return f"minus {number(-n)}"
    return digits(str(n)) if n >= MOST else str(num2words(n)).replace(",", "")


def counted(n: int) -> str:
    """The same as `number`: English counts with the plain cardinal."""
    return number(n)


@lru_cache(maxsize=4096)
def ordinal(n: int) -> str:
    """second, one hundred and first."""
    return str(num2words(n, to="ordinal")).replace(",", "")


def amount(fen: int) -> str:
    """one thousand two hundred yuan and fifty fen, five fen, zero yuan."""
    yuan, cents = divmod(abs(fen), 100)
    said = " and ".join(f"{number(count)} {unit}" for count, unit in ((yuan, "yuan"), (cents, "fen")) if count)
    return f"minus {said}" if fen < 0 else said or "zero yuan"


def minutes(low: int, high: int) -> str:
    """about three to five minutes, about two minutes, less than one minute."""
    low, high = sorted((max(low, 0), max(high, 0)))
    unit = "minute" if high <= 1 else "minutes"
    if low == 0:
        return f"less than {number(max(high, 1))} {unit}"
    return f"about {number(low)} {unit}" if low == high else f"about {number(low)} to {number(high)} {unit}"


def date(d: datetime.date) -> str:
    """October ninth."""
    return f"{MONTHS[d.month - 1]} {ordinal(d.day)}"


@lru_cache(maxsize=1440)
def time(t: datetime.time) -> str:
    """nine in the morning, half past six in the evening, ten oh five at night, noon, midnight."""
    return NAMED.get(t) or f"{_clock(t)} {PARTS[bisect(HOURS, t.hour)]}"


def weekdays(first: int, last: int) -> str:
    """Saturday, Monday to Friday."""
    return WEEK[first] if first == last else f"{WEEK[first]} to {WEEK[last]}"


def days(first: datetime.date, last: datetime.date) -> str:
    """October first, October first to October seventh."""
    return date(first) if first == last else f"{date(first)} to {date(last)}"


def hours(spans: Sequence[tuple[datetime.time, datetime.time]]) -> str:
    """nine in the morning to six in the evening, all day."""
    return " and ".join("all day" if start == end else f"{time(start)} to {time(end)}" for start, end in spans)


def moment(then: datetime.datetime, now: datetime.datetime) -> str:
    """tomorrow at nine in the morning, on Monday at noon, on Friday, October ninth, at nine in the morning."""
    there = then.astimezone(now.tzinfo)
    ahead, at = (there.date() - now.date()).days, there.time().replace(second=0, microsecond=0)
    if at == datetime.time():
        return "tonight at midnight" if ahead == 1 else f"{_day(there.date(), now.date())} just after midnight"
    return f"{_day(there.date(), now.date())} at {time(at)}"


def stamp(then: datetime.datetime) -> str:
    """Oct 9, 09:00."""
    return f"{MONTHS[then.month - 1][:3]} {then.day}, {then:%H:%M}"


def key(k: str) -> str:
    """2, star, pound: the synthesiser says the digit."""
    if k not in KEYS:
        raise ValueError(f"no telephone has a key {k!r}")
    return KEYS[k]


def press(matter: str, *keys: str) -> str:
    """Account frozen, press 2; For a person, press 0, then pound."""
    return f"{matter}, press {', then '.join(map(key, keys))}"


def _clock(t: datetime.time) -> str:
    hour = number((t.hour - 1) % 12 + 1)
    match t.minute:
        case 0:
            return hour
        case 30:
            return f"half past {hour}"
        case minute:
            return f"{hour} {'oh ' if minute < 10 else ''}{number(minute)}"


@lru_cache(maxsize=1024)
def _day(day: datetime.date, today: datetime.date) -> str:
    """A bare weekday is one of the next six days, so that no listener has to guess what "next Monday" means."""
    ahead = (day - today).days
    if ahead in DAYS:
        return DAYS[ahead]
    weekday = WEEK[day.weekday()]
    if 2 < ahead < 7:
        return f"on {weekday}"
    year = "" if day.year == today.year else f" {num2words(day.year, to='year')},"
    return f"on {weekday}, {date(day)},{year}"
