"""Words with gaps in them: which facts a prompt mentions, and how they are spoken."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from ivr.flow import speech

GAP: Final = re.compile(r"\{([^{}]*)\}")
NAMED: Final = re.compile(r"([a-z_]+):([a-z]+)")
FORMATS: Final = (
    *("digits", "number", "counted", "ordinal", "amount", "minutes"),
    *("date", "moment", "stamp", "address", "plain"),
)
# By what a fact is: the formats in which it can be spoken.
SUITING: Final[Mapping[str, tuple[str, ...]]] = {
    "digits": ("digits", "number", "counted", "ordinal", "plain"),
    "phone": ("digits", "plain"),
    "amount": ("amount",),
    "date": ("date",),
    "count": ("number", "counted", "ordinal", "digits"),
    "minutes": ("minutes",),
    "moment": ("moment", "stamp"),
    "address": ("address", "plain"),
}


def gaps(words: str) -> Iterator[tuple[str, str]]:
    """Yield (name of a fact, format) for every `{account:digits}`; raise ValueError naming a gap that is none."""
    for gap in GAP.findall(words):
        named = NAMED.fullmatch(gap)
        if not named or named[2] not in FORMATS:
            raise ValueError(
                f"{{{gap}}} is not understood: write {{name:format}} with one of the formats {', '.join(FORMATS)}"
            )
        yield named[1], named[2]
    if "{" in GAP.sub("", words) or "}" in GAP.sub("", words):
        raise ValueError("there is a single { or }: a gap is written {name:format}")


def fill(words: str, facts: Mapping[str, str], language: str, now: datetime) -> str:
    """Return the words with each gap spoken in this language; `now` is in the hotline's time zone."""
    if "{" not in words:
        return words
    return GAP.sub(lambda gap: _spoken(gap[1], facts, language, now), words)


def _spoken(gap: str, facts: Mapping[str, str], language: str, now: datetime) -> str:
    name, form = gap.split(":")
    value, voice = facts.get(name, ""), speech.voice_of(language)
    if not value:
        return ""
    match form:
        case "digits":
            return voice.digits(value)
        case "number":
            return voice.number(int(value))
        case "counted":
            return voice.counted(int(value))
        case "ordinal":
            return voice.ordinal(int(value))
        case "amount":
            return voice.amount(int(value))
        case "minutes":
            low, _, high = value.partition("-")
            return voice.minutes(int(low), int(high))
        case "plain":
            return value
        case "address":
            return voice.address(value)
        case "date":
            return voice.date(date.fromisoformat(value))
        case "stamp":
            return voice.stamp(datetime.fromisoformat(value).astimezone(now.tzinfo))
        case _:
            return voice.moment(datetime.fromisoformat(value), now)
