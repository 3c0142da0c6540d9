"""Figures made of sums, and tables of them: a row for each queue, matter, agent or day, and a total."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from ivr.reports.counting import Sums
from ivr.reports.measures import CUTS
from ivr.reports.report import Asked, Cell, Chart, Column, Mark, Series, Table, Unit, Words
from ivr.reports.spans import MANY
from ivr.reports.tallies import Tally, added, together

DAY: Final = Words("日期", "Day")
HEADS: Final[Mapping[str, tuple[Words, Unit, Words]]] = {
    "queue": (Words("队列", "Queue"), "queue", Words("按队列", "By queue")),
    "matter": (Words("事项", "Matter"), "matter", Words("按事项", "By matter")),
    "last_agent": (Words("坐席", "Agent"), "text", Words("按坐席", "By agent")),
    "language": (Words("语言", "Language"), "language", Words("按语言", "By language")),
    "version": (Words("菜单版本", "Version"), "text", Words("按版本", "By version")),
}
BY_DAY: Final = Words("按天", "By day")
MONTH: Final = Words("月份", "Month")
BY_MONTH: Final = Words("按月", "By month")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: its words, how it is written, how it is made of sums, and the measure whose rows it opens."""

    words: Words
    unit: Unit
    value: Callable[[Sums], int | float | None]
    opens: str = ""


def count(words: Words, name: str) -> Figure:
    """Return the figure that is one sum."""
    return Figure(words, "count", lambda sums: sums.get(name, 0), name)


def rate(words: Words, part: str, whole: str) -> Figure:
    """Return the figure that is one sum's share of another."""
    return Figure(words, "share", lambda sums: share(sums.get(part, 0), sums.get(whole, 0)), part)


def average(words: Words, unit: Unit, totals: Sequence[str], number: str) -> Figure:
    """Return the figure that is a mean of one or more sums."""
    return Figure(words, unit, lambda sums: share(sum(sums.get(one, 0) for one in totals), sums.get(number, 0)), number)


def share(part: float, whole: float) -> float | None:
    """Return a part of a whole, or a mean; None of nothing."""
    return part / whole if whole else None


def by_key(asked: Asked, cut: str, figures: Sequence[Figure], found: Sequence[Tally]) -> Table:
    """Return a table with a row for each key of a cut, the most of the first figure first, and a total."""
    words, unit, title = HEADS[cut]
    keys = together(found)
    rows = sorted(keys.items(), key=lambda row: (-(figures[0].value(row[1]) or 0), row[0]))
    made = tuple((Cell(key), *cells(asked, figures, sums, cut, key)) for key, sums in rows)
    total = cells(asked, figures, all_of(keys), cut) if len(rows) > 1 else ()
    return Table((Column(words, unit), *_columns(figures)), made, total, title)


def by_day(asked: Asked, cut: str, figures: Sequence[Figure], found: Sequence[Tally], key: str | None = None) -> Table:
    """Return a table with a row for each day, or of many days for each month."""
    parts = days(asked, found).items()
    rows = ((Cell(label), *cells(asked, figures, sums, cut, key, span)) for label, (sums, span) in parts)
    words, title = (MONTH, BY_MONTH) if len(asked.days) > MANY else (DAY, BY_DAY)
    return Table((Column(words, "day"), *_columns(figures)), tuple(rows), (), title)


def trend(asked: Asked, figures: Sequence[Figure], found: Sequence[Tally], title: Words) -> tuple[Chart, ...]:
    """Return a chart of these figures by day, or of many days by month; none of one day."""
    sums = days(asked, found)
    values = tuple(Series(one.words, tuple(one.value(each) for each, _ in sums.values())) for one in figures)
    chart = Chart("line", title, tuple(sums), values, figures[0].unit)
    return (chart,) if len(sums) > 1 else ()


def stacked(figures: Sequence[Figure], found: Sequence[Tally], title: Words, by: Unit) -> tuple[Chart, ...]:
    """Return a chart of bars by key, these figures on one another; none of nothing."""
    keys = together(found)
    order = sorted(keys, key=lambda key: -sum(one.value(keys[key]) or 0 for one in figures))
    values = tuple(Series(one.words, tuple(one.value(keys[key]) for key in order)) for one in figures)
    return (Chart("stack", title, tuple(order), values, figures[0].unit, by),) if keys else ()


def marks(
    asked: Asked, cut: str, figures: Sequence[Figure], found: Sequence[Tally], key: str | None = None
) -> tuple[Mark, ...]:
    """Return the figures of all together, which are those of one key where that is given."""
    total = cells(asked, figures, all_of(together(found)), cut, key)
    return tuple((one.words, one.unit, cell) for one, cell in zip(figures, total, strict=True))


def days(asked: Asked, found: Sequence[Tally]) -> dict[str, tuple[Counter[str], tuple[date, date]]]:
    """Return the sums of each day asked for (2026-11-26), or of many days of each month, also of those without calls.

    With the first and the last day of each.
    """
    zone, form = asked.tallies.zone, "%Y-%m" if len(asked.days) > MANY else "%Y-%m-%d"
    labels = {at: f"{at.astimezone(zone):{form}}" for at in {one.at for one in found}}
    sums, made = added(found, lambda one: labels[one.at]), {}
    for label, group in groupby(asked.days, lambda day: f"{day:{form}}"):
        first, *more = group
        made[label] = (sums.get(label, Counter[str]()), (first, more[-1] if more else first))
    return made


def all_of(keys: Mapping[str, Counter[str]]) -> Counter[str]:
    """Return what all keys come to together."""
    return sum(keys.values(), Counter[str]())


def cells(
    asked: Asked,
    figures: Sequence[Figure],
    sums: Sums,
    cut: str,
    key: str | None = None,
    span: tuple[date, date] | None = None,
) -> tuple[Cell, ...]:
    """Return a row of figures, each of which opens its calls: of all days, or from one to another."""
    table = CUTS[cut].table.name
    return tuple(
        Cell(one.value(sums), asked.counted(one.opens, cut, key, table, span) if one.opens else None) for one in figures
    )


def _columns(figures: Sequence[Figure]) -> tuple[Column, ...]:
    return tuple(Column(one.words, one.unit) for one in figures)
