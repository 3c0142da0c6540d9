"""How people write days, weekdays, spans of hours and moments in `hours.yaml`.

Every parser raises ValueError in words that say what was written and what to write instead.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from ivr.flow.speech import languages

Names = Mapping[str, str]  # language -> what the day is called in it
Span = tuple[int, int]  # minutes after midnight; an end past 1440 lies in the next day
BASE = "zh-CN"  # the language of a name written as plain text
DAY = 24 * 60
WHOLE_DAY: tuple[Span, ...] = ((0, DAY),)
LONGEST = 366  # days in one `A to B`

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~至]\s*(\d{1,2}):(\d{2})")
_WEEK = ("一", "二", "三", "四", "五", "六", "日")
WEEKDAYS: dict[str, int] = {
    name: number
    for week in (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        tuple(f"周{day}" for day in _WEEK),
        tuple(f"星期{day}" for day in _WEEK),
    )
    for number, name in enumerate(week)
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something in the hours that operations can mend.

    `path` leads to it from the top of the file: the keys of mappings as text (a date as `2027-01-01`, a year as
    `2027`), the places of list entries as numbers. For what is missing, it leads to the entry that lacks it.
    """

    path: tuple[str | int, ...]
    words: str


def weekdays(value: object) -> tuple[int, ...]:
    """The weekdays, Monday as 0, of "monday", "monday-friday", "saturday, sunday", 周一至周五; else ValueError."""
    found: list[int] = []
    for part in re.split(r"\s*[,、]\s*", _text(value, "a weekday")):
        ends = [_weekday(end) for end in re.split(r"\s*[-–—~至]\s*", part)]
        if len(ends) > 2:
            raise ValueError(f"“{part}” is no span of weekdays; write for example monday-friday")
        found += [(ends[0] + step) % 7 for step in range((ends[-1] - ends[0]) % 7 + 1)]
    if len(found) != len(set(found)):
        raise ValueError(f"“{value}” names a weekday twice")
    return tuple(found)


def weekday(value: object) -> int:
    """One weekday, Monday as 0; else ValueError."""
    match weekdays(value):
        case (only,):
            return only
        case _:
            raise ValueError(f"“{value}” is more than one weekday; write one, for example monday")


def spans(value: object) -> tuple[Span, ...]:
    """The spans of "09:00-12:00, 13:00-18:00", "22:00-02:00", "closed" or "always", in order; else ValueError."""
    text = _text(value, "hours", 'in quotes, for example "09:00-18:00"')
    if text in ("closed", "always"):
        return () if text == "closed" else WHOLE_DAY
    found = sorted(_span(part) for part in re.split(r"\s*[,、]\s*", text))
    for (_, end), (start, _) in pairwise([*found, (found[0][0] + DAY, 0)]):
        if start < end:
            raise ValueError(f"the spans of “{text}” overlap")
    return tuple(found)


def day(value: object) -> date:
    """A date; else ValueError."""
    if isinstance(value, datetime):
        raise ValueError(f"“{value}” is a moment; write the date alone, for example 2026-10-01")
    if isinstance(value, date):
        return value
    text = _text(value, "a date", "like 2026-10-01")
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 -- a date has no zone
    except ValueError:
        raise ValueError(f"“{text}” is no date; write year-month-day, for example 2026-10-01") from None


def days(value: object) -> tuple[date, ...]:
    """The days of a date, or of "2027-02-05 to 2027-02-11", both ends included; else ValueError."""
    if not isinstance(value, str):
        return (day(value),)
    ends = [day(end) for end in re.split(r"\s+to\s+|\s*至\s*", _text(value, "a date"))]
    length = (ends[-1] - ends[0]).days + 1
    if len(ends) > 2 or not 0 < length <= LONGEST:
        raise ValueError(f"“{value}” is no span of days; write for example 2027-02-05 to 2027-02-11")
    return tuple(ends[0] + timedelta(days=step) for step in range(length))


def year(value: object) -> int:
    """A year in four digits; else ValueError."""
    if re.fullmatch(r"[12]\d{3}", str(value)):
        return int(str(value))
    raise ValueError(f"“{value}” is no year; write for example 2027")


def moment(value: object) -> datetime:
    """A moment on the wall clock, without zone; else ValueError."""
    if isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, value.hour, value.minute, value.second)  # noqa: DTZ001
    text = value.isoformat() if isinstance(value, date) else _text(value, "a moment", 'like "2026-11-22 18:00"')
    for form in ("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007 -- the zone is the hotline's
        except ValueError:
            continue
    raise ValueError(f'“{text}” is no moment; write date and time in quotes, for example "2026-11-22 18:00"')


def names(value: object) -> Names:
    """What a day is called: plain text in the base language, or a text for each language; else ValueError."""
    if not isinstance(value, Mapping):
        return {BASE: _name(value)}
    if strange := sorted(str(language) for language in value if language not in languages()):
        raise ValueError(f"{', '.join(strange)}: not a language of the hotline, which are {', '.join(languages())}")
    return {str(language): _name(name) for language, name in value.items()}


def truth(value: object) -> bool:
    """true or false; else ValueError."""
    if isinstance(value, bool):
        return value
    raise ValueError(f"“{value}” must be true or false, without quotes")


def listing(value: object) -> Iterator[tuple[int, object]]:
    """The numbered entries of a list, or of a single text; else ValueError."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list | tuple):
        raise ValueError(f"“{value}” must be a list: [first, second], or one entry a line after a dash")
    return enumerate(value)


def _text(value: object, what: str, how: str = "as text") -> str:
    if isinstance(value, str):
        return unicodedata.normalize("NFKC", value).strip().lower()
    if value is None:
        raise ValueError(f"nothing is written here; {what} is expected")
    raise ValueError(f"“{value}” was not understood as {what}; write it {how}")


def _name(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise ValueError("a name is expected here, for example 除夕; where it has none, leave the field out")


def _weekday(text: str) -> int:
    if text not in WEEKDAYS:
        raise ValueError(f"“{text}” is no weekday; write monday to sunday, or 周一 to 周日")
    return WEEKDAYS[text]


def _span(text: str) -> Span:
    if not (found := _SPAN.fullmatch(text)):
        raise ValueError(f'“{text}” is no span of hours; write for example "09:00-18:00", "closed" or "always"')
    from_hour, from_minute, to_hour, to_minute = (int(part) for part in found.groups())
    start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
    if start >= DAY or end > DAY or from_minute > 59 or to_minute > 59:
        raise ValueError(f"“{text}” has a time that no clock shows; hours go from 00:00 to 24:00")
    if start == end:
        raise ValueError(f'“{text}” begins when it ends; write "always" for day and night, "closed" for not at all')
    return start, end if end > start else end + DAY
