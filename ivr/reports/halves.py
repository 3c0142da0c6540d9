"""Half-hours of the day: the same of several days together."""

from collections import Counter
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from ivr.reports.levels import owned
from ivr.reports.report import Asked, Choice, Words
from ivr.reports.shapes import SECOND, halves, label, together
from ivr.reports.tallies import WEEKDAYS

WEEK: Final = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
DAYS: Final = Choice(
    "days",
    Words("星期", "Days"),
    {
        "": Words("每天", "every day"),
        "12345": Words("周一至周五", "Monday to Friday"),
        "67": Words("周末", "weekend"),
        **{
            str(number): Words(f"周{zh}", en)
            for number, zh, en in zip(range(1, 8), "一二三四五六日", WEEK, strict=True)
        },
    },
)


def by_half(asked: Asked) -> tuple[dict[str, Counter[str]], int]:
    """Return the sums of each half-hour (09:30) in which anybody called, in order, and of how many days they are.

    Of the days of the week that were chosen. An hour that the clock shows twice has half-hours of its own the second
    time: 02:30 (2).
    """
    queue, weekdays = asked.chosen["queue"] or None, [int(one) for one in asked.chosen["days"]]
    found, days = asked.tallies.halves("queue", asked.since, asked.until, queue, weekdays or WEEKDAYS)
    shape = together(owned(asked, one.key, one.shape) for one in found)
    return dict(sorted((label(at), Counter(sums)) for at, sums in halves(shape).items())), days


def began(day: date, label: str, zone: ZoneInfo) -> datetime:
    """Return the moment at which a half-hour of a day began."""
    hour, minute = map(int, label.removesuffix(SECOND).split(":"))
    return datetime.combine(day, time(hour, minute, fold=label.endswith(SECOND)), zone).astimezone(UTC)
