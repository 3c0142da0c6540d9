"""Half-hours of the day: the same of several days together."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from ivr.reports.levels import read
from ivr.reports.report import Asked, Choice, Words

WEEK: Final = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
SECOND: Final = " (2)"
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


def by_half(asked: Asked, wanted: Callable[[date], bool]) -> tuple[dict[str, Counter[str]], int]:
    """Return the sums of each half-hour (09:30) in which anybody called, in order, and of how many days they are.

    An hour that the clock shows twice has half-hours of its own the second time: 02:30 (2).
    """
    halves, days = dict[str, Counter[str]](), set[date]()
    for one in read(asked, "half", asked.chosen["queue"] or None):
        at = one.at.astimezone(asked.tallies.zone)
        if one.sums.get("offered") and wanted(at.date()):
            halves.setdefault(f"{at:%H:%M}{SECOND * at.fold}", Counter()).update(one.sums)
            days.add(at.date())
    return dict(sorted(halves.items())), len(days)


def began(day: date, label: str, zone: ZoneInfo) -> datetime:
    """Return the moment at which a half-hour of a day began."""
    hour, minute = map(int, label.removesuffix(SECOND).split(":"))
    return datetime.combine(day, time(hour, minute, fold=label.endswith(SECOND)), zone).astimezone(UTC)


def chosen(asked: Asked) -> Callable[[date], bool]:
    """Return which days of the week were chosen."""
    days = asked.chosen["days"]
    return lambda day: not days or str(day.isoweekday()) in days
